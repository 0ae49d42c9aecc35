//! A script's variables.

use serde_json::{Map, Value};

/// The keys of a running script and their values, in the order in which they were first set.
///
/// `Debug` shows the names only: values come from configurations and targets, and may be secret.
#[derive(Clone, Default, PartialEq)]
pub struct Variables(Map<String, Value>);

impl Variables {
    /// Keys with their initial values. Of several values for one name the last counts.
    pub fn new(init: &[(String, Value)]) -> Self {
        Self(init.iter().cloned().collect())
    }

    /// The value of a key; `None` if it is not set. `null` is a value.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Sets a key, in place of its earlier value if it has one.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        self.0.insert(name.into(), value);
    }

    /// Sets a key, or unsets it where there is no value.
    pub fn put(&mut self, name: &str, value: Option<Value>) {
        match value {
            Some(value) => self.set(name, value),
            None => {
                self.0.shift_remove(name);
            }
        }
    }

    /// Names of all keys that are set, in the order in which they were first set.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Variables")?;
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_keep_their_order_and_their_last_value() {
        let mut keys = Variables::new(&[("z".into(), json!(1)), ("a".into(), json!(null))]);
        keys.set("m", json!("x"));
        keys.set("z", json!(2));
        assert_eq!(keys.names().collect::<Vec<_>>(), ["z", "a", "m"]);
        assert_eq!(keys.get("z"), Some(&json!(2)));
        assert_eq!(keys.get("a"), Some(&Value::Null));
        assert_eq!(keys.get("b"), None);
    }

    #[test]
    fn values_are_not_printed() {
        let keys = Variables::new(&[("token".into(), json!("hunter2"))]);
        assert_eq!(format!("{keys:?}"), "Variables{\"token\"}");
    }
}
