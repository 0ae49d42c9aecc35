//! A Sentry for tests: takes envelopes on a real socket, remembers them, and behaves as told.

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use sentrynet::report::Envelope;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer};

/// How the receiver answers.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// How long it takes.
    pub delay: Duration,
    /// With which status.
    pub status: u16,
    /// And which body.
    pub body: &'static str,
    /// Whether the body never ends.
    pub endless: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self { delay: Duration::ZERO, status: 200, body: r#"{"id":"7"}"#, endless: false }
    }
}

/// One request that came in.
pub struct Received {
    /// Its path.
    pub path: String,
    /// Its HTTP version.
    pub version: Version,
    /// Its headers.
    pub headers: HeaderMap,
    /// The envelope's bytes, decompressed.
    pub bytes: Vec<u8>,
    /// The envelope.
    pub envelope: Envelope,
}

struct Shared {
    behaviour: Behaviour,
    received: Mutex<Vec<Received>>,
    connections: AtomicUsize,
}

/// A running receiver.
pub struct Receiver {
    /// Where it listens.
    pub address: SocketAddr,
    tls: Option<ClientConfig>,
    shared: Arc<Shared>,
}

impl Receiver {
    /// Starts one that speaks plain HTTP.
    pub async fn start(behaviour: Behaviour) -> Self {
        Self::listen(behaviour, None, None).await
    }

    /// Starts one that speaks HTTP/2 and HTTP/1.1 over TLS with a certificate of its own.
    pub async fn start_tls(behaviour: Behaviour) -> Self {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let certificate = certified.cert.der().clone();
        let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
        let mut server = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .expect("a key pair");
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut roots = RootCertStore::empty();
        roots.add(certificate).expect("a root");
        Self::listen(behaviour, Some(TlsAcceptor::from(Arc::new(server))), Some(client(roots))).await
    }

    async fn listen(behaviour: Behaviour, acceptor: Option<TlsAcceptor>, tls: Option<ClientConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared { behaviour, received: Mutex::default(), connections: AtomicUsize::new(0) });
        let router = Router::new().fallback(take).with_state(Arc::clone(&shared));
        let state = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                state.connections.fetch_add(1, Ordering::Relaxed);
                let (acceptor, service) = (acceptor.clone(), TowerToHyperService::new(router.clone()));
                tokio::spawn(async move {
                    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    // A client that goes away is no concern of the receiver's.
                    match acceptor {
                        None => drop(server.serve_connection(TokioIo::new(stream), service).await),
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                drop(server.serve_connection(TokioIo::new(stream), service).await);
                            }
                        }
                    }
                });
            }
        });
        Self { address, tls, shared }
    }

    /// The DSN of its project 7.
    pub fn dsn(&self) -> sentry::types::Dsn {
        let text = match self.tls {
            None => format!("http://key@{}/7", self.address),
            Some(_) => format!("https://key@localhost:{}/7", self.address.port()),
        };
        text.parse().expect("a DSN")
    }

    /// The TLS configuration that trusts it.
    pub fn tls(&self) -> ClientConfig {
        self.tls.clone().unwrap_or_else(|| client(RootCertStore::empty()))
    }

    /// What came in so far.
    pub fn received(&self) -> std::sync::MutexGuard<'_, Vec<Received>> {
        self.shared.received.lock().expect("the requests")
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

/// A TLS configuration that trusts these.
pub fn client(roots: RootCertStore) -> ClientConfig {
    ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

async fn take(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let mut bytes = body.to_vec();
    if headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).expect("gzip");
        bytes = plain;
    }
    tokio::time::sleep(shared.behaviour.delay).await;
    let envelope = Envelope::parse(&bytes).expect("an envelope");
    let received = Received { path: uri.path().to_owned(), version, headers, bytes, envelope };
    shared.received.lock().expect("the requests").push(received);
    let body = match shared.behaviour.endless {
        false => Body::from(shared.behaviour.body),
        true => Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>()),
    };
    let status = StatusCode::from_u16(shared.behaviour.status).expect("a status");
    Response::builder().status(status).body(body).expect("an answer")
}
