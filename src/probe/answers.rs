//! How a server answers each program, from what was asked of it: whom it was asked as, and what follows for others. Pure.

use super::observation::{Agreement, Answer, Hello, Observation, Version};
use crate::programs::hellos::Offer;

/// What is known of the server's answer to a program's hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Both agree on something.
    Agreed(Agreement),
    /// It answers so, with nothing agreed.
    Refused(Answer),
}

/// The answer to a program's hello: as it was given to this very hello, or as it follows from others.
pub fn to(seen: &Observation, offer: &Offer) -> Option<Told> {
    asked(seen, offer)
        .or_else(|| large(seen, offer))
        .or_else(|| implied(seen, offer).map(Told::Agreed))
}

/// Whether two programs say the same as far as a server can choose, though not byte for byte.
fn is_alike(one: &Offer, other: &Offer) -> bool {
    one.versions == other.versions
        && one.ciphers == other.ciphers
        && one.groups == other.groups
        && one.schemes == other.schemes
        && one.is_large() == other.is_large()
}

fn asked(seen: &Observation, offer: &Offer) -> Option<Told> {
    let mut rows = seen.rows.iter();
    let row = rows.find(|row| row.by.is_some_and(|by| is_alike(by, offer)))?;
    told(row)
}

fn told(row: &Hello) -> Option<Told> {
    match row.agreement() {
        Some(agreement) => Some(Told::Agreed(agreement)),
        None if row.answer == Answer::NotAsked => None,
        None => Some(Told::Refused(row.answer.clone())),
    }
}

/// Every agreement there was, and whether the server could have chosen a prime.
fn agreements(seen: &Observation) -> impl Iterator<Item = (Agreement, bool)> {
    let shaken = seen.handshake.iter().filter_map(|one| one.agreement);
    let rows = seen.rows.iter().filter_map(|row| {
        let primes = row.by.is_some_and(Offer::offers_primes);
        Some((row.agreement()?, primes))
    });
    shaken.map(|agreement| (agreement, false)).chain(rows)
}

/// Whether messages of more than one packet get through; `None` where none was sent.
pub fn takes_large(seen: &Observation) -> Option<bool> {
    let large = |row: &&Hello| row.by.is_some_and(Offer::is_large);
    let mut rows = seen.rows.iter().filter(large).peekable();
    rows.peek()?;
    let gone = |row: &Hello| {
        matches!(
            row.answer,
            Answer::Reset | Answer::Closed | Answer::TimedOut
        )
    };
    Some(!rows.all(gone))
}

/// A middlebox that stops large messages stops them all.
fn large(seen: &Observation, offer: &Offer) -> Option<Told> {
    let is_stopped = offer.is_large() && takes_large(seen) == Some(false);
    let mut rows = seen.rows.iter();
    let row = rows.find(|row| is_stopped && row.by.is_some_and(Offer::is_large))?;
    told(row)
}

/// What was agreed on with one program is agreed on with another that offers the same, unless the server could have
/// chosen something else of what only this one offers.
fn implied(seen: &Observation, offer: &Offer) -> Option<Agreement> {
    if offer.is_large() && takes_large(seen) != Some(true) {
        return None;
    }
    let covers = |agreement: &Agreement, primes: bool| {
        let old = agreement.version < Version::TLS13;
        let is_offered = offer.versions.contains(&agreement.version.0)
            && offer.ciphers.contains(&agreement.suite)
            && agreement
                .group
                .is_none_or(|group| offer.groups.contains(&group));
        let is_signed = match agreement.scheme {
            Some(scheme) => offer.schemes.contains(&scheme),
            None => old && agreement.group.is_none() && agreement.prime.is_none(),
        };
        is_offered && is_signed && (!old || primes || !offer.offers_primes())
    };
    let mut all = agreements(seen);
    all.find(|(agreement, primes)| covers(agreement, *primes))
        .map(|(agreement, _)| agreement)
}
