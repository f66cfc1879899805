//! A report of one or many hosts as one HTML file: readable without scripts, with no word from elsewhere. The text of
//! hosts and certificates is escaped twice: what could hide or reorder text first, markup by the template.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::escape;
use crate::cert::{Fingerprint, Time};
use crate::fleet::report::{Ca, Deviation, Fleet, Row, Share, Way};
use crate::rules::Severity;

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/filter.js");

/// So many odd hosts, rows of tables and groups are shown; JSON has them all.
const ROWS: usize = 500;
/// So many lines are shown of one host, and so many hosts are named in a row.
const NAMED: usize = 12;
/// So many certificates get a column.
const COLUMNS: usize = 30;
/// So many certificates get a bar.
const BARS: usize = 40;
/// The years that the timeline shows.
const YEARS: i64 = 10;
/// Days left, under which an end is soon.
const SOON: i64 = 90;

/// Where the time of the call stands in the timeline, and how wide the years after it are.
const NOW_X: i64 = 300;
const AXIS: i64 = 600;

#[derive(Template)]
#[template(path = "report.html")]
struct View {
    title: String,
    version: &'static str,
    time: String,
    baseline: Option<String>,
    single: bool,
    style: &'static str,
    style_hash: String,
    script: &'static str,
    script_hash: String,
    tiles: Vec<Tile>,
    odd: Vec<Odd>,
    odd_more: usize,
    rules: Vec<RuleView>,
    cas: Vec<CaView>,
    cas_more: usize,
    tree: Vec<Node>,
    columns: Vec<usize>,
    groups: Vec<GroupView>,
    groups_more: usize,
    bars: Vec<Bar>,
    ticks: Vec<Tick>,
    height: i64,
    shares: Vec<ShareView>,
    hosts: Vec<HostView>,
    hosts_more: usize,
    unusable: Vec<String>,
}

struct Tile {
    label: &'static str,
    value: usize,
    tone: &'static str,
}

struct Odd {
    name: String,
    lines: Vec<String>,
    more: usize,
}

struct RuleView {
    rule: String,
    severity: &'static str,
    title: String,
    remedy: String,
    count: String,
    hosts: String,
    examples: Vec<ExampleView>,
    open: bool,
}

struct ExampleView {
    host: String,
    seen: String,
}

struct CaView {
    number: usize,
    subject: String,
    sha256: Fingerprint,
    until: String,
    remark: String,
    tone: &'static str,
    hosts: usize,
}

/// One line of a tree in the order in which it is read.
struct Node {
    text: String,
    remark: String,
    /// Whether the next one stands below it.
    deeper: bool,
    /// How many lists end after it.
    up: usize,
}

struct GroupView {
    count: usize,
    hosts: String,
    cells: Vec<bool>,
}

struct Bar {
    y: i64,
    x: i64,
    width: i64,
    text_x: i64,
    label: String,
    date: String,
    tone: &'static str,
}

struct Tick {
    x: i64,
    label: String,
}

struct ShareView {
    title: &'static str,
    lines: Vec<String>,
}

struct HostView {
    name: String,
    time: String,
    tone: &'static str,
    errors: String,
    warnings: String,
    notes: String,
    release: String,
    openssl: String,
}

/// The whole page.
pub(super) fn page(fleet: &Fleet) -> io::Result<String> {
    let single = fleet.hosts.len() == 1;
    let (bars, ticks) = timeline(fleet);
    let odd: Vec<&Row> = fleet
        .hosts
        .iter()
        .filter(|host| !host.deviations.is_empty())
        .collect();
    let view = View {
        title: match fleet.hosts.first() {
            Some(host) if single => format!("Trust of {}", shown(&host.name)),
            _ => format!("Trust of {} hosts", fleet.hosts.len()),
        },
        version: env!("CARGO_PKG_VERSION"),
        time: fleet.time.to_string(),
        baseline: fleet.baseline.as_deref().map(shown),
        single,
        style: STYLE,
        style_hash: hash(STYLE),
        script: SCRIPT,
        script_hash: hash(SCRIPT),
        tiles: tiles(fleet, odd.len()),
        odd_more: odd.len().saturating_sub(ROWS),
        odd: odd.into_iter().take(ROWS).map(odd_host).collect(),
        rules: rules(fleet, single),
        cas: fleet
            .certificates
            .iter()
            .take(ROWS)
            .enumerate()
            .map(|(index, ca)| certificate(index + 1, ca, fleet.time))
            .collect(),
        cas_more: fleet.certificates.len().saturating_sub(ROWS),
        tree: tree(&fleet.certificates),
        columns: (1..=fleet.certificates.len().min(COLUMNS)).collect(),
        groups: groups(fleet),
        groups_more: fleet.groups.len().saturating_sub(ROWS),
        height: 30 + 20 * bars.len() as i64,
        bars,
        ticks,
        shares: vec![
            share("Releases", &fleet.releases),
            share("OpenSSL libraries", &fleet.openssl),
        ],
        hosts: fleet.hosts.iter().take(ROWS).map(host).collect(),
        hosts_more: fleet.hosts.len().saturating_sub(ROWS),
        unusable: fleet
            .unusable
            .iter()
            .take(ROWS)
            .map(|file| shown(&format!("{}: {}", file.file, file.reason)))
            .collect(),
    };
    view.render().map_err(io::Error::other)
}

/// Foreign text without anything that could hide, reorder or control.
fn shown(text: &str) -> String {
    escape::terminal(&crate::redact::text(text))
}

/// What a Content-Security-Policy calls an inline style or script.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

fn tiles(fleet: &Fleet, odd: usize) -> Vec<Tile> {
    let of = |severity: Severity| {
        let rules = fleet.rules.iter();
        let rules = rules.filter(|rule| rule.severity == severity);
        rules.map(|rule| rule.findings).sum::<usize>()
    };
    let old = fleet.hosts.iter().filter(|host| host.old).count();
    let toned = |tone: &'static str, count: usize| if count > 0 { tone } else { "good" };
    let mut tiles = Vec::new();
    let mut tile = |label, value, tone| tiles.push(Tile { label, value, tone });
    for (label, severity) in [
        ("errors", Severity::Error),
        ("warnings", Severity::Warning),
        ("notes", Severity::Note),
    ] {
        let count = of(severity);
        tile(label, count, toned(severity.name(), count));
    }
    tile("local certificates", fleet.certificates.len(), "");
    if fleet.hosts.len() > 1 {
        tile("hosts", fleet.hosts.len(), "");
        tile("odd hosts", odd, toned("warning", odd));
        tile("old reports", old, toned("warning", old));
    }
    tiles
}

fn odd_host(host: &Row) -> Odd {
    let lines = host.deviations.iter().take(NAMED).map(deviation);
    Odd {
        name: shown(&host.name),
        lines: lines.collect(),
        more: host.deviations.len().saturating_sub(NAMED),
    }
}

fn deviation(deviation: &Deviation) -> String {
    let way = match deviation.way {
        Way::Additional => "has",
        Way::Lacking => "lacks",
        Way::Deselected => "does not trust the vendor's",
        Way::Selected => "trusts the vendor's",
    };
    let subject = match deviation.subject.as_str() {
        "" => deviation.sha256.to_string(),
        subject => shown(subject),
    };
    format!("{way} {subject}")
}

fn rules(fleet: &Fleet, single: bool) -> Vec<RuleView> {
    let rule = |rule: &crate::fleet::report::Rule| RuleView {
        rule: shown(&rule.rule),
        severity: rule.severity.name(),
        title: shown(&rule.title),
        remedy: shown(&rule.remedy),
        count: match (single, rule.findings, rule.hosts.len()) {
            (true, findings, _) => findings.to_string(),
            (false, findings, 1) => format!("{findings} on 1 host"),
            (false, findings, hosts) => format!("{findings} on {hosts} hosts"),
        },
        hosts: names(&rule.hosts),
        examples: rule
            .examples
            .iter()
            .map(|example| ExampleView {
                host: shown(&example.host),
                seen: shown(&example.seen),
            })
            .collect(),
        open: rule.severity > Severity::Note,
    };
    fleet.rules.iter().map(rule).collect()
}

fn names(all: &[String]) -> String {
    let named: Vec<String> = all.iter().take(NAMED).map(|name| shown(name)).collect();
    match all.len() {
        count if count > NAMED => format!("{} and {} more", named.join(", "), count - NAMED),
        _ => named.join(", "),
    }
}

fn day(time: Time) -> String {
    time.to_string().chars().take(10).collect()
}

/// How an end is shown: whether it is over or soon, and the same in words.
fn ending(now: Time, end: Option<Time>) -> (&'static str, &'static str) {
    match end.map(|end| now.days_until(end)) {
        Some(days) if days < 0 => ("error", " (over)"),
        Some(days) if days < SOON => ("warning", " (soon)"),
        _ => ("", ""),
    }
}

fn certificate(number: usize, ca: &Ca, now: Time) -> CaView {
    let (tone, remark) = ending(now, ca.not_after);
    CaView {
        number,
        subject: shown(&ca.subject),
        sha256: ca.sha256,
        until: ca.not_after.map_or("unknown".to_string(), day),
        remark: remark.to_string(),
        tone,
        hosts: ca.hosts,
    }
}

/// Issuers above what they issued.
fn tree(all: &[Ca]) -> Vec<Node> {
    let mut below: BTreeMap<Fingerprint, Vec<&Ca>> = BTreeMap::new();
    for ca in all {
        if let Some(parent) = ca.parent {
            below.entry(parent).or_default().push(ca);
        }
    }
    let mut lines: Vec<(usize, &Ca)> = Vec::new();
    let mut seen = BTreeSet::new();
    // Names can go round in a circle: what no root leads to comes last, each once.
    let roots = all.iter().filter(|ca| ca.parent.is_none()).chain(all);
    for root in roots {
        let mut waiting = vec![(0, root)];
        while let Some((depth, ca)) = waiting.pop() {
            if lines.len() < ROWS && seen.insert(ca.sha256) {
                lines.push((depth, ca));
                let children = below.get(&ca.sha256).into_iter().flatten();
                waiting.extend(children.rev().map(|child| (depth + 1, *child)));
            }
        }
    }
    let depths: Vec<usize> = lines.iter().map(|(depth, _)| *depth).chain([0]).collect();
    let node = |(index, (depth, ca)): (usize, &(usize, &Ca))| {
        let next = depths.get(index + 1).copied().unwrap_or_default();
        Node {
            text: shown(&ca.subject),
            remark: match ca.parent {
                None if ca.subject != ca.issuer => {
                    format!("issued by {}, which no host has", shown(&ca.issuer))
                }
                _ => String::new(),
            },
            deeper: next > *depth,
            up: depth.saturating_sub(next),
        }
    };
    lines.iter().enumerate().map(node).collect()
}

fn groups(fleet: &Fleet) -> Vec<GroupView> {
    let columns: Vec<Fingerprint> = fleet
        .certificates
        .iter()
        .take(COLUMNS)
        .map(|ca| ca.sha256)
        .collect();
    fleet
        .groups
        .iter()
        .take(ROWS)
        .map(|group| {
            let has: BTreeSet<&Fingerprint> = group.certificates.iter().collect();
            GroupView {
                count: group.hosts.len(),
                hosts: names(&group.hosts),
                cells: columns.iter().map(|sha256| has.contains(sha256)).collect(),
            }
        })
        .collect()
}

/// A bar for each certificate that ends first, and the years.
fn timeline(fleet: &Fleet) -> (Vec<Bar>, Vec<Tick>) {
    let span = YEARS * 365;
    let x = |days: i64| NOW_X + days.clamp(0, span) * AXIS / span;
    let mut ends: Vec<(Time, &Ca)> = fleet
        .certificates
        .iter()
        .filter_map(|ca| Some((ca.not_after?, ca)))
        .collect();
    ends.sort_by_key(|(end, ca)| (*end, ca.sha256));
    let bar = |(row, (end, ca)): (usize, &(Time, &Ca))| {
        let days = fleet.time.days_until(*end);
        let left = x(days);
        Bar {
            y: 26 + 20 * row as i64,
            x: NOW_X,
            width: (left - NOW_X).max(3),
            text_x: left + 6,
            label: shortened(&ca.subject),
            date: day(*end),
            tone: match days {
                ..0 => "over",
                0..SOON => "soon",
                _ => "later",
            },
        }
    };
    let bars = ends.iter().take(BARS).enumerate().map(bar).collect();
    let tick = |year: i64| Tick {
        x: x(year * 365),
        label: fleet
            .time
            .plus_days(year * 365)
            .to_string()
            .chars()
            .take(4)
            .collect(),
    };
    (bars, (0..=YEARS).step_by(2).map(tick).collect())
}

/// As much of a name as has room before its bar.
fn shortened(name: &str) -> String {
    const ROOM: usize = 40;
    let name = shown(name);
    match name.char_indices().nth(ROOM) {
        None => name,
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

fn share(title: &'static str, shares: &[Share]) -> ShareView {
    let line = |share: &Share| match share.hosts.len() {
        1 => format!("{}: {}", shown(&share.value), names(&share.hosts)),
        count => format!("{}: {count} hosts", shown(&share.value)),
    };
    ShareView {
        title,
        lines: shares.iter().take(ROWS).map(line).collect(),
    }
}

fn host(host: &Row) -> HostView {
    let unknown = || "unknown".to_string();
    let text = |value: &Option<String>| value.as_deref().map_or_else(unknown, shown);
    let count = |of: fn(&crate::fleet::report::Counts) -> usize| {
        host.findings
            .as_ref()
            .map_or_else(unknown, |counts| of(counts).to_string())
    };
    HostView {
        name: shown(&host.name),
        time: match host.time {
            Some(time) if host.old => format!("{} (old)", day(time)),
            Some(time) => day(time),
            None => unknown(),
        },
        tone: if host.old { "warning" } else { "" },
        errors: count(|counts| counts.error),
        warnings: count(|counts| counts.warning),
        notes: count(|counts| counts.note),
        release: text(&host.release),
        openssl: text(&host.openssl),
    }
}
