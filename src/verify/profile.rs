//! Who judges: the standards and the programs that read a trust store, as data.

mod table;

pub use table::PROFILES;

/// A set of profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who(u16);

impl Who {
    pub(crate) const NOBODY: Self = Self(0);
    pub(crate) const RFC5280: Self = Self(1);
    pub(crate) const WEBPKI: Self = Self(1 << 1);
    pub(crate) const OPENSSL: Self = Self(1 << 2);
    pub(crate) const CURL: Self = Self(1 << 3);
    pub(crate) const PYTHON: Self = Self(1 << 4);
    pub(crate) const PYTHON_STRICT: Self = Self(1 << 5);
    pub(crate) const GO: Self = Self(1 << 6);
    pub(crate) const GNUTLS: Self = Self(1 << 7);
    pub(crate) const JAVA: Self = Self(1 << 8);
    pub(crate) const NODE: Self = Self(1 << 9);
    pub(crate) const RUSTLS: Self = Self(1 << 10);
    pub(crate) const ALL: Self = Self(0x7ff);
    /// The two that hold certificates to the letter of a standard.
    pub(crate) const STRICT: Self = Self::RFC5280.and(Self::WEBPKI);
    /// Everything that validates through libcrypto.
    pub(crate) const LIBCRYPTO: Self = Self::OPENSSL
        .and(Self::CURL)
        .and(Self::PYTHON)
        .and(Self::PYTHON_STRICT)
        .and(Self::NODE);

    /// Both sets together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without the other.
    pub(crate) const fn but(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Has a member in common.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// How paths are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// All candidates, until one path holds.
    Backtracking,
    /// OpenSSL: one issuer is chosen at each step and never reconsidered (`X509_verify_cert`, x509_vfy.c).
    OpenSsl,
    /// GnuTLS: the sent list is put in order, cut at the first trusted certificate, and judged as one path.
    GnuTls,
}

/// How issuer and subject are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameMatch {
    /// RFC 5280 §7.1: without regard to case, spaces and string type.
    Folded,
    /// The text, whatever its string type.
    Text,
    /// PrintableString and UTF8String like the first, other types byte for byte.
    Jdk,
    /// Byte for byte.
    Bytes,
}

/// How names are held against name constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Constraining {
    /// RFC 5280 §4.2.1.10, malformed names refused.
    Standard,
    /// `nc_dns`, `nc_email` … of OpenSSL's v3_ncons.c: ends of strings, whatever the rest.
    OpenSsl,
    /// Hosts of mailboxes and URIs are constrained like DNS names.
    Go,
    /// The same looseness as OpenSSL; directory names and URIs can't be excluded without excluding all.
    GnuTls,
    /// Like the standard, but an alternative name extension with a malformed name counts as absent.
    Java,
    /// DNS names and addresses only: any other constrained kind of name is refused.
    Webpki,
}

/// How a host name is compared with the names of a certificate; each is written out in `peer.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wildcard {
    /// The standards: `*` alone as the leftmost label.
    Leftmost,
    /// OpenSSL's default: also `ba*`, before at least two labels.
    Partial,
    /// OpenSSL as Python asks it: whole labels alone.
    Whole,
    Curl,
    Node,
    Go,
    GnuTls,
    Java,
    Webpki,
}

/// A profile: one judge.
#[derive(Debug)]
pub struct Profile {
    /// What is given to `--profile`.
    pub name: &'static str,
    /// What a person calls it.
    pub title: &'static str,
    /// Its place in the sets of the fault table.
    pub(crate) who: Who,
    pub(crate) search: Search,
    /// An anchor need not be self-signed.
    pub(crate) partial_chain: bool,
    /// How names are compared when certificates are chained.
    pub(crate) names: NameMatch,
    /// OpenSSL's security level; 0 for judges that have none.
    pub(crate) security_level: u8,
    /// The critical extensions it processes.
    pub(crate) processes: &'static [&'static [u8]],
    /// `notAfter` is still valid at that very second (RFC 5280 §4.1.2.5).
    pub(crate) end_inclusive: bool,
    /// Compares fractions of a second too.
    pub(crate) fractions: bool,
    /// The common name serves as host name when there is no DNS alternative name.
    pub(crate) common_name: bool,
    /// Constraints on DNS names are held against the common name as well.
    pub(crate) constrains_common_name: bool,
    /// Self-issued intermediates are held against constraints too.
    pub(crate) constrains_self_issued: bool,
    /// `anyExtendedKeyUsage` covers every purpose.
    pub(crate) any_purpose: bool,
    /// An extended key usage without purposes counts as absent.
    pub(crate) no_purpose_is_any: bool,
    /// Only the leaf is held against constraints.
    pub(crate) constrains_leaf_only: bool,
    /// Constraints in the anchor count.
    pub(crate) anchor_constrains: bool,
    /// Gives up above a number of comparisons of names with constraints.
    pub(crate) constraint_budget: u64,
    /// Certificate policies are processed.
    pub(crate) policies: bool,
    pub(crate) constraining: Constraining,
    pub(crate) wildcard: Wildcard,
    /// Signature algorithms and keys it can't use are told by `algorithms`.
    pub(crate) limits: Limits,
}

/// How strong keys and signatures must be, apart from security levels. Which ones a program can check at all is told
/// by [`crate::programs`].
#[derive(Debug)]
pub(crate) struct Limits {
    /// Smallest RSA modulus that may sign.
    pub(crate) rsa_signer: u32,
    /// Smallest RSA modulus of the leaf.
    pub(crate) rsa_leaf: u32,
    /// Least strength of any key, bits.
    pub(crate) strength: u32,
    /// SHA-1 under RSA and ECDSA.
    pub(crate) sha1: bool,
    /// SHA-1 under DSA.
    pub(crate) sha1_dsa: bool,
}

impl Profile {
    /// The profile of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PROFILES.iter().find(|profile| profile.name == name)
    }

    /// Judges by the letter of a standard rather than as a program does.
    pub fn is_strict(&self) -> bool {
        Who::STRICT.has(self.who)
    }

    /// The profiles that stand for programs.
    pub fn consumers() -> impl Iterator<Item = &'static Self> {
        PROFILES.iter().filter(|profile| !profile.is_strict())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field but the long lists: what sets the judges apart is reviewed as data.
    #[test]
    fn the_judges_differ_as_reviewed() {
        let rows: Vec<String> = PROFILES
            .iter()
            .map(|profile| {
                let Profile { name, title, who, search, partial_chain, names, security_level, .. } = profile;
                let Profile { end_inclusive, fractions, common_name, constrains_common_name, .. } = profile;
                let Profile { constrains_self_issued, any_purpose, no_purpose_is_any, .. } = profile;
                let Profile { constrains_leaf_only, anchor_constrains, constraint_budget, .. } = profile;
                let Profile { policies, constraining, wildcard, limits, processes, .. } = profile;
                format!(
                    "{name}: {title:?} {who:?}\n  {search:?} partial chain {partial_chain} names {names:?} level {security_level} processes {}\n  end {end_inclusive} fractions {fractions} any purpose {any_purpose} no purpose is any {no_purpose_is_any} policies {policies}\n  common name {common_name} constrained {constrains_common_name} self-issued {constrains_self_issued} leaf only {constrains_leaf_only} anchor {anchor_constrains} budget {constraint_budget}\n  {constraining:?} {wildcard:?}\n  {limits:?}",
                    processes.len()
                )
            })
            .collect();
        insta::assert_snapshot!(rows.join("\n"));
    }

    #[test]
    fn sets_of_judges_are_joined_cut_and_compared() {
        let (go, java, both) = (Who::GO, Who::JAVA, Who::GO.and(Who::JAVA));
        assert_eq!((both.but(java), both.and(go)), (go, both));
        assert_eq!((go.but(java), go.but(both)), (go, Who::NOBODY));
        for (set, other, common) in [
            (both, go, true),
            (go, both, true),
            (go, java, false),
            (both, Who::RUSTLS, false),
            (Who::NOBODY, go, false),
        ] {
            assert_eq!(set.has(other), common, "{set:?} {other:?}");
        }
        let all = PROFILES
            .iter()
            .fold(Who::NOBODY, |all, one| all.and(one.who));
        assert_eq!(all, Who::ALL);
    }
}
