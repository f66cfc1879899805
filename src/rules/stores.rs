//! Rules about the stores of other programs: who trusts what this host's store does not, and which policies of browsers
//! have no effect.

use std::path::Path;

use super::{Facts, Family, Hit, Rule, Severity};
use crate::host::keystore::CACERTS;
use crate::host::reach::{Asked, Kind, Store};

const MEASURED: &str = "Chromium 150 and 156, Firefox 140 and 153, NSS 3.61 to 3.132, measured";

/// The rules about other programs' stores.
pub const RULES: &[Rule] = &[
    Rule {
        id: "trusted-elsewhere",
        severity: Severity::Note,
        family: Family::Consistency,
        title: "a CA that another program trusts and this host's store does not",
        explanation: "A browser's database or policy, or the keystore of a JDK, has a CA that the system's store does not trust. Where it was \
                      deselected here, that is a warning: those programs go on trusting it. Removing a CA from the system's store changes no \
                      other store; a database also keeps what mkcert, step or a policy put there after these are gone.",
        remedy: "run the command shown by `trustctl reach`, or `trustctl remove --everywhere` while the CA is still in the store",
        reference: MEASURED,
        check: trusted_elsewhere,
    },
    Rule {
        id: "policy-unread",
        severity: Severity::Warning,
        family: Family::Consistency,
        title: "a policy file that its browser does not read",
        explanation: "Firefox and Thunderbird take no policy at all from a file that is not valid JSON, and show no message. Where \
                      `/etc/firefox/policies/policies.json` exists, `distribution/policies.json` of the program is not read: the two are not \
                      merged. Chromium ignores a file that it cannot read as JSON.",
        remedy: "correct the JSON, or move the policies of both files into the one that is read",
        reference: MEASURED,
        check: policy_unread,
    },
    Rule {
        id: "policy-certificate-missing",
        severity: Severity::Warning,
        family: Family::Consistency,
        title: "a policy that installs a certificate which is not there",
        explanation: "`Certificates.Install` names a file that does not exist or holds no certificate. The browser leaves it out and shows no \
                      message; the other entries are installed.",
        remedy: "correct the name in the policy file, or remove the entry",
        reference: MEASURED,
        check: policy_certificate_missing,
    },
    Rule {
        id: "browser-ignores-databases",
        severity: Severity::Note,
        family: Family::Consistency,
        title: "a browser that is told not to read NSS databases",
        explanation: "`CAPlatformIntegrationEnabled` is false: Chromium does not read CAs from `~/.pki/nssdb`. Only its built-in list and \
                      `CACertificates` count.",
        remedy: "if CAs are added with certutil, remove `CAPlatformIntegrationEnabled` from the policy file",
        reference: MEASURED,
        check: browser_ignores_databases,
    },
];

fn trusted_elsewhere(facts: &Facts) -> Vec<Hit> {
    let views = &facts.views;
    let mut hits = Vec::new();
    for store in &facts.other_stores {
        // The keystore that follows the store has rules of its own (`java-extra`).
        if store.path == Path::new(CACERTS) {
            continue;
        }
        for sha256 in store.trusts() {
            let deselected = views.deselected.contains(&sha256);
            // A JDK's own list of CAs is of another date than the distribution's.
            let counts = deselected || store.kind != Kind::Java;
            if !counts || views.expected.contains(&sha256) || views.bundle.contains(&sha256) {
                continue;
            }
            let asked = Asked {
                sha256,
                name: sha256.to_string().chars().take(16).collect(),
                file: None,
                in_bundle: false,
                selected: false,
                vendor: deselected,
            };
            hits.push(hit(store, &asked, deselected));
        }
    }
    hits
}

fn hit(store: &Store, asked: &Asked, deselected: bool) -> Hit {
    let mut hit = Hit::at(&store.path, store.judge(asked).evidence);
    hit.subject.sha256 = Some(asked.sha256);
    hit.subject.name = store.labels.get(&asked.sha256).cloned();
    hit.remedy = store.surplus_remedy(asked);
    match deselected {
        true => hit.severity(Severity::Warning),
        false => hit,
    }
}

fn policy_unread(facts: &Facts) -> Vec<Hit> {
    let policies = &facts.policies;
    let chromium = policies.chromium.iter().flat_map(|(name, found)| {
        let broken = found.broken.iter();
        broken.map(move |file| Hit::at(file, format!("{name}: it is not valid JSON")))
    });
    let mozilla = policies.mozilla.iter().flat_map(|found| {
        let name = found.name;
        let broken = found.file.iter().filter(|_| found.broken);
        let broken = broken.map(move |file| {
            Hit::at(
                file,
                format!("{name}: it is not valid JSON, so that no policy counts"),
            )
        });
        let shadowed = found.shadowed.iter().map(move |file| {
            let read = found.file.as_deref().unwrap_or(Path::new("")).display();
            Hit::at(file, format!("{name} reads `{read}` instead"))
        });
        broken.chain(shadowed)
    });
    chromium.chain(mozilla).collect()
}

fn policy_certificate_missing(facts: &Facts) -> Vec<Hit> {
    let of = |found: &crate::host::consumers::MozillaPolicies| -> Vec<Hit> {
        let file = found.file.as_deref().unwrap_or(Path::new(""));
        let missing = found.missing.iter();
        let hit = |name: &String| {
            Hit::at(file, format!("{}: `{name}` has no certificate", found.name)).name(name)
        };
        missing.map(hit).collect()
    };
    facts.policies.mozilla.iter().flat_map(of).collect()
}

fn browser_ignores_databases(facts: &Facts) -> Vec<Hit> {
    let off = facts.policies.chromium.iter().filter_map(|(name, found)| {
        let (file, enabled) = found.platform.as_ref()?;
        let evidence = format!("{name}: `CAPlatformIntegrationEnabled` is false");
        (!enabled).then(|| Hit::at(file, evidence))
    });
    off.collect()
}
