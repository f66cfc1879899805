//! The rule about the host's time.

use super::facts::Facts;
use super::{Family, Hit, Rule, Severity};

/// So much may the clock be behind the newest file (time zones of images, file systems with coarse times).
const TOLERANCE_SECONDS: i64 = 86_400;

/// The rules of this family.
pub const RULES: &[Rule] = &[Rule {
    id: "clock-behind",
    severity: Severity::Error,
    family: Family::Clock,
    title: "a clock that is behind",
    explanation: "The package database, apt's lists or the bundle are newer than the time of this host. With a clock that is behind, certificates are `not \
                  yet valid` on many sites at once; taking CAs away or switching checks off mends nothing.",
    remedy: "set the time: `timedatectl set-ntp true`, and check the battery of the clock",
    reference: "timedatectl(1)",
    check: behind,
}];

fn behind(facts: &Facts) -> Vec<Hit> {
    let Some((path, newest)) = &facts.newest else {
        return Vec::new();
    };
    if newest.0 <= facts.now.0 + TOLERANCE_SECONDS {
        return Vec::new();
    }
    vec![Hit::at(
        path,
        format!("changed at {newest}, but the clock says {}", facts.now),
    )]
}
