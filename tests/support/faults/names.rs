//! Faults of name servers.

use std::net::IpAddr;
use std::time::Duration;

use hickory_resolver::proto::op::ResponseCode;

use super::Fault;
use crate::support::name_server::{NameServer, Reply};
use crate::support::target::{Target, answer};

const HOME: [u8; 4] = [127, 0, 0, 1];

/// What a probe of http://name.test meets whose name server always replies so.
async fn replying(reply: Reply) -> Fault {
    let names = NameServer::start(move |_| reply.clone()).await;
    Fault::at("http://name.test/").named_by(names.addr).keeping(names).phases("net.dns!")
}

pub async fn a_name_that_does_not_exist_is_not_found() -> Fault {
    replying(Reply::Error(ResponseCode::NXDomain)).await.fails("dns_not_found", "name.test does not exist (NXDOMAIN)")
}

pub async fn a_name_without_an_address_is_not_found() -> Fault {
    replying(Reply::Addresses(Vec::new(), Duration::ZERO))
        .await
        .fails("dns_not_found", "name.test exists, but has no address")
}

pub async fn a_name_without_an_address_of_the_family_asked_for_is_not_found() -> Fault {
    replying(Reply::Addresses(vec![IpAddr::from(HOME)], Duration::ZERO))
        .await
        .with("ip: 6")
        .fails("dns_not_found", "name.test exists, but has no IPv6 address")
}

pub async fn a_name_too_long_for_dns_is_not_found() -> Fault {
    let host = format!("{}.test", "x".repeat(64));
    Fault::at(format!("http://{host}/"))
        .fails(
            "dns_not_found",
            format!("{host} cannot be looked up: it is too long for a name (63 characters between dots, 253 in all)"),
        )
        .phases("net.dns!")
}

/// What a probe meets whose name is an alias of old.test.
async fn leading_to(reply: Reply) -> Fault {
    let names = NameServer::start(move |name| match name {
        "name.test" => Reply::Alias("old.test"),
        _ => reply.clone(),
    });
    let names = names.await;
    Fault::at("http://name.test/").named_by(names.addr).keeping(names).phases("net.dns!")
}

pub async fn an_alias_without_an_address_is_not_found() -> Fault {
    leading_to(Reply::Addresses(Vec::new(), Duration::ZERO))
        .await
        .fails("dns_not_found", "name.test is an alias (CNAME) of old.test, which has no address")
}

pub async fn an_alias_of_a_name_that_does_not_exist_is_not_found() -> Fault {
    leading_to(Reply::Error(ResponseCode::NXDomain))
        .await
        .fails("dns_not_found", "name.test is an alias (CNAME) of old.test, which does not exist (NXDOMAIN)")
}

pub async fn aliases_in_a_circle_are_not_found() -> Fault {
    leading_to(Reply::Alias("name.test"))
        .await
        .fails("dns_not_found", "name.test is an alias (CNAME) in a loop, or in too long a chain")
}

pub async fn a_name_server_that_fails_is_a_failure() -> Fault {
    let why = "the name server answered SERVFAIL (it could not resolve the name)";
    replying(Reply::Error(ResponseCode::ServFail))
        .await
        .fails("dns_failure", format!("name.test could not be looked up: {why}"))
}

pub async fn a_name_server_that_refuses_is_a_failure() -> Fault {
    let why = "the name server answered REFUSED (its policy forbids an answer for this name, or to this client)";
    replying(Reply::Error(ResponseCode::Refused))
        .await
        .fails("dns_failure", format!("name.test could not be looked up: {why}"))
}

pub async fn a_name_server_with_an_unusual_error_is_a_failure() -> Fault {
    let why = "the name server answered with the error code 8";
    replying(Reply::Error(ResponseCode::NXRRSet))
        .await
        .fails("dns_failure", format!("name.test could not be looked up: {why}"))
}

pub async fn a_name_server_that_answers_garbage_is_a_failure() -> Fault {
    replying(Reply::Garbage)
        .await
        .fails("dns_failure", "name.test could not be looked up: the name server's answer is not a valid DNS message")
}

pub async fn an_answer_cut_off_without_one_over_tcp_is_a_failure() -> Fault {
    let why = "the answer is too long for UDP, and the name server does not send it over TCP";
    replying(Reply::CutOff).await.fails("dns_failure", format!("name.test could not be looked up: {why}"))
}

pub async fn a_silent_name_server_times_out() -> Fault {
    replying(Reply::Silence)
        .await
        .with("timeout: 400ms")
        .fails("dns_timeout", "no answer from the name server for name.test within 400 ms")
}

pub async fn a_name_server_that_is_given_up_times_out() -> Fault {
    // Asked three times for 100 ms each, while the run has ten seconds.
    replying(Reply::Silence)
        .await
        .patient(Duration::from_millis(100), 2)
        .fails("dns_timeout", "no answer from the name server for name.test within *")
}

pub async fn silence_on_one_family_is_told_where_the_other_has_no_address() -> Fault {
    replying(Reply::HalfSilence)
        .await
        .patient(Duration::from_millis(100), 2)
        .fails("dns_timeout", "no answer from the name server for name.test within *")
}

pub async fn a_closed_port_of_a_name_server_times_out() -> Fault {
    // Over UDP nobody says that a port is closed, as far as a resolver can see. What is connected takes nothing from anybody
    // else: the system answers as if nobody were there.
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let addr = closed.local_addr().expect("its address");
    closed.connect(addr).expect("itself");
    Fault::at("http://name.test/")
        .named_by(addr)
        .keeping(closed)
        .with("timeout: 400ms")
        .fails("dns_timeout", "no answer from the name server for name.test within 400 ms")
        .phases("net.dns!")
}

pub async fn a_name_server_that_is_late_is_waited_for() -> Fault {
    let delay = Duration::from_millis(600);
    let names = NameServer::start(move |_| Reply::Addresses(vec![IpAddr::from(HOME)], delay)).await;
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    Fault::at(format!("http://name.test:{}/", target.addr.port()))
        .named_by(names.addr)
        .keeping((names, target))
        .answering(200)
        .phases("net.dns net.tcp http.send http.wait http.recv")
}
