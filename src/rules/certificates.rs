//! Rules about the certificates themselves. What also decides whether one may be added is judged in
//! `cert::judge`, under the same ids.

use super::facts::{Facts, Placed};
use super::{Family, Hit, Rule, Severity, consistency};
use crate::cert::judge::Rule as Admission;
use crate::cert::known_bad::{self, Class};
use crate::store::inventory::Origin;
use crate::store::layout::CERTS;
use crate::verify::{Code as Fault, as_anchor};

const RFC: &str = "RFC 5280 §4.2.1.9 and §6.1.4";

/// The rules of this family.
pub const RULES: &[Rule] = &[
    Rule {
        id: "expired",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "expired certificate",
        explanation: "No program but Java accepts a chain under an expired root. For a vendor certificate this is only a note: the next update \
                      of ca-certificates takes it away.",
        remedy: "get its successor from the CA's operator; take the old one away with `trustctl remove`",
        reference: "RFC 5280 §4.1.2.5; measured with eight programs",
        check: |facts| judged(facts, Admission::Expired),
    },
    Rule {
        id: "expires-soon",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a certificate that expires soon",
        explanation: "Within the days of `audit.expiring_days` (30 unless configured) every TLS connection under this CA will fail, on every host \
                      that has no successor by then.",
        remedy: "get its successor from the CA's operator, and add it beside this one with `trustctl add`",
        reference: "RFC 5280 §4.1.2.5",
        check: expires_soon,
    },
    Rule {
        id: "not-yet-valid",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a certificate whose time has not begun",
        explanation: "Either it is to be used later, or this host's clock is behind; then many connections fail.",
        remedy: "check the clock with `timedatectl`",
        reference: "RFC 5280 §4.1.2.5",
        check: |facts| judged(facts, Admission::NotYetValid),
    },
    Rule {
        id: "weak-key",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a key that is too weak",
        explanation: "At OpenSSL's security level 2, the default of Debian and Ubuntu, keys below 2048 bits of RSA or 224 bits of an elliptic curve are \
                      refused, in a root too. Go, GnuTLS, Java and Node still take RSA keys of 1024 bits, which can be broken.",
        remedy: "get a CA certificate with a stronger key from the CA's operator",
        reference: "SSL_CTX_set_security_level(3); measured with eight programs",
        check: |facts| judged(facts, Admission::WeakKey),
    },
    Rule {
        id: "weak-signature",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a signature over a broken hash",
        explanation: "The certificate is signed by another CA over MD5 or SHA-1, for which collisions can be made. (A root's signature of itself does \
                      not count: nobody relies on it.)",
        remedy: "get a certificate signed over SHA-256 from the CA's operator, or add the root instead",
        reference: "RFC 9155; SSL_CTX_set_security_level(3)",
        check: |facts| judged(facts, Admission::WeakSignature),
    },
    Rule {
        id: "bad-signature",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a root whose signature of itself is wrong",
        explanation: "Subject and issuer are the same, but the key in the certificate did not sign it: the copy is damaged or forged.",
        remedy: "get an intact copy from the CA's operator, and compare its fingerprint over another channel",
        reference: "RFC 5280 §3.2",
        check: |facts| judged(facts, Admission::BadSignature),
    },
    Rule {
        id: "signature-unverified",
        severity: Severity::Note,
        family: Family::Certificates,
        title: "a signature that cannot be checked here",
        explanation: "The certificate is signed with an algorithm that trustctl does not know. Other programs may not know it either.",
        remedy: "ask the CA's operator for a certificate with a common algorithm",
        reference: "RFC 5280 §4.1.1.2",
        check: |facts| judged(facts, Admission::SignatureUnverified),
    },
    Rule {
        id: "not-a-ca",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a certificate that is not a CA",
        explanation: "It is the certificate of a server. As an anchor it makes exactly this server trusted (Go, OpenSSL and others take it), with no way \
                      to replace it but on every host, and it stops working when the server gets a new one.",
        remedy: "add the root certificate of the CA that issued it instead, then take this one away with `trustctl remove`",
        reference: RFC,
        check: |facts| judged(facts, Admission::NotACa),
    },
    Rule {
        id: "intermediate-as-anchor",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "an intermediate that is used as an anchor",
        explanation: "curl, Go, GnuTLS and Java accept a chain that ends at a trusted intermediate; OpenSSL, Python before 3.13 and Node do not and \
                      want the root. The same server is trusted by one program and refused by another.",
        remedy: "add the root instead; the server has to send the intermediate",
        reference: "measured with eight programs",
        check: |facts| judged(facts, Admission::IntermediateAsAnchor),
    },
    Rule {
        id: "key-unsupported",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a CA whose key programs of this host cannot verify with",
        explanation: "A program is served by a CA only if its library checks signatures by that kind of key: Go and rustls know no Ed448, Java no                       brainpool curves, OpenSSL before 3.5 no ML-DSA. Such a program refuses every server below this CA, whatever the store says.",
        remedy: "ask the CA's operator for a root with an RSA key or one on P-256 or P-384; `trustctl check` shows which programs take it",
        reference: "measured with the programs, by version",
        check: keys_unsupported,
    },
    Rule {
        id: "basic-constraints",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a CA certificate without proper basicConstraints",
        explanation: "The extension is missing or not marked critical. Python from 3.13 on and other strict programs refuse every chain under this CA.",
        remedy: "ask the CA's operator for a certificate with critical basicConstraints",
        reference: "RFC 5280 §4.2.1.9; Python 3.13 ssl.create_default_context (VERIFY_X509_STRICT)",
        check: |facts| judged(facts, Admission::BasicConstraints),
    },
    Rule {
        id: "no-key-cert-sign",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a CA certificate that may not sign certificates",
        explanation: "keyUsage is there but lacks keyCertSign: OpenSSL, GnuTLS and Java refuse what this CA signs.",
        remedy: "ask the CA's operator for a certificate with keyCertSign",
        reference: "RFC 5280 §4.2.1.3",
        check: |facts| judged(facts, Admission::NoKeyCertSign),
    },
    Rule {
        id: "malformed",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a certificate that breaks a rule of form",
        explanation: "It can be read, but breaks a rule of RFC 5280 that Go, Java or strict programs enforce.",
        remedy: "ask the CA's operator for a correct certificate",
        reference: "RFC 5280 §4",
        check: |facts| judged(facts, Admission::Malformed),
    },
    Rule {
        id: "negative-serial",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a negative serial number",
        explanation: "Go from 1.23 on does not load such a certificate: no Go program trusts this CA.",
        remedy: "ask the CA's operator for a correct certificate",
        reference: "RFC 5280 §4.1.2.2; Go 1.23 release notes",
        check: |facts| judged(facts, Admission::NegativeSerial),
    },
    Rule {
        id: "long-serial",
        severity: Severity::Note,
        family: Family::Certificates,
        title: "a serial number of more than 20 octets",
        explanation: "RFC 5280 allows at most 20 octets. Programs differ in what they do with longer ones.",
        remedy: "ask the CA's operator for a correct certificate",
        reference: "RFC 5280 §4.1.2.2",
        check: long_serial,
    },
    Rule {
        id: "unknown-critical-extension",
        severity: Severity::Note,
        family: Family::Certificates,
        title: "a critical extension that programs may not know",
        explanation: "A program that does not know a critical extension has to refuse the certificate, in an anchor too if it looks there.",
        remedy: "ask the CA's operator what the extension is for",
        reference: "RFC 5280 §4.2",
        check: |facts| judged(facts, Admission::UnknownCriticalExtension),
    },
    Rule {
        id: "no-ski",
        severity: Severity::Note,
        family: Family::Certificates,
        title: "a CA certificate without subject key identifier",
        explanation: "Python from 3.13 on checks strictly and refuses chains under a CA without one.",
        remedy: "ask the CA's operator for a certificate with a subject key identifier",
        reference: "RFC 5280 §4.2.1.2; Python 3.13 ssl.create_default_context (VERIFY_X509_STRICT)",
        check: |facts| judged(facts, Admission::NoSki),
    },
    Rule {
        id: "no-key-usage",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a CA certificate without key usage",
        explanation: "Python from 3.13 on checks strictly and refuses chains under a CA that does not say that it may sign certificates.",
        remedy: "ask the CA's operator for a certificate with the key usage keyCertSign",
        reference: "RFC 5280 §4.2.1.3; Python 3.13 ssl.create_default_context (VERIFY_X509_STRICT), OpenSSL x509_vfy.c (error 92)",
        check: |facts| judged(facts, Admission::NoKeyUsage),
    },
    Rule {
        id: "not-for-servers",
        severity: Severity::Warning,
        family: Family::Certificates,
        title: "a CA certificate that may not issue for TLS servers",
        explanation: "Its extended key usage does not name serverAuth: OpenSSL, curl, Python, Node.js and Go refuse every server under it, GnuTLS and Java \
                      accept them. A CA for clients or mail has no business in the system's trust store.",
        remedy: "take it away with `trustctl remove`, or ask its operator for a certificate for TLS servers",
        reference: "OpenSSL v3_purp.c (error 26), Go crypto/x509 (ExtKeyUsage nesting)",
        check: |facts| judged(facts, Admission::NotForServers),
    },
    Rule {
        id: "no-name-constraints",
        severity: Severity::Note,
        family: Family::Certificates,
        title: "a CA that may issue for every name",
        explanation: "The operator of this CA, or anyone who steals its key, can impersonate every server in the world to this host. A CA for an internal domain \
                      can be limited to it by name constraints, which all programs measured enforce.",
        remedy: "ask the CA's operator for a root with name constraints; if it inspects all traffic, nothing can be done",
        reference: "RFC 5280 §4.2.1.10; measured with eight programs",
        check: |facts| judged(facts, Admission::NoNameConstraints),
    },
    Rule {
        id: "long-validity",
        severity: Severity::Note,
        family: Family::Certificates,
        title: "a CA that is valid for more than 30 years",
        explanation: "Nobody can promise to keep a key safe, and an algorithm strong, for so long. Such certificates often come from test set-ups.",
        remedy: "ask the CA's operator whether this is the certificate meant for production",
        reference: "CA/Browser Forum Baseline Requirements §6.3.2 (roots: 25 years)",
        check: long_validity,
    },
    Rule {
        id: "known-bad",
        severity: Severity::Error,
        family: Family::Certificates,
        title: "a certificate that nobody should trust",
        explanation: "Its private key is public, or it exists to read other people's traffic (error); or Mozilla removed it because of what its \
                      operator did, and somebody put it back (warning). One that an old version of the distribution still ships is a note: \
                      an update takes it away. The report says as of when the table is.",
        remedy: "take it away with `trustctl remove`, and find out who put it there",
        reference: "Chromium net/data/ssl/blocklist; Mozilla NSS certdata.txt and its history",
        check: known_bad_roots,
    },
    Rule {
        id: "known-limited",
        severity: Severity::Note,
        family: Family::Certificates,
        title: "a certificate that browsers trust only in part",
        explanation: "Mozilla or Chrome accept only certificates that this CA issued before a date; Debian's and Ubuntu's store drop that limit. Sites \
                      with newer certificates under it work here and fail in a browser. Also: CAs that are in no public root program, \
                      with a word on who operates them.",
        remedy: "nothing; switch it off with `trustctl distrust` if nothing here needs it",
        reference: "Mozilla NSS certdata.txt (CKA_NSS_SERVER_DISTRUST_AFTER); Chrome root program",
        check: known_limited,
    },
];

/// The certificates that people answer for: local ones, and foreign ones beside the bundle.
fn answered_for(facts: &Facts) -> impl Iterator<Item = Placed<'_>> {
    judgeable(facts).filter(|placed| placed.origin != Origin::Vendor)
}

/// Every certificate but the host's own server certificate, which is no anchor to anybody.
fn judgeable(facts: &Facts) -> impl Iterator<Item = Placed<'_>> {
    facts
        .placed()
        .into_iter()
        .filter(|placed| !consistency::is_snakeoil(facts, placed.path))
}

fn hit(placed: &Placed<'_>, evidence: impl Into<String>) -> Hit {
    let path = match placed.origin {
        Origin::Foreign => std::path::Path::new(CERTS).join(placed.path),
        _ => placed.path.to_path_buf(),
    };
    Hit::at(path, evidence)
        .line(placed.line)
        .certificate(placed.certificate, placed.origin)
}

/// What `cert::judge` says under one rule; of vendor certificates only that their time is over.
fn judged(facts: &Facts, rule: Admission) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (placed, verdicts) in facts.placed().iter().zip(facts.verdicts()) {
        let of_rule = verdicts.iter().filter(|verdict| verdict.rule == rule);
        let wanted = of_rule.filter(|_| !consistency::is_snakeoil(facts, placed.path));
        hits.extend(wanted.map(|verdict| weighed(placed, hit(placed, &verdict.message))));
    }
    hits
}

/// What the distribution ships is the distribution's to mend.
fn weighed(placed: &Placed<'_>, hit: Hit) -> Hit {
    match placed.origin {
        Origin::Vendor => hit
            .severity(Severity::Note)
            .remedy("run `apt-get install --only-upgrade ca-certificates` when there is an update"),
        _ => hit,
    }
}

/// Programs that are installed, and can't verify with the key of a CA that was added here.
fn keys_unsupported(facts: &Facts) -> Vec<Hit> {
    let of_keys = [Fault::SignatureUnsupported, Fault::KeyUnsupported];
    let lacks = |placed: &Placed<'_>| {
        let anchor = as_anchor(placed.certificate.der(), facts.now.0, &facts.programs)?;
        let lacking = anchor.iter().filter(|one| {
            let fault = one.obstacle.as_ref().map(|obstacle| obstacle.code);
            fault.is_some_and(|code| of_keys.contains(&code))
        });
        let names: Vec<String> = lacking
            .map(|one| format!("{} {}", one.profile.title, one.release.describe()))
            .collect();
        let key = placed.certificate.key();
        let evidence = format!(
            "{} cannot verify with its key ({})",
            names.join(", "),
            key.algorithm
        );
        (!names.is_empty()).then(|| hit(placed, evidence))
    };
    answered_for(facts)
        .filter_map(|placed| lacks(&placed))
        .collect()
}

fn expires_soon(facts: &Facts) -> Vec<Hit> {
    answered_for(facts)
        .filter_map(|placed| {
            let end = placed.certificate.not_after();
            let days = facts.now.days_until(end);
            let soon = end >= facts.now && days < facts.expiring_days;
            soon.then(|| hit(&placed, format!("expires in {days} days, at {end}")))
        })
        .collect()
}

fn long_serial(facts: &Facts) -> Vec<Hit> {
    let digits = |placed: &Placed<'_>| {
        placed
            .certificate
            .serial()
            .trim_start_matches('-')
            .trim_start_matches("00")
            .len()
    };
    let long = answered_for(facts).filter(|placed| digits(placed) > 40);
    long.map(|placed| hit(&placed, format!("{} octets", digits(&placed).div_ceil(2))))
        .collect()
}

fn long_validity(facts: &Facts) -> Vec<Hit> {
    answered_for(facts)
        .filter_map(|placed| {
            let days = placed
                .certificate
                .not_before()
                .days_until(placed.certificate.not_after());
            let years = days / 365;
            (days > 30 * 366).then(|| {
                hit(
                    &placed,
                    format!(
                        "valid for {years} years, until {}",
                        placed.certificate.not_after()
                    ),
                )
            })
        })
        .collect()
}

fn known_bad_roots(facts: &Facts) -> Vec<Hit> {
    known(facts, true)
}

fn known_limited(facts: &Facts) -> Vec<Hit> {
    known(facts, false)
}

fn known(facts: &Facts, refused: bool) -> Vec<Hit> {
    facts
        .placed()
        .into_iter()
        .filter_map(|placed| {
            let known = known_bad::look_up(placed.certificate)
                .filter(|known| known.class.is_refused() == refused)?;
            let date = known
                .date
                .map_or_else(String::new, |date| format!(" ({date})"));
            let evidence = format!(
                "{}{date}; table of {}",
                known.class.meaning(),
                known_bad::as_of()
            );
            let found = hit(&placed, evidence);
            Some(match (known.class, placed.origin) {
                (Class::KeyLeakedOrInterception, _) => found,
                (_, Origin::Vendor) => found.severity(Severity::Note).remedy(
                    "run `apt-get install --only-upgrade ca-certificates` when there is an update",
                ),
                (class, _) if class.is_refused() => found.severity(Severity::Warning),
                _ => found,
            })
        })
        .collect()
}
