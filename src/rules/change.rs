//! Rules about changes made outside trustctl, and about the policy of the configuration.

use std::path::{Path, PathBuf};

use super::facts::{Facts, Placed, Present, Recorded};
use super::{Family, Hit, Rule, Severity};
use crate::cert::Fingerprint;
use crate::store::inventory::Origin;
use crate::store::layout::{CERTS, CONFIG};

/// The rules of this family.
pub const RULES: &[Rule] = &[
    Rule {
        id: "drift",
        severity: Severity::Warning,
        family: Family::Change,
        title: "a local certificate changed outside trustctl",
        explanation: "Since the last change that trustctl made, a file in `/usr/local/share/ca-certificates` was added, removed or altered by something \
                      else. The report says when, whose file it is, and which package or tool it is known to come from.",
        remedy: "if it is wanted, run `trustctl add FILE` to take it into the record; if not, run `trustctl rollback` or delete it",
        reference: "trustctl(8), \"Generations\"",
        check: drift,
    },
    Rule {
        id: "policy-required",
        severity: Severity::Error,
        family: Family::Change,
        title: "a required certificate that is not trusted",
        explanation: "The policy of the configuration requires a certificate (`policy.require`) that is not in the bundle.",
        remedy: "add it with `trustctl add`",
        reference: "trustctl.toml(5)",
        check: required,
    },
    Rule {
        id: "policy-forbidden",
        severity: Severity::Error,
        family: Family::Change,
        title: "a forbidden certificate that is trusted",
        explanation: "The policy of the configuration forbids a certificate (`policy.forbid`) that some program on this host trusts.",
        remedy: "take it away with `trustctl remove` (local) or `trustctl distrust` (vendor)",
        reference: "trustctl.toml(5)",
        check: forbidden,
    },
    Rule {
        id: "policy-unlisted",
        severity: Severity::Error,
        family: Family::Change,
        title: "a local certificate that the policy does not list",
        explanation: "The policy of the configuration lists the local certificates that are allowed (`policy.allow_local_only`), and this one is not among \
                      them.",
        remedy: "take it away with `trustctl remove`, or list it in the policy",
        reference: "trustctl.toml(5)",
        check: unlisted,
    },
    Rule {
        id: "acceptance-expired",
        severity: Severity::Warning,
        family: Family::Change,
        title: "an accepted finding that has lapsed",
        explanation: "The configuration accepts a finding up to a day (`until` of an `[[accept]]` entry), and that day has passed: the finding is reported \
                      again.",
        remedy: "fix what was accepted, or decide again and set another date",
        reference: "trustctl.toml(5)",
        check: acceptance_expired,
    },
];

fn drift(facts: &Facts) -> Vec<Hit> {
    let Some(recorded) = &facts.recorded else {
        return Vec::new();
    };
    let changed = recorded.present.iter().filter_map(|(path, present)| {
        let what = match recorded.sources.get(path) {
            None => "added",
            Some(sha256) if *sha256 != present.sha256 => "altered",
            Some(_) => return None,
        };
        Some(Hit::at(
            path,
            describe(facts, recorded, path, what, present),
        ))
    });
    let gone = recorded
        .sources
        .keys()
        .filter(|path| !recorded.present.contains_key(*path));
    let gone = gone.map(|path| Hit::at(path, format!("removed since {}", since(recorded))));
    changed.chain(gone).collect()
}

fn since(recorded: &Recorded) -> String {
    format!("generation {} of {}", recorded.number, recorded.time)
}

fn describe(
    facts: &Facts,
    recorded: &Recorded,
    path: &Path,
    what: &str,
    present: &Present,
) -> String {
    let by = facts
        .provenance
        .get(path)
        .map_or_else(String::new, |by| format!("; it comes from {by}"));
    let owner = facts.user_name(present.uid);
    format!(
        "{what} since {}, at {}, by {owner}{by}",
        since(recorded),
        present.modified
    )
}

fn required(facts: &Facts) -> Vec<Hit> {
    let missing = facts.policy.missing(&facts.views.bundle);
    missing
        .into_iter()
        .map(|sha256| about(CONFIG, sha256, "required, but not in the bundle"))
        .collect()
}

fn about(path: impl Into<PathBuf>, sha256: Fingerprint, evidence: &str) -> Hit {
    let mut hit = Hit::at(path, evidence);
    hit.subject.sha256 = Some(sha256);
    hit
}

fn forbidden(facts: &Facts) -> Vec<Hit> {
    let views = &facts.views;
    let placed = facts.placed();
    let all = [&views.bundle, &views.hash, &views.file];
    let found = facts.policy.trusted_but_forbidden(all);
    found
        .map(|sha256| {
            match placed
                .iter()
                .find(|placed| placed.certificate.sha256() == sha256)
            {
                Some(placed) => Hit::at(full(placed), "forbidden, but trusted")
                    .certificate(placed.certificate, placed.origin),
                None => about(CERTS, sha256, "forbidden, but trusted"),
            }
        })
        .collect()
}

fn full(placed: &Placed<'_>) -> PathBuf {
    match placed.origin {
        Origin::Foreign => Path::new(CERTS).join(placed.path),
        _ => placed.path.to_path_buf(),
    }
}

fn unlisted(facts: &Facts) -> Vec<Hit> {
    let local = facts
        .placed()
        .into_iter()
        .filter(|placed| placed.origin != Origin::Vendor);
    let extra = local.filter(|placed| !facts.policy.allows_local(placed.certificate.sha256()));
    extra
        .map(|placed| {
            Hit::at(full(&placed), "not listed in `policy.allow_local_only`")
                .certificate(placed.certificate, placed.origin)
        })
        .collect()
}

fn acceptance_expired(facts: &Facts) -> Vec<Hit> {
    let expired = facts
        .accepted
        .iter()
        .filter(|accepted| accepted.until < facts.now);
    expired
        .map(|accepted| {
            let day: String = accepted.until.to_string().chars().take(10).collect();
            let evidence = format!(
                "`{}` on `{}` was accepted until {day}: {}",
                accepted.rule, accepted.subject, accepted.reason
            );
            Hit::at(CONFIG, evidence).name(&accepted.rule)
        })
        .collect()
}
