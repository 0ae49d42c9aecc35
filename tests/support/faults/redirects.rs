//! Redirects that lead in circles, nowhere, or where they should not.

use crate::support::port::Port;

use super::Fault;
use super::play::{Act, meets, says_then};
use crate::support::authority::{Authority, params};
use crate::support::certificates::self_signed;
use crate::support::target::{Received, Target, answer};

/// The phases of two hops over one connection.
const TWO: &str = "net.tcp http.send http.wait http.recv http.send http.wait http.recv";
/// Those of the first of them.
const ONE: &str = "net.tcp http.send http.wait http.recv";

/// What answers `/` with this status and `Location`, and everything else with 200.
async fn redirecting(status: &'static str, location: impl Into<String>) -> Fault {
    let header = format!("location: {}", location.into());
    let target = Target::http(move |request| match request.line().ends_with(" /") {
        true => answer(status, &[&header], ""),
        false => answer("200 OK", &[], "there"),
    });
    let target = target.await;
    Fault::at(target.url("/")).keeping(target)
}

async fn bad(location: &str, sentence: &'static str) -> Fault {
    redirecting("302 Found", location).await.fails("bad_redirect", sentence).phases(ONE).answering(302)
}

pub async fn a_loop_ends_after_ten() -> Fault {
    let fault = redirecting("302 Found", "/").await;
    let phases = format!("net.tcp{}", " http.send http.wait http.recv".repeat(11));
    fault.fails("too_many_redirects", "more than 10 redirects, the last to /").phases(phases).answering(302)
}

pub async fn one_redirect_more_than_allowed() -> Fault {
    let fault = redirecting("302 Found", "/").await.with("redirects: 1");
    fault.fails("too_many_redirects", "more than 1 redirect, the last to /").phases(TWO).answering(302)
}

pub async fn a_redirect_that_is_not_to_be_followed() -> Fault {
    let fault = redirecting("301 Moved Permanently", "/").await.with("redirects: 0");
    let sentence = "status 301 (Moved Permanently), expected 200";
    fault.fails("http_status", sentence).phases(ONE).answering(301)
}

pub async fn a_redirect_that_is_expected() -> Fault {
    let fault = redirecting("301 Moved Permanently", "/").await.with("redirects: 0").with("expected: 301");
    fault.phases(ONE).answering(301)
}

pub async fn a_redirect_without_location() -> Fault {
    let target = Target::http(|_| answer("302 Found", &[], "")).await;
    let fault = Fault::at(target.url("/")).keeping(target);
    fault.fails("bad_redirect", "redirect 302 without Location").phases(ONE).answering(302)
}

pub async fn a_redirect_to_an_empty_location() -> Fault {
    bad("", "redirect 302 with an empty Location").await
}

pub async fn a_redirect_to_no_url() -> Fault {
    bad("http://[::1", "redirect 302 to http://[::1, which is not a URL").await
}

pub async fn a_redirect_to_another_scheme() -> Fault {
    bad("ftp://files.test/", "redirect 302 to the scheme ftp").await
}

pub async fn a_redirect_to_an_app() -> Fault {
    bad("myapp:open", "redirect 302 to the scheme myapp").await
}

pub async fn a_redirect_to_port_99999() -> Fault {
    bad("http://127.0.0.1:99999/", "redirect 302 to http://127.0.0.1:99999/, which is not a URL").await
}

pub async fn a_redirect_to_port_0() -> Fault {
    let fault = redirecting("302 Found", "http://127.0.0.1:0/").await;
    let phases = "net.tcp http.send http.wait http.recv net.tcp!";
    fault.fails("connect_refused", "127.0.0.1:0 refused the connection").phases(phases)
}

pub async fn a_redirect_to_a_closed_port() -> Fault {
    let closed = Port::reserve();
    let fault = redirecting("302 Found", format!("http://{}/", closed.addr)).await;
    let phases = "net.tcp http.send http.wait http.recv net.tcp!";
    fault.fails("connect_refused", format!("{} refused the connection", closed.addr)).phases(phases).keeping(closed)
}

pub async fn a_redirect_to_a_bad_certificate() -> Fault {
    let target = Target::https(self_signed(&params("localhost", -1, 1)), |_| answer("200 OK", &[], "")).await;
    let fault = redirecting("302 Found", target.https_url("localhost", "/")).await.keeping(target);
    let phases = "net.tcp http.send http.wait http.recv net.dns net.tcp net.tls!";
    let sentence = "certificate of localhost is self-signed, not signed by an authority";
    fault.fails("tls_self_signed", sentence).phases(phases)
}

pub async fn a_relative_redirect_is_followed() -> Fault {
    redirecting("307 Temporary Redirect", "there?x=1#y").await.phases(TWO).answering(200)
}

pub async fn a_redirect_without_scheme_is_followed() -> Fault {
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let fault = redirecting("308 Permanent Redirect", format!("//{}/", target.addr)).await.keeping(target);
    fault.phases("net.tcp http.send http.wait http.recv net.tcp http.send http.wait http.recv").answering(200)
}

pub async fn a_303_makes_a_get_of_a_post() -> Fault {
    let target = Target::http(|request| match request.line() {
        "POST /" => answer("303 See Other", &["location: /there"], ""),
        "GET /there" if request.body.is_empty() && request.header("content-type").is_none() => {
            answer("200 OK", &[], "there")
        }
        _ => answer("405 Method Not Allowed", &[], ""),
    });
    let target = target.await;
    let fault = Fault::at(target.url("/")).keeping(target).with("body: {a: 1}").with("expected: 200");
    fault.phases(TWO).answering(200)
}

/// 200 for who comes without credentials, 418 for anybody else.
fn without_credentials(request: &Received) -> String {
    let names = ["authorization", "cookie", "proxy-authorization"];
    let found: Vec<&str> = names.into_iter().filter(|name| request.header(name).is_some()).collect();
    match (found.is_empty(), request.header("x-own")) {
        (true, Some("kept")) => answer("200 OK", &[], ""),
        _ => answer("418 I'm a teapot", &[], &found.join(", ")),
    }
}

const CREDENTIALS: &str = "headers: {cookie: session=1, proxy-authorization: Basic eA==, x-own: kept}";

pub async fn credentials_stay_with_their_host() -> Fault {
    let target = Target::http(without_credentials).await;
    let fault = redirecting("302 Found", target.url("/there")).await.keeping(target);
    let fault = fault.with("auth: {bearer: tok-4711}").with(CREDENTIALS);
    fault.phases("net.tcp http.send http.wait http.recv net.tcp http.send http.wait http.recv").answering(200)
}

pub async fn credentials_do_not_leave_tls() -> Fault {
    let (authority, plain) = (Authority::new(), Target::http(without_credentials).await);
    let header = format!("location: http://localhost:{}/there", plain.addr.port());
    let target = Target::https(authority.server("localhost"), move |_| answer("302 Found", &[&header], "")).await;
    let fault = Fault::at(target.https_url("localhost", "/")).keeping((target, plain));
    let fault = fault.with("auth: {bearer: tok-4711}").with(CREDENTIALS);
    let fault = fault.trusting(&authority);
    let first = "net.dns net.tcp net.tls http.send http.wait http.recv";
    fault.phases(format!("{first} {}", "net.dns net.tcp http.send http.wait http.recv")).answering(200)
}

const ELSEWHERE: &str = "HTTP/1.1 302 Found\r\nlocation: /there\r\ncontent-length: 99999999\r\n\r\n";

pub async fn a_redirect_whose_body_has_no_end() -> Fault {
    redirect_with([Act::Repeat(vec![b'x'; 65_536])]).await
}

pub async fn a_redirect_whose_body_stalls() -> Fault {
    redirect_with([Act::Hang]).await
}

pub async fn a_redirect_whose_body_is_cut_off() -> Fault {
    redirect_with([Act::Reset]).await
}

/// The redirect counts, and not what follows it. (Here it leads to the same again.)
async fn redirect_with(rest: [Act; 1]) -> Fault {
    let fault = meets(says_then(ELSEWHERE, rest)).await.with("redirects: 1").with("timeout: 3s");
    let hop = "net.tcp http.send http.wait http.recv";
    let fault = fault.fails("too_many_redirects", "more than 1 redirect, the last to /there");
    fault.phases(format!("{hop} {hop}")).answering(302)
}

pub async fn a_300_is_no_redirect() -> Fault {
    no_redirect("300 Multiple Choices", 300, "status 300 (Multiple Choices), expected 200").await
}

pub async fn a_304_is_no_redirect() -> Fault {
    no_redirect("304 Not Modified", 304, "status 304 (Not Modified), expected 200").await
}

async fn no_redirect(line: &'static str, code: u16, sentence: &'static str) -> Fault {
    let fault = meets(vec![Act::Read, Act::Say(format!("HTTP/1.1 {line}\r\nlocation: /there\r\n\r\n").into())]).await;
    fault.fails("http_status", sentence).phases(ONE).answering(code)
}
