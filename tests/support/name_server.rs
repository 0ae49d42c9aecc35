//! A name server on loopback: answers with addresses, late, with an error, or not at all.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use hickory_resolver::proto::serialize::binary::{BinDecodable, BinEncodable};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// What to say to a question for a name's IPv4 addresses. There are no IPv6 addresses.
#[derive(Clone)]
pub enum Reply {
    /// These addresses, after a delay.
    Addresses(Vec<Ipv4Addr>, Duration),
    /// This error.
    Error(ResponseCode),
    /// Nothing.
    Silence,
}

/// A running name server.
pub struct NameServer {
    /// Where it listens (UDP).
    pub addr: SocketAddr,
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
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("a free port"));
        let addr = socket.local_addr().expect("a bound port");
        let reply = Arc::new(reply);
        let task = tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
                let Ok(question) = Message::from_bytes(&buffer[..length]) else { continue };
                let (socket, reply) = (socket.clone(), reply.clone());
                tokio::spawn(async move {
                    if let Some(answer) = answer(question, &*reply).await {
                        let _ = socket.send_to(&answer.to_bytes().expect("a message"), peer).await;
                    }
                });
            }
        });
        Self { addr, task }
    }
}

async fn answer(question: Message, reply: &(impl Fn(&str) -> Reply + Sync)) -> Option<Message> {
    let query = question.queries.first()?.clone();
    let mut message = Message::response(question.metadata.id, question.metadata.op_code);
    message.metadata.recursion_desired = true;
    message.metadata.recursion_available = true;
    message.add_query(query.clone());
    match reply(query.name().to_utf8().trim_end_matches('.')) {
        Reply::Silence => return None,
        Reply::Error(code) => message.metadata.response_code = code,
        Reply::Addresses(addresses, delay) => {
            tokio::time::sleep(delay).await;
            if query.query_type() == RecordType::A {
                let records =
                    addresses.into_iter().map(|ip| Record::from_rdata(query.name().clone(), 60, RData::A(ip.into())));
                message.add_answers(records);
            }
        }
    }
    Some(message)
}
