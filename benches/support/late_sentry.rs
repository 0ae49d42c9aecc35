//! A Sentry that is far away: it takes its time over every envelope, on a thread of its own.

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use sentrynet::sentry::Envelope;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpSocket;
use tokio_rustls::TlsAcceptor;

use super::authority::Authority;

/// How many connections may wait to be accepted: all of a delivery's at once.
const QUEUE: u32 = 1024;

/// How many events arrived.
type Taken = Arc<AtomicUsize>;

/// A running Sentry. It ends with the process.
pub struct LateSentry {
    address: SocketAddr,
    is_secure: bool,
    /// The TLS configuration that trusts it.
    pub tls: ClientConfig,
    taken: Taken,
}

impl LateSentry {
    /// Starts one that speaks these protocols over TLS, or plain HTTP where there are none, and answers after `delay`.
    pub fn start(protocols: &[&[u8]], delay: Duration) -> Self {
        let authority = Authority::new();
        let acceptor = (!protocols.is_empty()).then(|| {
            let mut server = (*authority.server("localhost")).clone();
            server.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
            TlsAcceptor::from(Arc::new(server))
        });
        let (is_secure, taken) = (acceptor.is_some(), Taken::default());
        let (give, take) = std::sync::mpsc::channel();
        let shared = Arc::clone(&taken);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let socket = TcpSocket::new_v4().expect("a socket");
                socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
                let listener = socket.listen(QUEUE).expect("a listener");
                give.send(listener.local_addr().expect("a bound port")).expect("somebody waits for it");
                while let Ok((stream, _)) = listener.accept().await {
                    let (acceptor, taken) = (acceptor.clone(), Arc::clone(&shared));
                    tokio::spawn(async move {
                        match acceptor {
                            None => serve(stream, delay, taken).await,
                            Some(acceptor) => {
                                if let Ok(stream) = acceptor.accept(stream).await {
                                    serve(stream, delay, taken).await;
                                }
                            }
                        }
                    });
                }
            });
        });
        let address = take.recv().expect("an address");
        Self { address, is_secure, tls: trusting(&authority), taken }
    }

    /// The DSN of its project 7.
    pub fn dsn(&self) -> sentry::types::Dsn {
        let port = self.address.port();
        let text = if self.is_secure {
            format!("https://key@localhost:{port}/7")
        } else {
            format!("http://key@127.0.0.1:{port}/7")
        };
        text.parse().expect("a DSN")
    }

    /// How many events arrived so far.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

fn trusting(authority: &Authority) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).expect("a certificate")).expect("a root");
    ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, delay: Duration, taken: Taken) {
    let service = service_fn(move |request| take(request, delay, Arc::clone(&taken)));
    // A client that goes away is no news.
    drop(Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await);
}

async fn take(request: Request<Incoming>, delay: Duration, taken: Taken) -> Result<Response<Body>, hyper::Error> {
    let (head, body) = request.into_parts();
    let mut bytes = body.collect().await?.to_bytes().to_vec();
    if head.headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).expect("gzip");
        bytes = plain;
    }
    let envelope = Envelope::parse(&bytes).expect("an envelope");
    tokio::time::sleep(delay).await;
    taken.fetch_add(usize::from(envelope.event_id().is_some()), Ordering::Relaxed);
    Ok(Response::new(Body::from(r#"{"id":"7"}"#)))
}
