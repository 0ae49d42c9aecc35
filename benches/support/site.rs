//! Servers in a process of their own (this program again, told to serve), so that only the prober is measured.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::authority::Authority;
use super::request::read_head;

const ADDRESS: &str = "127.0.0.1";

/// Serves until standard input ends, if this is the process that was started for that.
pub fn serves() -> bool {
    let what = std::env::args().skip(1).find(|argument| argument.starts_with("serve="));
    if let Some(what) = &what {
        serve(what);
    }
    what.is_some()
}

fn serve(what: &str) {
    let (delay, length) = what.trim_start_matches("serve=").split_once(',').expect("serve=MILLISECONDS,BYTES");
    let delay = Duration::from_millis(delay.parse().expect("milliseconds"));
    let body: Arc<[u8]> = vec![b'x'; length.parse().expect("bytes")].into();
    let authority = Authority::new();
    let config = authority.server(ADDRESS);
    let listener = TcpListener::bind((ADDRESS, 0)).expect("loopback");
    let port = listener.local_addr().expect("a bound port").port();
    println!("{}", serde_json::json!([port, authority.pem()]));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, body) = (config.clone(), body.clone());
            // A client that goes away is no news.
            thread::spawn(move || answer(stream, config, delay, &body));
        }
    });
    let _ = std::io::stdin().read(&mut [0]);
}

/// Answers one request.
fn answer(stream: TcpStream, config: Arc<ServerConfig>, delay: Duration, body: &[u8]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(tls, stream);
    if read_head(&mut stream)?.is_none() {
        return Ok(());
    }
    let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    thread::sleep(delay);
    stream.write_all(&answer)?;
    // The client closes first.
    let _ = stream.read(&mut [0; 4096]);
    Ok(())
}

/// A server in a process of its own.
pub struct Site {
    /// Where it is, without a path.
    pub url: String,
    /// Who signed its certificate.
    pub authority: String,
    process: Child,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Site {
    /// Starts one that answers `serve=MILLISECONDS,BYTES`: so late, with so much.
    pub fn start(what: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut process =
            Command::new(program).arg(what).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let (port, authority): (u16, String) = serde_json::from_str(&line).expect("a port and an authority");
        Self { url: format!("https://{ADDRESS}:{port}"), authority, process }
    }
}
