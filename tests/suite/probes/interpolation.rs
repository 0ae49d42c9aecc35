//! Interpolation, judged by Python itself on thousands of generated templates, always the same ones.
//!
//! Deliberate differences, all of them:
//!
//! - attributes (`{key.real}`) are errors here, where Python shows the insides of its own types;
//! - type `c` with a surrogate's number is an error here: a Rust text cannot hold one;
//! - widths and precisions above 10 000 are errors here (none are generated: Python would fill the memory);
//! - a text that is malformed is refused when the configuration is read, even if some key bears it as its name;
//! - numbers are what serde_json reads: whole ones beyond 64 bits and `-0` are floats (none are generated);
//! - characters that Unicode 15 and later assigned count as printable in `!r` and `!a` (none are generated).

use std::io::Write as _;
use std::process::{Command, Stdio};

use sentrynet::template::{Json, Template, Text};
use sentrynet::template::{Variables, render};
use serde_json::{Value, json};

use crate::support::fuzzing::interpolation::{keys, source};

/// A small generator of pseudo-random numbers (SplitMix64): the same on every machine, in every year.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }

    /// True once in `n` times.
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// One of them, or nothing `n - 1` times of `n`.
    fn maybe<'a>(&mut self, n: usize, from: &[&'a str]) -> &'a str {
        if self.one_in(n) { self.pick(from) } else { "" }
    }
}

/// A format spec, mostly of the right form.
fn spec(dice: &mut Dice) -> String {
    let mut spec = String::new();
    if dice.one_in(2) {
        spec += dice.maybe(2, &["*", "0", "é", " ", "<", "x", "😀", "_"]);
        spec += dice.pick(&["<", ">", "^", "="]);
    }
    spec += dice.maybe(3, &["+", "-", " "]);
    spec += dice.maybe(6, &["z"]);
    spec += dice.maybe(5, &["#"]);
    spec += dice.maybe(4, &["0"]);
    spec += dice.maybe(2, &["1", "5", "8", "9", "10", "13", "14", "27", "40", "٣", "00", "099", "{w}"]);
    spec += dice.maybe(4, &[",", "_", ",", "_", ",_"]);
    spec += dice.maybe(3, &[".0", ".1", ".2", ".3", ".5", ".10", ".17", ".40", ".", ".{p}"]);
    spec += dice.maybe(2, &["s", "d", "b", "o", "x", "X", "c", "n", "e", "E", "f", "F", "g", "G", "%"]);
    spec += dice.maybe(40, &["q", "ss", "z", "#", " ", "?"]);
    spec
}

/// A field, mostly of the right form.
fn field(dice: &mut Dice, names: &[&str]) -> String {
    let mut field = dice.pick(names).to_owned();
    if dice.one_in(40) {
        field = dice.pick(&["unset", "", "0", "1a", "S", " s", "a b ", "٣", "²", "99999999999999999999"]).to_owned();
    }
    while dice.one_in(6) {
        field +=
            dice.pick(&["[0]", "[x]", "[y z]", "[1]", "[-1]", "[n]", "[m]", "[00]", "[ 0]", "[3]", "[it's]", "[]"]);
        field += dice.maybe(12, &[".real", ".x", ".", "x", "]", "[0", "[{]", "[!]", "[:]"]);
    }
    field += dice.maybe(4, &["!r", "!s", "!a", "!r", "!s", "!a", "!x", "!", "!rr", "!r "]);
    match dice.below(12) {
        0..6 => field = format!("{field}:{}", spec(dice)),
        6 => {
            field = format!(
                "{field}:{}",
                dice.pick(&["{spec}", "{fill}>{w}", "{w}.{p}", "{p:{w}}", "{{}}", "{", "{n}", "{}"])
            )
        }
        _ => {}
    }
    format!("{{{field}}}")
}

/// Anything made of what means something somewhere.
fn noise(dice: &mut Dice) -> String {
    let length = 1 + dice.below(9);
    let pieces =
        ["{", "}", "{", "}", "{{", "}}", "[", "]", "!", ":", ".", "r", "s", "i", "l", "0", "d", "x", ">", "é", "w"];
    (0..length).map(|_| dice.pick(&pieces)).collect()
}

fn templates(keys: &[(String, Value)]) -> Vec<String> {
    let mut dice = Dice(2023);
    let all: Vec<&str> = keys.iter().map(|(name, _)| name.as_str()).collect();
    let of = |wanted: fn(&Value) -> bool| {
        let of_kind = keys.iter().filter(move |(_, value)| wanted(value)).map(|(name, _)| name.as_str());
        of_kind.collect::<Vec<_>>()
    };
    let inside: Vec<&str> =
        vec!["s", "wide", "l", "l[1]", "l[3]", "l[3][0]", "d", "d[y z]", "d[n]", "d[n][m]", "i", "n"];
    let mut templates = Vec::new();
    for name in &all {
        templates.extend(["", "!r", "!s", "!a", "!r:>30", "[0]", "[x]", ".x"].map(|more| format!("{{{name}{more}}}")));
    }
    for names in [of(Value::is_string), of(Value::is_i64), of(Value::is_u64), of(Value::is_f64), of(Value::is_boolean)]
    {
        // Straight to the mini-language: one type, one spec.
        templates.extend((0..700).map(|_| format!("{{{}:{}}}", dice.pick(&names), spec(&mut dice))));
    }
    templates.extend((0..500).map(|_| field(&mut dice, &inside)));
    templates.extend((0..1000).map(|_| {
        let literals = ["", "", "/path?", "{{", "}}", "é ", "{{}}", "\"", "{", "}"];
        let parts = 1 + dice.below(3);
        (0..parts).map(|_| format!("{}{}", dice.pick(&literals), field(&mut dice, &all))).collect::<String>()
    }));
    templates.extend((0..1500).map(|_| noise(&mut dice)));
    templates
}

/// What fuzzing came upon, but for widths and precisions for which Python would fill the memory.
fn found_by_fuzzing() -> Vec<String> {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/interpolation");
    let inputs = std::fs::read_dir(corpus).expect("a corpus");
    let texts = inputs.map(|input| source(&std::fs::read(input.expect("an entry").path()).expect("a file")));
    let is_wide = |text: &String| text.split(|c: char| !c.is_numeric()).any(|digits| digits.chars().count() > 4);
    texts.filter(|text| !is_wide(text) && !text.contains("token")).collect()
}

/// Python's verdict on every template. Panics with Python's own words if it cannot be asked.
fn ask_python(keys: &[(String, Value)], templates: &[String]) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/format_map.py");
    let mut python = Command::new("python3")
        .arg(script)
        // Type `n` follows the locale.
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is the judge here and has to be installed");
    let keys: serde_json::Map<String, Value> = keys.iter().cloned().collect();
    let task = json!({"keys": keys, "templates": templates}).to_string();
    // The script reads everything before it writes: no deadlock.
    python.stdin.take().unwrap().write_all(task.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "the script failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn python_agrees() {
    let init = keys();
    let mut templates = templates(&init);
    templates.extend(found_by_fuzzing());
    let verdicts = ask_python(&init, &templates);
    assert_eq!(verdicts.len(), templates.len());

    let keys = Variables::new(&init);
    let (mut texts, mut errors, mut differences) = (0, 0, Vec::new());
    for (template, verdict) in templates.iter().zip(&verdicts) {
        let ours = match Template::parse(template) {
            Ok(template) => render::render(&template, &keys).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let python = verdict["text"].as_str();
        match (&ours, python) {
            (Ok(ours), Some(python)) if ours == python => texts += 1,
            (Err(_), None) => errors += 1,
            (Err(error), Some(_)) if error.contains("attribute '") => {}
            _ => differences.push(format!("{template:?}: {ours:?}, but Python: {verdict}")),
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    assert!(texts >= 2000 && errors >= 1000, "the templates test too little: {texts} texts, {errors} errors");
}

#[test]
fn python_agrees_on_random_floats() {
    let mut dice = Dice(754);
    let mut init: Vec<(String, Value)> = (0..1500)
        .map(|index| {
            // Any bits at all, then numbers as people write them, then halves: the ties of rounding.
            let float = match index % 3 {
                0 => f64::from_bits(dice.roll()),
                1 => (dice.below(2_000_000_000) as f64 - 1e9) / 10_f64.powi(dice.below(12) as i32),
                _ => (dice.below(4001) as f64 - 2000.0) / [2.0, 4.0, 8.0, 16.0, 1024.0][dice.below(5)],
            };
            (format!("f{index}"), json!(if float.is_finite() { float } else { 0.5 }))
        })
        .collect();
    init.extend(
        (-330..309).map(|exponent| (format!("e{exponent}"), json!(format!("1e{exponent}").parse::<f64>().unwrap()))),
    );
    let specs = [
        "", ":e", ":.0e", ":.0f", ":.1f", ":.2f", ":.3g", ":.17g", ":.0", ":.4", ":,.2f", ":g", ":#.3g", ":%", ":z.1f",
    ];
    let templates: Vec<String> =
        init.iter().map(|(name, _)| specs.map(|spec| format!("{{{name}{spec}}}")).join(" ")).collect();
    let keys = Variables::new(&init);
    for (template, verdict) in templates.iter().zip(ask_python(&init, &templates)) {
        let ours = render::render(&Template::parse(template).unwrap(), &keys).unwrap();
        assert_eq!(Some(ours.as_str()), verdict["text"].as_str(), "{template}");
    }
}

fn template(source: &str) -> Text {
    Text::Template(Template::parse(source).unwrap())
}

/// The README of the Python program: "if a string to be interpolated precisely matches the name of a key, it's simply
/// replaced", with `test` set to true and the body `thing: test`.
#[test]
fn the_python_readmes_example_sends_true() {
    let keys = Variables::new(&keys());
    let body = Json::Map(vec![("thing".into(), Json::Text(template("test")))]);
    assert_eq!(render::json(&body, &keys).unwrap().to_string(), r#"{"thing":true}"#);
}

#[test]
fn typed_replacement_is_for_the_whole_text_only_and_for_keys_that_are_set() {
    let keys = Variables::new(&keys());
    for (source, expected) in [
        ("l", json!([1, "it's", null, [2.0, true]])),
        ("n", json!(null)),
        ("big", json!(u64::MAX)),
        ("a b", json!("spaced")),
        ("{test}", json!("True")),
        ("test ", json!("test ")),
        ("unset", json!("unset")),
        ("{{test}}", json!("{test}")),
    ] {
        assert_eq!(render::value(&template(source), &keys).unwrap(), expected, "{source}");
    }
    assert_eq!(render::text(&template("test"), &keys).unwrap(), "True");
}

#[test]
fn a_key_whose_value_is_a_format_string_is_not_rendered_again() {
    let keys = Variables::new(&[("evil".into(), json!("{evil} {0} }"))]);
    assert_eq!(render::value(&template("evil"), &keys).unwrap(), json!("{evil} {0} }"));
    assert_eq!(render::text(&template("<{evil}>"), &keys).unwrap(), "<{evil} {0} }>");
}

#[test]
fn a_value_cannot_ask_for_more_padding_than_allowed() {
    let keys = Variables::new(&[("width".into(), json!(999_999_999_999_u64)), ("x".into(), json!("x"))]);
    let error = render::text(&template("{x:{width}}"), &keys).unwrap_err();
    assert_eq!(error.to_string(), "key 'x': the format's width or precision is more than 10000");
}
