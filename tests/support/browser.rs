//! Chromium, as people use it: pages are opened, clicked and typed into.

use std::path::Path;

use serde_json::{Value, json};

/// One visit to a page: what is done there, in this order.
#[derive(Clone, Debug)]
pub struct Visit {
    case: Value,
}

/// What came of a visit.
#[derive(Debug)]
pub struct Seen {
    /// What was read, in the order of reading.
    pub values: Vec<Value>,
    /// What the console said, errors and dialogues among it.
    pub said: Vec<String>,
    /// What the page asked for, itself included.
    pub requests: Vec<String>,
}

impl Visit {
    /// To this file, in a window of 1280 pixels, by daylight.
    pub fn to(file: &Path) -> Self {
        let url = url::Url::from_file_path(file).expect("an absolute path");
        Self { case: json!({"url": url.as_str(), "width": 1280, "height": 900, "scheme": "light", "steps": []}) }
    }

    /// Opens the page with something chosen, e.g. `run=…`.
    pub fn choosing(mut self, choice: &str) -> Self {
        self.case["url"] = format!("{}#{choice}", self.case["url"].as_str().expect("a URL")).into();
        self
    }

    /// In a window of this width.
    pub fn width(mut self, width: u32) -> Self {
        self.case["width"] = width.into();
        self
    }

    /// Where everything is `light` or `dark`.
    pub fn scheme(mut self, scheme: &str) -> Self {
        self.case["scheme"] = scheme.into();
        self
    }

    /// Clicks on what this selector finds.
    pub fn click(self, selector: &str) -> Self {
        self.step("click", selector.into())
    }

    /// Clicks at the coordinates that this expression gives.
    pub fn click_at(self, expression: &str) -> Self {
        self.step("click_at", expression.into())
    }

    /// Presses keys, e.g. `Tab`, one after the other.
    pub fn press(self, keys: &[&str]) -> Self {
        keys.iter().fold(self, |visit, key| visit.step("press", (*key).into()))
    }

    /// Reads what this expression gives.
    pub fn read(self, expression: &str) -> Self {
        self.step("read", expression.into())
    }

    /// Waits until this expression holds.
    pub fn wait(self, expression: &str) -> Self {
        self.step("wait", expression.into())
    }

    /// Writes an empty file: whoever waits for it knows how far the visit has come.
    pub fn touch(self, file: &Path) -> Self {
        self.step("touch", file.to_str().expect("a path in UTF-8").into())
    }

    /// Loads the page again.
    pub fn reload(self) -> Self {
        self.step("reload", Value::Null)
    }

    /// Goes back to what was chosen before.
    pub fn back(self) -> Self {
        self.step("back", Value::Null)
    }

    /// Changes the medium, e.g. `{"media": "print"}`.
    pub fn media(self, media: Value) -> Self {
        self.step("media", media)
    }

    /// Prints, and reads how many bytes that makes.
    pub fn pdf(self) -> Self {
        self.step("pdf", Value::Null)
    }

    fn step(mut self, name: &str, argument: Value) -> Self {
        self.case["steps"].as_array_mut().expect("steps").push(json!([name, argument]));
        self
    }

    /// Goes there.
    pub fn go(self) -> Seen {
        all([self]).remove(0)
    }
}

/// Makes these visits, one after the other in one browser.
pub fn all(visits: impl IntoIterator<Item = Visit>) -> Vec<Seen> {
    let cases: Vec<Value> = visits.into_iter().map(|visit| visit.case).collect();
    let count = cases.len();
    let answers = super::python("browser", "browse.py", cases.into_iter());
    assert_eq!(answers.len(), count, "one answer a visit");
    let texts = |value: &Value| -> Vec<String> {
        let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let seen = |answer: Value| Seen {
        values: answer["values"].as_array().expect("values").clone(),
        said: texts(&answer["said"]),
        requests: texts(&answer["requests"]),
    };
    answers.into_iter().map(seen).collect()
}
