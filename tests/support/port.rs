//! Ports that stay ours: nobody else is given them, whoever listens there is whom a test told of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpSocket};

/// A port, held by a socket that is bound and does not listen.
///
/// Connections to it are refused until somebody listens who was told of it. For that the holder need not let go: servers bind
/// with `SO_REUSEADDR`, and so does this, and the system lets both have the port, but gives it to nobody who asks for any free
/// one.
#[derive(Debug)]
pub struct Port {
    /// Where it is.
    pub addr: SocketAddr,
    _holder: Socket,
}

impl Port {
    /// One of 127.0.0.1.
    pub fn reserve() -> Self {
        let [port] = Self::on([Ipv4Addr::LOCALHOST]);
        port
    }

    /// One that is the same on all of these addresses.
    pub fn on<const N: usize>(addresses: [impl Into<IpAddr> + Copy; N]) -> [Self; N] {
        // A port that is free on the first address may be taken on another one.
        let attempt = || {
            let mut number = 0;
            let mut ports = Vec::new();
            for address in addresses {
                let port = Self::bind(SocketAddr::new(address.into(), number)).ok()?;
                number = port.addr.port();
                ports.push(port);
            }
            ports.try_into().ok()
        };
        (0..100).find_map(|_| attempt()).expect("a port that is free on all of these addresses")
    }

    /// Listens there.
    pub fn listen(&self, queue: u32) -> TcpListener {
        let socket = if self.addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.expect("a socket");
        socket.set_reuseaddr(true).expect("a socket option");
        socket.bind(self.addr).expect("our own port");
        socket.listen(queue).expect("a listener")
    }

    fn bind(addr: SocketAddr) -> std::io::Result<Self> {
        let holder = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
        holder.set_reuse_address(true)?;
        holder.bind(&addr.into())?;
        let addr = holder.local_addr()?.as_socket().expect("an address of the internet");
        Ok(Self { addr, _holder: holder })
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.addr.port()
    }
}
