//! What a certificate may be used for, and whether its key and signature are strong enough for it.

use super::certificate::Judge;
use super::extensions::{Extension, usage};
use super::fault::{Code, Role};
use super::key::{Curve, Kind};
use super::oids;
use super::options::Purpose;
use super::profile::{Search, Who};
use super::signature::Scheme;
use crate::cert::Hash;
use crate::programs::{self, Library};

/// Notes what keeps the certificate from the use it is put to.
pub(crate) fn check(judge: &mut Judge<'_, '_, '_>) {
    judge.authority();
    judge.purpose();
    judge.strength();
}

impl Judge<'_, '_, '_> {
    /// May it issue certificates?
    fn authority(&mut self) {
        if self.role == Role::Leaf {
            return;
        }
        let certificate = self.certificate;
        let basic = certificate.extensions.basic.as_ref();
        match basic.map(|extension| extension.value) {
            Some(Ok(basic)) if basic.ca => {}
            Some(_) => {
                self.note(Code::NotCa, || {
                    "issues certificates without being marked as CA (basicConstraints)".into()
                });
                self.note(Code::DeniesCa, || {
                    "issues certificates but says that it is not a CA (basicConstraints)".into()
                });
            }
            None => {
                let message = || "issues certificates but has no basicConstraints".into();
                // Go and the JDK want them in an anchor of version 3 alone (`CheckSignatureFrom`, `verifyTrustAnchor`).
                let old = self.role == Role::Anchor && certificate.version() < 3;
                if !(old && self.is(Who::GO.and(Who::JAVA))) {
                    self.note(Code::NotCa, message);
                }
                if !self.tolerated_without_basic() {
                    self.note(Code::DeniesCa, || {
                        "issues certificates but nothing in it says that it is a CA".into()
                    });
                }
            }
        }
        if certificate.usage().is_some_and(|bits| {
            bits & usage::KEY_CERT_SIGN == 0 && !(bits == 0 && self.is(Who::GO))
        }) {
            self.note(Code::MayNotSign, || {
                "issues certificates but its key usage lacks keyCertSign".into()
            });
        }
    }

    /// Anchors that programs take without basicConstraints (`check_ca` in OpenSSL's v3_purp.c).
    fn tolerated_without_basic(&self) -> bool {
        let certificate = self.certificate;
        let old_root = certificate.version() == 1 && certificate.self_issued();
        match self.options.profile.search {
            Search::GnuTls => certificate.self_issued(),
            Search::OpenSsl => {
                old_root
                    || certificate
                        .usage()
                        .is_some_and(|bits| bits & usage::KEY_CERT_SIGN != 0)
            }
            Search::Backtracking => true,
        }
    }

    fn purpose(&mut self) {
        let wanted = match self.options.purpose {
            Purpose::Server => oids::SERVER_AUTH,
            Purpose::Client => oids::CLIENT_AUTH,
            Purpose::Any => return,
        };
        if let Some(Extension {
            value: Ok(purposes),
            ..
        }) = &self.certificate.extensions.extended_key_usage
        {
            let profile = self.options.profile;
            // libcrypto anywhere, GnuTLS in CAs.
            let gated = wanted == oids::SERVER_AUTH
                && (self.is(Who::LIBCRYPTO) || (self.is(Who::GNUTLS) && self.certificate.is_ca()));
            // GnuTLS takes anyExtendedKeyUsage in a leaf, not in a CA.
            let any = profile.any_purpose && (self.role == Role::Leaf || !self.is(Who::GNUTLS));
            let serves = |purpose: &&[u8]| {
                *purpose == wanted
                    || (any && *purpose == oids::ANY_EXTENDED_KEY_USAGE)
                    || (gated
                        && (*purpose == oids::NETSCAPE_SGC || *purpose == oids::MICROSOFT_SGC))
            };
            let ignored = purposes.is_empty() && profile.no_purpose_is_any;
            if !ignored && !purposes.iter().any(serves) {
                let purpose = self.options.purpose.as_str();
                self.note(Code::WrongPurpose, || {
                    format!("may not be used for a TLS {purpose} (extendedKeyUsage)")
                });
            }
        }
        self.key_usage_for_purpose();
    }

    fn key_usage_for_purpose(&mut self) {
        let fitting = match self.options.purpose {
            // `EndEntityChecker`: the key exchanges of today all sign.
            Purpose::Server if self.is(Who::JAVA) => usage::DIGITAL_SIGNATURE,
            Purpose::Server => {
                usage::DIGITAL_SIGNATURE | usage::KEY_ENCIPHERMENT | usage::KEY_AGREEMENT
            }
            _ => usage::DIGITAL_SIGNATURE | usage::KEY_AGREEMENT,
        };
        if self.role == Role::Leaf
            && self
                .certificate
                .usage()
                .is_some_and(|bits| bits & fitting == 0)
        {
            self.note(Code::WrongUsage, || {
                "has a key usage that fits no TLS handshake".into()
            });
        }
    }

    fn strength(&mut self) {
        let certificate = self.certificate;
        let limits = &self.options.profile.limits;
        let (needed, level) = level_strength(self.options.security_level());
        let smallest = if self.role == Role::Leaf {
            limits.rsa_leaf
        } else {
            limits.rsa_signer
        };
        let release = self.options.release();
        // Debian's GnuTLS runs at its profile LOW, Ubuntu's at MEDIUM.
        let own = match &release {
            Some(release) if release.library == Library::GnuTls && !release.medium => 80,
            _ => limits.strength,
        };
        let library = release.map(|release| (release.library, release.library_version));
        // Go refuses small keys since 1.24 (`rsa1024min`).
        let smallest = if self.options.go_before(24) {
            0
        } else {
            smallest
        };
        let needed = needed.max(own);
        let [key_noted, signature_noted] = self.floor();
        let small = matches!(certificate.key.kind, Kind::Rsa(_) | Kind::RsaPss(..))
            && certificate.key.bits() < smallest;
        let strength = programs::strength(library, &certificate.key);
        if !key_noted && (small || strength < needed) {
            self.note(Code::WeakKey, || {
                format!("has a weak key ({}){level}", certificate.key.describe())
            });
        }
        let Ok(scheme) = certificate.scheme else {
            return;
        };
        let hash = scheme.hash();
        let cabf = self.is(Who::WEBPKI) && hash.is_some_and(Hash::is_broken);
        // A DSA key of 1024 bits takes no other digest (FIPS 186-2), so it is judged as a key.
        let old = hash.is_some_and(Hash::is_broken);
        let allowed = if matches!(scheme, Scheme::Dsa(_)) {
            limits.sha1_dsa
        } else {
            // Go refuses it since 1.18.
            limits.sha1 || self.options.go_before(18)
        };
        // libcrypto judges by its level alone.
        let ancient = hash.is_some_and(|hash| hash < Hash::Sha1) && !self.is(Who::LIBCRYPTO);
        let banned = (!allowed && old) || ancient || cabf;
        let weak = banned || hash.is_some_and(|hash| hash.strength() < needed);
        if weak && !signature_noted {
            self.note(Code::WeakSignature, || {
                format!("is signed with {}{level}", scheme.describe())
            });
        }
    }
}

impl Judge<'_, '_, '_> {
    /// Under the standards' profiles: what no program takes in a handshake. Path validation alone (`--purpose any`)
    /// knows no such floor. Says whether the key and the signature were noted.
    fn floor(&mut self) -> [bool; 2] {
        if !self.options.profile.is_strict() || self.options.purpose == Purpose::Any {
            return [false; 2];
        }
        let certificate = self.certificate;
        let key = &certificate.key;
        let below = match key.kind {
            Kind::Rsa(_) | Kind::RsaPss(..) => key.bits() < 1024,
            // What it inherits is judged where it is written.
            Kind::Dsa(parameters) => parameters.is_some() && key.bits() < 2048,
            Kind::Ec(Curve::P192) => self.role == Role::Leaf,
            _ => false,
        };
        if below {
            self.note(Code::WeakKey, || {
                format!(
                    "has a weak key ({}), which no program takes for TLS",
                    key.describe()
                )
            });
        }
        let old = self.role != Role::Anchor && certificate.scheme == Ok(Scheme::Dsa(Hash::Sha1));
        if old {
            self.note(Code::WeakSignature, || {
                "is signed with DSA with SHA-1, which no program takes for TLS".into()
            });
        }
        [below, old]
    }
}

/// Bits of security a level wants (openssl SSL_CTX_set_security_level(3)), and how to say so.
fn level_strength(level: u8) -> (u32, String) {
    let needed = match level {
        0 => 0,
        1 => 80,
        2 => 112,
        3 => 128,
        4 => 192,
        _ => 256,
    };
    (
        needed,
        if level == 0 {
            String::new()
        } else {
            format!(", security level {level} wants {needed} bits")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_levels_want_the_bits_of_the_manual() {
        let bits = [0, 1, 2, 3, 4, 5].map(|level| level_strength(level).0);
        assert_eq!(bits, [0, 80, 112, 128, 192, 256]);
        assert_eq!(level_strength(0).1, "");
        assert_eq!(level_strength(2).1, ", security level 2 wants 112 bits");
    }
}
