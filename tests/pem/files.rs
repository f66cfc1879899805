//! Files with one oddity each, in every place that it can have in a bundle.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::{Ca, openssl};

/// A file and what it is.
pub(crate) struct Odd {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// What the files are made of.
pub(crate) struct Authorities {
    pub(crate) good: [Ca; 2],
    pub(crate) odd: Ca,
}

impl Authorities {
    pub(crate) fn new() -> Self {
        Authorities {
            good: [Ca::new("Good One"), Ca::new("Good Two")],
            // One whose Base64 ends in padding.
            odd: std::iter::repeat_with(|| Ca::new("Odd"))
                .find(|ca| ca.der().len() % 3 != 0)
                .expect("two of three are"),
        }
    }
}

/// Base64 in lines of 64.
fn lines(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|at| &text[at..text.len().min(at + 64)])
        .collect();
    lines.join("\n")
}

fn block(label: &str, der: &[u8]) -> String {
    armour(label, &lines(der))
}

fn armour(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

fn request() -> String {
    let arguments =
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=r";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    openssl(&arguments, b"").exits(0).stdout
}

fn key(arguments: &str) -> String {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    openssl(&arguments, b"").exits(0).stdout
}

/// A Base64 text whose last character has bits that belong to no byte.
fn loose(body: &str) -> Option<String> {
    let at = body.trim_end_matches('=').len();
    let padding = body.len() - at;
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = alphabet.find(body[..at].chars().last()?)?;
    let other = alphabet.chars().nth(value | 1).filter(|_| padding > 0)?;
    Some(format!("{}{other}{}", &body[..at - 1], &body[at..]))
}

/// A certificate, written oddly.
fn written(odd: &Ca) -> Vec<(&'static str, Vec<u8>)> {
    let pem = odd.pem().replace("\r\n", "\n");
    let body = lines(odd.der());
    let encrypted =
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000";
    let begin = "-----BEGIN CERTIFICATE-----\n";
    let with = |from: &str, to: &str| pem.replacen(from, to, 1).into_bytes();
    let each =
        |change: &dyn Fn(&str) -> String| pem.lines().map(change).collect::<String>().into_bytes();
    vec![
        ("plain", pem.clone().into()),
        ("truncated", pem.as_bytes()[..pem.len() / 2].to_vec()),
        ("without-end", with("-----END CERTIFICATE-----\n", "")),
        ("end-cut", pem.trim_end().trim_end_matches('-').into()),
        (
            "end-4-dashes-after",
            pem.replace("END CERTIFICATE-----", "END CERTIFICATE----")
                .into(),
        ),
        ("end-4-dashes-before", with("-----END", "----END")),
        ("end-6-dashes", with("-----END", "------END")),
        ("begin-4-dashes-before", with("-----BEGIN", "----BEGIN")),
        (
            "begin-4-dashes-after",
            with("CERTIFICATE-----\n", "CERTIFICATE----\n"),
        ),
        ("begin-6-dashes", with("-----BEGIN", "------BEGIN")),
        (
            "begin-lower-case",
            with("BEGIN CERTIFICATE", "begin certificate"),
        ),
        (
            "label-lower-case",
            pem.replace("CERTIFICATE", "certificate").into(),
        ),
        ("label-two-blanks", with("BEGIN CERT", "BEGIN  CERT")),
        (
            "label-blank-after",
            pem.replace("CERTIFICATE-----", "CERTIFICATE -----").into(),
        ),
        (
            "end-mismatch",
            with("END CERTIFICATE", "END X509 CERTIFICATE"),
        ),
        ("begin-inside", format!("{begin}{pem}").into()),
        (
            "begin-inside-later",
            with("\n-----END", "\n-----BEGIN CERTIFICATE-----\n-----END"),
        ),
        (
            "end-twice",
            format!("{pem}-----END CERTIFICATE-----\n").into(),
        ),
        ("end-alone", "-----END CERTIFICATE-----\n".into()),
        ("begin-alone", begin.into()),
        ("empty-block", armour("CERTIFICATE", "").into()),
        (
            "nothing-between",
            format!("{begin}-----END CERTIFICATE-----\n").into(),
        ),
        ("text-before-begin", format!("x{pem}").into()),
        ("blank-before-begin", format!(" {pem}").into()),
        (
            "text-after-begin",
            with("CERTIFICATE-----\n", "CERTIFICATE----- foo\n"),
        ),
        ("text-after-end", format!("{} foo\n", pem.trim_end()).into()),
        (
            "blanks-after-end",
            format!("{}  \t\n", pem.trim_end()).into(),
        ),
        (
            "text-line-before-end",
            with("\n-----END", "\nfoo\n-----END"),
        ),
        (
            "text-around",
            format!("subject: Odd\n\n{pem}# that was it\n").into(),
        ),
        ("end-at-base64", with("\n-----END", "-----END")),
        ("bad-base64", with("\nMII", "\nM!I")),
        ("base64url", with("\nMII", "\nM-I")),
        ("beyond-ascii", with("\nMII", "\nM\u{e9}I")),
        ("extra-padding", with("\n-----END", "==\n-----END")),
        ("one-more-character", with("\n-----END", "A\n-----END")),
        ("padding-inside", with("\nMII", "\nM=I")),
        (
            "one-line",
            armour("CERTIFICATE", &body.replace('\n', "")).into(),
        ),
        ("lines-of-76", {
            let text = body.replace('\n', "");
            let cut: Vec<&str> = (0..text.len())
                .step_by(76)
                .map(|at| &text[at..text.len().min(at + 76)])
                .collect();
            armour("CERTIFICATE", &cut.join("\n")).into()
        }),
        (
            "newlines-as-blanks",
            format!("{}\n", pem.trim_end().replace('\n', " ")).into(),
        ),
        (
            "body-as-blanks",
            armour("CERTIFICATE", &body.replace('\n', " ")).into(),
        ),
        (
            "literal-newlines",
            format!("{}\n", pem.trim_end().replace('\n', "\\n")).into(),
        ),
        ("indented", each(&|line| format!("  {line}\n"))),
        ("indented-with-tabs", each(&|line| format!("\t{line}\n"))),
        (
            "indented-body",
            armour("CERTIFICATE", &body.replace('\n', "\n   ")).into(),
        ),
        ("quoted", each(&|line| format!("> {line}\n"))),
        ("trailing-blanks", each(&|line| format!("{line}  \n"))),
        ("trailing-tabs", each(&|line| format!("{line}\t\n"))),
        (
            "trailing-form-feeds",
            each(&|line| format!("{line}\u{c}\n")),
        ),
        ("doubled-newlines", each(&|line| format!("{line}\n\n"))),
        ("empty-line-first", with("-----\n", "-----\n\n")),
        ("empty-lines-first", with("-----\n", "-----\n\n\n")),
        ("empty-line-before-end", with("\n-----END", "\n\n-----END")),
        (
            "blank-line-in-body",
            armour("CERTIFICATE", &body.replacen('\n', "\n\n", 1)).into(),
        ),
        ("blank-inside-line", with("\nMII", "\nM II")),
        ("header", with("-----\n", "-----\nX-Foo: bar\n\n")),
        (
            "header-without-line",
            with("-----\n", "-----\nX-Foo: bar\n"),
        ),
        (
            "encrypted",
            with("-----\n", &format!("-----\n{encrypted}\n\n")),
        ),
        ("nul-line", format!("{pem}\0\n").into()),
        ("nul-before", format!("text\0more\n{pem}").into()),
        ("nul-first", format!("\0{pem}").into()),
        ("nul-in-base64", with("\nMII", "\nM\0I")),
        ("nul-in-marker", with("END CERT", "END\0CERT")),
        ("nul-after-end", format!("{}\0foo\n", pem.trim_end()).into()),
        ("nul-tail", [pem.as_bytes(), &[0; 300]].concat()),
        ("all-nul", vec![0; 512]),
        (
            "apple-double",
            [
                &b"\0\x05\x16\x07\0\x02\0\0Mac OS X        \0\x02\0\0\0\x09"[..],
                &[0; 64],
                b"This resource fork intentionally left blank   \0\0",
            ]
            .concat(),
        ),
        (
            "byte-order-mark",
            [b"\xef\xbb\xbf", pem.as_bytes()].concat(),
        ),
        (
            "two-byte-order-marks",
            [b"\xef\xbb\xbf\xef\xbb\xbf", pem.as_bytes()].concat(),
        ),
        (
            "utf-16-le",
            "\u{feff}"
                .encode_utf16()
                .chain(pem.encode_utf16())
                .flat_map(u16::to_le_bytes)
                .collect(),
        ),
        (
            "utf-16-be",
            "\u{feff}"
                .encode_utf16()
                .chain(pem.encode_utf16())
                .flat_map(u16::to_be_bytes)
                .collect(),
        ),
        (
            "utf-16-without-mark",
            pem.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("cr", pem.replace('\n', "\r").into()),
        ("cr-lf", pem.replace('\n', "\r\n").into()),
        ("cr-cr-lf", pem.replace('\n', "\r\r\n").into()),
        ("lf-cr", pem.replace('\n', "\n\r").into()),
        ("der", odd.der().to_vec()),
        ("bare-base64", format!("{body}\n").into()),
        ("long-line", format!("{}\n{pem}", "x".repeat(5000)).into()),
        (
            "long-line-in-block",
            with("-----\n", &format!("-----\n{}\n", "QUJD".repeat(200))),
        ),
        ("long-begin", format!("{}{pem}", "x".repeat(254)).into()),
        (
            "web-page",
            format!("<!DOCTYPE html>\n<pre>\n{pem}</pre>\n").into(),
        ),
        (
            "yaml",
            format!(
                "ca: |\n{}",
                pem.lines().map(|l| format!("  {l}\n")).collect::<String>()
            )
            .into(),
        ),
        ("empty", Vec::new()),
        ("white-space", b" \n\n".to_vec()),
    ]
}

/// Other things under a marker, and certificates under another one.
fn labelled(odd: &Ca) -> Vec<(&'static str, Vec<u8>)> {
    let pem = odd.pem().replace("\r\n", "\n");
    let trailing = [odd.der(), b"xx"].concat();
    let crl = odd.crl();
    let request = request();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("c.pem");
    std::fs::write(&file, &pem).unwrap();
    let file = file.to_str().unwrap();
    let p7 = openssl(&["crl2pkcs7", "-nocrl", "-certfile", file], b"")
        .exits(0)
        .stdout;
    let rsa = key("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024");
    let ec = openssl(&["pkey", "-traditional"], odd.key_pem().as_bytes())
        .exits(0)
        .stdout;
    let locked = openssl(
        &["pkey", "-traditional", "-aes128", "-passout", "pass:secret"],
        odd.key_pem().as_bytes(),
    )
    .exits(0)
    .stdout;
    let locked8 = openssl(
        &["pkcs8", "-topk8", "-passout", "pass:secret"],
        odd.key_pem().as_bytes(),
    )
    .exits(0)
    .stdout;
    let trust = openssl(
        &["x509", "-addtrust", "serverAuth", "-trustout"],
        pem.as_bytes(),
    )
    .exits(0)
    .stdout;
    let loose = loose(&lines(odd.der())).map(|body| armour("CERTIFICATE", &body));
    let hello = b"Hello, World";
    let mut all: Vec<(&'static str, Vec<u8>)> = vec![
        ("not-der", block("CERTIFICATE", hello).into()),
        (
            "cut-der",
            block("CERTIFICATE", &odd.der()[..odd.der().len() - 9]).into(),
        ),
        ("trailing-der", block("CERTIFICATE", &trailing).into()),
        (
            "two-in-one",
            block("CERTIFICATE", &[odd.der(), odd.der()].concat()).into(),
        ),
        (
            "x509-certificate",
            pem.replace("CERTIFICATE", "X509 CERTIFICATE").into(),
        ),
        (
            "x509-certificate-not-der",
            block("X509 CERTIFICATE", hello).into(),
        ),
        (
            "trusted",
            pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE").into(),
        ),
        ("trusted-settings", trust.clone().into()),
        ("trusted-as-plain", trust.replace("TRUSTED ", "").into()),
        (
            "trusted-trailing",
            block("TRUSTED CERTIFICATE", &trailing).into(),
        ),
        (
            "trusted-not-der",
            block("TRUSTED CERTIFICATE", hello).into(),
        ),
        ("pkcs7", p7.clone().into()),
        (
            "pkcs7-as-certificate",
            p7.replace("PKCS7", "CERTIFICATE").into(),
        ),
        ("cms", p7.replace("PKCS7", "CMS").into()),
        ("pkcs7-broken", p7.replacen("\nMII", "\n!!!", 1).into()),
        ("pkcs7-not-der", block("PKCS7", hello).into()),
        (
            "certificate-chain",
            p7.replace("PKCS7", "CERTIFICATE CHAIN").into(),
        ),
        ("pkcs12", block("PKCS12", hello).into()),
        ("crl", block("X509 CRL", &crl).into()),
        ("crl-cut", block("X509 CRL", &crl[..crl.len() - 9]).into()),
        (
            "crl-trailing",
            block("X509 CRL", &[&crl[..], b"xx"].concat()).into(),
        ),
        ("crl-not-der", block("X509 CRL", hello).into()),
        ("crl-is-certificate", block("X509 CRL", odd.der()).into()),
        ("crl-as-certificate", block("CERTIFICATE", &crl).into()),
        ("request", request.clone().into()),
        (
            "request-as-certificate",
            request.replace("CERTIFICATE REQUEST", "CERTIFICATE").into(),
        ),
        (
            "new-request",
            request
                .replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
                .into(),
        ),
        ("request-broken", request.replacen("\nM", "\n!!", 1).into()),
        ("public-key-not-der", block("PUBLIC KEY", hello).into()),
        ("parameters-not-der", block("DH PARAMETERS", hello).into()),
        ("unknown", block("FOO", hello).into()),
        ("unknown-broken", armour("FOO", "SG!!").into()),
        (
            "attribute-certificate",
            block("ATTRIBUTE CERTIFICATE", hello).into(),
        ),
        ("key", odd.key_pem().into()),
        ("key-rsa", rsa.clone().into()),
        ("key-ec", ec.clone().into()),
        ("key-not-der", block("PRIVATE KEY", hello).into()),
        ("key-ec-not-der", block("EC PRIVATE KEY", hello).into()),
        ("key-locked", locked.clone().into()),
        ("key-locked-pkcs8", locked8.into()),
        (
            "key-as-certificate",
            odd.key_pem().replace("PRIVATE KEY", "CERTIFICATE").into(),
        ),
        (
            "bag-attributes",
            format!(
                "Bag Attributes\n    localKeyID: 01\nsubject=CN = Odd\n\nissuer=CN = Odd\n\n{pem}"
            )
            .into(),
        ),
        ("signature-block", block("SIGNATURE", hello).into()),
    ];
    all.extend(loose.map(|text| ("loose-bits", text.into_bytes())));
    all
}

/// Every oddity by itself.
pub(crate) fn fragments(of: &Authorities) -> Vec<(&'static str, Vec<u8>)> {
    let odd = written(&of.odd);
    odd.into_iter().chain(labelled(&of.odd)).collect()
}

/// Every oddity: alone, first, last and in the middle, after and before a good file without a final newline, and in
/// the middle of one with CR LF or with a byte order mark.
pub(crate) fn all(of: &Authorities) -> Vec<Odd> {
    let [one, two] = [&of.good[0], &of.good[1]].map(|ca| ca.pem().replace("\r\n", "\n"));
    let mut files = Vec::new();
    let mut put = |place: &str, name: &str, parts: &[&[u8]]| {
        files.push(Odd {
            name: format!("{place}--{name}"),
            bytes: parts.concat(),
        });
    };
    for (name, bytes) in fragments(of) {
        let (one, two) = (one.as_bytes(), two.as_bytes());
        put("alone", name, &[&bytes]);
        put("first", name, &[&ended(&bytes), one]);
        put("last", name, &[one, &bytes]);
        put("middle", name, &[one, &ended(&bytes), two]);
        put("joined-before", name, &[one.trim_ascii_end(), &bytes, two]);
        put("joined-after", name, &[one, bytes.trim_ascii_end(), two]);
        let crlf = String::from_utf8_lossy(one).replace('\n', "\r\n");
        put("cr-lf", name, &[crlf.as_bytes(), &ended(&bytes), two]);
        put("marked", name, &[b"\xef\xbb\xbf", one, &ended(&bytes), two]);
        put("twice", name, &[&ended(&bytes), &ended(&bytes), two]);
    }
    files
}

/// As the script appends a file to the bundle.
fn ended(bytes: &[u8]) -> Vec<u8> {
    let end: &[u8] = match bytes.last() {
        None | Some(b'\n') => b"",
        _ => b"\n",
    };
    [bytes, end].concat()
}
