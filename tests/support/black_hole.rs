//! Addresses where packets vanish, as behind a firewall that drops them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use socket2::{SockFilter, SockRef};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::port::Port;
use super::receiver::RETURN;

/// A listener that never accepts and whose queue is full: the system drops every further request (Linux does by default,
/// `tcp_abort_on_overflow` is 0).
pub struct BlackHole {
    /// The address that does not answer.
    pub addr: SocketAddr,
    _port: Port,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl BlackHole {
    /// Swallows what comes to this port.
    pub async fn at(port: Port) -> Self {
        let (addr, listener) = (port.addr, port.listen(1));
        let mut queue = Vec::new();
        while let Ok(stream) = timeout(Duration::from_millis(100), TcpStream::connect(addr)).await {
            queue.push(stream.expect("a place in the queue"));
            assert!(queue.len() < 64, "the queue does not fill");
        }
        Self { addr, _port: port, _listener: listener, _queue: queue }
    }
}

/// A listener on a free port of 127.0.0.1 on whose connections nothing arrives that carries data.
pub async fn deaf() -> TcpListener {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    // A packet filter, in classic BPF: a packet that is longer than the longest header of TCP is dropped. Connections have
    // it from their listener.
    let filter = [(LOAD_LENGTH, 0, 0, 0), (JUMP_IF_GREATER, 0, 1, 60), (RETURN, 0, 0, 0), (RETURN, 0, 0, u32::MAX)];
    let filter = filter.map(|(code, yes, no, operand)| SockFilter::new(code, yes, no, operand));
    SockRef::from(&listener).attach_filter(&filter).expect("a packet filter");
    listener
}

const LOAD_LENGTH: u16 = 0x80;
const JUMP_IF_GREATER: u16 = 0x25;
