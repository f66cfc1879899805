//! Servers that only some programs connect to: `openssl s_server` with keys and settings of every kind.

/// A key as `openssl req -newkey` takes it, arguments of `openssl s_server`, and what is concluded.
pub const SERVERS: &[(&str, &str, &str)] = &[
    ("ed25519", "", "healthy"),
    ("ec -pkeyopt ec_paramgen_curve:P-384", "", "healthy"),
    ("ec -pkeyopt ec_paramgen_curve:P-521", "", "healthy"),
    (
        "ec -pkeyopt ec_paramgen_curve:P-521",
        "-tls1_2",
        "no-common-signature",
    ),
    ("ed448", "", "no-common-signature"),
    ("ed448", "-tls1_2", "no-common-signature"),
    ("ed448", "-tls1_3", "no-common-signature"),
    (
        "rsa-pss -pkeyopt rsa_keygen_bits:2048",
        "",
        "no-common-signature",
    ),
    (
        "rsa-pss -pkeyopt rsa_keygen_bits:2048",
        "-tls1_2",
        "no-common-signature",
    ),
    (
        "rsa:2048",
        "-tls1_2 -sigalgs RSA+SHA224",
        "no-common-signature",
    ),
    (
        "rsa:2048",
        "-tls1_2 -sigalgs RSA+SHA1 -cipher DEFAULT@SECLEVEL=0",
        "signs-with-sha1",
    ),
    (
        EC,
        "-tls1_2 -sigalgs ECDSA+SHA1 -cipher DEFAULT@SECLEVEL=0",
        "signs-with-sha1",
    ),
    (EC, "-groups P-521", "no-common-group"),
    (EC, "-groups P-521 -tls1_2", "no-common-group"),
    (EC, "-groups X448", "no-common-group"),
    (EC, "-groups X448 -tls1_2", "no-common-group"),
    (EC, "-groups ffdhe3072", "no-common-group"),
    (EC, "-groups P-256", "healthy"),
    (EC, "-groups P-384 -tls1_3", "healthy"),
    (
        EC,
        "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256",
        "healthy",
    ),
    ("rsa:2048", "-tls1_2", "healthy"),
    (
        "rsa:2048",
        "-tls1_2 -cipher ECDHE-RSA-AES256-SHA384",
        "old-cipher",
    ),
    (
        "rsa:2048",
        "-tls1_2 -cipher ECDHE-RSA-AES128-SHA256",
        "old-cipher",
    ),
    (
        "rsa:2048",
        "-tls1_2 -cipher ECDHE-RSA-AES128-SHA",
        "old-cipher",
    ),
    (
        "rsa:2048",
        "-tls1_2 -cipher AES128-GCM-SHA256",
        "old-cipher",
    ),
    ("rsa:2048", "-tls1_2 -cipher AES128-SHA256", "old-cipher"),
    ("rsa:2048", "-tls1_2 -cipher AES128-CCM", "old-cipher"),
    (EC, "-tls1_2 -cipher ECDHE-ECDSA-AES128-CCM", "old-cipher"),
    (
        "rsa:2048",
        "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256",
        "old-cipher",
    ),
    (
        "rsa:2048",
        "-tls1_2 -cipher NULL-SHA256@SECLEVEL=0",
        "no-common-cipher",
    ),
    (
        EC,
        "-tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256",
        "old-cipher",
    ),
    (
        "rsa:2048",
        "-tls1 -cipher DEFAULT@SECLEVEL=0",
        "protocol-too-old",
    ),
    (
        "rsa:2048",
        "-tls1_1 -cipher DEFAULT@SECLEVEL=0",
        "protocol-too-old",
    ),
];

/// The key of most servers on the web.
const EC: &str = "ec -pkeyopt ec_paramgen_curve:P-256";

/// Servers of [`SERVERS`] whose certificates trustctl can't see: it speaks neither, and TLS 1.3 encrypts them.
pub const HIDDEN: [&str; 7] = [
    "-groups ffdhe3072",
    "-ciphersuites TLS_AES_128_CCM_SHA256",
    "-tls1_3 -groups P-521",
    "-tls1_3 -groups X448",
    "-tls1_3 -groups ffdhe2048",
    "-tls1_3 -groups ffdhe4096",
    "-ciphersuites TLS_AES_128_CCM_8_SHA256",
];

const KEYS: &[&str] = &[
    "rsa:2048",
    "rsa:3072",
    EC,
    "ec -pkeyopt ec_paramgen_curve:P-384",
    "ec -pkeyopt ec_paramgen_curve:P-521",
    "ec -pkeyopt ec_paramgen_curve:secp256k1",
    "ed25519",
    "ed448",
    "rsa-pss -pkeyopt rsa_keygen_bits:2048",
];

const VERSIONS: [&str; 4] = ["", "-tls1_2", "-tls1_3", "-no_tls1_3 -serverpref"];

const GROUPS: &[&str] = &[
    "P-256",
    "P-384",
    "P-521",
    "X25519",
    "X448",
    "ffdhe2048",
    "ffdhe4096",
    "P-521:P-384",
    "X448:X25519",
    "ffdhe2048:P-256",
];

const OF_RSA: &[&str] = &[
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-RSA-CAMELLIA128-SHA256",
    "ECDHE-ARIA128-GCM-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-CHACHA20-POLY1305",
    "DHE-RSA-AES128-SHA256",
    "DHE-RSA-AES128-SHA",
    "DHE-RSA-AES128-CCM",
    "AES256-GCM-SHA384",
    "AES256-SHA256",
    "AES128-SHA",
    "AES128-CCM8@SECLEVEL=0",
    "CAMELLIA128-SHA",
    "ECDHE+AESGCM:AES128-SHA",
];

const OF_EC: &[&str] = &[
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-ECDSA-AES256-CCM",
    "ECDHE-ECDSA-AES128-CCM8@SECLEVEL=0",
    "ECDHE-ECDSA-CAMELLIA128-SHA256",
];

const SIGNATURES: &[&str] = &[
    "RSA-PSS+SHA256",
    "RSA-PSS+SHA384",
    "RSA-PSS+SHA512",
    "RSA+SHA256",
    "RSA+SHA384",
    "RSA+SHA512",
    "RSA+SHA224",
    "RSA+SHA1:RSA+SHA256",
];

const SUITES: &[&str] = &[
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_AES_128_CCM_SHA256:TLS_AES_256_GCM_SHA384",
    "TLS_AES_128_CCM_8_SHA256",
];

/// A key as `openssl req -newkey` takes it, and arguments of `openssl s_server`.
pub type TlsServer = (&'static str, String);

/// Every key, with the versions of the protocol.
pub fn with_every_key() -> Vec<TlsServer> {
    let of = |key: &&'static str| VERSIONS.map(|version| (*key, version.to_string()));
    KEYS.iter().flat_map(of).collect()
}

/// Every group, in TLS 1.2 and 1.3.
pub fn with_every_group() -> Vec<TlsServer> {
    let of =
        |group| ["-tls1_2", "-tls1_3"].map(|version| (EC, format!("{version} -groups {group}")));
    GROUPS.iter().flat_map(of).collect()
}

/// Every cipher of TLS 1.2 and every suite of TLS 1.3.
pub fn with_every_cipher() -> Vec<TlsServer> {
    let old = |key| move |name: &&str| (key, format!("-tls1_2 -cipher {name}"));
    let new = |name: &&str| (EC, format!("-tls1_3 -ciphersuites {name}"));
    let (rsa, ec) = (
        OF_RSA.iter().map(old("rsa:2048")),
        OF_EC.iter().map(old(EC)),
    );
    rsa.chain(ec).chain(SUITES.iter().map(new)).collect()
}

/// Every scheme of signatures, in TLS 1.2 and in what is negotiated.
pub fn with_every_signature() -> Vec<TlsServer> {
    let of =
        |name| ["-tls1_2", ""].map(|version| ("rsa:2048", format!("{version} -sigalgs {name}")));
    SIGNATURES.iter().flat_map(of).collect()
}

/// All of them.
pub fn every_one() -> Vec<TlsServer> {
    let named = SERVERS
        .iter()
        .map(|(key, arguments, _)| (*key, (*arguments).to_string()));
    let others = [
        with_every_key(),
        with_every_group(),
        with_every_cipher(),
        with_every_signature(),
    ];
    named.chain(others.into_iter().flatten()).collect()
}
