//! Interpolation: keys into texts, by the rules of Python's `str.format_map`.
//!
//! Values are to a format string what `json.loads` would have made of them: `str`, `int`, `float`, `bool`, `None`, `list`
//! and `dict`. One rule comes before Python's: a text that *is* the name of a set key is replaced by the key's value,
//! with its type.

use std::borrow::Cow;

use serde_json::Value;

use super::render_error::{InterpolationError, ItemError};
use super::repr::str as python_str;
use super::text::{Json, Text};
use super::variables::Variables;
use super::{Accessor, Conversion, Field, Part, Template, format, repr};

/// A text for a URL, a header or a body: [`value`], and Python's `str()` of it.
///
/// # Errors
///
/// Where an unset key is asked for, or a value does not have the item or take the format that the text asks of it.
pub fn text(text: &Text, keys: &Variables) -> Result<String, InterpolationError> {
    match value(text, keys)? {
        Value::String(text) => Ok(text),
        value => Ok(python_str(&value)),
    }
}

/// A text with its type: the key's own value where the text is exactly the name of a set key, else a string.
/// [`Text::Plain`] stays as it is.
///
/// # Errors
///
/// As for [`text`].
pub fn value(text: &Text, keys: &Variables) -> Result<Value, InterpolationError> {
    match text {
        Text::Plain(plain) => Ok(Value::String(plain.clone())),
        Text::Template(template) => match keys.get(template.source()) {
            Some(value) => Ok(value.clone()),
            None => Ok(Value::String(render(template, keys)?)),
        },
    }
}

/// A JSON value for a body or a query: [`value`] for every string inside it, but for the names of map entries.
///
/// # Errors
///
/// As for [`text`].
pub fn json(json: &Json, keys: &Variables) -> Result<Value, InterpolationError> {
    Ok(match json {
        Json::Text(text) => value(text, keys)?,
        Json::Scalar(scalar) => scalar.clone(),
        Json::List(items) => Value::Array(items.iter().map(|item| self::json(item, keys)).collect::<Result<_, _>>()?),
        Json::Map(entries) => {
            let entries = entries.iter().map(|(name, item)| Ok((name.clone(), self::json(item, keys)?)));
            Value::Object(entries.collect::<Result<_, _>>()?)
        }
    })
}

/// Python's `template.format_map(keys)`, alone.
///
/// # Errors
///
/// As for [`text`].
pub fn render(template: &Template, keys: &Variables) -> Result<String, InterpolationError> {
    let mut out = String::new();
    render_parts(template.parts(), keys, &mut out)?;
    Ok(out)
}

/// The rendered fields of a text, without the text around them. Fields that cannot be rendered are left out.
pub fn fields(text: &Text, keys: &Variables) -> Vec<String> {
    let Text::Template(template) = text else { return Vec::new() };
    let fields = template.parts().iter().filter_map(|part| match part {
        Part::Literal(_) => None,
        Part::Field(field) => render_field(field, keys).ok(),
    });
    fields.collect()
}

fn render_parts(parts: &[Part], keys: &Variables, out: &mut String) -> Result<(), InterpolationError> {
    for part in parts {
        match part {
            Part::Literal(literal) => out.push_str(literal),
            Part::Field(field) => out.push_str(&render_field(field, keys)?),
        }
    }
    Ok(())
}

fn render_field(field: &Field, keys: &Variables) -> Result<String, InterpolationError> {
    let value = find(field, keys)?;
    let mut spec = String::new();
    render_parts(&field.spec, keys, &mut spec)?;
    let converted = match field.conversion {
        None => {
            return format::format(&value, &spec)
                .map_err(|error| InterpolationError::Format { key: field.key.clone(), error });
        }
        Some(Conversion::Repr) => repr::repr(&value),
        Some(Conversion::Str) => python_str(&value),
        Some(Conversion::Ascii) => repr::ascii(&value),
    };
    if spec.is_empty() {
        return Ok(converted);
    }
    format::format_str(&converted, &spec).map_err(|error| InterpolationError::Format { key: field.key.clone(), error })
}

/// The value that a field asks for, before conversion.
fn find<'a>(field: &Field, keys: &'a Variables) -> Result<Cow<'a, Value>, InterpolationError> {
    let value = keys.get(&field.key).ok_or_else(|| InterpolationError::unset(&field.key, keys))?;
    let mut value = Cow::Borrowed(value);
    for accessor in &field.accessors {
        value = item(value, accessor).map_err(|error| InterpolationError::Item { key: field.key.clone(), error })?;
    }
    Ok(value)
}

/// What a subscript finds in a value.
fn item<'a>(value: Cow<'a, Value>, accessor: &Accessor) -> Result<Cow<'a, Value>, ItemError> {
    let kind = kind(&value);
    match (accessor, &*value) {
        (Accessor::Attribute(name), _) => return Err(ItemError::Attribute { name: name.clone() }),
        // A string's items are the characters, and strings too.
        (Accessor::Index(index), Value::String(text)) => {
            let c = text.chars().nth(*index).ok_or(ItemError::Index { index: *index, kind })?;
            return Ok(Cow::Owned(Value::String(c.into())));
        }
        (Accessor::Index(_), Value::Array(_)) | (Accessor::Name(_), Value::Object(_)) => {}
        // To Python `[0]` is a number, and the names of a map's entries are strings.
        (Accessor::Index(index), Value::Object(_)) => return Err(ItemError::Index { index: *index, kind }),
        (Accessor::Name(_), Value::Array(_) | Value::String(_)) => return Err(ItemError::NotANumber { kind }),
        _ => return Err(ItemError::NoItems { kind }),
    }
    let missing = || match accessor {
        Accessor::Index(index) => ItemError::Index { index: *index, kind },
        Accessor::Name(name) | Accessor::Attribute(name) => ItemError::Entry { name: name.clone() },
    };
    match value {
        Cow::Borrowed(value) => step(value, accessor).map(Cow::Borrowed),
        Cow::Owned(value) => step(&value, accessor).cloned().map(Cow::Owned),
    }
    .ok_or_else(missing)
}

fn step<'a>(value: &'a Value, accessor: &Accessor) -> Option<&'a Value> {
    match accessor {
        Accessor::Index(index) => value.get(index),
        Accessor::Name(name) => value.get(name),
        Accessor::Attribute(_) => None,
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys() -> Variables {
        Variables::new(&[
            ("token".into(), json!("hunter2")),
            ("user".into(), json!({"id": 7, "roles": ["a", "b"]})),
            ("none".into(), json!(null)),
        ])
    }

    fn template(source: &str) -> Text {
        Text::Template(Template::parse(source).unwrap())
    }

    fn error(source: &str) -> String {
        text(&template(source), &keys()).unwrap_err().to_string()
    }

    #[test]
    fn fields_are_rendered() {
        let text = text(&template("/users/{user[id]:03}?role={user[roles][1]}&t={token[0]}{{{none}}}"), &keys());
        assert_eq!(text.unwrap(), "/users/007?role=b&t=h{None}");
    }

    #[test]
    fn plain_texts_are_left_alone() {
        for plain in ["token", "{token}", "}{"] {
            assert_eq!(value(&Text::Plain(plain.into()), &keys()).unwrap(), json!(plain));
        }
    }

    #[test]
    fn a_text_that_is_the_name_of_a_key_is_replaced_with_its_type() {
        assert_eq!(value(&template("user"), &keys()).unwrap(), json!({"id": 7, "roles": ["a", "b"]}));
        assert_eq!(value(&template("user "), &keys()).unwrap(), json!("user "));
        assert_eq!(text(&template("user"), &keys()).unwrap(), "{'id': 7, 'roles': ['a', 'b']}");
        assert_eq!(text(&template("none"), &keys()).unwrap(), "None");
    }

    #[test]
    fn an_unset_key_is_named_with_its_neighbours() {
        assert_eq!(error("{tokne}"), "key 'tokne' is not set; did you mean 'token'?");
        assert_eq!(error("{User[id]}"), "key 'User' is not set; did you mean 'user'?");
        assert_eq!(error("{x:{quite_other}}"), "key 'x' is not set");
        assert_eq!(error("{\"a\": 1}"), "key '\"a\"' is not set; write '{{' and '}}' for literal braces");
        assert_eq!(error(&format!("{{{}}}", "x".repeat(999))), format!("key '{}…' is not set", "x".repeat(60)));
    }

    #[test]
    fn a_missing_item_is_named_and_no_value_is() {
        for (source, expected) in [
            ("{user[name]}", "key 'user': the map has no entry 'name'"),
            ("{user[0]}", "key 'user': a map has no item 0"),
            ("{user[roles][2]}", "key 'user': a list has no item 2"),
            ("{user[roles][-1]}", "key 'user': the items of a list are numbered (from 0), not named"),
            ("{token[9]}", "key 'token': a string has no item 9"),
            ("{none[x]}", "key 'none': null has no items"),
            ("{token:d}", "key 'token': the format type 'd' does not apply to a string"),
        ] {
            assert_eq!(error(source), expected);
        }
        assert!(error("{user.id}").contains("attributes such as 'id'"));
        assert!(error("{user[id]:{token}}").starts_with("key 'user': the format cannot be read"));
    }

    #[test]
    fn json_is_interpolated_but_for_the_names_of_entries() {
        let json = Json::Map(vec![
            ("token".into(), Json::List(vec![Json::Text(template("none")), Json::Text(template("{token}!"))])),
            ("{x}".into(), Json::Scalar(json!(1.5))),
            ("plain".into(), Json::Text(Text::Plain("{token}".into()))),
        ]);
        let expected = json!({"token": [null, "hunter2!"], "{x}": 1.5, "plain": "{token}"});
        assert_eq!(self::json(&json, &keys()).unwrap(), expected);
    }
}
