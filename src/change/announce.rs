//! The line that every change leaves in the system's log: who, what, and under which generation it is on record.

use super::generation::{Manifest, Mention, Phase};
use crate::redact;
use crate::store::layout::Layout;
use crate::system::journal;

/// Fingerprints named one by one; the record under the generation's number has all.
const NAMED: usize = 20;

/// Announces how a change of this host's own store ended; changes of other trees are not this host's business.
pub(super) fn announce(layout: &Layout, manifest: &Manifest) {
    if layout.is_live() {
        journal::write(&redact::text(&line(manifest)));
    }
}

fn line(manifest: &Manifest) -> String {
    let result = match manifest.phase {
        Phase::Committed if manifest.open.is_empty() => "done",
        Phase::Committed => "done-but-open",
        Phase::Undone => "undone",
        Phase::Prepared | Phase::Published => "unfinished",
    };
    let mut fields = vec![
        format!("generation={}", manifest.number),
        format!("command={}", manifest.command),
        format!("result={result}"),
        format!("uid={}", manifest.uid),
    ];
    // Text from outside is quoted and its control characters are escaped: one change, one line.
    fields.extend(manifest.user.iter().map(|user| format!("user={user:?}")));
    fields.extend(mentions("added", &manifest.added));
    fields.extend(mentions("removed", &manifest.removed));
    let reason = manifest.reason.iter();
    fields.extend(reason.map(|reason| format!("reason={reason:?}")));
    fields.join(" ")
}

fn mentions(label: &str, all: &[Mention]) -> Option<String> {
    let mut named: Vec<String> = all
        .iter()
        .take(NAMED)
        .map(|mention| mention.sha256.to_string())
        .collect();
    match all.len() {
        0 => return None,
        count if count > NAMED => named.push(format!("and-{}-more", count - NAMED)),
        _ => {}
    }
    Some(format!("{label}={}", named.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::{Fingerprint, Time};
    use crate::change::plan::State;

    fn manifest() -> Manifest {
        Manifest {
            schema: 1,
            number: 7,
            phase: Phase::Committed,
            command: "add".into(),
            reason: None,
            time: Time(0),
            user: None,
            uid: 0,
            version: "1".into(),
            added: Vec::new(),
            removed: Vec::new(),
            lost: Vec::new(),
            steps: Vec::new(),
            foreign: Vec::new(),
            undoing: crate::change::plan::Undoing::default(),
            databases: Vec::new(),
            placed: std::collections::BTreeMap::default(),
            hook_lines: Vec::new(),
            open: Vec::new(),
            tools: None,
            sources: std::collections::BTreeMap::new(),
            selection: State::Absent,
        }
    }

    fn mention() -> Mention {
        Mention {
            sha256: Fingerprint([0xab; 32]),
            subject: "Corp".into(),
        }
    }

    #[test]
    fn a_change_says_who_did_what_under_which_generation() {
        let mut change = manifest();
        change.user = Some("alice".into());
        change.added.push(mention());
        let sha256 = "ab".repeat(32);
        assert_eq!(
            line(&change),
            format!("generation=7 command=add result=done uid=0 user=\"alice\" added={sha256}")
        );
    }

    #[test]
    fn foreign_text_stays_on_one_line_and_in_its_quotes() {
        let mut change = manifest();
        change.reason = Some("x\" uid=1\n\u{1b}[2J\u{202e}".into());
        let line = line(&change);
        assert!(
            line.ends_with("reason=\"x\\\" uid=1\\n\\u{1b}[2J\\u{202e}\""),
            "{line}"
        );
    }

    #[test]
    fn many_certificates_are_counted() {
        let mut change = manifest();
        change.phase = Phase::Undone;
        change.removed = vec![mention(); NAMED + 5];
        let line = line(&change);
        assert!(
            line.contains("result=undone") && line.ends_with(",and-5-more"),
            "{line}"
        );
    }
}
