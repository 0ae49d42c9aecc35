//! Faults of name servers.

use hickory_resolver::proto::op::ResponseCode;

use super::Fault;
use crate::support::name_server::{NameServer, Reply};

pub async fn a_name_that_does_not_exist_is_not_found() -> Fault {
    let names = NameServer::start(|_| Reply::Error(ResponseCode::NXDomain)).await;
    Fault::at("http://no.test/")
        .named_by(names.addr)
        .keeping(names)
        .fails("dns_not_found", "no.test does not exist (NXDOMAIN)")
        .phases("net.dns!")
}
