//! Certificates that lead to no authority that is trusted.

use rcgen::{BasicConstraints, IsCa};

use super::Fault;
use super::certificates::{BAD, GOOD, at};
use crate::support::authority::{Authority, params};
use crate::support::certificates::self_signed;
use crate::support::target::{Target, answer};

pub async fn an_unknown_authority_is_named() -> Fault {
    let stranger = Authority::named("Somebody else");
    let why = "is signed by an unknown authority, or an intermediate certificate is missing (issuer: Somebody else)";
    at("good.test", &Authority::new(), stranger.server("good.test"))
        .await
        .fails("tls_unknown_issuer", format!("certificate of good.test {why}"))
}

pub async fn a_private_authority_is_unknown_unless_told() -> Fault {
    let authority = Authority::named("Our own");
    let target = Target::https(authority.server("localhost"), |_| answer("200 OK", &[], "")).await;
    let why = "is signed by an unknown authority, or an intermediate certificate is missing (issuer: Our own)";
    Fault::at(target.https_url("localhost", "/"))
        .fails("tls_unknown_issuer", format!("certificate of localhost {why}"))
        .phases(BAD)
        .keeping(target)
}

pub async fn an_unknown_authority_that_is_presented_is_named() -> Fault {
    let stranger = Authority::named("Somebody else");
    let server = stranger.server_with(&params("good.test", -1, 1), &[stranger.der()]);
    at("good.test", &Authority::new(), server)
        .await
        .fails("tls_unknown_issuer", "certificate of good.test chains to an unknown authority (Somebody else)")
}

pub async fn a_chain_that_leads_to_a_stranger_names_the_stranger() -> Fault {
    let intermediate = Authority::named("Somebody else").intermediate("Between", -1, 9);
    let server = intermediate.server_with(&params("good.test", -1, 1), &[intermediate.der()]);
    let why = "chains to an unknown authority, or an intermediate certificate is missing (issuer: Somebody else)";
    at("good.test", &Authority::new(), server)
        .await
        .fails("tls_unknown_issuer", format!("certificate of good.test {why}"))
}

pub async fn a_missing_intermediate_is_named() -> Fault {
    let authority = Authority::new();
    let intermediate = authority.intermediate("Between", -1, 9);
    let why = "is signed by an unknown authority, or an intermediate certificate is missing (issuer: Between)";
    at("good.test", &authority, intermediate.server("good.test"))
        .await
        .fails("tls_unknown_issuer", format!("certificate of good.test {why}"))
}

pub async fn an_intermediate_that_is_presented_is_fine() -> Fault {
    let authority = Authority::new();
    let intermediate = authority.intermediate("Between", -1, 9);
    let server = intermediate.server_with(&params("good.test", -1, 1), &[intermediate.der()]);
    at("good.test", &authority, server).await.answering(200).phases(GOOD)
}

pub async fn an_expired_intermediate_is_named() -> Fault {
    let authority = Authority::new();
    let intermediate = authority.intermediate("Between", -9, -2);
    let server = intermediate.server_with(&params("good.test", -1, 1), &[intermediate.der()]);
    at("good.test", &authority, server)
        .await
        .fails("tls_expired", "intermediate certificate of good.test, Between, expired 2 days ago (20*)")
}

pub async fn an_impostor_of_the_authority_is_told() -> Fault {
    let (authority, impostor) = (Authority::new(), Authority::new());
    let why = "was not signed by the authority that it names (SentryNet test authority)";
    at("good.test", &authority, impostor.server("good.test"))
        .await
        .fails("tls_unknown_issuer", format!("certificate of good.test {why}"))
}

pub async fn a_self_signed_certificate_is_told() -> Fault {
    at("good.test", &Authority::new(), self_signed(&params("good.test", -1, 1)))
        .await
        .fails("tls_self_signed", "certificate of good.test is self-signed, not signed by an authority")
}

pub async fn a_self_signed_authority_as_a_server_is_told() -> Fault {
    let mut params = params("good.test", -1, 1);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    at("good.test", &Authority::new(), self_signed(&params))
        .await
        .fails("tls_self_signed", "certificate of good.test is self-signed, not signed by an authority")
}
