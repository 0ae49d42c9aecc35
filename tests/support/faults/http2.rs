//! Servers that get HTTP/2 wrong (RFC 9113), frame by frame.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use super::Fault;
use super::play::{Act, flood, meets, read_frame};
use crate::support::authority::Authority;
use crate::support::target::{Target, answer};

/// The phases of an answer that was read to its end.
const WHOLE: &str = "net.tcp http.send http.wait http.recv";
/// Those of one whose head did not come.
const HEADLESS: &str = "net.tcp http.send http.wait!";
/// Those of one whose body is at fault.
const BROKEN: &str = "net.tcp http.send http.wait http.recv!";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// The probe's only stream.
const STREAM: u32 = 1;

/// A frame as it goes over the wire.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn settings() -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[])
}

/// `:status: 200` is the eighth entry of HPACK's static table (RFC 7541, appendix A).
fn head() -> Vec<u8> {
    frame(HEADERS, END_HEADERS, STREAM, &[0x88])
}

fn data(flags: u8, bytes: &[u8]) -> Vec<u8> {
    frame(DATA, flags, STREAM, bytes)
}

fn reset(code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, STREAM, &code.to_be_bytes())
}

fn go_away(last_stream: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last_stream.to_be_bytes(), code.to_be_bytes()].concat())
}

/// A field whose name is `x`, not in any table.
fn field(length: usize) -> Vec<u8> {
    assert!(length < 127);
    [&[0, 1, b'x', u8::try_from(length).expect("short")], vec![b'y'; length].as_slice()].concat()
}

/// What meets a server that says these frames after the settings, and then does the rest.
async fn says<const N: usize>(frames: &[Vec<u8>], rest: [Act; N]) -> Fault {
    let mut acts = vec![Act::ReadFrame(HEADERS), Act::Say([settings(), frames.concat()].concat())];
    acts.extend(rest);
    meets(acts).await.with("http: 2")
}

/// Until the probe has read everything and left, however busy the machine is.
async fn without_answer(frames: &[Vec<u8>], kind: &'static str, sentence: &'static str) -> Fault {
    says(frames, [Act::Listen]).await.fails(kind, sentence).phases(HEADLESS)
}

async fn broken(frames: &[Vec<u8>], kind: &'static str, sentence: &'static str) -> Fault {
    says(&[&[head()], frames].concat(), [Act::Listen]).await.fails(kind, sentence).phases(BROKEN).answering(200)
}

async fn fine(frames: &[Vec<u8>]) -> Fault {
    says(frames, [Act::Listen]).await.phases(WHOLE).answering(200)
}

pub async fn an_answer_in_frames_is_taken() -> Fault {
    fine(&[head(), data(0, b"he"), data(END_STREAM, b"llo")]).await
}

pub async fn a_goodbye_before_the_answer() -> Fault {
    without_answer(
        &[go_away(0, 0)],
        "closed_early",
        "127.0.0.1:* ended the HTTP/2 connection without an answer (NO_ERROR)",
    )
    .await
}

pub async fn a_goodbye_that_asks_for_calm() -> Fault {
    without_answer(
        &[go_away(0, 11)],
        "closed_early",
        "127.0.0.1:* ended the HTTP/2 connection without an answer (ENHANCE_YOUR_CALM)",
    )
    .await
}

pub async fn a_stream_that_is_refused() -> Fault {
    without_answer(&[reset(7)], "reset", "127.0.0.1:* reset the HTTP/2 stream (REFUSED_STREAM)").await
}

pub async fn a_stream_that_is_reset_for_an_error() -> Fault {
    without_answer(&[reset(2)], "reset", "127.0.0.1:* reset the HTTP/2 stream (INTERNAL_ERROR)").await
}

pub async fn a_server_that_wants_http_1_1() -> Fault {
    without_answer(
        &[reset(13)],
        "reset",
        "127.0.0.1:* does not answer this over HTTP/2 (HTTP_1_1_REQUIRED): set `http: 1.1`",
    )
    .await
}

pub async fn a_reason_that_no_rfc_knows() -> Fault {
    without_answer(&[reset(4711)], "reset", "127.0.0.1:* reset the HTTP/2 stream (error 4711)").await
}

pub async fn no_answer_on_a_stream() -> Fault {
    let fault = says(&[], [Act::Listen]).await.with("timeout: 400ms");
    fault.fails("wait_timeout", "no answer within * (connected in * ms)").phases(HEADLESS)
}

pub async fn closing_before_an_answer_on_a_stream() -> Fault {
    says(&[], [Act::Settle])
        .await
        .fails("closed_early", "127.0.0.1:* closed the connection before it answered")
        .phases(HEADLESS)
}

pub async fn resetting_before_an_answer_on_a_stream() -> Fault {
    says(&[], [Act::Reset]).await.fails("reset", "127.0.0.1:* reset the connection before it answered").phases(HEADLESS)
}

pub async fn http_1_in_place_of_frames() -> Fault {
    let refusal = answer("400 Bad Request", &[], "what?");
    // The preface would be a request; the request itself is there, too, before it is answered.
    let fault = meets(vec![Act::ReadFrame(HEADERS), Act::Say(refusal.into()), Act::Listen]).await;
    fault
        .with("http: 2")
        .fails("bad_response", "the answer from 127.0.0.1:* violates HTTP/2 (FRAME_SIZE_ERROR)")
        .phases(HEADLESS)
}

pub async fn http_1_where_alpn_chose_http_2() -> Fault {
    let authority = Authority::new();
    let mut config = (*authority.server("localhost")).clone();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let target = Target::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let _ = read_frame(&mut stream, HEADERS).await;
            let _ = stream.write_all(answer("400 Bad Request", &[], "what?").as_bytes()).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    let fault = Fault::at(target.https_url("localhost", "/")).keeping(target).trusting(&authority);
    fault
        .fails("bad_response", "the answer from localhost:* violates HTTP/2 (FRAME_SIZE_ERROR)")
        .phases("net.dns net.tcp net.tls http.send http.wait!")
}

pub async fn a_frame_of_16_mib() -> Fault {
    let header = [&[0xff, 0xff, 0xff, DATA, 0], STREAM.to_be_bytes().as_slice()].concat();
    without_answer(&[header], "bad_response", "the answer from 127.0.0.1:* violates HTTP/2 (FRAME_SIZE_ERROR)").await
}

pub async fn data_before_any_head() -> Fault {
    without_answer(
        &[data(END_STREAM, b"hello")],
        "bad_response",
        "the answer from 127.0.0.1:* violates HTTP/2 (PROTOCOL_ERROR)",
    )
    .await
}

pub async fn a_head_that_cannot_be_unpacked() -> Fault {
    // An entry of the dynamic table, which is empty.
    without_answer(
        &[frame(HEADERS, END_HEADERS, STREAM, &[0xff, 0x7f])],
        "bad_response",
        "the answer from 127.0.0.1:* violates HTTP/2 (PROTOCOL_ERROR)",
    )
    .await
}

pub async fn settings_without_end() -> Fault {
    let fault = says(&[], [flood(settings().repeat(20))]).await.with("timeout: 1s");
    fault.fails("wait_timeout", "no answer within * (connected in * ms)").phases(HEADLESS)
}

pub async fn pings_without_end() -> Fault {
    let fault = says(&[], [flood(frame(PING, 0, 0, b"01234567").repeat(20))]).await.with("timeout: 1s");
    fault.fails("wait_timeout", "no answer within * (connected in * ms)").phases(HEADLESS)
}

pub async fn continuations_without_end() -> Fault {
    let more = frame(CONTINUATION, 0, STREAM, &field(100));
    let fault = says(&[frame(HEADERS, 0, STREAM, &[0x88])], [Act::Repeat(more.repeat(100))]).await.with("timeout: 1s");
    fault.fails("bad_response", "the answer from 127.0.0.1:* violates HTTP/2 (ENHANCE_YOUR_CALM)").phases(HEADLESS)
}

pub async fn interim_answers_without_end() -> Fault {
    // `:status: 103` with a name of the static table and a value of its own.
    let hints = frame(HEADERS, END_HEADERS, STREAM, &[0x08, 3, b'1', b'0', b'3']);
    let fault = says(&[], [flood(hints.repeat(20))]).await.with("timeout: 1s");
    fault.fails("wait_timeout", "no answer within * (connected in * ms)").phases(HEADLESS)
}

/// A head of fields of 132 bytes (as RFC 9113 counts them), so many.
fn large_head(fields: usize) -> Vec<Vec<u8>> {
    let mut rest = vec![0x88];
    rest.extend(field(99).repeat(fields));
    let (first, rest) = rest.split_at(rest.len().min(16_000));
    let mut frames = vec![frame(HEADERS, if rest.is_empty() { END_HEADERS } else { 0 }, STREAM, first)];
    let mut pieces = rest.chunks(16_000).peekable();
    while let Some(piece) = pieces.next() {
        let flags = if pieces.peek().is_none() { END_HEADERS } else { 0 };
        frames.push(frame(CONTINUATION, flags, STREAM, piece));
    }
    frames
}

pub async fn a_head_of_200_kib_is_taken() -> Fault {
    fine(&[large_head(1500), vec![data(END_STREAM, b"")]].concat()).await
}

pub async fn a_head_of_one_mib() -> Fault {
    without_answer(&large_head(8000), "bad_response", "the answer from 127.0.0.1:* violates HTTP/2 (ENHANCE_YOUR_CALM)")
        .await
}

pub async fn a_stream_that_breaks_off() -> Fault {
    says(&[head(), data(0, b"half")], [Act::Settle])
        .await
        .fails("truncated", "the connection was closed within the answer's body")
        .phases(BROKEN)
        .answering(200)
}

pub async fn a_stream_that_is_reset_within_the_body() -> Fault {
    broken(
        &[data(0, b"half"), reset(2)],
        "truncated",
        "the HTTP/2 stream was reset within the answer's body (INTERNAL_ERROR)",
    )
    .await
}

pub async fn a_reset_of_the_connection_within_a_stream() -> Fault {
    let fault = says(&[head(), data(0, b"half")], [Act::Reset]).await;
    fault.fails("truncated", "the connection was reset within the answer's body").phases(BROKEN).answering(200)
}

pub async fn a_body_shorter_than_the_length_of_its_stream() -> Fault {
    // `content-length: 9` is entry 28 of the static table.
    let head = frame(HEADERS, END_HEADERS, STREAM, &[0x88, 0x0f, 13, 1, b'9']);
    let fault = says(&[head, data(END_STREAM, b"half")], [Act::Listen]).await;
    fault.fails("bad_response", "the answer's body violates HTTP/2 (PROTOCOL_ERROR)").phases(BROKEN).answering(200)
}

pub async fn data_that_stalls() -> Fault {
    let fault = says(&[head(), data(0, b"half")], [Act::Listen]).await.with("timeout: 400ms");
    fault.fails("recv_timeout", "the answer's body did not end within 400 ms").phases(BROKEN).answering(200)
}

pub async fn data_beyond_the_window() -> Fault {
    let fault = says(&[head()], [Act::Repeat(data(0, &[b'x'; 16_000]))]).await;
    let sentence = "the answer's body violates HTTP/2 (FLOW_CONTROL_ERROR)";
    fault.fails("bad_response", sentence).phases(BROKEN).answering(200)
}

/// A server that keeps to the rules, and sends as much as it is let.
pub async fn data_without_end() -> Fault {
    let target = Target::start(|stream| async move {
        let Ok(mut connection) = h2::server::handshake(stream).await else { return };
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let Ok(mut body) = respond.send_response(http::Response::new(()), false) else { return };
            tokio::spawn(async move {
                loop {
                    body.reserve_capacity(65_536);
                    let room = std::future::poll_fn(|cx| body.poll_capacity(cx)).await;
                    let Some(Ok(room)) = room else { return };
                    if body.send_data(vec![b'x'; room].into(), false).is_err() {
                        return;
                    }
                }
            });
        }
    })
    .await;
    let fault = Fault::at(target.url("/")).keeping(target).with("http: 2");
    let sentence = "the answer's body is larger than 1 MiB (max_body)";
    fault.fails("body_too_large", sentence).phases(BROKEN).answering(200)
}

pub async fn empty_data_without_end() -> Fault {
    let fault = says(&[head()], [Act::Repeat(data(0, b"").repeat(1000))]).await.with("timeout: 1s");
    fault.fails("bad_response", "the answer's body violates HTTP/2 (ENHANCE_YOUR_CALM)").phases(BROKEN).answering(200)
}

pub async fn a_goodbye_within_the_body() -> Fault {
    broken(
        &[data(0, b"half"), go_away(0, 2)],
        "truncated",
        "the HTTP/2 connection was ended within the answer's body (INTERNAL_ERROR)",
    )
    .await
}

pub async fn a_polite_goodbye_lets_the_answer_end() -> Fault {
    fine(&[head(), go_away(STREAM, 0), data(0, b"he"), data(END_STREAM, b"llo")]).await
}

pub async fn a_window_that_never_opens() -> Fault {
    // SETTINGS_INITIAL_WINDOW_SIZE is 0.
    let settings = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let acts = vec![Act::ReadFrame(SETTINGS), Act::Say(settings), Act::Listen];
    let fault = meets(acts).await.with("http: 2").with("timeout: 400ms").with(format!("body: {}", "x".repeat(100_000)));
    fault.fails("send_timeout", "127.0.0.1:* did not read the whole request within 400 ms").phases("net.tcp http.send!")
}
