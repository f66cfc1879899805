//! Whose clock is wrong: this host's, or nobody's and the certificate is out of date. Pure.

use super::Finding;
use super::codes::Code;
use super::facts::Facts;
use crate::cert::{Certificate, Time};

/// Clocks that differ by less than this are both right enough, in seconds.
const TOLERANCE: i64 = 300;

fn holds(certificate: &Certificate, time: Time) -> bool {
    certificate.not_before() <= time && time <= certificate.not_after()
}

/// The conclusion that this host's clock is why `certificate` is out of its validity.
pub(super) fn find(
    date: Option<Time>,
    certificate: &Certificate,
    facts: &Facts,
) -> Option<Finding> {
    let now = facts.now;
    let server = date
        .filter(|date| (date.0 - now.0).abs() > TOLERANCE && holds(certificate, *date))
        .map(|date| format!("this host's clock says {now}, the server's {date}, by which the certificate is valid"));
    let local = facts
        .floor
        .as_ref()
        .filter(|floor| {
            floor.time.0 > now.0.saturating_add(TOLERANCE) && now < certificate.not_before()
        })
        .map(|floor| {
            format!(
                "this host's clock says {now}, but {} bears the time {}",
                floor.evidence, floor.time
            )
        });
    Some(Finding::new(Code::ClockWrong, server.or(local)?))
}
