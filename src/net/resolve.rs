//! Name lookup: `hickory-resolver`, which tells "no such name", "name server failed" and "no answer" apart.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use hickory_resolver::config::{
    LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts, ServerOrderingStrategy,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Hosts, TokioResolver, system_conf};
use reqwest::dns::{Addrs, Name as HostName, Resolve, Resolving};

use super::hop::Hop;
use crate::config::IpVersion;

/// Why a name has no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsFault {
    /// The name does not exist.
    #[error("the name does not exist")]
    NoSuchName,
    /// The name exists, but has no address of the family asked for.
    #[error("the name has no address")]
    NoAddress,
    /// The name server answered with an error code, or lookups cannot be made here.
    #[error("{0}")]
    Failed(String),
    /// No name server answered.
    #[error("no name server answered")]
    TimedOut,
}

/// Looks names up, without a cache: a prober wants to know what is true now. Cheap to clone; the system's
/// configuration is read at the first look-up.
#[derive(Clone)]
pub struct Resolver {
    source: Arc<Source>,
}

struct Source {
    servers: Option<Vec<SocketAddr>>,
    hosts: OnceLock<Hosts>,
    settings: OnceLock<Result<Settings, DnsFault>>,
}

/// What every look-up is made with.
struct Settings {
    config: ResolverConfig,
    options: ResolverOpts,
}

impl Resolver {
    /// A resolver with the system's configuration (`/etc/resolv.conf`, `/etc/hosts`).
    pub fn system() -> Self {
        Self::from_source(None)
    }

    /// A resolver that asks these name servers by UDP (and TCP for long answers).
    pub fn with_servers(servers: Vec<SocketAddr>) -> Self {
        Self::from_source(Some(servers))
    }

    fn from_source(servers: Option<Vec<SocketAddr>>) -> Self {
        Self { source: Arc::new(Source { servers, hosts: OnceLock::new(), settings: OnceLock::new() }) }
    }

    /// The addresses of `name`, in the name server's order.
    ///
    /// # Errors
    ///
    /// Says why there is none.
    pub async fn lookup(&self, name: &str, family: Option<IpVersion>) -> Result<Vec<IpAddr>, DnsFault> {
        // A name in the hosts file is not asked for: with one family of addresses there, hickory would ask a name server
        // for the other, which may not know the name, or not be there.
        let hosts = self.source.hosts.get_or_init(|| Hosts::from_system().unwrap_or_default());
        let known = in_hosts(hosts, name, family);
        if !known.is_empty() {
            return Ok(known);
        }
        let settings = self.source.settings.get_or_init(|| Settings::new(self.source.servers.as_deref()));
        let resolver = settings.as_ref().map_err(Clone::clone)?.resolver(family)?;
        let found = resolver.lookup_ip(name).await.map_err(|error| fault(&error))?;
        let addresses: Vec<IpAddr> = found.iter().filter(|address| is_of(*address, family)).collect();
        if addresses.is_empty() { Err(DnsFault::NoAddress) } else { Ok(addresses) }
    }
}

fn in_hosts(hosts: &Hosts, name: &str, family: Option<IpVersion>) -> Vec<IpAddr> {
    let Ok(name) = Name::from_utf8(name) else { return Vec::new() };
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
    fn new(servers: Option<&[SocketAddr]>) -> Result<Self, DnsFault> {
        let (config, mut options) = match servers {
            None => system_conf::read_system_conf().map_err(|error| unusable(&error))?,
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
        // Looked at before, and read once, not for every look-up.
        options.use_hosts_file = ResolveHosts::Never;
        Ok(Self { config, options })
    }

    /// A resolver for one look-up, in microseconds. One for all would let look-ups of the same name share one question,
    /// so that the later ones see less than their time, and would make more than about 30 at once wait for 20 ms.
    fn resolver(&self, family: Option<IpVersion>) -> Result<TokioResolver, DnsFault> {
        let mut builder = TokioResolver::builder_with_config(self.config.clone(), TokioRuntimeProvider::default());
        let options = builder.options_mut();
        options.clone_from(&self.options);
        options.ip_strategy = match family {
            None => options.ip_strategy,
            Some(IpVersion::V4) => LookupIpStrategy::Ipv4Only,
            Some(IpVersion::V6) => LookupIpStrategy::Ipv6Only,
        };
        builder.build().map_err(|error| unusable(&error))
    }
}

fn unusable(error: &NetError) -> DnsFault {
    DnsFault::Failed(format!("the name server configuration is unusable: {error}"))
}

fn fault(error: &NetError) -> DnsFault {
    match error {
        NetError::Timeout => DnsFault::TimedOut,
        error if error.is_nx_domain() => DnsFault::NoSuchName,
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NoError => DnsFault::NoAddress,
            code => DnsFault::Failed(format!("the name server answered: {code}")),
        },
        NetError::Dns(DnsError::ResponseCode(code)) => DnsFault::Failed(format!("the name server answered: {code}")),
        error => DnsFault::Failed(format!("the name server could not be asked: {error}")),
    }
}

/// The resolver as `reqwest` asks it, writing to the current hop's marks.
pub(super) struct Clocked {
    pub(super) resolver: Resolver,
    pub(super) family: Option<IpVersion>,
}

impl Resolve for Clocked {
    fn resolve(&self, name: HostName) -> Resolving {
        let (resolver, family) = (self.resolver.clone(), self.family);
        Box::pin(async move {
            Hop::mark_current(|marks| marks.dns_start = Some(Instant::now()));
            let found = resolver.lookup(name.as_str(), family).await;
            Hop::mark_current(|marks| {
                marks.dns_end = Some(Instant::now());
                match &found {
                    Ok(addresses) => marks.addresses.clone_from(addresses),
                    Err(fault) => marks.dns_fault = Some(fault.clone()),
                }
            });
            // The port is filled in by hyper.
            let addresses = found?.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
