//! Whether a certificate may become a trust anchor of this host, and why not.

mod file;

use std::fmt;

use serde::{Serialize, Serializer};

use super::known_bad::{self, KnownBad};
use super::{Certificate, Defect, Key, SelfSigned, Time};
pub use file::{block, nothing, problem, too_large, too_many};

/// How much a verdict weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Refused, whatever the administrator says.
    Refused,
    /// Refused unless the administrator allows this rule by name.
    RefusedUnlessAllowed,
    /// Said, nothing more.
    Note,
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $variant:ident $weight:ident $id:literal)+) => {
        /// The rules of admission.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Rule {
            /// All rules, in the order of their definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, in kebab case.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }

            /// How much a breach weighs.
            pub fn weight(self) -> Weight {
                match self { $(Self::$variant => Weight::$weight,)+ }
            }
        }
    };
}

rules! {
    /// A private key would land in a world-readable bundle.
    PrivateKey Refused "private-key"
    /// A block that cannot be read whole; one such block makes a bundle unloadable.
    Unparsable Refused "unparsable"
    /// Nothing in it is a certificate.
    NotACertificate Refused "not-a-certificate"
    /// More bytes than the limit.
    TooLarge Refused "too-large"
    /// More certificates than the limit.
    TooManyCertificates Refused "too-many-certificates"
    /// The certificate says that its subject is not a CA.
    NotACa RefusedUnlessAllowed "not-a-ca"
    /// A CA certificate that another CA issued: half of the programs do not take it as an anchor.
    IntermediateAsAnchor RefusedUnlessAllowed "intermediate-as-anchor"
    /// It claims to be signed with its own key and is not.
    BadSignature RefusedUnlessAllowed "bad-signature"
    /// Its time is over.
    Expired RefusedUnlessAllowed "expired"
    /// Its time has not begun.
    NotYetValid RefusedUnlessAllowed "not-yet-valid"
    /// A key that can be broken, or that programs refuse.
    WeakKey RefusedUnlessAllowed "weak-key"
    /// Signed by another over a hash for which collisions can be made.
    WeakSignature RefusedUnlessAllowed "weak-signature"
    /// basicConstraints are missing or not critical (RFC 5280 §4.2.1.9).
    BasicConstraints RefusedUnlessAllowed "basic-constraints"
    /// keyUsage does not allow signing certificates (RFC 5280 §4.2.1.3).
    NoKeyCertSign RefusedUnlessAllowed "no-key-cert-sign"
    /// It reads, but breaks a rule that some programs enforce.
    Malformed RefusedUnlessAllowed "malformed"
    /// In the table of certificates that nobody should trust.
    KnownBad RefusedUnlessAllowed "known-bad"
    /// In the table of certificates that some programs trust only in part.
    KnownLimited Note "known-limited"
    /// No subject key identifier (RFC 5280 §4.2.1.2).
    NoSki Note "no-ski"
    /// No key usage (RFC 5280 §4.2.1.3).
    NoKeyUsage Note "no-key-usage"
    /// Its extended key usage leaves TLS servers out.
    NotForServers Note "not-for-servers"
    /// It expires soon.
    ExpiresSoon Note "expires-soon"
    /// It may issue for every name in the world.
    NoNameConstraints Note "no-name-constraints"
    /// A critical extension that nothing here knows: OpenSSL refuses every chain to it (`check_chain` in x509_vfy.c).
    UnknownCriticalExtension RefusedUnlessAllowed "unknown-critical-extension"
    /// Go from 1.23 on does not load it.
    NegativeSerial Note "negative-serial"
    /// Its self-signature cannot be checked here.
    SignatureUnverified Note "signature-unverified"
    /// Something in the file that is left out.
    LeftOut Note "left-out"
}

impl Rule {
    /// The rule with this name, for `--allow`.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.id() == id)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// One rule broken, or one thing noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Which rule.
    pub rule: Rule,
    /// How much it weighs.
    pub weight: Weight,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Verdict {
    /// A verdict by `rule`.
    pub fn new(rule: Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            weight: rule.weight(),
            message: message.into(),
            remedy: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Whether it stands in the way of adding.
    pub fn is_refusal(&self) -> bool {
        self.weight != Weight::Note
    }
}

/// Within how many days an end of validity is noted.
pub const SOON_DAYS: i64 = 30;

/// Every verdict on a certificate as a trust anchor, refusals before notes.
pub fn certificate(certificate: &Certificate, now: Time) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = known(certificate)
        .into_iter()
        .chain(authority(certificate))
        .chain(signature(certificate))
        .chain(dates(certificate, now))
        .chain(key(certificate.key()))
        .chain(form(certificate))
        .chain(remarks(certificate))
        .collect();
    verdicts.sort_by_key(|verdict| verdict.weight);
    verdicts
}

/// The table of certificates that deserve a word.
fn known(certificate: &Certificate) -> Option<Verdict> {
    let KnownBad { class, name, date } = known_bad::look_up(certificate)?;
    let date = date.map_or_else(String::new, |date| format!(" ({date})"));
    let rule = if class.is_refused() {
        Rule::KnownBad
    } else {
        Rule::KnownLimited
    };
    let verdict = Verdict::new(
        rule,
        format!("`{name}` is known: {}{date}", class.meaning()),
    );
    Some(if class.is_refused() {
        verdict.remedy("do not trust it; find out who asks for it")
    } else {
        verdict
    })
}

/// Whether it is a CA certificate at all.
fn authority(certificate: &Certificate) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    match certificate.basic_constraints() {
        Some(found) if !found.ca => {
            verdicts.push(not_a_ca("basicConstraints say that it is not a CA"));
        }
        Some(found) if !found.critical => {
            verdicts.push(Verdict::new(
                Rule::BasicConstraints,
                "basicConstraints are not critical",
            ));
        }
        Some(_) => {}
        None => {
            let version = certificate.version();
            if version == 3 {
                verdicts.push(not_a_ca("without basicConstraints it is not a CA"));
            }
            let message = format!("basicConstraints are missing (version {version})");
            verdicts.push(Verdict::new(Rule::BasicConstraints, message));
        }
    }
    if !certificate.has_key_cert_sign() {
        verdicts.push(Verdict::new(
            Rule::NoKeyCertSign,
            "keyUsage does not allow signing certificates",
        ));
    }
    verdicts
}

fn not_a_ca(message: &str) -> Verdict {
    Verdict::new(Rule::NotACa, message)
        .remedy("add the root certificate of the CA that issued it instead")
}

/// Who signed it, and how well.
fn signature(certificate: &Certificate) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let is_self_issued = certificate.is_self_issued();
    match certificate.self_signed() {
        SelfSigned::Unverifiable => {
            let message = format!(
                "the self-signature ({}) cannot be checked here",
                certificate.signature_algorithm()
            );
            verdicts.push(Verdict::new(Rule::SignatureUnverified, message));
        }
        SelfSigned::No if is_self_issued && !names_another_key(certificate) => {
            let message = "issuer and subject are the same, but its own key did not sign it";
            verdicts.push(
                Verdict::new(Rule::BadSignature, message)
                    .remedy("get an intact copy of the certificate"),
            );
        }
        SelfSigned::No if certificate.is_ca() => verdicts.push(intermediate(certificate)),
        SelfSigned::Yes | SelfSigned::No => {}
    }
    if let Some(hash) = certificate
        .signature_hash()
        .filter(|hash| hash.is_broken() && !is_self_issued)
    {
        let message = format!(
            "signed over {}, for which collisions can be made",
            hash.name()
        );
        verdicts.push(Verdict::new(Rule::WeakSignature, message));
    }
    verdicts
}

fn intermediate(certificate: &Certificate) -> Verdict {
    let issuer = certificate.issuer().display();
    let message = format!(
        "an intermediate, issued by `{issuer}`; OpenSSL, Python before 3.13 and Node do not take it as an anchor"
    );
    Verdict::new(Rule::IntermediateAsAnchor, message).remedy(format!(
        "add the root `{issuer}`; the server sends the intermediate"
    ))
}

/// A new key signed with the old one, or the reverse (RFC 4210 §4.4): self-issued, but rightly not self-signed.
fn names_another_key(certificate: &Certificate) -> bool {
    match (certificate.authority_key_id(), certificate.subject_key_id()) {
        (Some(authority), Some(subject)) => authority != subject,
        _ => false,
    }
}

fn dates(certificate: &Certificate, now: Time) -> Option<Verdict> {
    let (begin, end) = (certificate.not_before(), certificate.not_after());
    if end < now {
        let verdict = Verdict::new(Rule::Expired, format!("expired at {end}"));
        return Some(verdict.remedy("get its successor from the CA's operator"));
    }
    if now < begin {
        let verdict = Verdict::new(Rule::NotYetValid, format!("not valid before {begin}"));
        return Some(verdict.remedy("check this host's clock"));
    }
    let days = now.days_until(end);
    (days < SOON_DAYS).then(|| {
        Verdict::new(
            Rule::ExpiresSoon,
            format!("expires in {days} days, at {end}"),
        )
    })
}

/// The limits are those of OpenSSL's security level 2, at which Debian and Ubuntu run (112 bits of security).
fn key(key: &Key) -> Option<Verdict> {
    let minimum = match &*key.algorithm {
        "RSA" | "RSA-PSS" | "DSA" => 2048,
        "EC" => 224,
        _ => return None,
    };
    if key.curve.as_deref() == Some("explicit") {
        return Some(Verdict::new(
            Rule::WeakKey,
            "its curve is spelled out instead of named; OpenSSL 3 and Go refuse it",
        ));
    }
    (key.bits < minimum).then(|| {
        let message = format!("{key} has {} bits; at least {minimum} are needed", key.bits);
        Verdict::new(Rule::WeakKey, message)
    })
}

/// Rules of form that some programs enforce.
fn form(certificate: &Certificate) -> Vec<Verdict> {
    certificate
        .defects()
        .iter()
        .map(|defect| match defect {
            Defect::MalformedName => {
                Verdict::new(Rule::Unparsable, format!("{defect}: OpenSSL refuses it"))
            }
            _ => Verdict::new(Rule::Malformed, defect.to_string()),
        })
        .collect()
}

/// Purposes that let a CA issue for TLS servers.
const SERVER: [&str; 2] = ["serverAuth", "anyExtendedKeyUsage"];

/// What is only noted.
fn remarks(certificate: &Certificate) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    if certificate.subject_key_id().is_none() {
        verdicts.push(Verdict::new(Rule::NoSki, "no subject key identifier"));
    }
    if certificate.is_ca() && certificate.key_usage().is_none() {
        let message = "no key usage; Python from 3.13 on refuses what it issues";
        verdicts.push(Verdict::new(Rule::NoKeyUsage, message));
    }
    let purposes = certificate.extensions().extended_key_usage.as_deref();
    if certificate.is_ca()
        && purposes.is_some_and(|all| !all.iter().any(|one| SERVER.contains(&one.as_str())))
    {
        let message = "its extended key usage leaves TLS servers out; OpenSSL and Go refuse theirs";
        verdicts.push(Verdict::new(Rule::NotForServers, message));
    }
    if certificate.is_ca() && certificate.name_constraints().is_none() {
        verdicts.push(Verdict::new(
            Rule::NoNameConstraints,
            "it may issue for every name",
        ));
    }
    let unknown = &certificate.extensions().unknown_critical;
    if !unknown.is_empty() {
        let message = format!(
            "critical extensions that programs do not know: {}",
            unknown.join(", ")
        );
        verdicts.push(Verdict::new(Rule::UnknownCriticalExtension, message));
    }
    if certificate.serial().starts_with('-') {
        verdicts.push(Verdict::new(
            Rule::NegativeSerial,
            "its serial number is negative; Go from 1.23 on does not load it",
        ));
    }
    verdicts
}
