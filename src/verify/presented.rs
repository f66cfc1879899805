//! What is judged and what is trusted, read once however many programs judge it.

use std::collections::HashMap;
use std::sync::Arc;

use super::Anchors;
use super::parsed::Parsed;

/// A leaf and the certificates that help to build its path, each read once for all who judge them.
#[derive(Debug)]
pub struct Presented<'a> {
    /// The leaf, then the helpers that can be read; empty where the leaf can't.
    pub(super) certificates: Vec<Parsed<'a>>,
    /// For each of them its place among the helpers handed in; meaningless for the leaf.
    pub(super) places: Vec<usize>,
}

impl<'a> Presented<'a> {
    /// Reads a leaf and its helpers; helpers that can't be read are left out.
    pub fn read(leaf: &'a [u8], helpers: &[&'a [u8]]) -> Self {
        let Ok(leaf) = Parsed::read(leaf) else {
            return Self {
                certificates: Vec::new(),
                places: Vec::new(),
            };
        };
        let mut presented = Self::of(leaf);
        for (place, der) in helpers.iter().enumerate() {
            if let Ok(parsed) = Parsed::read(der) {
                presented.certificates.push(parsed);
                presented.places.push(place);
            }
        }
        presented
    }

    /// A leaf alone, read before.
    pub(super) fn of(leaf: Parsed<'a>) -> Self {
        Self {
            certificates: vec![leaf],
            places: vec![0],
        }
    }
}

/// Certificates that stand in several stores, each read once.
#[derive(Debug, Default)]
pub struct Pool<'a>(HashMap<&'a [u8], Option<Arc<Parsed<'a>>>>);

impl<'a> Pool<'a> {
    /// The anchors of one store. One that can't be read is left out and remembered in [`Anchors::unreadable`].
    pub fn anchors(&mut self, ders: impl IntoIterator<Item = &'a [u8]>) -> Anchors<'a> {
        let mut anchors = Anchors::default();
        for (place, der) in ders.into_iter().enumerate() {
            let read = || Parsed::read(der).ok().map(Arc::new);
            match self.0.entry(der).or_insert_with(read) {
                Some(parsed) => anchors.push(place, Arc::clone(parsed)),
                None => anchors.unreadable.push(place),
            }
        }
        anchors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use support::Ca;

    #[test]
    fn stores_with_the_same_certificates_share_what_was_read_of_them() {
        let [one, other] = ["One", "Other"].map(Ca::new);
        // Equal bytes at two places, as two stores hold them.
        let copy = one.der().to_vec();
        let mut pool = Pool::default();
        let first = pool.anchors([one.der(), b"no certificate"]);
        let second = pool.anchors([&b"no certificate"[..], other.der(), &copy]);
        let same =
            |a: usize, b: usize| Arc::ptr_eq(&first.certificates[a], &second.certificates[b]);
        assert!(same(0, 1) && !same(0, 0));
        assert_eq!(
            (first.unreadable(), second.unreadable()),
            (&[1][..], &[0][..])
        );
        assert_eq!((&first.places, &second.places), (&vec![0], &vec![1, 2]));
    }
}
