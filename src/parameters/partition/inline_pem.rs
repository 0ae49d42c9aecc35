//! Certificates that are in files: the function has no such files, so they are inlined.

use crate::config::{Document, keys};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::finding::Finding;
use crate::schema::shape::{Pem, Shape};
use crate::schema::value::pem;
use crate::schema::visit;
use crate::yaml::node::Node;

/// Puts certificates in the place of the names of their files. A private key does not go the same way: what the text is
/// stored as is not encrypted.
pub(crate) fn inline(document: &Document, group: &mut Node, path: &str, diagnostics: &mut Vec<Diagnostic>) {
    visit::values(group, &keys::GROUP, path, &mut |node, shape, path| {
        let Shape::Pem(pem) = *shape else { return };
        if node.text().is_none_or(|text| text.contains("-----BEGIN")) {
            return;
        }
        let finding = match pem::parse(node, pem, document.directory.as_deref()) {
            Ok(text) if pem == Pem::Certificates => {
                *node = Node::of_text(&text, node.location());
                return;
            }
            Ok(_) => Finding::new("this private key is in a file, which is not deployed with the function")
                .with_help("put the file into a parameter of type SecureString, and write `{ssm: /path}` here"),
            // It was read a moment ago.
            Err(finding) => finding,
        };
        diagnostics.push(document.source.diagnostic(node.location(), path, finding));
    });
}
