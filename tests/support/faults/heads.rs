//! Heads of answers that are no heads, break the rules of HTTP/1, or are too large.

use super::Fault;
use super::play::{Act, meets, says, says_then};

const PHASES: &str = "net.tcp http.send http.wait!";
const NOT_HTTP: &str = "the answer from 127.0.0.1:* is not HTTP, or violates the protocol";
const TOO_LARGE: &str = "the answer from 127.0.0.1:* has a head that is too large, or too many headers";

/// What says something that is not HTTP.
async fn not_http(bytes: impl Into<Vec<u8>>) -> Fault {
    meets(says(bytes)).await.fails("bad_response", NOT_HTTP).phases(PHASES)
}

/// A 200 whose head has this line.
async fn with_line(line: &str) -> Fault {
    not_http(format!("HTTP/1.1 200 OK\r\n{line}\r\ncontent-length: 0\r\n\r\n")).await
}

pub async fn binary_is_not_http() -> Fault {
    not_http((0..=255).collect::<Vec<u8>>()).await
}

pub async fn an_ssh_banner_is_not_http() -> Fault {
    not_http("SSH-2.0-OpenSSH_9.2\r\n").await
}

pub async fn an_ssh_server_that_speaks_first() -> Fault {
    let acts = vec![Act::Await, Act::Say("SSH-2.0-OpenSSH_9.2\r\n".into()), Act::Hang];
    meets(acts).await.fails("bad_response", NOT_HTTP).phases(PHASES)
}

pub async fn a_tls_alert_on_a_plain_port_is_not_http() -> Fault {
    not_http([0x15, 3, 1, 0, 2, 2, 70]).await
}

pub async fn a_body_without_a_head_is_not_http() -> Fault {
    not_http("<html><body>It works!</body></html>\n").await
}

pub async fn a_shoutcast_head_is_not_http() -> Fault {
    not_http("ICY 200 OK\r\nicy-name: radio\r\n\r\n").await
}

pub async fn http_3_7_is_not_http() -> Fault {
    not_http("HTTP/3.7 200 OK\r\ncontent-length: 0\r\n\r\n").await
}

pub async fn a_status_that_is_a_word() -> Fault {
    let sentence = "the answer from 127.0.0.1:* has an invalid HTTP status";
    meets(says("HTTP/1.1 abc OK\r\n\r\n")).await.fails("bad_response", sentence).phases(PHASES)
}

pub async fn a_header_without_a_colon() -> Fault {
    with_line("server nginx").await
}

pub async fn a_header_with_a_space_before_its_colon() -> Fault {
    with_line("server : nginx").await
}

pub async fn a_header_with_nul() -> Fault {
    with_line("server: ngi\0nx").await
}

pub async fn a_header_folded_over_two_lines() -> Fault {
    with_line("server: ngi\r\n nx").await
}

pub async fn bare_line_feeds_are_taken() -> Fault {
    let acts = says("HTTP/1.1 200 OK\ncontent-length: 2\n\nok");
    meets(acts).await.phases("net.tcp http.send http.wait http.recv").answering(200)
}

pub async fn conflicting_lengths() -> Fault {
    with_line("content-length: 7").await
}

pub async fn a_length_that_is_no_number() -> Fault {
    not_http("HTTP/1.1 200 OK\r\ncontent-length: ten\r\n\r\n0123456789").await
}

pub async fn a_negative_length() -> Fault {
    not_http("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n").await
}

pub async fn a_length_beyond_all_bounds() -> Fault {
    not_http("HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551616\r\n\r\n").await
}

pub async fn a_length_beside_chunks_is_ignored() -> Fault {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 500\r\ntransfer-encoding: chunked\r\n\r\n";
    let fault = meets(says(format!("{head}2\r\nok\r\n0\r\n\r\n"))).await;
    fault.phases("net.tcp http.send http.wait http.recv").answering(200)
}

/// What says a head that is too large.
async fn too_large(acts: Vec<Act>) -> Fault {
    meets(acts).await.fails("bad_response", TOO_LARGE).phases(PHASES)
}

pub async fn a_hundred_headers_are_taken() -> Fault {
    let lines = "x: y\r\n".repeat(99);
    let fault = meets(says(format!("HTTP/1.1 200 OK\r\n{lines}content-length: 0\r\n\r\n"))).await;
    fault.phases("net.tcp http.send http.wait http.recv").answering(200)
}

pub async fn one_header_more_is_too_many() -> Fault {
    let lines = "x: y\r\n".repeat(100);
    too_large(says(format!("HTTP/1.1 200 OK\r\n{lines}content-length: 0\r\n\r\n"))).await
}

pub async fn ten_thousand_headers_are_too_many() -> Fault {
    let lines = "x: y\r\n".repeat(10_000);
    too_large(says_then(format!("HTTP/1.1 200 OK\r\n{lines}content-length: 0\r\n\r\n"), [Act::Hang])).await
}

pub async fn headers_without_end() -> Fault {
    too_large(says_then("HTTP/1.1 200 OK\r\n", [Act::Repeat(b"x: y\r\n".repeat(1000))])).await
}

pub async fn a_header_of_300_kib_is_taken() -> Fault {
    let line = "x".repeat(300 * 1024);
    let fault = meets(says(format!("HTTP/1.1 200 OK\r\nx: {line}\r\ncontent-length: 0\r\n\r\n"))).await;
    fault.phases("net.tcp http.send http.wait http.recv").answering(200)
}

pub async fn a_header_of_one_mib() -> Fault {
    let line = "x".repeat(1024 * 1024);
    too_large(says_then(format!("HTTP/1.1 200 OK\r\nx: {line}\r\ncontent-length: 0\r\n\r\n"), [Act::Hang])).await
}

pub async fn a_header_without_end() -> Fault {
    too_large(says_then("HTTP/1.1 200 OK\r\nx: ", [Act::Repeat(vec![b'x'; 65_536])])).await
}

pub async fn a_reason_without_end() -> Fault {
    too_large(says_then("HTTP/1.1 200 ", [Act::Repeat(vec![b'x'; 65_536])])).await
}
