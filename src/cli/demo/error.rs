//! Why a demo cannot be shown.

use crate::runner::FunctionError;

/// Why the demo failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No port of loopback is free.
    #[error("a server cannot be started on loopback: {0}")]
    Serve(#[from] std::io::Error),
    /// The throw-away certificate authority failed.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The invocation failed.
    #[error(transparent)]
    Function(#[from] FunctionError),
}

/// Why there are no certificates: the cryptography failed, which no input of ours can cause.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Making a certificate failed.
    #[error("a certificate cannot be made: {0}")]
    Make(#[from] rcgen::Error),
    /// Using it failed.
    #[error("a certificate cannot be used: {0}")]
    Use(#[from] rustls::Error),
}
