//! Roots that updates of ca-certificates have dropped, by the name that certificates give as issuer.

/// Names dropped by one version of the package.
struct Update {
    version: &'static str,
    mozilla: &'static str,
    names: &'static [&'static str],
}

/// From the changelogs of ca-certificates 20260223, 20260601 and 20260816; state of 2026-11-22.
const UPDATES: &[Update] = &[
    Update {
        version: "20260223",
        mozilla: "2.82",
        names: &[
            "GlobalSign Root CA",
            "Entrust.net Certification Authority (2048)",
            "Baltimore CyberTrust Root",
            "AAA Certificate Services",
            "XRamp Global Certification Authority",
            "Go Daddy Class 2 Certification Authority",
            "Starfield Class 2 Certification Authority",
            "CommScope Public Trust ECC Root-01",
            "CommScope Public Trust ECC Root-02",
            "CommScope Public Trust RSA Root-01",
            "CommScope Public Trust RSA Root-02",
        ],
    },
    Update {
        version: "20260601",
        mozilla: "2.86",
        names: &[
            "DigiCert Global Root CA",
            "DigiCert Assured ID Root CA",
            "DigiCert High Assurance EV Root CA",
            "QuoVadis Root CA 2",
            "QuoVadis Root CA 3",
            "SwissSign Gold CA - G2",
            "COMODO Certification Authority",
            "Certigna",
            "certSIGN ROOT CA",
            "AffirmTrust Commercial",
            "AffirmTrust Networking",
            "AffirmTrust Premium",
            "AffirmTrust Premium ECC",
            "TeliaSonera Root CA v1",
            "Entrust Root Certification Authority - G2",
            "Entrust Root Certification Authority - EC1",
            "Trustwave Global Certification Authority",
            "Trustwave Global ECC P256 Certification Authority",
            "Trustwave Global ECC P384 Certification Authority",
            "SecureTrust CA",
            "Secure Global CA",
            "GLOBALTRUST 2020",
            "GTS Root R2",
            "Autoridad de Certificacion Firmaprofesional CIF A62634068",
        ],
    },
    Update {
        version: "20260816",
        mozilla: "2.90",
        names: &[
            "Atos TrustedRoot 2011",
            "Entrust Root Certification Authority",
            "SecureSign Root CA12",
            "ePKI Root Certification Authority",
        ],
    },
];

/// The update that dropped the root with this distinguished name (as RFC 4514 shows it), in words.
pub(super) fn by_update(name: &str) -> Option<String> {
    let values: Vec<&str> = name
        .split(", ")
        .filter_map(|part| part.split_once('='))
        .map(|(_, value)| value)
        .collect();
    let found = |update: &&Update| update.names.iter().any(|dropped| values.contains(dropped));
    let update = UPDATES.iter().find(found)?;
    let (version, mozilla) = (update.version, update.mozilla);
    Some(format!(
        "ca-certificates {version} (Mozilla's list {mozilla}) dropped it"
    ))
}

/// Whether a name in `/etc/ca-certificates.conf` (`mozilla/Some_Root_CA.crt`) stands for this common name.
pub(super) fn names_file(entry: &str, common_name: &str) -> bool {
    let stem = entry.rsplit('/').next().unwrap_or(entry);
    let stem = stem.strip_suffix(".crt").unwrap_or(stem);
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let (stem, common_name) = (plain(stem), plain(common_name));
    !stem.is_empty() && stem == common_name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_root_is_known_by_one_whole_attribute() {
        let name = "CN=DigiCert Global Root CA, OU=www.digicert.com, O=DigiCert Inc, C=US";
        assert!(by_update(name).unwrap().contains("20260601"));
        assert!(by_update("OU=Go Daddy Class 2 Certification Authority, O=X, C=US").is_some());
        for other in [
            "CN=DigiCert Global Root G2",
            "CN=My DigiCert Global Root CA",
            "O=Certigna Services",
            "",
        ] {
            assert_eq!(by_update(other), None, "{other}");
        }
    }

    #[test]
    fn a_line_of_the_conf_stands_for_the_name_its_file_was_made_from() {
        assert!(names_file("mozilla/Test_Root_X1.crt", "Test Root X1"));
        assert!(names_file("mozilla/ACCVRAIZ1.crt", "ACCVRAIZ1"));
        assert!(!names_file("mozilla/Test_Root_X1.crt", "Test Root X2"));
        assert!(!names_file("mozilla/.crt", ""));
    }
}
