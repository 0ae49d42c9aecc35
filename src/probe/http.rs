//! `probes.http`: one request.

mod active_request;
mod attributes;
mod certificate_expiry;
mod failure;
pub(crate) mod keys;
pub(crate) mod lints;
pub(crate) mod literal_credentials;
mod phases;
pub(crate) mod read;
mod redirect;
mod request;
mod response;
mod runtime_credentials;
pub(crate) mod session;
mod settings;
pub(crate) mod spans;

pub use settings::{Auth, Body, Request};

use self::session::Session;
use super::attempt::Attempt;
use super::contract::{Kind, Settings};
use super::scope::Scope;
use crate::outcome::Failure;
use crate::outcome::phase::Op;
use crate::schema::parsed::Fields;
use crate::schema::reader::Reader;
use crate::schema::value::address;
use crate::secrets::FILTERED;
use crate::template::Text;

/// The spans that a request can leave.
pub(crate) const OPS: &[Op] = &[
    Op::HttpRequest,
    Op::NetConn,
    Op::NetDns,
    Op::NetTcp,
    Op::NetTls,
    Op::HttpSend,
    Op::HttpWait,
    Op::HttpRecv,
    Op::JsonParse,
    Op::JsonAssert,
];

impl Settings for Request {
    const KIND: Kind = Kind {
        object: &keys::HTTP,
        objects: &[&keys::HTTP, &keys::AUTH, &keys::BASIC, &keys::TLS, &super::json::keys::ASSERTION],
        needs_title: None,
        title: lints::title,
        lint: lints::probe,
        warnings: lints::WARNINGS,
        ops: OPS,
        docs: include_str!("http/docs.md"),
    };

    fn read(fields: &Fields, reader: &mut Reader<'_>) -> Self {
        read::request(fields, &mut Scope::plain(), reader)
    }

    /// Method, scheme and host; a URL that is a secret is not told.
    fn default_title(&self, fields: &Fields) -> String {
        let is_secret = fields.get("url").is_none_or(|url| url.mark.secret);
        let url = match &self.url {
            Text::Plain(url) if !is_secret => url::Url::parse(url).ok(),
            _ => None,
        };
        match url {
            Some(url) => address::default_title(&self.method, &url),
            None => format!("{} {FILTERED}", self.method),
        }
    }

    async fn attempt(&self, attempt: Attempt<'_>) -> Result<(), Failure> {
        let parent = attempt.parent;
        Session::new(attempt).request(self, parent).await
    }

    fn spans(&self) -> u32 {
        spans::of_requests(std::slice::from_ref(self))
    }
}
