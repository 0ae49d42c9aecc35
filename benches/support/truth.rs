//! A name server and a TLS server that hold every answer back and write down when they let it go.
//!
//! A thread of its own serves each question and each connection, with blocking calls, so that an instant is written
//! down when it comes and not when some queue is through. Everything is late by a sleep, but the truth is what was
//! written down: a sleep ends late too.

use std::collections::HashMap;
use std::io;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use hickory_resolver::proto::serialize::binary::{BinDecodable as _, BinEncodable as _};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::authority::Authority;
use super::request::read_head;

/// The zone of all names.
pub const ZONE: &str = "phases.test";

/// How late everything is.
#[derive(Clone, Copy, Debug)]
pub struct Delays {
    /// The answers to names whose first label begins with `late`; others are answered at once.
    pub name: Duration,
    /// The server's part of the TLS handshake.
    pub tls: Duration,
    /// The head of the answer.
    pub head: Duration,
    /// Each of the body's chunks after the first, which comes with the head.
    pub chunk: Duration,
    /// How many chunks there are.
    pub chunks: usize,
    /// How long each chunk is.
    pub chunk_length: usize,
}

/// What the servers saw and did for one name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Truth {
    /// The first question came; the last answer went.
    pub name: Option<(Instant, Instant)>,
    /// The client's first bytes came; the server's part of the handshake went.
    pub hold: Option<(Instant, Instant)>,
    /// The client's first bytes came; the last ones of its handshake came.
    pub tls: Option<(Instant, Instant)>,
    /// The request had come; the head of the answer went.
    pub head: Option<(Instant, Instant)>,
    /// The head of the answer went; the last chunk of the body went.
    pub body: Option<(Instant, Instant)>,
}

/// The running servers. They end with the process.
pub struct Servers {
    /// The name server.
    pub names: SocketAddr,
    /// The TLS server.
    pub target: SocketAddr,
    /// The authority that signed the TLS server's certificate.
    pub authority: String,
    seen: Seen,
}

type Seen = Arc<Mutex<HashMap<String, Truth>>>;

impl Servers {
    /// Starts both on free ports of 127.0.0.1; the certificate is for `name`.
    pub fn start(delays: Delays, name: &str) -> io::Result<Self> {
        let authority = Authority::new();
        let config = authority.server(name);
        let (socket, listener) = (Arc::new(UdpSocket::bind("127.0.0.1:0")?), TcpListener::bind("127.0.0.1:0")?);
        let (names, target) = (socket.local_addr()?, listener.local_addr()?);
        let seen = Seen::default();
        let shelf = seen.clone();
        thread::spawn(move || serve_names(&socket, delays, &shelf));
        let shelf = seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, shelf) = (config.clone(), shelf.clone());
                // A client that goes away is no news.
                thread::spawn(move || serve(stream, config, delays, &shelf));
            }
        });
        Ok(Self { names, target, authority: authority.pem(), seen })
    }

    /// The URL of a label.
    pub fn url(&self, label: &str) -> String {
        format!("https://{label}.{ZONE}:{}/{label}", self.target.port())
    }

    /// Hands out what was seen of a label. The client may know of the last byte before it is written down here.
    pub fn take(&self, label: &str) -> Truth {
        for _ in 0..1000 {
            let mut seen = self.seen.lock().expect("no thread panics with it");
            if seen.get(label).is_some_and(|truth| truth.body.is_some()) {
                return seen.remove(label).unwrap_or_default();
            }
            drop(seen);
            thread::sleep(Duration::from_millis(1));
        }
        panic!("the server saw no run of {label}");
    }
}

fn serve_names(socket: &Arc<UdpSocket>, delays: Delays, seen: &Seen) {
    let mut buffer = [0; 4096];
    while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
        let came = Instant::now();
        let Ok(question) = Message::from_bytes(&buffer[..length]) else { continue };
        let (socket, seen) = (socket.clone(), seen.clone());
        thread::spawn(move || {
            let Some(query) = question.queries.first() else { return };
            let name = query.name().to_utf8();
            let label = name.split('.').next().unwrap_or_default().to_owned();
            let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
            answer.metadata.recursion_available = true;
            answer.add_query(query.clone());
            if query.query_type() == RecordType::A {
                let address = RData::A(Ipv4Addr::LOCALHOST.into());
                answer.add_answers([Record::from_rdata(query.name().clone(), 60, address)]);
            }
            let Ok(bytes) = answer.to_bytes() else { return };
            if label.starts_with("late") {
                thread::sleep(delays.name);
            }
            let went = Instant::now();
            let _ = socket.send_to(&bytes, peer);
            let mut seen = seen.lock().expect("no thread panics with it");
            let (first, last) = seen.entry(label).or_default().name.get_or_insert((came, went));
            (*first, *last) = ((*first).min(came), (*last).max(went));
        });
    }
}

fn serve(mut stream: TcpStream, config: Arc<ServerConfig>, delays: Delays, seen: &Seen) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.peek(&mut [0])?;
    let hello = Instant::now();
    thread::sleep(delays.tls);
    let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
    tls.read_tls(&mut stream)?;
    tls.process_new_packets().map_err(io::Error::other)?;
    let flight = Instant::now();
    while tls.wants_write() {
        tls.write_tls(&mut stream)?;
    }
    while tls.is_handshaking() {
        if tls.read_tls(&mut stream)? == 0 {
            return Ok(());
        }
        tls.process_new_packets().map_err(io::Error::other)?;
    }
    let finished = Instant::now();

    let mut stream = StreamOwned::new(tls, stream);
    let Some(request) = read_head(&mut stream)? else { return Ok(()) };
    let asked = Instant::now();
    let request = String::from_utf8_lossy(&request).into_owned();
    let label = request.split(['/', ' ']).nth(2).unwrap_or_default().to_owned();
    let chunk = vec![b'x'; delays.chunk_length];
    let length = delays.chunks * delays.chunk_length;
    let mut first = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").into_bytes();
    first.extend_from_slice(&chunk);
    thread::sleep(delays.head);
    let head = Instant::now();
    stream.write_all(&first)?;
    let mut last = head;
    for _ in 1..delays.chunks {
        thread::sleep(delays.chunk);
        last = Instant::now();
        stream.write_all(&chunk)?;
    }
    let mut seen = seen.lock().expect("no thread panics with it");
    let truth = seen.entry(label).or_default();
    truth.hold = Some((hello, flight));
    truth.tls = Some((hello, finished));
    truth.head = Some((asked, head));
    truth.body = Some((head, last));
    drop(seen);
    // The client closes first.
    let _ = stream.read(&mut [0; 4096]);
    Ok(())
}
