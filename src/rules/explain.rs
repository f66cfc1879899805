//! What `trustctl explain` knows: the audit rules, the reasons for which `add` refuses a file, the
//! diagnoses, and the reasons of `verify`.

use serde::Serialize;

use super::Rule;
use super::diagnosis::codes::EXPLANATIONS;
use crate::verify::Code;

/// One thing that can be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Its stable name.
    pub id: &'static str,
    /// It in a few words.
    pub title: &'static str,
    /// What it means and why it matters.
    pub text: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// Where this is written.
    pub reference: &'static str,
}

/// Reasons for which `add` refuses or comments, that are no audit rules.
pub const ADMISSION: &[Explained] = &[
    Explained {
        id: "too-large",
        title: "a file that is larger than the limit",
        text: "`trustctl add` takes files up to `limits.file_bytes` (1 MiB unless configured). A CA certificate has one to three kilobytes; what is larger is \
               not what it is meant to be.",
        remedy: "hand over the certificate alone, or raise the limit in the configuration",
        reference: "trustctl.toml(5)",
    },
    Explained {
        id: "too-many-certificates",
        title: "more certificates than the limit",
        text: "`trustctl add` takes files with up to `limits.certificates_per_file` certificates (1000 unless configured).",
        remedy: "hand over the certificates that are wanted, or raise the limit in the configuration",
        reference: "trustctl.toml(5)",
    },
    Explained {
        id: "left-out",
        title: "something in the file that is left out",
        text: "The file holds something beside certificates, for example a certificate request or a revocation list. `trustctl add` writes the certificates \
               only.",
        remedy: "nothing",
        reference: "trustctl(8)",
    },
];

/// An audit rule as something that can be explained.
pub fn of_rule(rule: &'static Rule) -> Explained {
    Explained {
        id: rule.id,
        title: rule.title,
        text: rule.explanation,
        remedy: rule.remedy,
        reference: rule.reference,
    }
}

/// A reason of `verify` as something that can be explained.
pub fn of_reason(code: Code) -> Explained {
    Explained {
        id: code.code(),
        title: code.meaning(),
        text: "A reason that `trustctl verify` gives. Whether it refuses the chain, and where in the chain it counts, depends on the profile: the standard, \
               or the program that is asked about.",
        remedy: "`trustctl verify` shows the certificate that it is about and what to do; `--consumers`, which programs refuse it",
        reference: code.reference(),
    }
}

/// Everything that can be explained, by id; a rule and a diagnosis may have the same. They say more of what `verify`
/// says too.
pub fn all() -> Vec<Explained> {
    let rules = super::all().map(of_rule);
    let admission = ADMISSION.iter().copied();
    let diagnoses = EXPLANATIONS.iter().copied();
    let mut all: Vec<Explained> = rules.chain(admission).chain(diagnoses).collect();
    let reasons = Code::all().map(of_reason);
    let further: Vec<Explained> = reasons
        .filter(|reason| all.iter().all(|known| known.id != reason.id))
        .collect();
    all.extend(further);
    all.sort_by_key(|explained| explained.id);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::judge;

    #[test]
    fn every_reason_for_a_refusal_is_explained() {
        let all = all();
        for rule in judge::Rule::ALL {
            assert!(
                all.iter().any(|explained| explained.id == rule.id()),
                "{}",
                rule.id()
            );
        }
    }
}
