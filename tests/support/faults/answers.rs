//! Answers whose status is wrong, that never come, or that are cut off within their head.

use super::Fault;
use super::play::{Act, flood, meets, ms, says, says_then, stage};
use crate::support::target::{Target, answer};

/// The phases of an answer that was read to its end.
const WHOLE: &str = "net.tcp http.send http.wait http.recv";
/// Those of one whose head did not come.
const HEADLESS: &str = "net.tcp http.send http.wait!";

/// A target that answers every request with this status.
async fn status(status: &'static str) -> Fault {
    let target = Target::http(move |_| answer(status, &[], "sorry")).await;
    Fault::at(target.url("/")).keeping(target)
}

/// One whose status is not what was expected.
async fn unexpected(line: &'static str, code: u16, sentence: &'static str) -> Fault {
    status(line).await.fails("http_status", sentence).phases(WHOLE).answering(code)
}

pub async fn a_500_is_not_expected() -> Fault {
    unexpected("500 Oops", 500, "status 500 (Internal Server Error), expected 200").await
}

pub async fn a_503_is_not_expected() -> Fault {
    unexpected("503 Service Unavailable", 503, "status 503 (Service Unavailable), expected 200").await
}

pub async fn a_404_is_not_within_a_class() -> Fault {
    unexpected("404 Not Found", 404, "status 404 (Not Found), expected 2xx").await.with("expected: 2xx")
}

pub async fn a_418_is_in_no_part_of_a_list() -> Fault {
    let sentence = "status 418 (I'm a teapot), expected 200-204 or 301 or 5xx";
    unexpected("418 I'm a teapot", 418, sentence).await.with("expected: [200-204, 301, 5xx]")
}

pub async fn a_200_is_not_a_204() -> Fault {
    unexpected("200 OK", 200, "status 200 (OK), expected 204").await.with("expected: 204")
}

pub async fn a_status_without_a_name_is_only_a_number() -> Fault {
    unexpected("999 Wow", 999, "status 999, expected 200").await
}

pub async fn a_status_below_100_is_not_http() -> Fault {
    status("099 Low").await.fails("bad_response", BAD_STATUS).phases(HEADLESS)
}

pub async fn a_status_of_four_digits_is_not_http() -> Fault {
    status("1000 High").await.fails("bad_response", BAD_STATUS).phases(HEADLESS)
}

const BAD_STATUS: &str = "the answer from 127.0.0.1:* has an invalid HTTP status";

pub async fn closing_before_any_byte() -> Fault {
    meets(vec![Act::Read]).await.fails("closed_early", CLOSED).phases(HEADLESS)
}

pub async fn closing_within_the_head() -> Fault {
    meets(says("HTTP/1.1 200 OK\r\ncontent-le")).await.fails("closed_early", CLOSED).phases(HEADLESS)
}

const CLOSED: &str = "127.0.0.1:* closed the connection before it answered";

pub async fn a_reset_before_the_answer() -> Fault {
    meets(vec![Act::Read, Act::Reset]).await.fails("reset", RESET).phases(HEADLESS)
}

pub async fn a_reset_within_the_head() -> Fault {
    let acts = says_then("HTTP/1.1 200 OK\r\ncontent-le", [Act::Reset]);
    meets(acts).await.fails("reset", RESET).phases(HEADLESS)
}

const RESET: &str = "127.0.0.1:* reset the connection before it answered";

pub async fn no_answer_at_all() -> Fault {
    let fault = meets(vec![Act::Read, Act::Hang]).await.with("timeout: 300ms");
    fault.fails("wait_timeout", NO_ANSWER).phases(HEADLESS)
}

pub async fn a_head_that_stops_in_the_middle() -> Fault {
    let fault = meets(says_then("HTTP/1.1 200 OK\r\nserver: x\r\n", [Act::Hang])).await.with("timeout: 300ms");
    fault.fails("wait_timeout", NO_ANSWER).phases(HEADLESS)
}

pub async fn a_head_in_drips_that_never_ends() -> Fault {
    let acts = says_then("HTTP/1.1 200 OK\r\n", [Act::Drip(b"x: y\r\n".to_vec(), ms(50))]);
    meets(acts).await.with("timeout: 400ms").fails("wait_timeout", NO_ANSWER).phases(HEADLESS)
}

const NO_ANSWER: &str = "no answer within * (connected in * ms)";

pub async fn a_head_in_drips_that_ends_in_time() -> Fault {
    let mut acts = vec![Act::Read];
    for piece in ["HT", "TP/1.1 20", "0 OK\r", "\ncontent-length", ": 2\r\n\r", "\nok"] {
        acts.extend([Act::Say(piece.into()), Act::Pause(ms(20))]);
    }
    meets(acts).await.phases(WHOLE).answering(200)
}

pub async fn an_interim_answer_before_the_answer() -> Fault {
    interim("HTTP/1.1 100 Continue\r\n\r\n").await
}

pub async fn processing_before_the_answer() -> Fault {
    interim("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n").await
}

pub async fn early_hints_before_the_answer() -> Fault {
    interim("HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n").await
}

async fn interim(before: &str) -> Fault {
    meets(says(before.to_owned() + &answer("200 OK", &[], "ok"))).await.phases(WHOLE).answering(200)
}

pub async fn interim_answers_without_end() -> Fault {
    let hints = b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n".repeat(20);
    let acts = vec![Act::Read, flood(hints)];
    meets(acts).await.with("timeout: 1s").fails("wait_timeout", NO_ANSWER).phases(HEADLESS)
}

pub async fn a_switch_of_protocols_that_nobody_asked_for() -> Fault {
    let acts = says("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n");
    let sentence = "status 101 (Switching Protocols), expected 200";
    meets(acts).await.fails("http_status", sentence).phases(WHOLE).answering(101)
}

pub async fn a_413_before_the_request_is_read() -> Fault {
    let text = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let acts = vec![Act::ReadHead, Act::Say(text.into()), Act::Hang];
    let fault = meets(acts).await.with(format!("body: {}", "x".repeat(200_000)));
    fault.fails("http_status", "status 413 (Payload Too Large), expected 201").phases(WHOLE).answering(413)
}

/// What a script meets that sends 8 MB there: more than the buffers on the way hold.
async fn taking(acts: Vec<Act>) -> Fault {
    let (target, text) = (stage(acts).await, "x".repeat(500_000));
    let source = Target::http(move |_| answer("200 OK", &[], &format!("{{\"a\": \"{text}\"}}"))).await;
    let first = format!("steps:\n  - url: {}\n    set_keys: {{a: $.a}}", source.url("/"));
    let second = format!("  - url: {}\n    body: '{}'", target.url("/"), "{a}".repeat(16));
    let fault = Fault::of("probes.script", format!("{first}\n{second}")).keeping((target, source));
    fault.phases("net.tcp http.send http.wait http.recv json.parse net.tcp http.send!")
}

pub async fn a_server_that_never_reads_the_body() -> Fault {
    let fault = taking(vec![Act::Hang]).await.with("timeout: 2s");
    fault.fails("send_timeout", "step 2: 127.0.0.1:* did not read the whole request within 2 s")
}

pub async fn a_reset_while_the_request_is_sent() -> Fault {
    let fault = taking(vec![Act::ReadHead, Act::Reset]).await;
    fault.fails("send_failed", "step 2: 127.0.0.1:* reset the connection while the request was sent")
}

pub async fn a_204_with_a_body() -> Fault {
    let acts = says("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello");
    meets(acts).await.with("expected: 204").phases(WHOLE).answering(204)
}

pub async fn a_304_with_a_body() -> Fault {
    let acts = says("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\nhello");
    meets(acts).await.with("expected: 304").phases(WHOLE).answering(304)
}

pub async fn the_length_of_an_answer_to_head_is_not_waited_for() -> Fault {
    let acts = says_then("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", [Act::Hang]);
    meets(acts).await.with("method: HEAD").phases(WHOLE).answering(200)
}

pub async fn an_answer_of_http_1_0_ends_with_the_connection() -> Fault {
    meets(says("HTTP/1.0 200 OK\r\n\r\nhello")).await.phases(WHOLE).answering(200)
}

/// The connection is not used again.
pub async fn a_second_answer_that_nobody_asked_for() -> Fault {
    let twice = answer("200 OK", &[], "ok") + &answer("500 Oops", &[], "no");
    let target = stage(says_then(twice, [Act::Hang])).await;
    let keys = format!("steps:\n  - url: {0}\n  - url: {0}", target.url("/"));
    let fault = Fault::of("probes.script", keys).keeping(target);
    fault.phases(format!("{WHOLE} {WHOLE}")).answering(200)
}
