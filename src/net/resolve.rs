//! Name lookup: `hickory-resolver`, which tells "no such name", "name server failed" and "no answer" apart.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

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
    resolver: OnceLock<Result<TokioResolver, DnsFault>>,
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
        Self { source: Arc::new(Source { servers, resolver: OnceLock::new() }) }
    }

    /// The addresses of `name`, in the name server's order.
    ///
    /// # Errors
    ///
    /// Says why there is none.
    pub async fn lookup(&self, name: &str, family: Option<IpVersion>) -> Result<Vec<IpAddr>, DnsFault> {
        let resolver = self.source.resolver.get_or_init(|| build(self.source.servers.as_deref()));
        let found = resolver.as_ref().map_err(Clone::clone)?.lookup_ip(name).await.map_err(|error| fault(&error))?;
        let addresses: Vec<IpAddr> = found.iter().filter(|address| is_of(*address, family)).collect();
        if addresses.is_empty() { Err(DnsFault::NoAddress) } else { Ok(addresses) }
    }
}

fn is_of(address: IpAddr, family: Option<IpVersion>) -> bool {
    match family {
        None => true,
        Some(IpVersion::V4) => address.is_ipv4(),
        Some(IpVersion::V6) => address.is_ipv6(),
    }
}

fn build(servers: Option<&[SocketAddr]>) -> Result<TokioResolver, DnsFault> {
    let unusable = |error: NetError| DnsFault::Failed(format!("the name server configuration is unusable: {error}"));
    let mut builder = match servers {
        None => TokioResolver::builder_tokio().map_err(unusable)?,
        Some(servers) => {
            let servers = servers.iter().map(|server| {
                let mut config = NameServerConfig::udp_and_tcp(server.ip());
                for connection in &mut config.connections {
                    connection.port = server.port();
                }
                config
            });
            let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    let options: &mut ResolverOpts = builder.options_mut();
    options.cache_size = 0;
    builder.build().map_err(unusable)
}

fn fault(error: &NetError) -> DnsFault {
    match error {
        NetError::Timeout => DnsFault::TimedOut,
        error if error.is_nx_domain() => DnsFault::NoSuchName,
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            hickory_resolver::proto::op::ResponseCode::NoError => DnsFault::NoAddress,
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
    fn resolve(&self, name: Name) -> Resolving {
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
