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

/// An address that may be spoken to as far as it can be seen without asking where its host is.
/// `near`: it may stand on this machine, for tests and the demo.
pub fn public(address: &str, near: bool) -> Option<Url> {
    let address = address.trim();
    if address.len() > ADDRESS_LENGTH {
        return None;
    }
    let address = Url::parse(address).ok()?;
    let plain = address.username().is_empty() && address.password().is_none();
    let host = bare(address.host_str().unwrap_or_default());
    let ip = host.parse::<IpAddr>().ok();
    let here = near && (host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()));
    let port = here || address.port().is_none_or(|port| port == 443);
    let scheme = address.scheme() == "https" || (here && address.scheme() == "http");
    let somewhere = here || ip.map_or_else(|| host.contains('.'), |ip| reachable(ip, near));
    (plain && port && scheme && somewhere).then_some(address)
}

/// Where a host is, as far as it may be spoken to there.
///
/// # Errors
/// [`ChannelError::Retry`] when it is not found, [`ChannelError::Fail`] when it is nowhere public.
pub async fn places(host: &str, port: u16, near: bool) -> Result<Vec<SocketAddr>, ChannelError> {
    let found = tokio::net::lookup_host((bare(host), port))
        .await
        .map_err(|error| ChannelError::Retry {
            after_ms: 30 * SECOND,
            reason: short(&format!("its server is not found: {error}")),
        })?;
    let places: Vec<SocketAddr> = found.filter(|place| reachable(place.ip(), near)).collect();
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
fn reachable(ip: IpAddr, near: bool) -> bool {
    if near && ip.is_loopback() {
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
