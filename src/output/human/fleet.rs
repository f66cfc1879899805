//! `report` for people: what is odd first, then what is wrong, then the whole in numbers.

use std::collections::BTreeMap;

use crate::cert::Fingerprint;
use crate::fleet::report::{Deviation, Fleet, Way};
use crate::output::page::{Page, Tone};
use crate::rules::Severity;

/// So many of anything are shown; JSON has them all.
const SHOWN: usize = 20;
/// So many hosts are named in a row.
const NAMED: usize = 5;

pub(super) fn render(fleet: &Fleet) -> Page {
    let mut page = Page::default();
    odd(&mut page, fleet);
    certificates(&mut page, fleet);
    rules(&mut page, fleet);
    for (title, shares) in [("releases", &fleet.releases), ("OpenSSL", &fleet.openssl)] {
        if !shares.is_empty() {
            page.heading(title);
        }
        for share in shares.iter().take(SHOWN) {
            page.line(format!("  {:>6}  {}", share.hosts.len(), share.value));
        }
        more(&mut page, shares.len());
    }
    let old: Vec<&str> = fleet
        .hosts
        .iter()
        .filter(|host| host.old)
        .map(|host| host.name.as_str())
        .collect();
    if !old.is_empty() {
        page.styled(Tone::Warning, "old reports: ")
            .line(names(&old));
    }
    for file in fleet.unusable.iter().take(SHOWN) {
        page.styled(Tone::Warning, "of no use: ");
        page.line(format!("{}: {}", file.file, file.reason));
    }
    more(&mut page, fleet.unusable.len());
    page.line(format!(
        "{} hosts, {} local certificates, {} rules broken",
        fleet.hosts.len(),
        fleet.certificates.len(),
        fleet.rules.len()
    ));
    page
}

fn more(page: &mut Page, count: usize) {
    if count > SHOWN {
        page.line(format!("  and {} more", count - SHOWN));
    }
}

fn names<T: AsRef<str>>(all: &[T]) -> String {
    let named: Vec<&str> = all.iter().take(NAMED).map(AsRef::as_ref).collect();
    match all.len() {
        count if count > NAMED => format!("{} and {} more", named.join(", "), count - NAMED),
        _ => named.join(", "),
    }
}

fn odd(page: &mut Page, fleet: &Fleet) {
    let odd: Vec<_> = fleet
        .hosts
        .iter()
        .filter(|host| !host.deviations.is_empty())
        .collect();
    if odd.is_empty() {
        return;
    }
    match &fleet.baseline {
        Some(name) => page.heading(format!("hosts that differ from {name}")),
        None => page.heading("hosts that differ from most"),
    };
    for host in odd.iter().take(SHOWN) {
        page.styled(Tone::Strong, format!("  {}", host.name)).end();
        for deviation in host.deviations.iter().take(NAMED) {
            page.line(format!("    {}", said(deviation)));
        }
        if host.deviations.len() > NAMED {
            page.line(format!("    and {} more", host.deviations.len() - NAMED));
        }
    }
    more(page, odd.len());
}

/// A deviation in words.
fn said(deviation: &Deviation) -> String {
    let way = match deviation.way {
        Way::Additional => "has",
        Way::Lacking => "lacks",
        Way::Deselected => "does not trust the vendor's",
        Way::Selected => "trusts the vendor's",
    };
    format!("{way} {}", deviation.subject)
}

fn certificates(page: &mut Page, fleet: &Fleet) {
    if fleet.certificates.is_empty() {
        return;
    }
    page.heading("local certificates");
    let mut where_: BTreeMap<Fingerprint, Vec<&str>> = BTreeMap::new();
    for group in &fleet.groups {
        for sha256 in &group.certificates {
            let hosts = group.hosts.iter().map(String::as_str);
            where_.entry(*sha256).or_default().extend(hosts);
        }
    }
    for ca in fleet.certificates.iter().take(SHOWN) {
        let until = ca.not_after.map_or("unknown".to_string(), |end| {
            end.to_string().chars().take(10).collect()
        });
        page.line(format!("  {:>6}  {until}  {}", ca.hosts, ca.subject));
        if ca.hosts < fleet.hosts.len() {
            let on = where_
                .get(&ca.sha256)
                .map_or(String::new(), |all| names(all));
            page.styled(Tone::Faint, format!("          on {on}")).end();
        }
    }
    more(page, fleet.certificates.len());
}

fn rules(page: &mut Page, fleet: &Fleet) {
    if fleet.rules.is_empty() {
        return;
    }
    page.heading("findings");
    for rule in fleet.rules.iter().take(SHOWN) {
        let tone = match rule.severity {
            Severity::Error => Tone::Error,
            Severity::Warning => Tone::Warning,
            Severity::Note => Tone::Hint,
        };
        page.styled(tone, format!("  {:7}", rule.severity.name()));
        page.line(format!(
            " {:>6}  {}: {}",
            rule.hosts.len(),
            rule.rule,
            rule.title
        ));
        page.styled(
            Tone::Faint,
            format!("                  {}", names(&rule.hosts)),
        )
        .end();
    }
    more(page, fleet.rules.len());
}
