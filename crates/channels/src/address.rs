//! Addresses that somebody typed in, or that a server leads on to.
//!
//! Whoever gives one is held to be hostile: it has to lead to a public server over https, and the
//! connection is made to exactly the places that were looked at, so that a name cannot lead
//! elsewhere a moment later.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use yutang_domain::time::SECOND;

use crate::{ChannelError, http::short};

/// How long an address may be.
const ADDRESS_LENGTH: usize = 1_000;

/// How far from the public network a server may stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// It has to be public, over https, at the usual port.
    #[default]
    Public,
    /// Or it stands on this machine: for tests and the demo.
    Machine,
    /// Or in the network around it, over http too, at any port: whoever runs the program said so.
    Network,
}

impl From<bool> for Reach {
    fn from(near: bool) -> Self {
        if near { Self::Machine } else { Self::Public }
    }
}

/// An address that may be spoken to as far as it can be seen without asking where its host is.
pub fn public(address: &str, reach: impl Into<Reach>) -> Option<Url> {
    let reach = reach.into();
    let address = address.trim();
    if address.len() > ADDRESS_LENGTH {
        return None;
    }
    let address = Url::parse(address).ok()?;
    let plain = address.username().is_empty() && address.password().is_none();
    let host = bare(address.host_str().unwrap_or_default());
    let ip = host.parse::<IpAddr>().ok();
    let here = match reach {
        Reach::Public => false,
        Reach::Machine => host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()),
        Reach::Network => !host.is_empty() && ip.is_none_or(|ip| reachable(ip, reach)),
    };
    let port = here || address.port().is_none_or(|port| port == 443);
    let scheme = address.scheme() == "https" || (here && address.scheme() == "http");
    let somewhere = here || ip.map_or_else(|| host.contains('.'), |ip| reachable(ip, reach));
    (plain && port && scheme && somewhere).then_some(address)
}

/// Where a host is, as far as it may be spoken to there.
///
/// # Errors
/// [`ChannelError::Retry`] when it is not found, [`ChannelError::Fail`] when it is nowhere public.
pub async fn places(
    host: &str,
    port: u16,
    reach: impl Into<Reach>,
) -> Result<Vec<SocketAddr>, ChannelError> {
    let reach = reach.into();
    let found = tokio::net::lookup_host((bare(host), port))
        .await
        .map_err(|error| ChannelError::Retry {
            after_ms: 30 * SECOND,
            reason: short(&format!("its server is not found: {error}")),
        })?;
    let places: Vec<SocketAddr> = found.filter(|place| reachable(place.ip(), reach)).collect();
    if places.is_empty() {
        return Err(ChannelError::Fail {
            reason: "its address leads to no public server".to_owned(),
        });
    }
    Ok(places)
}

/// A host without the brackets around an address.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Whether a server may stand there.
fn reachable(ip: IpAddr, reach: Reach) -> bool {
    let around = match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    };
    let allowed = match reach {
        Reach::Public => false,
        Reach::Machine => ip.is_loopback(),
        Reach::Network => ip.is_loopback() || around,
    };
    if allowed {
        return true;
    }
    match ip {
        IpAddr::V4(ip) => public_v4(ip),
        IpAddr::V6(ip) => public_v6(ip),
    }
}

const fn public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let kept_back = matches!(
        (a, b, c),
        (0 | 10 | 127 | 240..=255, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !kept_back && !ip.is_multicast()
}

fn public_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return public_v4(v4);
    }
    let [a, b, ..] = ip.segments();
    // Only what was given out to the world, without documentation and what wraps another address.
    a & 0xe000 == 0x2000 && !(a == 0x2001 && (b == 0xdb8 || b < 0x200)) && a != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_near_a_server_may_stand_is_what_was_said() {
        let may = |address: &str, reach: Reach| public(address, reach).is_some();
        for (address, reach_from) in [
            ("https://shop.example/x", Reach::Public),
            ("https://8.8.8.8/x", Reach::Public),
            ("http://127.0.0.1:9/x", Reach::Machine),
            ("https://localhost:8443/x", Reach::Machine),
            ("http://10.0.0.8:5678/hook", Reach::Network),
            ("http://n8n:5678/hook", Reach::Network),
            ("http://[fd00::1]/x", Reach::Network),
            ("http://shop.example:8080/x", Reach::Network),
        ] {
            let order = [Reach::Public, Reach::Machine, Reach::Network];
            let first = order.iter().position(|reach| *reach == reach_from).unwrap();
            for (at, reach) in order.into_iter().enumerate() {
                assert_eq!(may(address, reach), at >= first, "{address} {reach:?}");
            }
        }
        for never in [
            "http://169.254.169.254/latest/meta-data",
            "https://[fe80::1]/x",
            "https://0.0.0.0/x",
            "https://[::ffff:169.254.169.254]/x",
            "ftp://10.0.0.8/x",
            "http://u:p@10.0.0.8/x",
        ] {
            assert!(!may(never, Reach::Network), "{never}");
        }
    }

    #[tokio::test]
    async fn a_name_is_held_against_where_it_leads() {
        assert!(places("localhost", 80, Reach::Public).await.is_err());
        assert!(places("localhost", 80, Reach::Machine).await.is_ok());
        assert!(places("169.254.169.254", 80, Reach::Network).await.is_err());
    }
}
