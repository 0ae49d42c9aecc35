//! Certificates and keys: PEM text, or the name of a file with PEM text.

use std::io::Read as _;
use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::diagnostics::finding::Finding;
use crate::schema::shape::Pem;
use crate::yaml::node::Node;

/// Files beyond this size are no PEM files (all authorities of a browser have 0.2 MiB).
const MAX_SIZE: u64 = 4 << 20;

/// The PEM text that a value is, or names; a file's name counts from `directory`.
pub(crate) fn parse(node: &Node, pem: Pem, directory: Option<&Path>) -> Result<String, Finding> {
    let Some(text) = node.text().filter(|text| !text.trim().is_empty()) else {
        return Err(Finding::new(format!("expected PEM text or the name of a PEM file, found {}", node.found())));
    };
    if text.contains("-----BEGIN") {
        validate(text, pem, "this")?;
        return Ok(essence(text, pem));
    }
    let shown = if node.hidden { "the file".to_owned() } else { format!("`{text}`") };
    let Some(directory) = directory else {
        return Err(Finding::new("this is not PEM text, and files cannot be used here")
            .with_help("write the PEM text itself, or refer to a secret that holds it"));
    };
    let mut content = String::new();
    std::fs::File::open(directory.join(text))
        .and_then(|file| file.take(MAX_SIZE).read_to_string(&mut content))
        .map_err(|error| {
            Finding::new(format!("{shown} cannot be read: {error}"))
                .with_help("names of PEM files are relative to the configuration's directory")
        })?;
    validate(&content, pem, &shown)?;
    Ok(essence(&content, pem))
}

/// Of certificates, only these: what else stands around them may be a private key.
fn essence(text: &str, pem: Pem) -> String {
    if pem == Pem::Key {
        return text.to_owned();
    }
    let mut is_within = false;
    let mut essence = String::new();
    for line in text.lines().map(str::trim) {
        is_within |= line == "-----BEGIN CERTIFICATE-----";
        if is_within {
            essence.push_str(line);
            essence.push('\n');
        }
        is_within &= line != "-----END CERTIFICATE-----";
    }
    essence
}

fn validate(text: &str, pem: Pem, what: &str) -> Result<(), Finding> {
    let (fine, needed) = match pem {
        Pem::Certificates => {
            let mut certificates = CertificateDer::pem_slice_iter(text.as_bytes());
            let first = certificates.next().is_some_and(|certificate| certificate.is_ok());
            (first && certificates.all(|certificate| certificate.is_ok()), "certificate")
        }
        Pem::Key => (PrivateKeyDer::from_pem_slice(text.as_bytes()).is_ok(), "private key"),
    };
    if fine { Ok(()) } else { Err(Finding::new(format!("{what} contains no valid {needed} in PEM format"))) }
}
