//! Bodies whose content-encoding is broken, unknown, or hides much more than it shows.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::Fault;
use super::play::{head_and_body, meets, says};

const WHOLE: &str = "net.tcp http.send http.wait http.recv";
const BROKEN: &str = "net.tcp http.send http.wait http.recv!";

/// What sends this body under this encoding.
async fn encoded(encoding: &str, body: &[u8]) -> Fault {
    meets(says(head_and_body(&format!("content-encoding: {encoding}\r\n"), body))).await.answering(200)
}

async fn broken(encoding: &str, body: &[u8]) -> Fault {
    let sentence = "the answer's body cannot be decoded as its content-encoding says";
    encoded(encoding, body).await.fails("bad_encoding", sentence).phases(BROKEN)
}

async fn bomb(encoding: &str, body: &[u8]) -> Fault {
    assert!(body.len() < 200_000, "small on the wire: {}", body.len());
    let sentence = "the answer's body is larger than 1 MiB (max_body)";
    encoded(encoding, body).await.fails("body_too_large", sentence).phases(BROKEN)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory")
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory")
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    brotli::CompressorWriter::new(&mut packed, 4096, 9, 22).write_all(bytes).expect("memory");
    packed
}

/// What a bomb unpacks to.
fn zeros() -> Vec<u8> {
    vec![0; 8 * 1024 * 1024]
}

pub async fn a_gzip_bomb() -> Fault {
    bomb("gzip", &gzip(&zeros())).await
}

/// RFC 1952 lets several members follow each other; `reqwest` decodes one, as browsers do.
pub async fn gzip_of_many_members() -> Fault {
    broken("gzip", &gzip(&vec![0; 100 * 1024]).repeat(1000)).await
}

pub async fn a_deflate_bomb() -> Fault {
    bomb("deflate", &deflate(&zeros())).await
}

pub async fn a_brotli_bomb() -> Fault {
    bomb("br", &brotli(&zeros())).await
}

/// Only the outer coat is taken off: what is in it is not text, and counts as it is.
pub async fn gzip_within_gzip() -> Fault {
    encoded("gzip", &gzip(&gzip(&zeros()))).await.phases(WHOLE)
}

pub async fn keys_out_of_two_coats_of_gzip() -> Fault {
    let fault = encoded("gzip, gzip", &gzip(&gzip(b"{}"))).await.with("set_keys: {a: $.a}");
    let sentence = "the answer's body is encoded as gzip, gzip, which was not requested";
    fault.fails("bad_encoding", sentence).phases("net.tcp http.send http.wait http.recv json.parse!")
}

pub async fn no_gzip_at_all() -> Fault {
    broken("gzip", b"this is not gzip").await
}

pub async fn gzip_that_is_cut_off() -> Fault {
    let packed = gzip(b"hello hello hello hello");
    broken("gzip", &packed[..packed.len() - 12]).await
}

pub async fn gzip_whose_connection_is_closed() -> Fault {
    let packed = gzip(b"hello hello hello hello");
    let whole = head_and_body("content-encoding: gzip\r\n", &packed);
    let fault = meets(says(&whole[..whole.len() - 12])).await;
    fault.fails("truncated", "the connection was closed within the answer's body").phases(BROKEN).answering(200)
}

pub async fn gzip_whose_checksum_is_wrong() -> Fault {
    let mut packed = gzip(b"hello");
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    broken("gzip", &packed).await
}

pub async fn no_brotli_at_all() -> Fault {
    broken("br", b"this is not brotli").await
}

pub async fn no_deflate_at_all() -> Fault {
    broken("deflate", b"this is not deflate").await
}

/// Servers disagree on whether `deflate` has a wrapper; RFC 9110 says that it has.
pub async fn deflate_without_its_wrapper() -> Fault {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let bare = encoder.write_all(b"hello hello hello").and_then(|()| encoder.finish()).expect("memory");
    broken("deflate", &bare).await
}

pub async fn no_body_under_gzip_is_no_fault() -> Fault {
    encoded("gzip", b"").await.phases(WHOLE)
}

pub async fn an_encoding_that_nobody_asked_for_is_left_as_it_is() -> Fault {
    encoded("zstd", b"\x28\xb5\x2f\xfd anything").await.phases(WHOLE)
}

pub async fn keys_out_of_an_encoding_that_nobody_asked_for() -> Fault {
    let fault = encoded("zstd", b"\x28\xb5\x2f\xfd anything").await.with("set_keys: {a: $.a}");
    let sentence = "the answer's body is encoded as zstd, which was not requested";
    fault.fails("bad_encoding", sentence).phases("net.tcp http.send http.wait http.recv json.parse!")
}

pub async fn an_unexpected_answer_whose_encoding_is_broken() -> Fault {
    let head = "HTTP/1.1 503 Oops\r\ncontent-encoding: gzip\r\ncontent-length: 8\r\n\r\n";
    let fault = meets(says(format!("{head}not gzip"))).await;
    fault.fails("http_status", "status 503 (Service Unavailable), expected 200").phases(WHOLE).answering(503)
}
