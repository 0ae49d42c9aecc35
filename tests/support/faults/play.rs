//! Targets that play a scene: what they say, in which pieces, and how they leave.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Fault;
use crate::support::peer;
use crate::support::target::{Target, read_head, read_request};

/// One thing that a server does on a connection. After the last it closes.
pub enum Act {
    /// Reads a request.
    Read,
    /// Reads a request's head only.
    ReadHead,
    /// Reads what HTTP/2 begins with, up to the first frame of this kind.
    ReadFrame(u8),
    /// Writes.
    Say(Vec<u8>),
    /// Writes the same again and again, until nobody listens.
    Repeat(Vec<u8>),
    /// Writes it again and again with a pause after each.
    Drip(Vec<u8>, Duration),
    /// Waits until something has come, and does not read it.
    Await,
    /// Does nothing for a while: whoever waits is kept waiting.
    Pause(Duration),
    /// Reads whatever comes, and does not close.
    Listen,
    /// Reads whatever comes until the client has read everything and says no more, so that closing afterwards is no reset.
    Settle,
    /// Does nothing any more, and does not close.
    Hang,
    /// Resets the connection.
    Reset,
}

/// Reads a request and says this.
pub fn says(bytes: impl Into<Vec<u8>>) -> Vec<Act> {
    vec![Act::Read, Act::Say(bytes.into())]
}

/// The same, and goes on.
pub fn says_then<const N: usize>(bytes: impl Into<Vec<u8>>, rest: [Act; N]) -> Vec<Act> {
    says(bytes).into_iter().chain(rest).collect()
}

/// A whole answer of these headers and this body, in bytes.
pub fn head_and_body(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Milliseconds.
pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The same again and again, at the speed of a network. What is parsed as fast as it comes over loopback, and never ends,
/// keeps an unoptimised prober from looking at its clock.
pub fn flood(bytes: Vec<u8>) -> Act {
    Act::Drip(bytes, ms(2))
}

/// Plays the acts on every connection.
pub async fn stage(acts: Vec<Act>) -> Target {
    let acts = Arc::new(acts);
    Target::start(move |stream| {
        let acts = acts.clone();
        async move { play(stream, &acts).await }
    })
    .await
}

/// What a probe without further keys meets where these acts are played.
pub async fn meets(acts: Vec<Act>) -> Fault {
    let target = stage(acts).await;
    Fault::at(target.url("/")).keeping(target)
}

async fn play(mut stream: TcpStream, acts: &[Act]) {
    for act in acts {
        let goes_on = match act {
            Act::Read => read_request(&mut stream).await.is_some(),
            Act::ReadHead => read_head(&mut stream).await.is_some(),
            Act::ReadFrame(kind) => read_frame(&mut stream, *kind).await.is_ok(),
            Act::Say(bytes) => stream.write_all(bytes).await.is_ok(),
            Act::Repeat(bytes) => loop {
                if stream.write_all(bytes).await.is_err() {
                    break false;
                }
            },
            Act::Drip(bytes, pause) => loop {
                if stream.write_all(bytes).await.is_err() {
                    break false;
                }
                tokio::time::sleep(*pause).await;
            },
            // `readable` may say so too early.
            Act::Await => matches!(stream.peek(&mut [0]).await, Ok(1..)),
            Act::Pause(pause) => {
                tokio::time::sleep(*pause).await;
                true
            }
            Act::Listen => {
                while matches!(stream.read(&mut [0; 4096]).await, Ok(1..)) {}
                true
            }
            Act::Settle => {
                peer::settle(&mut stream).await;
                true
            }
            Act::Hang => std::future::pending().await,
            Act::Reset => {
                // What was written has to arrive before the reset throws it away.
                peer::has_read(&stream).await;
                stream.set_zero_linger().is_err()
            }
        };
        if !goes_on {
            return;
        }
    }
}

/// Reads what HTTP/2 begins with, up to the first frame of this kind.
pub async fn read_frame(stream: &mut (impl AsyncRead + Unpin), kind: u8) -> std::io::Result<()> {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    stream.read_exact(&mut [0; PREFACE.len()]).await?;
    loop {
        let mut header = [0; 9];
        stream.read_exact(&mut header).await?;
        let length = u32::from_be_bytes([0, header[0], header[1], header[2]]);
        tokio::io::copy(&mut stream.take(length.into()), &mut tokio::io::sink()).await?;
        if header[3] == kind {
            return Ok(());
        }
    }
}
