//! Targets that speak byte by byte, so that a test decides what happens on the wire and when.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A request as it came over the wire.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// Request line and headers.
    pub head: String,
    /// Body, as long as `content-length` says.
    pub body: Vec<u8>,
}

impl Received {
    /// Method and path, e.g. `GET /login`.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1")
    }

    /// The value of a header, its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Reads one request; `None` where the client closed.
pub async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Received> {
    let mut received = Received { head: read_head(stream).await?, body: Vec::new() };
    let length = received.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    received.body = vec![0; length];
    stream.read_exact(&mut received.body).await.ok()?;
    Some(received)
}

/// Reads the head of a request; `None` where the client closed.
pub async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// A whole answer with a body of known length.
pub fn answer(status: &str, headers: &[&str], body: &str) -> String {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// A server on a free port of 127.0.0.1 that runs a function for each connection.
pub struct Target {
    /// Where it listens.
    pub addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    finished: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Target {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Target {
    /// Runs `serve` for each TCP connection.
    pub async fn start<F, Fut>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self::on(TcpListener::bind("127.0.0.1:0").await.expect("a free port"), serve)
    }

    /// The same where somebody listens already.
    pub fn on<F, Fut>(listener: TcpListener, serve: F) -> Self
    where
        F: Fn(TcpStream) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let addr = listener.local_addr().expect("a bound port");
        let (connections, finished) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (accepted, left) = (connections.clone(), finished.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                stream.set_nodelay(true).expect("a socket option");
                let (serving, left) = (serve(stream), left.clone());
                tokio::spawn(async move {
                    serving.await;
                    left.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self { addr, connections, finished, task }
    }

    /// Takes every connection, and says nothing.
    pub async fn hanging() -> Self {
        Self::start(|stream| async move {
            let _open = stream;
            std::future::pending().await
        })
        .await
    }

    /// Answers every request, over kept connections, with what `answer` makes of it.
    pub async fn http(answer: impl Fn(&Received) -> String + Send + Sync + 'static) -> Self {
        let answer = Arc::new(answer);
        Self::start(move |stream| serve_http(stream, answer.clone())).await
    }

    /// The same over TLS.
    pub async fn https(
        config: Arc<ServerConfig>,
        answer: impl Fn(&Received) -> String + Send + Sync + 'static,
    ) -> Self {
        let (acceptor, answer) = (TlsAcceptor::from(config), Arc::new(answer));
        Self::start(move |stream| {
            let (acceptor, answer) = (acceptor.clone(), answer.clone());
            async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve_http(stream, answer).await;
                }
            }
        })
        .await
    }

    /// Refuses everyone in the handshake for whom `config` has reasons to, and lets them finish: a connection that is closed
    /// with something unread is reset, and the reason may be lost.
    pub async fn refusing(config: Arc<ServerConfig>) -> Self {
        let acceptor = TlsAcceptor::from(config);
        Self::start(move |stream| {
            let handshake = acceptor.accept(stream).into_fallible();
            async move {
                if let Err((_, mut stream)) = handshake.await {
                    let _ = stream.shutdown().await;
                    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
                }
            }
        })
        .await
    }

    /// `http://127.0.0.1:PORT` and a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// `https://HOST:PORT` and a path.
    pub fn https_url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.addr.port())
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many of them are over.
    pub fn finished(&self) -> usize {
        self.finished.load(Ordering::SeqCst)
    }
}

/// Answers every request on a connection with what `answer` makes of it.
pub async fn serve_http<S>(mut stream: S, answer: Arc<impl Fn(&Received) -> String>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(request) = read_request(&mut stream).await {
        let text = answer(&request);
        if stream.write_all(text.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}
