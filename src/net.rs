//! One clocked connection: name lookup, TCP, TLS, each with its start, end and result.
//!
//! The clock is read by hooks that `reqwest`, `rustls` and `hyper` offer in public; no part of the stack is forked. A
//! [`Hop`] collects the instants of one request. It travels as a task-local value through the connector
//! (`connect`), where the resolver (`resolve`) and the TLS callbacks (`tls`) find it, and inside the request's
//! body (`body`), whose drop tells that everything was written.

mod body;
mod causes;
mod connect;
mod exchange;
mod hop;
mod own;
mod resolve;
mod tls;

pub use causes::Causes;
pub use exchange::{Client, ClientError, Exchange, HttpError, Network, Reception, Transport, Wire};
pub use hop::{ClientCertificate, Hop, Marks};
pub use own::client as own_client;
pub use resolve::{DnsFault, Resolver};
pub use tls::{TlsError, client_config as tls_client_config};
