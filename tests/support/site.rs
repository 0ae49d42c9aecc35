//! A web site on loopback: over TLS by an authority of its own, and over plain HTTP beside it.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use rustls::ServerConfig;
use sentrynet::cli::demo::Server;

use super::authority::Authority;

/// A running site; dropping it stops it.
pub struct Site {
    /// The authority's certificate, for `tls.ca`.
    pub authority: String,
    https: SocketAddr,
    http: Option<SocketAddr>,
    /// Whatever has to live as long as the site.
    servers: Vec<Box<dyn Any + Send>>,
}

impl Site {
    /// One that speaks HTTP/2 and HTTP/1.1 over TLS.
    pub async fn of(routes: Router) -> Self {
        let authority = Authority::new();
        Self::with(&authority, &authority.server("localhost"), &["h2", "http/1.1"], routes).await
    }

    /// One that presents what this configuration says, signed by this authority, and speaks these protocols (RFC 7301).
    pub async fn with(authority: &Authority, tls: &ServerConfig, protocols: &[&str], routes: Router) -> Self {
        let mut tls = tls.clone();
        tls.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let https = Server::start(routes, Some(Arc::new(tls))).await.expect("a free port");
        Self::at(https.addr, authority, https)
    }

    /// One at this address, of a server whose certificate is of this authority.
    pub fn at(https: SocketAddr, authority: &Authority, server: impl Any + Send) -> Self {
        Self { authority: authority.pem(), https, http: None, servers: vec![Box::new(server)] }
    }

    /// The same with another one over plain HTTP beside it.
    pub async fn and_plain(mut self, routes: Router) -> Self {
        let server = Server::start(routes, None).await.expect("a free port");
        self.http = Some(server.addr);
        self.servers.push(Box::new(server));
        self
    }

    /// `https://localhost:PORT`.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.https.port())
    }

    /// `http://localhost:PORT`.
    pub fn plain_url(&self) -> Option<String> {
        self.http.map(|addr| format!("http://localhost:{}", addr.port()))
    }
}
