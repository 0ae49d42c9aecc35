//! An address where connection requests vanish, as behind a firewall that drops them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

/// A listener that never accepts and whose queue is full: the system drops every further request (Linux does by default,
/// `tcp_abort_on_overflow` is 0).
pub struct BlackHole {
    /// The address that does not answer.
    pub addr: SocketAddr,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl BlackHole {
    /// Swallows what comes to this address; port 0 is any free one.
    pub async fn start(ip: Ipv4Addr, port: u16) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((ip, port).into()).expect("a free port");
        let listener = socket.listen(1).expect("a listener");
        let addr = listener.local_addr().expect("a bound port");
        let mut queue = Vec::new();
        while let Ok(stream) = timeout(Duration::from_millis(100), TcpStream::connect(addr)).await {
            queue.push(stream.expect("a place in the queue"));
            assert!(queue.len() < 64, "the queue does not fill");
        }
        Self { addr, _listener: listener, _queue: queue }
    }
}
