//! The JSON Schema of the configuration (draft 2020-12), for editors: rendered from the table of keys.

use serde_json::{Map, Value, json};

use super::keys::{FILE, OBJECTS};
use crate::probe::keys::PROBE;
use crate::probe::kind::{KINDS, PROBES};
use crate::schema::scalar::METHODS;
use crate::schema::shape::{Key, Object, Presence, Shape};

/// The JSON Schema, as text that ends in a line break.
pub fn schema() -> String {
    let mut root = object(&FILE);
    let header = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "SentryNet configuration",
    });
    if let (Value::Object(root), Value::Object(header)) = (&mut root, header) {
        let keys = std::mem::replace(root, header);
        root.extend(keys);
        root.insert("$defs".to_owned(), Value::Object(definitions()));
    }
    let mut text = serde_json::to_string_pretty(&root).unwrap_or_default();
    text.push('\n');
    text
}

fn definitions() -> Map<String, Value> {
    let mut definitions = Map::new();
    definitions.insert(
        "secret".to_owned(),
        json!({
            "description": "A value that is kept elsewhere: in SSM Parameter Store, or in an environment variable.",
            "oneOf": [
                {"type": "object", "properties": {"ssm": {"type": "string"}}, "required": ["ssm"], "additionalProperties": false},
                {"type": "object", "properties": {"env": {"type": "string"}}, "required": ["env"], "additionalProperties": false},
            ],
        }),
    );
    definitions.insert("probe".to_owned(), probe());
    for object in OBJECTS.iter().filter(|object| !object.is(&FILE) && !object.is(&PROBE)) {
        definitions.insert(object.name.to_owned(), self::object(object));
    }
    definitions
}

/// One of the kinds, told apart by `probe`.
fn probe() -> Value {
    let kinds: Vec<&str> = PROBES.names().collect();
    let case = |kind: &&str| {
        json!({
            "if": {"properties": {"probe": {"const": kind}}, "required": ["probe"]},
            "then": reference(kind),
        })
    };
    let cases: Vec<Value> = kinds.iter().map(case).collect();
    json!({
        "type": "object",
        "properties": {"probe": {"enum": kinds, "description": "The kind of probe."}},
        "required": ["probe"],
        "allOf": cases,
    })
}

fn object(object: &'static Object) -> Value {
    let keys = || object.keys().filter(|key| key.presence != Presence::NotYet);
    let properties: Map<String, Value> = keys().map(|key| (key.name.to_owned(), property(key))).collect();
    let mut required: Vec<&str> = keys().filter(|key| key.presence == Presence::Required).map(|key| key.name).collect();
    if KINDS.iter().any(|kind| kind.object.is(object) && kind.needs_title.is_some()) {
        required.push("title");
    }
    let mut schema = json!({
        "description": object.about,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = self::value(&key.shape);
    schema["description"] = json!(key.about);
    if let Presence::Default(text) = key.presence
        && let Ok(default) = serde_yaml::from_str::<Value>(text)
    {
        schema["default"] = default;
    }
    // Where nothing is needed, nothing may stand behind the key.
    if key.may_be_empty() {
        schema = json!({"anyOf": [value(&key.shape), {"type": "null"}], "description": key.about});
    }
    if let Some(example) = example(key) {
        schema["examples"] = json!([example]);
    }
    schema
}

/// The value of the key in its example.
fn example(key: &Key) -> Option<Value> {
    serde_yaml::from_str::<Map<String, Value>>(key.example).ok()?.shift_remove(key.name)
}

/// The schema of a value, or of a reference to a secret where one may stand.
fn value(shape: &Shape) -> Value {
    let schema = bare(shape);
    if shape.is_scalar() { or_secret(schema) } else { schema }
}

fn or_secret(schema: Value) -> Value {
    json!({"anyOf": [schema, reference("secret")]})
}

fn bare(shape: &Shape) -> Value {
    let scalar = json!(["string", "number", "boolean"]);
    match shape {
        Shape::Text { max } => json!({"type": "string", "minLength": 1, "maxLength": max}),
        Shape::String | Shape::Pem(_) => json!({"type": "string"}),
        Shape::Name => json!({"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"}),
        Shape::Environment => json!({"type": "string", "pattern": "^[^/]{1,64}$"}),
        Shape::Dsn => json!({"type": "string", "pattern": "^https?://[^@]+@.+/[^/]+$"}),
        // A template may have fields.
        Shape::Url | Shape::UrlTemplate => json!({"type": "string", "minLength": 1}),
        Shape::Host => json!({"type": "string", "pattern": "^[^\\s/@?#]+$"}),
        Shape::Region => json!({"type": "string", "pattern": "^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$"}),
        Shape::Duration { min, max, whole } => json!({"anyOf": [
            {"type": if *whole { "integer" } else { "number" }, "minimum": min.as_secs_f64(), "maximum": max.as_secs_f64()},
            {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? ?(ms|s|m|h)?$"},
        ]}),
        Shape::Size { max } => json!({"anyOf": [
            {"type": "integer", "minimum": 0, "maximum": max},
            {"type": "string", "pattern": "^[0-9]+ ?(B|kB|KB|MB|GB|KiB|MiB|GiB)?$"},
        ]}),
        Shape::Integer { min, max: u64::MAX } => json!({"type": "integer", "minimum": min}),
        Shape::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        // Editors read YAML 1.2, where `yes` is a text.
        Shape::Boolean => json!({"anyOf": [
            {"type": "boolean"},
            {"type": "string", "pattern": "^([Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF)$"},
        ]}),
        Shape::Words(words) => json!({"enum": words_as_yaml_reads_them(words)}),
        Shape::Tag => json!({"enum": PROBES.names().collect::<Vec<_>>()}),
        Shape::Method => json!({"anyOf": [{"enum": METHODS}, {"type": "string", "pattern": in_any_case(METHODS)}]}),
        Shape::Expected => {
            let code = json!({"anyOf": [
                {"type": "integer", "minimum": 100, "maximum": 999},
                {"type": "string", "pattern": "^([1-9][xX]{2}|[1-9][0-9]{2}( ?- ?[1-9][0-9]{2})?)$"},
            ]});
            json!({"anyOf": [code, {"type": "array", "items": or_secret(code.clone()), "minItems": 1}]})
        }
        Shape::JsonPath => json!({"type": "string", "pattern": "^\\$"}),
        Shape::Pattern => json!({"type": "string"}),
        Shape::TagValue => json!({"type": scalar, "maxLength": 200}),
        Shape::HeaderValue => json!({"type": scalar}),
        Shape::QueryValue => {
            json!({"anyOf": [{"type": scalar}, {"type": "array", "items": or_secret(json!({"type": scalar})), "minItems": 1}]})
        }
        Shape::Json => json!({}),
        Shape::Comparable => json!({"type": ["number", "string"]}),
        Shape::Body => json!({"type": ["string", "object", "array"]}),
        Shape::List { of: of @ Shape::Region, min } => {
            json!({"type": "array", "items": value(of), "minItems": min, "uniqueItems": true})
        }
        Shape::List { of, min } => json!({"type": "array", "items": value(of), "minItems": min}),
        Shape::Map { of, .. } => json!({"type": "object", "additionalProperties": value(of)}),
        Shape::Object(object) => json!({"$ref": reference(object.name)["$ref"]}),
        Shape::OneOf(object) => json!({"$ref": reference(object.name)["$ref"], "minProperties": 1, "maxProperties": 1}),
        Shape::Assertion(object) => json!({"anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"$ref": reference(object.name)["$ref"]},
        ]}),
        Shape::Variants(_) => reference(PROBE.name),
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// A pattern of these words, however they are written: `get`, `Get`.
fn in_any_case(words: &[&str]) -> String {
    let letter = |c: char| format!("[{c}{}]", c.to_ascii_lowercase());
    let words: Vec<String> = words.iter().map(|word| word.chars().map(letter).collect()).collect();
    format!("^({})$", words.join("|"))
}

/// `1.1` is a number to YAML, and `"1.1"` a text: both are fine.
fn words_as_yaml_reads_them(words: &[&str]) -> Vec<Value> {
    let mut values: Vec<Value> = words.iter().map(|word| json!(word)).collect();
    let numbers = words.iter().filter_map(|word| serde_yaml::from_str::<Value>(word).ok()).filter(Value::is_number);
    values.extend(numbers);
    values
}
