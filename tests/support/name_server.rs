//! A name server on loopback: answers with addresses, late, with an error, or not at all.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::CNAME;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::proto::serialize::binary::{BinDecodable, BinEncodable};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use super::port::Port;

/// What to say to a question for a name's addresses.
#[derive(Clone)]
pub enum Reply {
    /// Those of these addresses that are of the family asked for, after a delay.
    Addresses(Vec<IpAddr>, Duration),
    /// It is an alias of this name.
    Alias(&'static str),
    /// The answer is too long for UDP.
    CutOff,
    /// Nothing that can be read, but to this question.
    Garbage,
    /// Nothing to a question for IPv4 addresses; there are no IPv6 ones.
    HalfSilence,
    /// This error.
    Error(ResponseCode),
    /// Nothing.
    Silence,
}

/// A running name server.
pub struct NameServer {
    /// Where it listens (UDP).
    pub addr: SocketAddr,
    /// Over TCP it refuses.
    _tcp: Port,
    task: JoinHandle<()>,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl NameServer {
    /// Answers each question for a name (without its final dot) with what `reply` says.
    pub async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let (socket, tcp) = sockets().await;
        let (socket, addr) = (Arc::new(socket), tcp.addr);
        let reply = Arc::new(reply);
        let task = tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
                let Ok(question) = Message::from_bytes(&buffer[..length]) else { continue };
                let (socket, reply) = (socket.clone(), reply.clone());
                tokio::spawn(async move {
                    if let Some(answer) = answer(question, &*reply).await {
                        let _ = socket.send_to(&answer, peer).await;
                    }
                });
            }
        });
        Self { addr, _tcp: tcp, task }
    }
}

/// A port of 127.0.0.1, for UDP and for TCP.
async fn sockets() -> (UdpSocket, Port) {
    for _ in 0..100 {
        let tcp = Port::reserve();
        // What is free for TCP may be taken for UDP.
        if let Ok(udp) = UdpSocket::bind(tcp.addr).await {
            return (udp, tcp);
        }
    }
    panic!("no port is free for both")
}

async fn answer(question: Message, reply: &(impl Fn(&str) -> Reply + Sync)) -> Option<Vec<u8>> {
    let query = question.queries.first()?.clone();
    let kind = query.query_type();
    let mut message = Message::response(question.metadata.id, question.metadata.op_code);
    message.metadata.recursion_desired = true;
    message.metadata.recursion_available = true;
    message.add_query(query.clone());
    let record = |data| Record::from_rdata(query.name().clone(), 60, data);
    match reply(query.name().to_utf8().trim_end_matches('.')) {
        Reply::Silence => return None,
        Reply::HalfSilence if kind == RecordType::A => return None,
        Reply::HalfSilence => {}
        Reply::Error(code) => message.metadata.response_code = code,
        Reply::CutOff => message.metadata.truncation = true,
        Reply::Garbage => return Some([&question.metadata.id.to_be_bytes()[..], b"\xff is not DNS"].concat()),
        Reply::Alias(name) => {
            message.add_answer(record(RData::CNAME(CNAME(Name::from_utf8(name).expect("a name")))));
        }
        Reply::Addresses(addresses, delay) => {
            tokio::time::sleep(delay).await;
            message.add_answers(addresses.into_iter().filter_map(|address| match (address, kind) {
                (IpAddr::V4(address), RecordType::A) => Some(record(RData::A(address.into()))),
                (IpAddr::V6(address), RecordType::AAAA) => Some(record(RData::AAAA(address.into()))),
                _ => None,
            }));
        }
    }
    Some(message.to_bytes().expect("a message"))
}
