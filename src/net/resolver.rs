//! Name lookup: `hickory-resolver`, which tells "no such name", "name server failed" and "no answer" apart.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts, ServerOrderingStrategy};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError as HickoryError, NetError};
use hickory_resolver::proto::op::{Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{Hosts, TokioResolver, system_conf};
use reqwest::dns::{Addrs, Name as HostName, Resolve, Resolving};

use super::dns_error::DnsError;
use super::settings::IpVersion;
use super::timeline::RequestTimeline;
use crate::clock::SuspendAwareInstant;

/// How long to look for the reason why a name has no address.
const EXPLANATION_TIME: Duration = Duration::from_secs(1);
/// How many aliases a name may lead through: hickory follows no more.
const MAX_ALIASES: usize = 8;

/// After so long the system's configuration is read again: the machine may be on another network by then, or had none at
/// first.
const SYSTEM_CONFIG_MAX_AGE: Duration = Duration::from_secs(30);

/// Looks names up, without a cache: a prober wants to know what is true now. Cheap to clone; the system's
/// configuration is read at the first look-up, and again when it is old.
#[derive(Clone)]
pub struct Resolver {
    source: Arc<Source>,
}

struct Source {
    servers: Option<Vec<SocketAddr>>,
    patience: Option<(Duration, usize)>,
    known: Mutex<Option<(SuspendAwareInstant, Arc<Known>)>>,
}

/// What was read, and when.
struct Known {
    hosts: Hosts,
    settings: Result<Settings, DnsError>,
}

impl Source {
    fn known(&self) -> Arc<Known> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((since, known)) if since.elapsed() < SYSTEM_CONFIG_MAX_AGE => known.clone(),
            _ => {
                let hosts = Hosts::from_system().unwrap_or_default();
                let new = Arc::new(Known { hosts, settings: Settings::new(self) });
                *known = Some((SuspendAwareInstant::now(), new.clone()));
                new
            }
        }
    }
}

/// What every look-up is made with.
struct Settings {
    config: ResolverConfig,
    options: ResolverOpts,
}

impl Resolver {
    /// A resolver with the system's configuration (`/etc/resolv.conf`, `/etc/hosts`).
    pub fn system() -> Self {
        Self::from_source(None, None)
    }

    /// A resolver that asks these name servers by UDP (and TCP for long answers).
    pub fn with_servers(servers: Vec<SocketAddr>) -> Self {
        Self::from_source(Some(servers), None)
    }

    /// The same with these in place of the configuration's `timeout` (how long to wait for an answer) and `attempts`
    /// (how often to ask again).
    pub fn with_patience(&self, timeout: Duration, attempts: usize) -> Self {
        Self::from_source(self.source.servers.clone(), Some((timeout, attempts)))
    }

    fn from_source(servers: Option<Vec<SocketAddr>>, patience: Option<(Duration, usize)>) -> Self {
        Self { source: Arc::new(Source { servers, patience, known: Mutex::default() }) }
    }

    /// The addresses of `name`, in the name server's order.
    ///
    /// # Errors
    ///
    /// Says why there is none.
    pub async fn lookup(&self, name: &str, family: Option<IpVersion>) -> Result<Vec<IpAddr>, DnsError> {
        let name = Name::from_utf8(name).map_err(|_| DnsError::NotAName)?;
        // A name in the hosts file is not looked up elsewhere: with one family of addresses there, hickory would ask a name
        // server for the other, which may not know the name, or not exist.
        let known = self.source.known();
        let in_hosts_file = in_hosts(&known.hosts, &name, family);
        if !in_hosts_file.is_empty() {
            return Ok(in_hosts_file);
        }
        let resolver = known.settings.as_ref().map_err(Clone::clone)?.resolver()?;
        // Both families are looked up here and not by hickory's `lookup_ip`, which reports only one of two failures.
        let found = match family {
            Some(family) => addresses(&resolver, &name, family).await,
            None => match tokio::join!(
                addresses(&resolver, &name, IpVersion::V6),
                addresses(&resolver, &name, IpVersion::V4)
            ) {
                (Ok(six), Ok(four)) => Ok([six, four].concat()),
                (Ok(found), Err(_)) | (Err(_), Ok(found)) => Ok(found),
                (Err(six), Err(four)) => Err(four.or_worse(six)),
            },
        };
        match found {
            Err(DnsError::NoSuchName { .. }) => {
                Err(explain(&resolver, name, |alias_of| DnsError::NoSuchName { alias_of }).await)
            }
            Err(DnsError::NoAddress { .. }) => {
                Err(explain(&resolver, name, |alias_of| DnsError::NoAddress { family, alias_of }).await)
            }
            found => found,
        }
    }
}

/// Follows the aliases of a name that has no address, one query for each, to say where they lead.
async fn explain(resolver: &TokioResolver, mut name: Name, error: impl FnOnce(Option<String>) -> DnsError) -> DnsError {
    name.set_fqdn(true);
    let mut seen = vec![name.clone()];
    let follow = async {
        while let Some(next) = alias(resolver, &name).await {
            if seen.contains(&next) || seen.len() > MAX_ALIASES {
                return true;
            }
            seen.push(next.clone());
            name = next;
        }
        false
    };
    match tokio::time::timeout(EXPLANATION_TIME, follow).await {
        Ok(true) => DnsError::EndlessAlias,
        _ => error(seen.get(1..).and_then(<[Name]>::last).map(|end| end.to_utf8().trim_end_matches('.').to_owned())),
    }
}

/// The name that `name` is an alias of.
async fn alias(resolver: &TokioResolver, name: &Name) -> Option<Name> {
    let found = resolver.lookup(name.clone(), RecordType::CNAME).await.ok()?;
    found.answers().iter().find_map(|record| match &record.data {
        RData::CNAME(alias) if record.name == *name => Some(alias.0.clone()),
        _ => None,
    })
}

async fn addresses(resolver: &TokioResolver, name: &Name, family: IpVersion) -> Result<Vec<IpAddr>, DnsError> {
    let kind = match family {
        IpVersion::V4 => RecordType::A,
        IpVersion::V6 => RecordType::AAAA,
    };
    let found = resolver.lookup(name.clone(), kind).await.map_err(|error| dns_error(&error))?;
    let addresses: Vec<IpAddr> = found.answers().iter().filter_map(|record| record.data.ip_addr()).collect();
    if addresses.is_empty() {
        return Err(DnsError::NoAddress { family: None, alias_of: None });
    }
    Ok(addresses)
}

fn in_hosts(hosts: &Hosts, name: &Name, family: Option<IpVersion>) -> Vec<IpAddr> {
    [RecordType::A, RecordType::AAAA]
        .into_iter()
        .filter_map(|kind| hosts.lookup_static_host(&Query::query(name.clone(), kind)))
        .flat_map(|found| found.answers().iter().filter_map(|record| record.data.ip_addr()).collect::<Vec<_>>())
        .filter(|address| is_of(*address, family))
        .collect()
}

fn is_of(address: IpAddr, family: Option<IpVersion>) -> bool {
    match family {
        None => true,
        Some(IpVersion::V4) => address.is_ipv4(),
        Some(IpVersion::V6) => address.is_ipv6(),
    }
}

impl Settings {
    fn new(source: &Source) -> Result<Self, DnsError> {
        let (config, mut options) = match &source.servers {
            None => system_conf::read_system_conf().map_err(|_| DnsError::Unconfigured)?,
            Some(servers) => {
                let servers = servers.iter().map(|server| {
                    let mut config = NameServerConfig::udp_and_tcp(server.ip());
                    for connection in &mut config.connections {
                        connection.port = server.port();
                    }
                    config
                });
                (ResolverConfig::from_parts(None, Vec::new(), servers.collect()), ResolverOpts::default())
            }
        };
        options.cache_size = 0;
        options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
        // `in_hosts` has looked there, without reading the file for every look-up.
        options.use_hosts_file = ResolveHosts::Never;
        if let Some((timeout, attempts)) = source.patience {
            (options.timeout, options.attempts) = (timeout, attempts);
        }
        Ok(Self { config, options })
    }

    /// A resolver for one look-up, in microseconds. One for all would let look-ups of the same name share one question,
    /// so that the later ones see less than their time, and would make more than about 30 at once wait for 20 ms.
    fn resolver(&self) -> Result<TokioResolver, DnsError> {
        let mut builder = TokioResolver::builder_with_config(self.config.clone(), TokioRuntimeProvider::default());
        builder.options_mut().clone_from(&self.options);
        builder.build().map_err(|_| DnsError::Unconfigured)
    }
}

fn dns_error(error: &NetError) -> DnsError {
    match error {
        NetError::Timeout => DnsError::TimedOut,
        NetError::NoConnections => DnsError::Unconfigured,
        NetError::Truncated => DnsError::CutOff,
        NetError::Dns(HickoryError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => DnsError::NoSuchName { alias_of: None },
            ResponseCode::NoError => DnsError::NoAddress { family: None, alias_of: None },
            code => DnsError::Answered(code.into()),
        },
        NetError::Dns(HickoryError::ResponseCode(code)) => DnsError::Answered((*code).into()),
        NetError::Proto(_) => DnsError::Garbled,
        // A closed port does not show over UDP, where the sockets are not connected: this was TCP, after UDP.
        NetError::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => DnsError::CutOff,
            _ => DnsError::Unreachable,
        },
        _ => DnsError::Failed,
    }
}

/// Looks a host up, and records start, end and result to the current timeline. The addresses carry `port`.
///
/// # Errors
///
/// Says why there is no address.
pub(super) async fn timed_lookup(
    resolver: &Resolver,
    host: &str,
    family: Option<IpVersion>,
    port: u16,
) -> Result<Vec<SocketAddr>, DnsError> {
    RequestTimeline::record_current(|timestamps| timestamps.dns_start = Some(Instant::now()));
    let found = resolver.lookup(host, family).await;
    RequestTimeline::record_current(|timestamps| {
        timestamps.dns_end = Some(Instant::now());
        match &found {
            Ok(addresses) => timestamps.addresses.clone_from(addresses),
            Err(error) => timestamps.dns_error = Some(error.clone()),
        }
    });
    Ok(found?.into_iter().map(|address| SocketAddr::new(address, port)).collect())
}

/// The resolver as `reqwest` asks it.
pub(super) struct TimedResolver {
    pub(super) resolver: Resolver,
    pub(super) family: Option<IpVersion>,
}

impl Resolve for TimedResolver {
    fn resolve(&self, name: HostName) -> Resolving {
        let (resolver, family) = (self.resolver.clone(), self.family);
        Box::pin(async move {
            // hyper fills the port in.
            let addresses = timed_lookup(&resolver, name.as_str(), family, 0).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
