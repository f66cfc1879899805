//! Names of hosts, as settings write them.

/// Whether the name means this host: never verified, and no danger.
pub fn is_loopback(host: &str) -> bool {
    let host = host.split_once("://").map_or(host, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    host == "::1"
        || host.starts_with("[::1]")
        || host
            .split(':')
            .next()
            .is_some_and(|name| name == "localhost" || name.starts_with("127."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_registries_are_no_danger() {
        for host in [
            "localhost:5000",
            "127.0.0.0/8",
            "http://127.0.0.1:5000/x",
            "::1",
            "[::1]:5000",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "10.0.0.0/8", "registry:5000"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
