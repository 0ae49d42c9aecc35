//! A way to a TLS server on which something happens to what the server says.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::time::sleep;

use super::target::Target;

/// Hands everything from a client on to the server at `addr`, and every TLS record of the server back through `change`,
/// which gets its number from 0 and may change it. From the first `None` on nothing comes back, but nothing is closed.
pub async fn relay<F>(addr: SocketAddr, change: F) -> Target
where
    F: Fn(usize, Vec<u8>) -> Option<Vec<u8>> + Copy + Send + Sync + 'static,
{
    Target::start(move |client| pass(client, addr, change, usize::MAX)).await
}

/// The same, unchanged, but in pieces of so many bytes, a millisecond apart.
pub async fn drip(addr: SocketAddr, bytes: usize) -> Target {
    Target::start(move |client| pass(client, addr, |_, record| Some(record), bytes)).await
}

async fn pass<F>(client: TcpStream, addr: SocketAddr, change: F, piece: usize)
where
    F: Fn(usize, Vec<u8>) -> Option<Vec<u8>> + Send,
{
    let (mut from_server, mut to_server) = TcpStream::connect(addr).await.expect("a server").into_split();
    let (mut from_client, mut to_client) = client.into_split();
    let back = async {
        for number in 0.. {
            let record = record(&mut from_server).await?;
            let Some(record) = change(number, record) else { std::future::pending().await };
            for piece in record.chunks(piece) {
                to_client.write_all(piece).await.ok()?;
                if piece.len() < record.len() {
                    sleep(Duration::from_millis(1)).await;
                }
            }
        }
        None::<()>
    };
    tokio::select! {
        _ = copy(&mut from_client, &mut to_server) => {}
        _ = back => {}
    }
}

/// A whole TLS record (RFC 8446, section 5.1).
async fn record(stream: &mut OwnedReadHalf) -> Option<Vec<u8>> {
    let mut record = vec![0; 5];
    stream.read_exact(&mut record).await.ok()?;
    let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
    record.resize(5 + length, 0);
    stream.read_exact(&mut record[5..]).await.ok()?;
    Some(record)
}
