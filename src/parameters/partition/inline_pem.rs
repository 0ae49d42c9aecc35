//! Certificates that are in files: the function has no such files, so they are inlined.

use crate::config::Document;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::finding::Finding;
use crate::schema::shape::Pem;
use crate::schema::value::pem;
use crate::yaml::node::{Kind, Node};

/// Puts certificates in the place of the names of their files. A private key does not go the same way: what the text is
/// stored as is not encrypted.
pub(crate) fn inline(document: &Document, group: &mut Node, path: &str, diagnostics: &mut Vec<Diagnostic>) {
    for (index, probe) in items_mut(group, "probes").iter_mut().enumerate() {
        let path = format!("{path}.probes[{index}]");
        request(document, probe, &path, diagnostics);
        for (index, step) in items_mut(probe, "steps").iter_mut().enumerate() {
            request(document, step, &format!("{path}.steps[{index}]"), diagnostics);
        }
    }
}

fn request(document: &Document, request: &mut Node, path: &str, diagnostics: &mut Vec<Diagnostic>) {
    let Some(tls) = get_mut(request, "tls") else { return };
    for (name, pem) in [("ca", Pem::Certificates), ("cert", Pem::Certificates), ("key", Pem::Key)] {
        let Some(node) = get_mut(tls, name) else { continue };
        if node.text().is_none_or(|text| text.contains("-----BEGIN")) {
            continue;
        }
        let path = format!("{path}.tls.{name}");
        match pem::parse(node, pem, document.directory.as_deref()) {
            Ok(text) if pem == Pem::Certificates => *node = Node::of_text(&text, node.location()),
            Ok(_) => {
                let message = "this private key is in a file, which is not deployed with the function";
                let help = "put the file into a parameter of type SecureString, and write `{ssm: /path}` here";
                diagnostics.push(document.source.diagnostic(
                    node.location(),
                    &path,
                    Finding::new(message).with_help(help),
                ));
            }
            // It was read a moment ago.
            Err(finding) => diagnostics.push(document.source.diagnostic(node.location(), &path, finding)),
        }
    }
}

fn get_mut<'a>(node: &'a mut Node, name: &str) -> Option<&'a mut Node> {
    let Kind::Map(entries) = &mut node.kind else { return None };
    entries.iter_mut().find(|entry| entry.name == name).map(|entry| &mut entry.value)
}

fn items_mut<'a>(node: &'a mut Node, name: &str) -> &'a mut [Node] {
    match get_mut(node, name).map(|node| &mut node.kind) {
        Some(Kind::List(items)) => items,
        _ => &mut [],
    }
}
