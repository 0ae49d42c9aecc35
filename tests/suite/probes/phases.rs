//! A delay shows in the phase that it belongs to, and in no other: alone, and among 50 at once.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::authority::Authority;
use crate::support::clock::Stopwatch;
use crate::support::engine::run_all;
use crate::support::name_server::{NameServer, Reply};
use crate::support::prepare::{config, context, quoted};
use crate::support::target::{Target, read_request};
use sentrynet::net::Resolver;
use sentrynet::outcome::phase::Op;
use sentrynet::outcome::{Outcome, Status};
use sentrynet::probe::Context;
use sentrynet::runner::{Pacer, ScheduledRun, run_group};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

const NAME: Duration = Duration::from_millis(30);
const HANDSHAKE: Duration = Duration::from_millis(40);
const HEAD: Duration = Duration::from_millis(60);
const CHUNK: Duration = Duration::from_millis(20);
const CHUNKS: u32 = 5;

/// What of this is late.
#[derive(Clone, Copy, Default)]
struct Late {
    name: bool,
    handshake: bool,
    head: bool,
    body: bool,
}

const ALL: Late = Late { name: true, handshake: true, head: true, body: true };

/// A name server, and a TLS server behind every name below `phases.test`.
struct Site {
    names: NameServer,
    target: Target,
    authority: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    async fn start(late: Late) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shelf = asked.clone();
        let delay = if late.name { NAME } else { Duration::ZERO };
        let names = NameServer::start(move |name| {
            shelf.lock().unwrap().push(name.to_owned());
            Reply::Addresses(vec![[127, 0, 0, 1].into()], delay)
        });
        let authority = Authority::new();
        let acceptor = TlsAcceptor::from(authority.server("*.phases.test"));
        let target = Target::start(move |stream| serve(stream, acceptor.clone(), late));
        Self { names: names.await, target: target.await, authority: authority.pem(), asked }
    }

    /// Runs one probe for each of these hosts, all at once.
    async fn run(&self, hosts: &[String]) -> Vec<Outcome> {
        run_all(&config(&self.probes(hosts)), &self.context()).await
    }

    fn context(&self) -> Context {
        context(Resolver::with_servers(vec![self.names.addr]))
    }

    fn probes(&self, hosts: &[String]) -> String {
        let authority = quoted(&self.authority);
        let probe = |host| {
            let url = self.target.https_url(host, "/");
            format!("      - {{probe: probes.http, url: \"{url}\", tls: {{ca: {authority}}}}}\n")
        };
        let probes: String = hosts.iter().map(|host| probe(host)).collect();
        format!("groups:\n  - tags: {{target: test}}\n    probes:\n{probes}")
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, late: Late) {
    stream.readable().await.expect("a client that speaks");
    if late.handshake {
        sleep(HANDSHAKE).await;
    }
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    if read_request(&mut stream).await.is_none() {
        return;
    }
    if late.head {
        sleep(HEAD).await;
    }
    let mut text = format!("HTTP/1.1 200 OK\r\ncontent-length: {CHUNKS}\r\n\r\nx");
    for chunk in 1..=CHUNKS {
        stream.write_all(text.as_bytes()).await.expect("a client that reads");
        stream.flush().await.expect("a client that reads");
        text = "x".to_owned();
        if late.body && chunk < CHUNKS {
            sleep(CHUNK).await;
        }
    }
    let _ = stream.read(&mut [0]).await;
}

fn length(outcome: &Outcome, op: Op) -> Duration {
    let of_op: Vec<_> = outcome.spans.iter().filter(|span| span.op == op).collect();
    assert_eq!(of_op.len(), 1, "{op:?} in {outcome:#?}");
    of_op[0].end - of_op[0].start
}

/// The phases are those of a fresh TLS connection, one after the other without overlap, inside their parents.
fn assert_in_order(outcome: &Outcome) {
    assert_eq!(outcome.status, Status::Ok);
    let phases = outcome.phases();
    let ops: Vec<Op> = phases.iter().map(|span| span.op).collect();
    assert_eq!(ops, [Op::NetDns, Op::NetTcp, Op::NetTls, Op::HttpSend, Op::HttpWait, Op::HttpRecv]);
    for pair in phases.windows(2) {
        assert!(pair[0].end <= pair[1].start, "{pair:#?}");
    }
    for span in &outcome.spans {
        let (start, end) = match span.parent {
            Some(parent) => (outcome.spans[parent].start, outcome.spans[parent].end),
            None => (Duration::ZERO, outcome.duration),
        };
        assert!(start <= span.start && span.start <= span.end && span.end <= end, "{span:?} in {outcome:#?}");
    }
    let sum: Duration = phases.iter().map(|span| span.end - span.start).sum();
    assert!(sum <= outcome.duration, "{sum:?} in {outcome:#?}");
}

#[tokio::test]
async fn a_delay_shows_in_its_own_phase_and_in_no_other() {
    let phases = [Op::NetDns, Op::NetTls, Op::HttpWait, Op::HttpRecv];
    for (late, op, delay) in [
        (Late { name: true, ..Late::default() }, Op::NetDns, NAME),
        (Late { handshake: true, ..Late::default() }, Op::NetTls, HANDSHAKE),
        (Late { head: true, ..Late::default() }, Op::HttpWait, HEAD),
        (Late { body: true, ..Late::default() }, Op::HttpRecv, CHUNK * (CHUNKS - 1)),
    ] {
        let (site, watch) = (Site::start(late).await, Stopwatch::start());
        let outcome = site.run(&["one.phases.test".to_owned()]).await.remove(0);
        assert_in_order(&outcome);
        assert!(length(&outcome, op) >= delay, "{op:?} in {outcome:#?}");
        // The phase with the delay is the longest by far. What the machine takes of the others' time is not theirs.
        for other in phases.into_iter().filter(|other| *other != op) {
            let own = length(&outcome, other).saturating_sub(watch.withheld());
            assert!(own < length(&outcome, op), "{other:?} in {outcome:#?}");
        }
    }
}

fn assert_all_late(outcome: &Outcome, withheld: Duration) {
    assert_in_order(outcome);
    assert!(length(outcome, Op::NetDns) >= NAME, "{outcome:#?}");
    assert!(length(outcome, Op::NetTls) >= HANDSHAKE, "{outcome:#?}");
    assert!(length(outcome, Op::HttpWait) >= HEAD, "{outcome:#?}");
    // The first chunk is seen when the client gets round to it, and the last one not before it is sent: a client that
    // is slow to see the first sees fewer of the pauses.
    assert!(length(outcome, Op::HttpRecv) + withheld >= CHUNK * (CHUNKS - 2), "{outcome:#?}");
    let delays = NAME + HANDSHAKE + HEAD + CHUNK * (CHUNKS - 1);
    assert!(outcome.duration >= delays, "{outcome:#?}");
}

#[tokio::test]
async fn all_delays_show_alone_and_among_fifty_at_once() {
    let site = Site::start(ALL).await;
    for count in [1, 50] {
        let hosts: Vec<String> = (0..count).map(|host| format!("host{host}.phases.test")).collect();
        let watch = Stopwatch::start();
        let outcomes = site.run(&hosts).await;
        assert_eq!(outcomes.len(), count);
        outcomes.iter().for_each(|outcome| assert_all_late(outcome, watch.withheld()));
    }
}

#[tokio::test]
async fn every_run_asks_for_its_name_itself_also_when_another_asks_for_the_same() {
    let site = Site::start(ALL).await;
    let hosts = vec!["same.phases.test".to_owned(); 50];
    let watch = Stopwatch::start();
    let outcomes = site.run(&hosts).await;
    outcomes.iter().for_each(|outcome| assert_all_late(outcome, watch.withheld()));
    assert!(site.asked.lock().unwrap().len() >= hosts.len());
}

#[tokio::test]
async fn a_run_that_begins_while_another_waits_for_the_same_name_waits_as_long() {
    let site = Site::start(ALL).await;
    let config = config(&site.probes(&["same.phases.test".to_owned()]));
    let (context, watch) = (site.context(), Stopwatch::start());
    let run = |pause| {
        let (group, context) = (&config.groups[0], &context);
        async move {
            sleep(pause).await;
            let job = ScheduledRun::manual(group.probes[0].clone(), OffsetDateTime::now_utc());
            run_group(&group.name, vec![job], context, &Pacer::default()).await.remove(0)
        }
    };
    let (first, second) = tokio::join!(run(Duration::ZERO), run(NAME / 2));
    assert_all_late(&first, watch.withheld());
    assert_all_late(&second, watch.withheld());
}
