//! Authorities and server certificates, one fault each.

use rcgen::{ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, NameConstraints, SanType};
use support::{Ca, Dates, Leaf, leaf_by_openssl, names_its_issuer, openssl};
use tempfile::TempDir;

use crate::diagnose_distros::HOST;

const PAST: Dates = Dates {
    from: 2020,
    to: 2021,
};
const FUTURE: Dates = Dates {
    from: 2090,
    to: 2099,
};

/// What a server shows: its certificate with what is sent behind it, and its key.
#[derive(Clone)]
pub struct Shown {
    /// PEM, leaf first.
    pub chain: String,
    /// PEM.
    pub key: String,
}

fn alone(leaf: &Leaf) -> Shown {
    with(leaf, &[])
}

fn with(leaf: &Leaf, above: &[&Ca]) -> Shown {
    let above: String = above.iter().map(|ca| ca.pem()).collect();
    Shown {
        chain: format!("{}{above}", leaf.pem),
        key: leaf.key.clone(),
    }
}

/// Authorities of which some are in the store.
pub struct Pki {
    /// In the store.
    pub trusted: Ca,
    old: Ca,
    weak: (String, String),
    private: Ca,
}

impl Pki {
    /// Fresh ones.
    pub fn new() -> Pki {
        Pki {
            trusted: Ca::new("Trusted Root"),
            old: Ca::with("Old Root", PAST, |_| {}),
            weak: weak_root(),
            private: Ca::new("Private Root"),
        }
    }

    /// The certificates that are to be in the store, by file name.
    pub fn store(&self) -> [(&'static str, &str); 3] {
        [
            ("trusted", self.trusted.pem()),
            ("old", self.old.pem()),
            ("weak", &self.weak.0),
        ]
    }

    /// A server of which nothing can be said against.
    pub fn good(&self) -> Shown {
        let issuing = self.trusted.intermediate("Issuing CA");
        with(&issuing.leaf(HOST), &[&issuing])
    }

    /// The same with an RSA key, for ciphers that need one.
    pub fn good_rsa(&self) -> Shown {
        let leaf = self.trusted.leaf_by_openssl(HOST, "rsa:2048", "sha256", "");
        alone(&leaf)
    }

    /// What nginx can show: the conclusion, and the certificates that lead to it.
    pub fn faults(&self) -> Vec<(&'static str, Shown)> {
        let (trusted, private) = (&self.trusted, &self.private);
        let issuing = trusted.intermediate("Issuing CA");
        let expired = trusted.intermediate_with("Expired CA", PAST, |_| {});
        let no_ca = trusted.intermediate_with("No CA", Dates::default(), |params| {
            params.is_ca = IsCa::ExplicitNoCa;
            params.key_usages.clear();
        });
        let permitted = limited(trusted, &["example.org"], &[]);
        let excluded = limited(trusted, &[], &["corp.example"]);
        let (itself, mitm, twin) = (self_signed(), Ca::new("mitmproxy"), Ca::new("Trusted Root"));
        let plain = Dates::default();
        vec![
            ("healthy", with(&issuing.leaf(HOST), &[&issuing])),
            ("private-root", with(&private.leaf(HOST), &[private])),
            ("unknown-issuer", alone(&private.leaf(HOST))),
            (
                "missing-intermediate",
                alone(&issuing.leaf_with(HOST, plain, names_its_issuer)),
            ),
            ("self-signed", itself),
            ("interception", alone(&mitm.leaf(HOST))),
            ("signature-mismatch", alone(&without_key_id(&twin))),
            (
                "expired-leaf",
                alone(&trusted.leaf_with(HOST, PAST, |_| {})),
            ),
            (
                "chain-not-yet-valid",
                alone(&trusted.leaf_with(HOST, FUTURE, |_| {})),
            ),
            (
                "expired-intermediate",
                with(&expired.leaf(HOST), &[&expired]),
            ),
            ("expired-root", alone(&self.old.leaf(HOST))),
            ("wrong-name", alone(&trusted.leaf("other.example"))),
            (
                "common-name-only",
                alone(&trusted.leaf_with(HOST, plain, |params| {
                    params.subject_alt_names.clear();
                })),
            ),
            (
                "wrong-purpose",
                alone(&trusted.leaf_with(HOST, plain, |params| {
                    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
                })),
            ),
            ("issuer-not-a-ca", with(&no_ca.leaf(HOST), &[&no_ca])),
            (
                "name-constraint",
                with(&permitted.leaf(HOST), &[&permitted]),
            ),
            ("name-constraint", with(&excluded.leaf(HOST), &[&excluded])),
        ]
    }

    /// What only a server at security level 0 shows.
    pub fn weak(&self) -> Vec<(&'static str, Shown)> {
        let by = |key: &str, hash: &str| self.trusted.leaf_by_openssl(HOST, key, hash, "");
        let (pem, key) = &self.weak;
        let below = leaf_by_openssl(pem, key, HOST, "rsa:2048", "sha256", "");
        vec![
            ("chain-weak-key", alone(&by("rsa:1024", "sha256"))),
            ("chain-weak-key", alone(&below)),
            ("chain-weak-signature", alone(&by("rsa:2048", "sha1"))),
        ]
    }

    /// A certificate of the future, for servers that live there.
    pub fn future(&self) -> Shown {
        alone(&self.trusted.leaf_with(HOST, FUTURE, |_| {}))
    }

    /// One private authority's certificate for hosts that have nothing in common.
    pub fn everywhere(&self, hosts: &[&str]) -> Shown {
        alone(&self.private.leaf_with(HOST, Dates::default(), |params| {
            let names = hosts.iter().map(|host| (*host).try_into().unwrap());
            params.subject_alt_names.extend(names.map(SanType::DnsName));
        }))
    }
}

fn limited(above: &Ca, permitted: &[&str], excluded: &[&str]) -> Ca {
    let trees = |names: &[&str]| -> Vec<GeneralSubtree> {
        let names = names.iter().map(|name| (*name).to_string());
        names.map(GeneralSubtree::DnsName).collect()
    };
    above.intermediate_with("Limited CA", Dates::default(), |params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: trees(permitted),
            excluded_subtrees: trees(excluded),
        });
    })
}

fn self_signed() -> Shown {
    let leaf = Ca::with(HOST, Dates::default(), |params| {
        params.is_ca = IsCa::NoCa;
        params.key_usages.clear();
        params.subject_alt_names = vec![SanType::DnsName(HOST.try_into().unwrap())];
    });
    Shown {
        chain: leaf.pem().to_string(),
        key: leaf.key_pem(),
    }
}

/// A leaf that does not say which of several keys of its issuer signed it.
fn without_key_id(ca: &Ca) -> Leaf {
    ca.leaf_with(HOST, Dates::default(), |params| {
        params.use_authority_key_identifier_extension = false;
    })
}

/// A root with an RSA key of 1024 bits, and the key.
fn weak_root() -> (String, String) {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (key, pem) = (path("key"), path("pem"));
    let mut make = vec!["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-sha256"];
    make.extend(["-subj", "/CN=Weak Root", "-days", "365"]);
    make.extend(["-addext", "keyUsage=critical,keyCertSign"]);
    make.extend(["-keyout", &key, "-out", &pem]);
    openssl(&make, b"").exits(0);
    let read = |path| std::fs::read_to_string(path).unwrap();
    (read(pem), read(key))
}
