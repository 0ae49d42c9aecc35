//! A script: its variables, and its steps one after the other.

use super::settings::Script;
use crate::probe::http::literal_credentials;
use crate::probe::http::read::request;
use crate::probe::scope::Scope;
use crate::schema::parsed::{Content, Fields, Named};
use crate::schema::path::join;
use crate::schema::reader::Reader;
use crate::secrets::credential::Credentials;
use crate::yaml::node::Node;

/// Takes the values of a script's keys.
pub(crate) fn script(fields: &Fields, reader: &mut Reader<'_>) -> Script {
    let initial: Vec<(&str, &Node)> = fields.map("init_keys").iter().filter_map(initial).collect();
    let mut scope = Scope::of_script(initial.iter().map(|(name, _)| (*name).to_owned()));
    let mut credentials = Credentials::default();
    for (name, node) in &initial {
        credentials.named(name, &node.json());
    }
    // Steps may come back to a variable that a later one sets, so all count.
    let mut all = Scope::of_script(initial.iter().map(|(name, _)| (*name).to_owned()));
    for step in fields.list("steps") {
        if let Content::Fields(step) = &step.content {
            all.set(step.map("set_keys").iter().map(|entry| entry.name.as_str()));
        }
    }
    for (name, node) in &initial {
        let path = join(&fields.path_of("init_keys"), name);
        literal_credentials::value(name, node, &path, &all, reader);
    }
    let mut steps = Vec::new();
    for step in fields.list("steps") {
        if let Content::Fields(step) = &step.content {
            steps.push(request(step, &mut scope, reader));
        }
    }
    reader.confidential.extend(credentials.into_secrets());
    Script { steps, init_keys: initial.into_iter().map(|(name, node)| (name.to_owned(), node.json())).collect() }
}

fn initial(entry: &Named) -> Option<(&str, &Node)> {
    match &entry.value.content {
        Content::Node(node) => Some((&entry.name, node)),
        _ => None,
    }
}
