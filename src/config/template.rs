//! Python format strings, as `str.format_map` reads them. (A stub: another hand writes the real one.)

/// A parsed format string.
#[derive(Clone, PartialEq)]
pub struct Template {
    keys: Vec<String>,
}

/// Why a text is not a format string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a format string")]
pub struct TemplateError {}

impl Template {
    /// Parses a format string.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let text = text.replace("{{", "").replace("}}", "");
        let mut keys = Vec::new();
        for part in text.split('{').skip(1) {
            let (field, _) = part.split_once('}').ok_or(TemplateError {})?;
            keys.push(field.split(['[', '.', '!', ':']).next().unwrap_or_default().to_owned());
        }
        Ok(Self { keys })
    }

    /// The keys that its fields name.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }
}
