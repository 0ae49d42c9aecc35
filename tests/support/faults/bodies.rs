//! Bodies that end too early, too late or never, and chunks that are none.

use super::Fault;
use super::play::{Act, head_and_body, meets, ms, says, says_then};

/// The phases of an answer that was read to its end.
const WHOLE: &str = "net.tcp http.send http.wait http.recv";
/// Those of one whose body is at fault.
const BROKEN: &str = "net.tcp http.send http.wait http.recv!";

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const ENDLESS: &str = "HTTP/1.1 200 OK\r\n\r\n";

async fn broken(acts: Vec<Act>, kind: &'static str, sentence: &'static str) -> Fault {
    meets(acts).await.fails(kind, sentence).phases(BROKEN).answering(200)
}

async fn fine(acts: Vec<Act>) -> Fault {
    meets(acts).await.phases(WHOLE).answering(200)
}

pub async fn a_body_shorter_than_its_length() -> Fault {
    broken(says("HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\nhalf"), "truncated", CLOSED).await
}

const CLOSED: &str = "the connection was closed within the answer's body";

pub async fn a_reset_within_the_body() -> Fault {
    let acts = says_then("HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\nhalf", [Act::Reset]);
    broken(acts, "truncated", "the connection was reset within the answer's body").await.leaving("half")
}

pub async fn a_chunk_shorter_than_its_size() -> Fault {
    broken(says(format!("{CHUNKED}a\r\nhalf")), "truncated", CLOSED).await
}

pub async fn no_last_chunk() -> Fault {
    broken(says(format!("{CHUNKED}2\r\nok\r\n")), "truncated", CLOSED).await
}

const BAD_CHUNK: &str = "the answer's body is not correctly chunked";

pub async fn a_chunk_size_that_is_no_number() -> Fault {
    broken(says(format!("{CHUNKED}zz\r\nhello\r\n0\r\n\r\n")), "bad_response", BAD_CHUNK).await
}

pub async fn a_chunk_size_beyond_all_bounds() -> Fault {
    broken(says(format!("{CHUNKED}fffffffffffffffff\r\nhello\r\n0\r\n\r\n")), "bad_response", BAD_CHUNK).await
}

pub async fn a_chunk_longer_than_its_size() -> Fault {
    broken(says(format!("{CHUNKED}2\r\nhello\r\n0\r\n\r\n")), "bad_response", BAD_CHUNK).await
}

pub async fn a_chunk_extension_without_end() -> Fault {
    let acts = says_then(format!("{CHUNKED}2;x="), [Act::Repeat(vec![b'x'; 65_536])]);
    broken(acts, "bad_response", BAD_CHUNK).await
}

pub async fn trailers_are_taken() -> Fault {
    fine(says(format!("{CHUNKED}2\r\nok\r\n0\r\nx-checksum: 1\r\n\r\n"))).await
}

pub async fn trailers_without_end() -> Fault {
    let acts = says_then(format!("{CHUNKED}2\r\nok\r\n0\r\n"), [Act::Repeat(b"x: y\r\n".repeat(1000))]);
    broken(acts, "bad_response", BAD_CHUNK).await
}

pub async fn a_body_without_end_is_cut() -> Fault {
    let acts = says_then(ENDLESS, [Act::Repeat(vec![b'x'; 65_536])]);
    broken(acts, "body_too_large", "the answer's body is larger than 1 MiB (max_body)").await
}

pub async fn one_byte_more_than_max_body() -> Fault {
    let acts = says(head_and_body("", &[b'x'; 2001]));
    let sentence = "the answer's body is larger than 2000 bytes (max_body)";
    broken(acts, "body_too_large", sentence).await.with("max_body: 2000")
}

pub async fn exactly_max_body_is_taken() -> Fault {
    fine(says(head_and_body("", &[b'x'; 2000]))).await.with("max_body: 2000")
}

const SLOW: &str = "the answer's body did not end within 400 ms";

pub async fn a_body_that_stalls() -> Fault {
    let acts = says_then("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", [Act::Hang]);
    broken(acts, "recv_timeout", SLOW).await.with("timeout: 400ms").leaving("half")
}

pub async fn a_body_in_drips_that_never_ends() -> Fault {
    let acts = says_then(ENDLESS, [Act::Drip(b"x".to_vec(), ms(30))]);
    broken(acts, "recv_timeout", SLOW).await.with("timeout: 400ms")
}

pub async fn a_body_in_drips_that_ends_in_time() -> Fault {
    let mut acts = says("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
    for piece in ["h", "e", "l", "l", "o"] {
        acts.extend([Act::Say(piece.into()), Act::Pause(ms(20))]);
    }
    fine(acts).await
}

pub async fn an_unexpected_answer_without_end() -> Fault {
    unexpected([Act::Repeat(vec![b'x'; 65_536])]).await
}

pub async fn an_unexpected_answer_that_stalls() -> Fault {
    unexpected([Act::Hang]).await.with("timeout: 400ms").leaving("sorry")
}

pub async fn an_unexpected_answer_that_is_cut_off() -> Fault {
    unexpected([Act::Reset]).await
}

/// The status is what matters, whatever its body does.
async fn unexpected(rest: [Act; 1]) -> Fault {
    let head = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 99999999\r\n\r\nsorry";
    let fault = meets(says_then(head, rest)).await;
    fault.fails("http_status", "status 502 (Bad Gateway), expected 200").phases(WHOLE).answering(502)
}
