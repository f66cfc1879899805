//! None of the names in the server's certificate is the one that was asked for. Pure.

use super::Finding;
use super::chain::Case;
use super::codes::Code;
use crate::probe::target::Host;

/// The finding; `who` are the programs that refuse.
pub(super) fn find(case: &Case<'_>, who: &str) -> Finding {
    let host = &case.seen.target.host;
    let Some(leaf) = case.chain.first() else {
        return Finding::new(Code::WrongName, format!("no name is `{host}`"));
    };
    let names = &leaf.extensions().subject_alt_names;
    let is_host = |name: &&String| name.starts_with("DNS:") || name.starts_with("IP:");
    let usable: Vec<&str> = names.iter().filter(is_host).map(String::as_str).collect();
    let common_name = leaf.subject().common_name().unwrap_or_default();
    if usable.is_empty() && matches(common_name, host) {
        let evidence =
            format!("`{host}` is the common name, and there are no alternative names ({who})");
        return Finding::new(Code::CommonNameOnly, evidence);
    }
    let shown: Vec<&str> = usable.iter().take(8).copied().collect();
    let more = usable.len().saturating_sub(shown.len());
    let more = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    let list = if shown.is_empty() {
        format!("CN={common_name}")
    } else {
        shown.join(", ")
    };
    let finding = Finding::new(
        Code::WrongName,
        format!("asked for `{host}`, the certificate is for {list}{more}"),
    );
    let Host::Address(address) = host else {
        return finding;
    };
    finding.remedy(vec![
        "ask for the server by one of the names in its certificate".to_string(),
        format!("or have the certificate issued again with the address as an address: `IP:{address}` among the alternative names; one in a `DNS:` entry or in the common name does not count"),
    ])
}

fn matches(common_name: &str, host: &Host) -> bool {
    let Host::Name(host) = host else {
        return common_name == host.to_string();
    };
    match common_name.strip_prefix("*.") {
        Some(rest) => host
            .split_once('.')
            .is_some_and(|(_, parent)| parent.eq_ignore_ascii_case(rest)),
        None => common_name.eq_ignore_ascii_case(host),
    }
}
