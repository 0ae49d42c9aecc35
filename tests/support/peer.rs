//! What has become of what was written to a connection on loopback, as the system knows it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::sleep;

/// Waits until the other end has read everything that was written to `stream`, or is gone.
pub async fn has_read(stream: &TcpStream) {
    let [ours, theirs] = [stream.local_addr(), stream.peer_addr()].map(|addr| addr.map(hexadecimal));
    let (Ok(ours), Ok(theirs)) = (ours, theirs) else { return };
    while unread(&theirs, &ours) > 0 {
        sleep(Duration::from_millis(1)).await;
    }
}

/// Reads whatever comes until all is quiet: the other end has read everything and has nothing more to say to it.
pub async fn settle(stream: &mut TcpStream) {
    let mut quiet = 0;
    // Who has read has yet to answer.
    while quiet < 3 {
        has_read(stream).await;
        sleep(Duration::from_millis(5)).await;
        match stream.try_read(&mut [0; 4096]) {
            Ok(0) => return,
            Ok(_) => quiet = 0,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => quiet += 1,
            Err(_) => return,
        }
    }
}

/// How many bytes lie unread at the end of a connection that has this address.
fn unread(local: &str, remote: &str) -> u64 {
    // `NUMBER: LOCAL REMOTE STATE UNSENT:UNREAD …`
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the connections of this machine");
    let lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.filter(|line| line.len() > 4).find(|line| (line[1], line[2]) == (local, remote));
    let unread = line.and_then(|line| u64::from_str_radix(line[4].split_once(':')?.1, 16).ok());
    unread.unwrap_or(0)
}

/// An address as it stands there.
fn hexadecimal(addr: SocketAddr) -> String {
    let SocketAddr::V4(addr) = addr else { panic!("{addr} is no address of IPv4") };
    format!("{:08X}:{:04X}", u32::from_ne_bytes(addr.ip().octets()), addr.port())
}
