//! `NO_PROXY` as each program reads it: one rule each, for no two of them agree. Pure.
//!
//! Measured with curl 7.88.1 (git has its library), Go 1.19, Python 3.11's urllib, the requests that pip 23.0 brings, apt
//! 2.6.1 and npm 11.

use std::net::{IpAddr, Ipv4Addr};

/// A program's way to read `NO_PROXY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoProxy {
    /// curl, and git.
    Curl,
    /// Go.
    Go,
    /// Python's requests, and pip.
    Requests,
    /// Python's urllib.
    Urllib,
    /// apt, which reads `no_proxy` in lower case only.
    Apt,
    /// npm.
    Npm,
}

impl NoProxy {
    /// Every rule.
    pub const ALL: [Self; 6] = [
        Self::Curl,
        Self::Go,
        Self::Requests,
        Self::Urllib,
        Self::Apt,
        Self::Npm,
    ];
    /// The rules of those who have no proxy setting of their own as a rule: what a plain target is looked at by.
    pub const USUAL: [Self; 4] = [Self::Curl, Self::Go, Self::Requests, Self::Urllib];

    /// Who follows it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Curl => "curl and git",
            Self::Go => "Go",
            Self::Requests => "pip",
            Self::Urllib => "Python's urllib",
            Self::Apt => "apt",
            Self::Npm => "npm",
        }
    }

    /// Whether `ALL_PROXY` counts.
    pub fn reads_all_proxy(self) -> bool {
        matches!(self, Self::Curl | Self::Requests)
    }

    /// Whether a host is reached without the proxy. `host` is in lower case, an address without brackets.
    pub fn is_direct(self, value: &str, host: &str, port: u16) -> bool {
        match self {
            Self::Curl => curl(value, host),
            Self::Go => go(value, host, port),
            Self::Requests => requests(value, host, port),
            Self::Urllib => urllib(value, &bracketed(host), Some(port)),
            Self::Apt => apt(value, host),
            Self::Npm => npm(value, &bracketed(host)),
        }
    }
}

/// `*` only alone; commas and blanks separate; a dot before or behind is cut off; addresses of IPv6 are compared as text.
fn curl(value: &str, host: &str) -> bool {
    if value == "*" {
        return true;
    }
    let entries = value.split([',', ' ']).filter(|entry| !entry.is_empty());
    let mut entries = entries.map(str::to_ascii_lowercase);
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => entries.any(|entry| {
            let (network, bits) = entry.split_once('/').unwrap_or((&entry, "32"));
            is_inside(address, network, bits)
        }),
        Ok(IpAddr::V6(_)) => entries.any(|entry| entry == host),
        Err(_) => entries.any(|entry| {
            let entry = entry.strip_suffix('.').unwrap_or(&entry);
            let entry = entry.strip_prefix('.').unwrap_or(entry);
            host == entry || is_below(host, entry)
        }),
    }
}

/// Loopback is always direct; commas separate; ports count; `*.` is as good as a dot; networks (`httpproxy`).
fn go(value: &str, host: &str, port: u16) -> bool {
    let address = host.parse::<IpAddr>().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    let entries = value
        .split(',')
        .map(|entry| entry.trim().to_ascii_lowercase());
    let covers = |entry: String| {
        if entry == "*" {
            return true;
        }
        if let Some((network, bits)) = entry.split_once('/')
            && network.parse::<IpAddr>().is_ok()
            && bits.parse::<u8>().is_ok()
        {
            return address.is_some_and(|address| is_in_network(address, network, bits));
        }
        let (name, wanted) = split_port(&entry);
        if wanted.is_some_and(|wanted| wanted != port) || name.is_empty() {
            return false;
        }
        if let Ok(listed) = name.parse::<IpAddr>() {
            return address == Some(listed);
        }
        let name = name
            .strip_prefix('*')
            .filter(|rest| rest.starts_with('.'))
            .unwrap_or(name);
        match name.strip_prefix('.') {
            Some(_) => host.ends_with(name),
            None => host == name || is_below(host, name),
        }
    };
    entries.filter(|entry| !entry.is_empty()).any(covers)
}

/// Host and port as Go's `net.SplitHostPort` takes them apart; without a port the whole is the host.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    let split = entry.rsplit_once(':').and_then(|(name, port)| {
        let name = match name.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']')?,
            None if name.contains(':') => return None,
            None => name,
        };
        Some((name, Some(port.parse().ok()?)))
    });
    split.unwrap_or((entry, None))
}

/// Blanks are taken out; names are endings, with the port or without, dots or not; then urllib's rules without the port.
fn requests(value: &str, host: &str, port: u16) -> bool {
    let plain = value.replace(' ', "");
    let mut entries = plain.split(',').filter(|entry| !entry.is_empty());
    let is_covered = match host.parse::<Ipv4Addr>() {
        Ok(address) => entries.any(|entry| match entry.split_once('/') {
            Some((network, bits)) => bits != "0" && is_inside(address, network, bits),
            None => entry == host,
        }),
        Err(_) => {
            let with_port = format!("{host}:{port}");
            entries.any(|entry| host.ends_with(entry) || with_port.ends_with(entry))
        }
    };
    is_covered || urllib(value, host, None)
}

/// `*` only alone; commas separate; dots before are cut off; with the port or without (`proxy_bypass_environment`).
fn urllib(value: &str, host: &str, port: Option<u16>) -> bool {
    if value == "*" {
        return true;
    }
    let whole = port.map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
    let entries = value
        .split(',')
        .map(|entry| entry.trim().trim_start_matches('.'));
    let mut entries = entries
        .filter(|entry| !entry.is_empty())
        .map(str::to_ascii_lowercase);
    entries.any(|entry| {
        [host, &whole]
            .into_iter()
            .any(|one| one == entry || is_below(one, &entry))
    })
}

/// Endings as they stand, separated by commas alone, blanks and all (`CheckDomainList`).
fn apt(value: &str, host: &str) -> bool {
    let mut entries = value.split(',').filter(|entry| !entry.is_empty());
    entries.any(|entry| host.ends_with(&entry.to_ascii_lowercase()))
}

/// The last labels, empty ones left out; case counts (`@npmcli/agent`).
fn npm(value: &str, host: &str) -> bool {
    let labels = |text: &str| {
        let labels = text.split('.').filter(|label| !label.is_empty());
        labels.rev().map(str::to_string).collect::<Vec<_>>()
    };
    let host = labels(host);
    let entries = value.split(',').map(|entry| labels(entry.trim()));
    let mut entries = entries.filter(|entry| !entry.is_empty());
    entries.any(|entry| host.starts_with(&entry))
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.ends_with('.'))
}

fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_string()
    }
}

fn is_inside(address: Ipv4Addr, network: &str, bits: &str) -> bool {
    network.parse::<Ipv4Addr>().is_ok() && is_in_network(address.into(), network, bits)
}

fn is_in_network(address: IpAddr, network: &str, bits: &str) -> bool {
    let number = |address| match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32_u32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let (Ok(network), Ok(bits)) = (network.parse(), bits.parse::<u32>()) else {
        return false;
    };
    let ((address, width), (network, other)) = (number(address), number(network));
    let shift = width.checked_sub(bits).filter(|_| width == other);
    shift.is_some_and(|shift| {
        address.checked_shr(shift).unwrap_or(0) == network.checked_shr(shift).unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: (&str, u16) = ("app.corp.test", 4443);
    const TOP: (&str, u16) = ("corp.test", 4443);
    const FOUR: (&str, u16) = ("10.9.0.1", 4444);
    const SIX: (&str, u16) = ("fd00:9::1", 4443);

    /// What the real programs did, each asked for the host with this value: `D` directly, `P` through the proxy; in the
    /// order curl, Go, requests, urllib, apt, npm.
    const MEASURED: &[(&str, (&str, u16), &str)] = &[
        ("*", APP, "DDDDPP"),
        ("*,x", APP, "PDPPPP"),
        ("a,*", APP, "PDPPPP"),
        ("corp.test", APP, "DDDDDD"),
        ("corp.test", TOP, "DDDDDD"),
        (".corp.test", APP, "DDDDDD"),
        ("..corp.test", APP, "PPDDPD"),
        (".corp.test", TOP, "DPDDPD"),
        ("*.corp.test", APP, "PDPPPP"),
        ("*.corp.test", TOP, "PPPPPP"),
        ("app.corp.test:4443", APP, "PDDDPP"),
        ("app.corp.test:1", APP, "PPPPPP"),
        ("corp.test.", APP, "DPPPPD"),
        ("foo corp.test", APP, "DPPPPP"),
        ("p.corp.test", APP, "PPDPDP"),
        ("APP.corp.test", APP, "DDDDDP"),
        ("foo, corp.test", APP, "DDDDPD"),
        ("10.9.0.0/24", FOUR, "DDDPPP"),
        ("10.9.0.1", FOUR, "DDDDDD"),
        ("10.9.0.1:4444", FOUR, "PDPDPP"),
        ("10.9.0.1:4", FOUR, "PPPPPP"),
        ("9.0.1", FOUR, "PDDDDD"),
        ("10.9.0", FOUR, "PPPPPP"),
        ("10.9.0.0/33", FOUR, "PPPPPP"),
        ("fd00:9::/64", SIX, "PDPPPP"),
        ("[fd00:9::1]", SIX, "PPPDPD"),
        ("fd00:9::1", SIX, "DDDPDP"),
        ("fd00:9:0::1", SIX, "PDPPPP"),
        ("[fd00:9::1]:4443", SIX, "PDPDPP"),
        ("", ("localhost", 4443), "PDPPPP"),
        ("", ("127.0.0.1", 4443), "PDPPPP"),
        ("", ("::1", 4443), "PDPPPP"),
        ("", ("x.localhost", 4443), "PPPPPP"),
        ("x", ("localhost", 4443), "PDPPPP"),
    ];

    #[test]
    fn each_program_goes_where_it_was_seen_to_go() {
        for (value, (host, port), expected) in MEASURED {
            let found: String = NoProxy::ALL
                .iter()
                .map(|rule| {
                    if rule.is_direct(value, host, *port) {
                        'D'
                    } else {
                        'P'
                    }
                })
                .collect();
            assert_eq!(found, *expected, "`{value}` {host}:{port}");
        }
    }

    #[test]
    fn any_value_is_read_without_a_panic() {
        proptest::proptest!(|(value: String, host: String, port: u16)| {
            for rule in NoProxy::ALL {
                let _ = rule.is_direct(&value, &host, port);
            }
        });
    }
}
