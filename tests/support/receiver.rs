//! A Sentry for tests: takes envelopes on a real socket, remembers them, and behaves as told.

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response, Version};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sentrynet::sentry::Envelope;
use socket2::{SockFilter, SockRef, Socket};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::port::Port;

/// The instruction of a packet filter (classic BPF) that says how many bytes to keep of a packet.
pub const RETURN: u16 = 0x06;

/// How many connections may wait to be accepted.
const QUEUE: u32 = 1024;

/// How the receiver answers a request.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// How long it takes.
    pub delay: Duration,
    /// With which status.
    pub status: u16,
    /// And which headers.
    pub headers: Vec<(&'static str, String)>,
    /// And which body.
    pub body: &'static str,
    /// Whether the body never ends.
    pub endless: bool,
    /// Whether it closes the connection instead of answering, the envelope read.
    pub drops: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        let body = r#"{"id":"7"}"#;
        Self { delay: Duration::ZERO, status: 200, headers: Vec::new(), body, endless: false, drops: false }
    }
}

impl Behaviour {
    /// Answers with this status, and `{"detail": "no"}` where it is not good.
    pub fn status(status: u16) -> Self {
        match status {
            200 => Self::default(),
            _ => Self { status, body: r#"{"detail":"no"}"#, ..Self::default() },
        }
    }

    /// The same with this header.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Closes the connection instead of answering.
    pub fn dropped() -> Self {
        Self { drops: true, ..Self::default() }
    }

    /// Never answers.
    pub fn hanging() -> Self {
        Self { delay: Duration::from_secs(3600), ..Self::default() }
    }
}

/// A request that is to be answered.
pub struct Turn<'a> {
    /// How many requests came in before it.
    pub number: usize,
    /// How many of those on the same connection.
    pub on_connection: usize,
    /// What it brings.
    pub envelope: &'a Envelope,
}

type Decide = Box<dyn Fn(&Turn) -> Behaviour + Send + Sync>;

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
    /// With which status it is answered; `None` where the connection is closed instead.
    pub status: Option<u16>,
}

struct Shared {
    decide: Decide,
    requests: AtomicUsize,
    hang_up: Notify,
    sockets: Mutex<Vec<Weak<Socket>>>,
    received: Mutex<Vec<Received>>,
    connections: AtomicUsize,
}

/// A running receiver.
pub struct Receiver {
    /// Where it listens.
    pub address: SocketAddr,
    port: Port,
    acceptor: Option<TlsAcceptor>,
    tls: Option<ClientConfig>,
    task: JoinHandle<()>,
    shared: Arc<Shared>,
}

impl Receiver {
    /// Starts one that speaks plain HTTP.
    pub async fn start(behaviour: Behaviour) -> Self {
        Self::start_with(move |_| behaviour.clone()).await
    }

    /// Starts one that speaks plain HTTP and decides on each request.
    pub async fn start_with(decide: impl Fn(&Turn) -> Behaviour + Send + Sync + 'static) -> Self {
        Self::listen(Box::new(decide), None, None).await
    }

    /// Starts one that speaks HTTP/2 and HTTP/1.1 over TLS with a certificate of its own.
    pub async fn start_tls(behaviour: Behaviour) -> Self {
        Self::start_tls_with(&[b"h2", b"http/1.1"], move |_| behaviour.clone()).await
    }

    /// Starts one that speaks these protocols over TLS, or plain HTTP where there are none, and decides on each request.
    pub async fn start_over(protocols: &[&[u8]], decide: impl Fn(&Turn) -> Behaviour + Send + Sync + 'static) -> Self {
        match protocols {
            [] => Self::start_with(decide).await,
            _ => Self::start_tls_with(protocols, decide).await,
        }
    }

    /// The same, always over TLS.
    pub async fn start_tls_with(
        protocols: &[&[u8]],
        decide: impl Fn(&Turn) -> Behaviour + Send + Sync + 'static,
    ) -> Self {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let certificate = certified.cert.der().clone();
        let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
        let mut server = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .expect("a key pair");
        server.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let mut roots = RootCertStore::empty();
        roots.add(certificate).expect("a root");
        Self::listen(Box::new(decide), Some(TlsAcceptor::from(Arc::new(server))), Some(client(roots))).await
    }

    async fn listen(decide: Decide, acceptor: Option<TlsAcceptor>, tls: Option<ClientConfig>) -> Self {
        let port = Port::reserve();
        let shared = Arc::new(Shared {
            decide,
            requests: AtomicUsize::new(0),
            hang_up: Notify::new(),
            sockets: Mutex::default(),
            received: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let task = tokio::spawn(accept(port.listen(QUEUE), acceptor.clone(), Arc::clone(&shared)));
        Self { address: port.addr, port, acceptor, tls, task, shared }
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

    /// The ids of the events that it took, sorted.
    pub fn taken(&self) -> Vec<String> {
        let received = self.received();
        let taken = received.iter().filter(|request| request.status.is_some_and(|status| status < 300));
        let mut ids: Vec<String> = taken.filter_map(|request| request.envelope.event_id().map(str::to_owned)).collect();
        ids.sort_unstable();
        ids
    }

    /// Closes all connections.
    pub fn hang_up(&self) {
        self.shared.hang_up.notify_waiters();
    }

    /// From now on nothing arrives that is sent on the connections made so far, and nobody is told: as behind a NAT gateway
    /// that has forgotten them.
    pub fn vanish(&self) {
        // A packet filter that keeps no byte of any packet: the system does not even acknowledge.
        let nothing = [SockFilter::new(RETURN, 0, 0, 0)];
        for socket in self.shared.sockets.lock().expect("the sockets").iter().filter_map(Weak::upgrade) {
            socket.attach_filter(&nothing).expect("a packet filter");
        }
    }

    /// Ends, and starts again on the same port.
    pub async fn restart(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
        self.hang_up();
        self.task = tokio::spawn(accept(self.port.listen(QUEUE), self.acceptor.clone(), Arc::clone(&self.shared)));
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

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        shared.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(serve(stream, acceptor.clone(), Arc::clone(&shared)));
    }
}

async fn serve(stream: TcpStream, acceptor: Option<TlsAcceptor>, shared: Arc<Shared>) {
    // Closed with the connection.
    let socket = Arc::new(SockRef::from(&stream).try_clone().expect("a second handle of the socket"));
    shared.sockets.lock().expect("the sockets").push(Arc::downgrade(&socket));
    let requests = Arc::new(AtomicUsize::new(0));
    let state = Arc::clone(&shared);
    let service = service_fn(move |request| take(state.clone(), requests.clone(), request));
    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    let serve = async {
        // A client that goes away is no concern of the receiver's.
        match acceptor {
            None => drop(server.serve_connection(TokioIo::new(stream), service).await),
            Some(acceptor) => {
                if let Ok(stream) = acceptor.accept(stream).await {
                    drop(server.serve_connection(TokioIo::new(stream), service).await);
                }
            }
        }
    };
    tokio::select! { () = serve => {}, () = shared.hang_up.notified() => {} }
}

async fn take(
    shared: Arc<Shared>,
    requests: Arc<AtomicUsize>,
    request: Request<Incoming>,
) -> Result<Response<Body>, std::io::Error> {
    let (head, body) = request.into_parts();
    let gone = || std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
    let mut bytes = body.collect().await.map_err(|_| gone())?.to_bytes().to_vec();
    if head.headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).expect("gzip");
        bytes = plain;
    }
    let envelope = Envelope::parse(&bytes).expect("an envelope");
    let behaviour = (shared.decide)(&Turn {
        number: shared.requests.fetch_add(1, Ordering::Relaxed),
        on_connection: requests.fetch_add(1, Ordering::Relaxed),
        envelope: &envelope,
    });
    tokio::time::sleep(behaviour.delay).await;
    let status = (!behaviour.drops).then_some(behaviour.status);
    let (path, version, headers) = (head.uri.path().to_owned(), head.version, head.headers);
    shared.received.lock().expect("the requests").push(Received { path, version, headers, bytes, envelope, status });
    let body = match behaviour.endless {
        false => Body::from(behaviour.body),
        true => Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>()),
    };
    let mut answer = Response::builder().status(status.ok_or_else(gone)?);
    for (name, value) in behaviour.headers {
        answer = answer.header(name, value);
    }
    Ok(answer.body(body).expect("an answer"))
}
