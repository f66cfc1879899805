//! What `/etc/ca-certificates.conf` selects, against what there is.

use crate::rules::Hit;
use crate::rules::facts::Facts;
use crate::store::layout::CONF;

pub(super) fn conf_without_file(facts: &Facts) -> Vec<Hit> {
    let hit = |(line, name): &(usize, String)| {
        let evidence = match name.strip_suffix('\r') {
            Some(name) => {
                format!("`{name}` is followed by a carriage return, which becomes part of the name")
            }
            None => format!("`{name}` is not in `/usr/share/ca-certificates`"),
        };
        Hit::at(CONF, evidence).line(*line)
    };
    facts.store.missing.iter().map(hit).collect()
}

pub(super) fn conf_unfinished(facts: &Facts) -> Vec<Hit> {
    let bytes = facts
        .store
        .conf
        .as_ref()
        .map_or(&[][..], |conf| conf.bytes());
    let last = bytes
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    if last.is_empty() || last.starts_with(b"#") {
        return Vec::new();
    }
    let line = bytes.split(|byte| *byte == b'\n').count();
    vec![Hit::at(CONF, format!("`{}`", String::from_utf8_lossy(last))).line(line)]
}

pub(super) fn conf_missing(facts: &Facts) -> Vec<Hit> {
    let store = &facts.store;
    let vendor = store.vendor().count();
    let selected = store.vendor().any(|source| source.selected) || !store.missing.is_empty();
    let decided = store
        .conf
        .as_ref()
        .is_some_and(|conf| conf.deselected().next().is_some());
    if vendor == 0 || selected || decided {
        return Vec::new();
    }
    let what = if store.conf.is_none() {
        "the file is missing"
    } else {
        "the file selects nothing"
    };
    vec![Hit::at(
        CONF,
        format!("{what}; {vendor} vendor certificates are installed"),
    )]
}
