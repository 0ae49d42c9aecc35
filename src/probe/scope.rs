//! Which keys a text may use, and texts in it.

use std::collections::BTreeSet;

use crate::diagnostics::finding::Finding;
use crate::diagnostics::suggest::listed;
use crate::diagnostics::{Code, nearest};
use crate::schema::path::join;
use crate::schema::reader::Reader;
use crate::template::{Json, Part, Template, Text};
use crate::yaml::node::{Kind, Node};

/// How many keys are compared with a misspelt one, or listed.
const SOUGHT: usize = 50;

/// The keys that are set at some point of a probe.
pub(crate) struct Scope {
    /// Whether texts are interpolated.
    script: bool,
    keys: BTreeSet<String>,
}

impl Scope {
    /// Of `probes.http`: texts are what they are.
    pub fn plain() -> Self {
        Self { script: false, keys: BTreeSet::new() }
    }

    /// Of `probes.script`, before its first step.
    pub fn of_script(keys: impl Iterator<Item = String>) -> Self {
        Self { script: true, keys: keys.collect() }
    }

    /// Whether a variable of that name may be set here.
    pub fn has(&self, name: &str) -> bool {
        self.keys.contains(name)
    }

    pub fn is_script(&self) -> bool {
        self.script
    }

    /// From here on, these keys may be set.
    pub fn set<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        self.keys.extend(names.map(str::to_owned));
    }

    /// A text that no key changes, as it is sent.
    pub fn literal(&self, text: &Text) -> Option<String> {
        match text {
            Text::Plain(text) => Some(text.clone()),
            Text::Template(template) if self.keys.contains(template.source()) => None,
            Text::Template(template) => {
                let literal = |part: &Part| match part {
                    Part::Literal(literal) => Some(literal.clone()),
                    Part::Field(_) => None,
                };
                template.parts().iter().map(literal).collect()
            }
        }
    }

    /// Why `name` is not to be had here, if it is not.
    pub fn find(&self, name: &str, hidden: bool) -> Result<(), Finding> {
        if self.keys.contains(name) {
            return Ok(());
        }
        let known = self.keys.iter().map(String::as_str);
        // The names of keys are known; only what stands in the text is not told.
        let near = nearest(name, known.clone().take(SOUGHT));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.keys.is_empty() => "no key is set at this point".to_owned(),
            None => format!("keys set at this point: {}", listed(known.take(SOUGHT))),
        };
        let name = if hidden { "a key in this string".to_owned() } else { format!("the key `{name}`") };
        Err(Finding::new(format!("{name} is not set before it is used")).coded(Code::UnsetKey).with_help(help))
    }
}

/// A text: in a script, what is interpolated; never what comes from a secret.
pub(crate) fn text(reader: &mut Reader<'_>, node: &Node, scope: &Scope, path: &str) -> Text {
    let written = node.written().unwrap_or_default();
    if !scope.script || node.secret || node.text().is_none() {
        return Text::Plain(written.to_owned());
    }
    match Template::parse(written) {
        Ok(template) => {
            let findings: Vec<Finding> = template.keys().filter_map(|key| scope.find(key, node.hidden).err()).collect();
            for finding in findings {
                reader.report(node.location(), path, finding.and("write `{{` and `}}` for literal braces"));
            }
            Text::Template(template)
        }
        Err(error) => {
            let why =
                if node.hidden { ": write a literal brace as `{{` or `}}`".to_owned() } else { format!(": {error}") };
            reader.report(node.location(), path, Finding::new(format!("this cannot be interpolated{why}")));
            Text::Plain(written.to_owned())
        }
    }
}

/// A JSON value whose texts are such texts.
pub(crate) fn json(reader: &mut Reader<'_>, node: &Node, scope: &Scope, path: &str) -> Json {
    match &node.kind {
        Kind::Scalar { value: serde_json::Value::String(_), .. } => Json::Text(text(reader, node, scope, path)),
        Kind::Scalar { value, .. } => Json::Scalar(value.clone()),
        Kind::List(items) => {
            let items = items.iter().enumerate();
            Json::List(items.map(|(index, item)| json(reader, item, scope, &format!("{path}[{index}]"))).collect())
        }
        Kind::Map(entries) => {
            let entries = entries.iter();
            Json::Map(
                entries
                    .map(|entry| (entry.name.clone(), json(reader, &entry.value, scope, &join(path, &entry.name))))
                    .collect(),
            )
        }
    }
}
