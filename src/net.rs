//! One clocked connection: name lookup, TCP, TLS, each with its start, end and result.
//!
//! The clock is read by hooks that `reqwest`, `rustls` and `hyper` offer in public; no part of the stack is forked. A
//! [`RequestTimeline`] collects the instants of one request. It travels as a task-local value through the connector
//! (`connect`), where the resolver (`resolve`) and the TLS callbacks (`tls`) find it, and inside the request's
//! body (`body`), whose drop tells that everything was written.

mod body;
pub(crate) mod certificate;
mod client;
mod connector;
mod dns_error;
mod error_chain;
mod outbound;
mod resolver;
mod settings;
mod timeline;
mod tls;
mod verifier;

pub use client::{Client, ClientError, Exchange, HttpError, Network, PreparedRequest, Reception, Transport};
pub use dns_error::DnsFault;
pub use error_chain::Causes;
pub use outbound::client as outbound_client;
pub use resolver::Resolver;
pub use settings::{HttpVersion, IpVersion, TlsSettings};
pub use timeline::{ClientCertificate, RequestTimeline, Timestamps};
pub use tls::{TlsError, client_config as tls_client_config};
