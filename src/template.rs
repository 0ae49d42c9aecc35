//! Python format strings, as `str.format_map` reads them.
//!
//! A text is parsed once, with the configuration; [`crate::template::render`] renders it whenever its script runs. What
//! Python rejects whatever the keys are is rejected by parsing.

mod field;
mod format;
mod format_spec;
mod number;
mod parse;
mod parse_error;
pub mod render;
mod render_error;
mod repr;
mod text;
mod variables;

pub use field::{Accessor, Conversion, Field, Part};
pub use format_spec::{MAX_WIDTH, SpecError};
pub use parse_error::{TemplateError, TemplateProblem};
pub use render_error::{InterpolationError, ItemError};
pub use repr::str as python_str;
pub use text::{Json, Text};
pub use variables::Variables;

/// A parsed format string.
#[derive(Clone, PartialEq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

impl Template {
    /// Reads a format string.
    ///
    /// # Errors
    ///
    /// Where `str.format_map` would raise an error whatever the keys are. The error never holds the text.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        match parse::parse(source) {
            Ok(parts) => Ok(Self { source: source.to_owned(), parts }),
            Err(fault) => Err(TemplateError::new(fault, looks_like_json(source))),
        }
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The pieces, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Names of all keys that rendering asks for, including those in format specs, in order and with repetitions.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let mut keys = Vec::new();
        collect_keys(&self.parts, &mut keys);
        keys.into_iter()
    }

    /// Whether the text looks like JSON, with a brace before a quote. It is often a valid format string all the same
    /// (`{"a":1}` asks for the key `"a"`), so an error about a key may hint at `{{` and `}}`.
    pub fn looks_like_json(&self) -> bool {
        looks_like_json(&self.source)
    }
}

impl std::fmt::Debug for Template {
    // The text may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template(…)")
    }
}

fn collect_keys<'a>(parts: &'a [Part], keys: &mut Vec<&'a str>) {
    for part in parts {
        if let Part::Field(field) = part {
            keys.push(&field.key);
            collect_keys(&field.spec, keys);
        }
    }
}

fn looks_like_json(source: &str) -> bool {
    source.split('{').skip(1).any(|after| after.trim_start().starts_with('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(source: &str) -> Vec<String> {
        Template::parse(source).unwrap().keys().map(str::to_owned).collect()
    }

    fn error(source: &str) -> String {
        Template::parse(source).unwrap_err().to_string()
    }

    #[test]
    fn fields_come_apart_into_key_accessors_conversion_and_spec() {
        let template = Template::parse("a{{{k[0][x y].z!r:>{w}}}}b").unwrap();
        let inner = Field { key: "w".into(), accessors: vec![], conversion: None, spec: vec![] };
        let field = Field {
            key: "k".into(),
            accessors: vec![Accessor::Index(0), Accessor::Name("x y".into()), Accessor::Attribute("z".into())],
            conversion: Some(Conversion::Repr),
            spec: vec![Part::Literal(">".into()), Part::Field(inner)],
        };
        assert!(template.parts() == [Part::Literal("a{".into()), Part::Field(field), Part::Literal("}b".into())]);
        assert_eq!(template.source(), "a{{{k[0][x y].z!r:>{w}}}}b");
    }

    #[test]
    fn keys_are_named_wherever_they_are_asked_for() {
        assert_eq!(keys("no {{keys}}"), [""; 0]);
        assert_eq!(keys("{a[x]}{b.c:{d}.{e}}{a}"), ["a", "b", "d", "e", "a"]);
        assert_eq!(keys("{ a }{a]b}"), [" a ", "a]b"]);
    }

    #[test]
    fn errors_say_what_and_where() {
        let cases = [
            ("ab}c", "a '}' without its '{' (character 3)"),
            ("ab{", "a '{' at the end (character 3)"),
            ("ü{a", "the '}' of this '{' is missing (character 2)"),
            ("{a:{b}", "the '}' of this '{' is missing (character 1)"),
            ("{a{b}}", "a '{' inside a key's name (character 3)"),
            ("x{}", "a field needs the name of a key (character 3)"),
            ("{0}", "a field needs the name of a key, not a number (character 2)"),
            ("{a[]}", "an empty name after '[' or '.' (character 3)"),
            ("{a.}", "an empty name after '[' or '.' (character 3)"),
            ("{a[0]b}", "only '.' or '[' can follow ']' (character 6)"),
            ("{a!x}", "'!' must be followed by 'r', 's' or 'a' (character 4)"),
            ("{a!}", "'!' must be followed by 'r', 's' or 'a' (character 4)"),
            ("{a!rr}", "only ':' or '}' can follow a conversion such as '!r' (character 5)"),
            ("{a:{b:{c}}}", "fields are nested too deeply in a format (character 4)"),
            ("{a[99999999999999999999]}", "a number with too many digits (character 4)"),
        ];
        for (source, what) in cases {
            let error = error(source);
            assert!(error.starts_with(what), "{source}: {error}");
            assert!(!error.contains("JSON"), "{source}: {error}");
        }
    }

    #[test]
    fn places_inside_format_specs_are_those_of_the_whole_text() {
        assert_eq!(Template::parse("{a:12{b.}}").unwrap_err().at, 8);
    }

    #[test]
    fn json_is_told_how_to_write_braces() {
        let error = error("{\"a\": {}}");
        assert!(error.contains("looks like JSON") && error.contains("'{{'"), "{error}");
        assert!(Template::parse("{ \"a\": 1}").unwrap().looks_like_json());
        assert!(!Template::parse("{a} \"b\"").unwrap().looks_like_json());
    }

    #[test]
    fn neither_a_template_nor_its_error_shows_the_text() {
        assert_eq!(format!("{:?}", Template::parse("hunter2").unwrap()), "Template(…)");
        let error = Template::parse("hunter2}").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
