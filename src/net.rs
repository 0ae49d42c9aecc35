//! One clocked connection: name lookup, TCP, TLS, HTTP, each with its start, end and result.
//!
//! The clock is read by hooks that `reqwest`, `rustls` and `hyper` offer in public; no part of the stack is forked. A
//! [`RequestTimeline`] collects the instants of one request. It travels as a task-local value through the connector
//! (`connector`), where the resolver (`resolver`) and the TLS callbacks (`tls`) find it, and inside the request's
//! body (`body`), whose drop says that everything was written. [`dial()`] and [`secure()`] make connections for what is not
//! HTTP, with the same resolver, callbacks and timeline.

mod body;
pub(crate) mod certificate;
mod client;
mod connect_error;
mod connector;
mod dial;
mod dns_error;
mod error_chain;
mod network;
mod outbound;
mod resolver;
mod secure;
mod settings;
mod timeline;
mod tls;
mod verifier;

pub use client::{Client, ClientError, Exchange, HttpError, PreparedRequest, Reception, Transport};
pub use connect_error::ConnectError;
pub use dial::{Destination, dial};
pub use dns_error::DnsError;
pub use error_chain::Causes;
pub use network::Network;
pub use outbound::client as outbound_client;
pub use resolver::Resolver;
pub use secure::secure;
pub use settings::{HttpVersion, IpVersion, TlsSettings};
pub use timeline::{ClientCertificate, RequestTimeline, Timestamps};
pub use tls::{TlsError, client_config as tls_client_config};
