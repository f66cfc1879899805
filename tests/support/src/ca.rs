//! Certificates for tests.

use std::fs;
use std::process::Command;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason,
    RevokedCertParams, SerialNumber, date_time_ymd,
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::run::{PATH, Run, output_with};

/// When a certificate is valid, in whole years from 1 January to 1 January.
#[derive(Clone, Copy, Debug)]
pub struct Dates {
    /// The first year.
    pub from: i32,
    /// The year it is no longer valid.
    pub to: i32,
}

impl Default for Dates {
    fn default() -> Self {
        Dates {
            from: 2020,
            to: 2049,
        }
    }
}

/// A certification authority with its key (ECDSA P-256).
pub struct Ca {
    issuer: Issuer<'static, KeyPair>,
    der: Vec<u8>,
    pem: String,
    name: String,
}

/// A server certificate with its key.
pub struct Leaf {
    /// The certificate in PEM.
    pub pem: String,
    /// The private key in PEM.
    pub key: String,
}

impl Ca {
    /// A root with this common name and everything a good root has.
    pub fn new(name: &str) -> Ca {
        Ca::with(name, Dates::default(), |_| {})
    }

    /// A root that differs from a good one in what `change` does to it.
    pub fn with(name: &str, dates: Dates, change: impl FnOnce(&mut CertificateParams)) -> Ca {
        let mut params = params(name, dates);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        change(&mut params);
        Ca::signed_by_itself(name, params, KeyPair::generate().unwrap())
    }

    /// Another certificate of the same authority: subject and key are the same, the dates are not.
    pub fn renewed(&self, dates: Dates) -> Ca {
        let mut params = params(&self.name, dates);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::from_pem(&self.key_pem()).unwrap();
        Ca::signed_by_itself(&self.name, params, key)
    }

    fn signed_by_itself(name: &str, params: CertificateParams, key: KeyPair) -> Ca {
        let certificate = params.self_signed(&key).unwrap();
        Ca {
            der: certificate.der().to_vec(),
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
            name: name.to_string(),
        }
    }

    /// An authority below this one.
    pub fn intermediate(&self, name: &str) -> Ca {
        self.intermediate_with(name, Dates::default(), |_| {})
    }

    /// An authority below this one that differs from a good one in its dates and in what `change` does to it.
    pub fn intermediate_with(
        &self,
        name: &str,
        dates: Dates,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Ca {
        let mut params = params(name, dates);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Ca {
            der: certificate.der().to_vec(),
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
            name: name.to_string(),
        }
    }

    /// A server certificate for a host name or address.
    pub fn leaf(&self, host: &str) -> Leaf {
        self.leaf_with(host, Dates::default(), |_| {})
    }

    /// A server certificate that differs from a good one in its dates and in what `change` does to it.
    pub fn leaf_with(
        &self,
        host: &str,
        dates: Dates,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Leaf {
        let mut params = CertificateParams::new(vec![host.to_string()]).unwrap();
        params.not_before = date_time_ymd(dates.from, 1, 1);
        params.not_after = date_time_ymd(dates.to, 1, 1);
        params.distinguished_name.push(DnType::CommonName, host);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf {
            pem: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// A server certificate that OpenSSL makes, for keys and hashes that rcgen lacks: `key` as in `rsa:1024` (with
    /// options of `openssl req` behind it), `hash` as in `sha1`, and the extensions as OpenSSL's configuration writes them.
    pub fn leaf_by_openssl(&self, host: &str, key: &str, hash: &str, extensions: &str) -> Leaf {
        leaf_by_openssl(&self.pem, &self.key_pem(), host, key, hash, extensions)
    }

    /// The common name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The certificate in PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The private key in PEM.
    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// An empty revocation list in DER.
    pub fn crl(&self) -> Vec<u8> {
        self.crl_of(&[])
    }

    /// A revocation list in DER with these serial numbers, their keys compromised.
    pub fn crl_of(&self, serials: &[Vec<u8>]) -> Vec<u8> {
        crl_by(&self.issuer, serials)
    }

    /// An empty revocation list in DER, whether or not the key usage of this authority has cRLSign.
    pub fn crl_without_leave(&self) -> Vec<u8> {
        let mut params = params(&self.name, Dates::default());
        params.key_usages = vec![KeyUsagePurpose::CrlSign];
        let key = KeyPair::from_pem(&self.key_pem()).unwrap();
        crl_by(&Issuer::new(params, key), &[])
    }

    /// The fingerprint: SHA-256 of the DER in lower-case hex.
    pub fn sha256(&self) -> String {
        sha256(&self.der)
    }

    /// The name OpenSSL looks for in a hash directory, without its index.
    pub fn subject_hash(&self) -> String {
        openssl_subject_hash(&self.pem)
    }
}

/// A revocation list in DER.
fn crl_by(issuer: &Issuer<'_, KeyPair>, serials: &[Vec<u8>]) -> Vec<u8> {
    let revoked = |serial: &Vec<u8>| RevokedCertParams {
        serial_number: SerialNumber::from_slice(serial),
        revocation_time: date_time_ymd(2026, 1, 1),
        reason_code: Some(RevocationReason::KeyCompromise),
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 1, 1),
        next_update: date_time_ymd(2049, 1, 1),
        crl_number: 1.into(),
        issuing_distribution_point: None,
        revoked_certs: serials.iter().map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().der().to_vec()
}

/// A server certificate that OpenSSL makes with this authority's certificate and key.
pub fn leaf_by_openssl(
    ca: &str,
    ca_key: &str,
    host: &str,
    key: &str,
    hash: &str,
    extensions: &str,
) -> Leaf {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (ca_pem, ca_key_pem, ext) = (path("ca.pem"), path("ca.key"), path("ext"));
    fs::write(&ca_pem, ca).unwrap();
    fs::write(&ca_key_pem, ca_key).unwrap();
    let alt = format!("subjectAltName=DNS:{host}\nauthorityKeyIdentifier=keyid\n{extensions}");
    fs::write(&ext, alt).unwrap();
    let (key_pem, request, leaf) = (path("key"), path("csr"), path("leaf"));
    let (subject, hash) = (format!("/CN={host}"), format!("-{hash}"));
    let mut make = vec!["req", "-newkey"];
    make.extend(key.split(' '));
    make.extend(["-nodes", "-subj", &subject]);
    make.extend(["-keyout", &key_pem, "-out", &request]);
    openssl(&make, b"").exits(0);
    let mut sign = vec!["x509", "-req", "-in", &request, "-CA", &ca_pem];
    sign.extend(["-CAkey", &ca_key_pem, "-set_serial", "7", "-days", "30"]);
    sign.extend([&*hash, "-extfile", &ext, "-out", &leaf]);
    openssl(&sign, b"").exits(0);
    Leaf {
        pem: fs::read_to_string(&leaf).unwrap(),
        key: fs::read_to_string(&key_pem).unwrap(),
    }
}

/// Keys as `openssl req -newkey` takes them, and the hash of their signatures.
pub const KEYS: &[(&str, &str)] = &[
    ("rsa:1024", "sha256"),
    ("rsa:2040", "sha256"),
    ("rsa:2047", "sha256"),
    ("rsa:2048", "sha1"),
    ("rsa:2048", "sha256"),
    ("rsa:2048", "sha512"),
    ("rsa:3072", "sha384"),
    ("rsa:2048", "sha512-256"),
    ("rsa:2048", "sha3-256"),
    ("rsa-pss -pkeyopt rsa_keygen_bits:2048", "sha256"),
    (
        "rsa-pss -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha384",
        "sha384",
    ),
    ("ec -pkeyopt ec_paramgen_curve:prime192v1", "sha256"),
    ("ec -pkeyopt ec_paramgen_curve:P-224", "sha256"),
    ("ec -pkeyopt ec_paramgen_curve:P-256", "sha224"),
    ("ec -pkeyopt ec_paramgen_curve:P-256", "sha256"),
    ("ec -pkeyopt ec_paramgen_curve:P-256", "sha3-256"),
    ("ec -pkeyopt ec_paramgen_curve:P-384", "sha384"),
    ("ec -pkeyopt ec_paramgen_curve:P-521", "sha512"),
    ("ec -pkeyopt ec_paramgen_curve:secp256k1", "sha256"),
    ("ec -pkeyopt ec_paramgen_curve:brainpoolP256r1", "sha256"),
    ("ec -pkeyopt ec_paramgen_curve:brainpoolP512r1", "sha512"),
    ("ec -pkeyopt ec_paramgen_curve:sect283r1", "sha256"),
    ("ed25519", "sha256"),
    ("ed448", "sha256"),
];

/// A certificate with this common name that OpenSSL signs with its own key, and the key.
pub fn own_by_openssl(
    name: &str,
    (key, hash): (&str, &str),
    extensions: &[&str],
) -> (String, String) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("key");
    let file = file.to_str().unwrap();
    let (hash, subject) = (format!("-{hash}"), format!("/CN={name}"));
    let mut make = vec!["req", "-x509", "-nodes", "-subj", &subject, "-newkey"];
    make.extend(key.split(' '));
    make.extend([&*hash, "-days", "3000", "-keyout", file, "-set_serial", "5"]);
    for extension in extensions {
        make.extend(["-addext", extension]);
    }
    let pem = openssl(&make, b"").exits(0).stdout;
    (pem, fs::read_to_string(file).unwrap())
}

/// `authorityInfoAccess` with one `caIssuers` (RFC 5280 §4.2.2.1): `http://aia.example/issuer.crt`.
pub fn names_its_issuer(params: &mut CertificateParams) {
    // SEQUENCE { SEQUENCE { OBJECT IDENTIFIER id-ad-caIssuers, [6] the URL } }, 43, 41 and 29 bytes long
    let mut content = vec![
        0x30, 43, 0x30, 41, 6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2, 0x86, 29,
    ];
    content.extend(b"http://aia.example/issuer.crt");
    let access = CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], content);
    params.custom_extensions.push(access);
}

fn params(name: &str, dates: Dates) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.not_before = date_time_ymd(dates.from, 1, 1);
    params.not_after = date_time_ymd(dates.to, 1, 1);
    params.distinguished_name.push(DnType::CommonName, name);
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Example Corp");
    params
}

/// SHA-256 in lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// What this machine's `openssl x509 -subject_hash` says of a PEM certificate.
pub fn openssl_subject_hash(pem: &str) -> String {
    let run = openssl(&["x509", "-noout", "-subject_hash"], pem.as_bytes());
    run.exits(0).stdout.trim().to_string()
}

/// Runs this machine's `openssl`, without any configuration but its own.
#[track_caller]
pub fn openssl(arguments: &[&str], input: &[u8]) -> Run {
    let mut openssl = Command::new("/usr/bin/openssl");
    openssl.env_clear().env("PATH", PATH).args(arguments);
    output_with(&mut openssl, input)
}
