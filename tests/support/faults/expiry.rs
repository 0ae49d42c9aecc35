//! Certificates that are good, but not for long: `tls.min_days`.

use std::sync::Arc;
use std::time::Duration as Time;

use rustls::ServerConfig;
use time::Duration;

use super::Fault;
use super::certificates::GOOD;
use crate::support::authority::{Authority, params, params_between};
use crate::support::certificates::self_signed;
use crate::support::name_server::{NameServer, Reply};
use crate::support::prepare::quoted;
use crate::support::target::{Received, Target, answer};

/// The handshake is marked, though the answer came after it.
const MARKED: &str = "net.dns net.tcp net.tls! http.send http.wait http.recv";

async fn server(config: Arc<ServerConfig>) -> Target {
    Target::https(config, |_| answer("200 OK", &[], "")).await
}

/// What a probe of localhost meets that trusts this authority and asks for so many days.
fn asking(days: u32, authority: &Authority, target: &Target) -> Fault {
    let tls = format!("tls: {{ca: {}, min_days: {days}}}", quoted(&authority.pem()));
    Fault::at(target.https_url("localhost", "/")).with(tls)
}

/// Of a certificate that ends in five days and an hour.
async fn ending(days: u32) -> Fault {
    let authority = Authority::new();
    let params = params_between("localhost", Duration::days(-9), Duration::hours(5 * 24 + 1));
    let target = server(authority.server_with(&params, &[])).await;
    asking(days, &authority, &target).answering(200).keeping(target)
}

pub async fn a_certificate_that_ends_soon_is_expiring() -> Fault {
    let sentence = "certificate of localhost expires in 5 days (20*), tls.min_days is 14";
    ending(14).await.fails("tls_expiring", sentence).phases(MARKED)
}

pub async fn a_certificate_that_ends_late_enough_is_fine() -> Fault {
    ending(5).await.phases(GOOD)
}

pub async fn no_day_is_asked_for_by_default() -> Fault {
    ending(0).await.phases(GOOD)
}

pub async fn an_intermediate_that_ends_first_is_the_one_told() -> Fault {
    let authority = Authority::new();
    let intermediate = authority.intermediate("Between", -9, 3);
    let target = server(intermediate.server_with(&params("localhost", -1, 5), &[intermediate.der()])).await;
    let title = "intermediate certificate of localhost, Between,";
    asking(14, &authority, &target)
        .fails("tls_expiring", format!("{title} expires in 2 days (20*), tls.min_days is 14"))
        .answering(200)
        .phases(MARKED)
        .keeping(target)
}

pub async fn a_certificate_that_nothing_depends_on_may_end() -> Fault {
    let authority = Authority::new();
    let (needed, spare) = (authority.intermediate("Between", -9, 99), authority.intermediate("Of old", -9, 3));
    let chain = [needed.der(), spare.der()];
    let target = server(needed.server_with(&params("localhost", -1, 50), &chain)).await;
    asking(14, &authority, &target).answering(200).phases(GOOD).keeping(target)
}

pub async fn an_expired_certificate_that_is_accepted_is_expiring() -> Fault {
    let target = server(self_signed(&params("localhost", -9, -3))).await;
    Fault::at(target.https_url("localhost", "/"))
        .with("tls: {insecure: true, min_days: 0}")
        .fails("tls_expiring", "certificate of localhost expired 3 days ago (20*), tls.min_days is 0")
        .answering(200)
        .phases(MARKED)
        .keeping(target)
}

pub async fn a_bad_answer_comes_before_a_certificate_that_ends_soon() -> Fault {
    let authority = Authority::new();
    let target = Target::https(authority.server("localhost"), |_| answer("503 Service Unavailable", &[], "")).await;
    asking(14, &authority, &target)
        .fails("http_status", "status 503 (Service Unavailable), expected 200")
        .answering(503)
        .phases(GOOD)
        .keeping(target)
}

pub async fn a_redirect_over_a_certificate_that_ends_soon_is_marked_where_it_was() -> Fault {
    let authority = Authority::new();
    let last = server(authority.server_valid("new.test", -1, 99)).await;
    let location = format!("location: {}", last.https_url("new.test", "/"));
    let first =
        Target::https(authority.server_valid("old.test", -1, 5), move |_| answer("302 Found", &[&location], ""));
    let first = first.await;
    let names = NameServer::start(|_| Reply::Addresses(vec![[127, 0, 0, 1].into()], Time::ZERO)).await;
    let tls = format!("tls: {{ca: {}, min_days: 14}}", quoted(&authority.pem()));
    Fault::at(first.https_url("old.test", "/"))
        .with(tls)
        .named_by(names.addr)
        .keeping((first, last, names))
        .fails("tls_expiring", "certificate of old.test expires in 4 days (20*), tls.min_days is 14")
        .answering(200)
        .phases("net.dns net.tcp net.tls! http.send http.wait http.recv net.dns net.tcp net.tls http.send http.wait http.recv")
}

pub async fn a_kept_connection_counts_with_the_certificate_that_it_was_made_with() -> Fault {
    let authority = Authority::new();
    let config = authority.server_valid("localhost", -1, 5);
    let target = Target::https(config, |_: &Received| answer("200 OK", &[], "")).await;
    let (url, ca) = (target.https_url("localhost", "/"), quoted(&authority.pem()));
    let step = |more: &str| format!("\n- url: {url}\n  tls: {{ca: {ca}{more}}}");
    Fault::of("probes.script", format!("steps:{}{}", step(""), step(", min_days: 14")))
        .fails("tls_expiring", "step 2: certificate of localhost expires in 4 days (20*), tls.min_days is 14")
        .answering(200)
        .phases("net.dns net.tcp net.tls http.send http.wait http.recv http.send http.wait http.recv")
        .keeping(target)
}
