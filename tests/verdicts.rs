//! The verdict of every profile on chains with one fault each, as tables in `tests/snapshots`.
//!
//! Whether the verdicts are right is for the layers with real programs and suites to say. These tables run everywhere,
//! and show at a glance what a change to the engine does to whom.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod random_chains;

use std::fmt::Write as _;

use random_chains::{
    ANY, CLIENT, Chain, SERVER, alt_names, basic, ce, constraints, der, dns, faulty, injected,
    integer, ip, purposes, sequence, usage, with_leaf_algorithm, with_leaf_key,
};
use trustctl::verify::{Anchors, Options, PROFILES, PeerName, Severity, Verdict, verify};

/// 2027-01-15T08:00:00Z
const NOW: i64 = 1_800_000_000;

/// What each profile says, profiles of one mind together.
fn opinions(chain: &Chain) -> String {
    let helpers: Vec<&[u8]> = chain.helpers.iter().map(Vec::as_slice).collect();
    let anchors = Anchors::read(chain.anchors.iter().map(Vec::as_slice));
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for profile in &PROFILES {
        let name = PeerName::ip(&chain.host).unwrap_or_else(|| PeerName::Dns(chain.host.clone()));
        let options = Options {
            profile,
            names: vec![name],
            ..Options::at(NOW)
        };
        let opinion = opinion(&verify(&chain.leaf, &helpers, &anchors, &options));
        match groups.iter_mut().find(|(found, _)| *found == opinion) {
            Some((_, names)) => names.push(profile.name),
            None => groups.push((opinion, vec![profile.name])),
        }
    }
    groups
        .into_iter()
        .map(|(opinion, names)| format!("\n    {}: {opinion}", names.join(" ")))
        .collect()
}

/// Every fault with its place, a warning with a question mark.
fn opinion(verdict: &Verdict<'_>) -> String {
    let faults = verdict.reasons.iter().map(|fault| {
        let mark = match fault.severity {
            Severity::Error => "",
            Severity::Warning => "?",
        };
        let at = fault.at.map_or("path".to_owned(), |at| at.to_string());
        format!("{}@{at}{mark}", fault.code.code())
    });
    let word = if verdict.valid { "valid" } else { "refused" };
    [word.to_owned()]
        .into_iter()
        .chain(faults)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn faults_of_chains() {
    let mut table = String::new();
    let mut number = 0;
    while let Some(first) = faulty(number, 0, NOW) {
        let mut seen: Vec<String> = Vec::new();
        for variant in 0..8 {
            let chain = faulty(number, variant, NOW).unwrap();
            let opinions = opinions(&chain);
            if !seen.contains(&opinions) {
                write!(table, "{}{opinions}\n\n", first.faults[0]).unwrap();
                seen.push(opinions);
            }
        }
        number += 1;
    }
    insta::assert_snapshot!(table);
}

fn oid(content: &[u8]) -> Vec<u8> {
    der(6, content)
}

fn text(tag: u8, content: &str) -> Vec<u8> {
    der(tag, content.as_bytes())
}

fn directory(common_name: &str) -> Vec<u8> {
    der(0xa4, &random_chains::name(common_name))
}

/// One subtree as it is, permitted.
fn permitted(parts: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[der(0xa0, &sequence(parts))])
}

/// Identifier, whether it is critical as a rule, what is in it.
type Content = (Vec<u8>, bool, &'static str, Vec<u8>);

fn basic_constraints() -> Vec<Content> {
    [
        ("CA", basic(true, None)),
        ("no CA", basic(false, None)),
        ("CA, path 0", basic(true, Some(0))),
        ("CA, path 1", basic(true, Some(1))),
        ("no CA, path 0", basic(false, Some(0))),
        (
            "path 255",
            sequence(&[der(1, &[0xff]), integer(&[0, 0xff])]),
        ),
        (
            "path of 5 octets",
            sequence(&[der(1, &[0xff]), integer(&[1, 0, 0, 0, 0])]),
        ),
        (
            "negative path",
            sequence(&[der(1, &[0xff]), integer(&[0xff])]),
        ),
        (
            "path with zeros before",
            sequence(&[der(1, &[0xff]), integer(&[0, 1])]),
        ),
        (
            "path without digits",
            sequence(&[der(1, &[0xff]), integer(&[])]),
        ),
        ("TRUE as 1", sequence(&[der(1, &[1])])),
        ("FALSE written out", sequence(&[der(1, &[0])])),
        ("two octets of TRUE", sequence(&[der(1, &[0xff, 0xff])])),
        (
            "trailing NULL inside",
            sequence(&[der(1, &[0xff]), der(5, &[])]),
        ),
        (
            "trailing NULL outside",
            [basic(true, None), der(5, &[])].concat(),
        ),
        ("nothing", Vec::new()),
        ("a SET", der(0x31, &[])),
        ("indefinite length", vec![0x30, 0x80, 0, 0]),
        ("long length", vec![0x30, 0x81, 3, 1, 1, 0xff]),
        ("cut off", vec![0x30, 4, 1, 1, 0xff]),
    ]
    .map(|(what, content)| (ce(19), true, what, content))
    .to_vec()
}

fn key_usage() -> Vec<Content> {
    [
        ("digitalSignature", usage(0x80)),
        ("nonRepudiation", usage(0x40)),
        ("keyEncipherment", usage(0x20)),
        ("dataEncipherment", usage(0x10)),
        ("keyAgreement", usage(0x08)),
        ("keyCertSign", usage(0x04)),
        ("cRLSign", usage(0x02)),
        ("digitalSignature and keyCertSign", usage(0x84)),
        ("no bit", der(3, &[0])),
        ("no bit, one octet", der(3, &[7, 0])),
        ("decipherOnly", der(3, &[7, 0, 0x80])),
        ("decipherOnly and keyCertSign", der(3, &[7, 4, 0x80])),
        ("8 unused bits", der(3, &[8, 0x80])),
        ("unused bits of nothing", der(3, &[1])),
        ("three octets", der(3, &[0, 0x80, 0, 0])),
        ("empty", der(3, &[])),
        ("an OCTET STRING", der(4, &[0, 0x80])),
    ]
    .map(|(what, content)| (ce(15), true, what, content))
    .to_vec()
}

fn extended_key_usage() -> Vec<Content> {
    [
        ("server", purposes(&[SERVER])),
        ("client", purposes(&[CLIENT])),
        ("any", purposes(&[ANY])),
        ("client, server", purposes(&[CLIENT, SERVER])),
        ("client, any", purposes(&[CLIENT, ANY])),
        (
            "Netscape gated",
            purposes(&[&[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 4, 1]]),
        ),
        (
            "Microsoft gated",
            purposes(&[&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 10, 3, 3]]),
        ),
        ("none", purposes(&[])),
        ("a NULL", sequence(&[der(5, &[])])),
        ("trailing NULL", [purposes(&[SERVER]), der(5, &[])].concat()),
    ]
    .map(|(what, content)| (ce(37), false, what, content))
    .to_vec()
}

fn subject_alt_name() -> Vec<Content> {
    let host = dns("host.example.com");
    let with = |name: Vec<u8>| alt_names(&[host.clone(), name]);
    [
        ("the host", alt_names(std::slice::from_ref(&host))),
        ("final dot", alt_names(&[dns("host.example.com.")])),
        ("no name", alt_names(&[])),
        ("unknown tag", with(der(0x8f, &[]))),
        ("address of 4", with(ip(&[10, 0, 0, 1]))),
        ("address of 16", with(ip(&[1; 16]))),
        ("address of 5", with(ip(&[10, 0, 0, 1, 1]))),
        ("address of 8", with(ip(&[10, 0, 0, 1, 1, 1, 1, 1]))),
        ("address as DNS name", with(dns("10.0.0.1"))),
        ("underscore", with(dns("a_b.example.com"))),
        ("empty label", with(dns("a..example.com"))),
        ("hyphen first", with(dns("-a.example.com"))),
        ("hyphen last", with(dns("a-.example.com"))),
        ("space", with(dns(" "))),
        ("empty DNS name", with(dns(""))),
        ("label of 64", with(dns(&"a".repeat(64)))),
        (
            "long name",
            with(dns(&["a".repeat(60).as_str(); 5].join("."))),
        ),
        ("wildcard", with(dns("*.example.com"))),
        ("wildcard alone", with(dns("*"))),
        ("wildcard over a public suffix", with(dns("*.co.uk"))),
        ("wildcard inside", with(dns("a.*.example.com"))),
        ("two wildcards", with(dns("*.*.example.com"))),
        ("part of a label", with(dns("a*.example.com"))),
        ("mailbox", with(text(0x81, "a@example.com"))),
        ("mailbox without host", with(text(0x81, "a@"))),
        ("no mailbox", with(text(0x81, "example.com"))),
        ("URI", with(text(0x86, "https://example.com/"))),
        ("URI without scheme", with(text(0x86, "example.com"))),
        ("directory name", with(directory("x"))),
        ("malformed directory name", with(der(0xa4, &[5, 0]))),
        ("other name", with(der(0xa0, &oid(&[0x2a, 3])))),
        ("registered identifier", with(der(0x88, &[0x2a, 3]))),
        ("NULL", der(5, &[])),
    ]
    .map(|(what, content)| (ce(17), false, what, content))
    .to_vec()
}

fn name_constraints() -> Vec<Content> {
    let example = || dns("example.com");
    [
        ("permits example.com", constraints(&[example()], &[])),
        (
            "permits .example.com",
            constraints(&[dns(".example.com")], &[]),
        ),
        (
            "permits EXAMPLE.com",
            constraints(&[dns("EXAMPLE.com")], &[]),
        ),
        (
            "permits the host",
            constraints(&[dns("host.example.com")], &[]),
        ),
        (
            "permits ost.example.com",
            constraints(&[dns("ost.example.com")], &[]),
        ),
        ("permits anything", constraints(&[dns("")], &[])),
        (
            "permits *.example.com",
            constraints(&[dns("*.example.com")], &[]),
        ),
        (
            "permits example.org",
            constraints(&[dns("example.org")], &[]),
        ),
        (
            "permits two",
            constraints(&[dns("example.org"), example()], &[]),
        ),
        ("excludes example.com", constraints(&[], &[example()])),
        (
            "excludes a sibling",
            constraints(&[], &[dns("b.example.com")]),
        ),
        ("excludes anything", constraints(&[], &[dns("")])),
        (
            "permits and excludes",
            constraints(&[example()], &[example()]),
        ),
        (
            "permits 10/8",
            constraints(&[ip(&[10, 0, 0, 0, 255, 0, 0, 0])], &[]),
        ),
        (
            "a mask with holes",
            constraints(&[ip(&[10, 0, 0, 0, 255, 0, 255, 0])], &[]),
        ),
        (
            "an address without mask",
            constraints(&[ip(&[10, 0, 0, 0])], &[]),
        ),
        ("excludes all IPv6", constraints(&[], &[ip(&[0; 32])])),
        (
            "permits a mail host",
            constraints(&[text(0x81, "example.com")], &[]),
        ),
        (
            "a malformed mailbox",
            constraints(&[text(0x81, "a@b@c")], &[]),
        ),
        (
            "permits a URI host",
            constraints(&[text(0x86, ".example.com")], &[]),
        ),
        (
            "excludes a URI host",
            constraints(&[], &[text(0x86, "example.com")]),
        ),
        (
            "a URI with scheme",
            constraints(&[text(0x86, "https://example.com")], &[]),
        ),
        ("permits a directory", constraints(&[directory("x")], &[])),
        ("excludes a directory", constraints(&[], &[directory("x")])),
        (
            "permits every directory",
            constraints(&[directory("")], &[]),
        ),
        (
            "permits another kind",
            constraints(&[der(0x88, &[0x2a, 3])], &[]),
        ),
        (
            "excludes another kind",
            constraints(&[], &[der(0x88, &[0x2a, 3])]),
        ),
        ("minimum 0", permitted(&[example(), der(0x80, &[0])])),
        ("minimum 1", permitted(&[example(), der(0x80, &[1])])),
        ("maximum 9", permitted(&[example(), der(0x81, &[9])])),
        (
            "trailing NULL in a subtree",
            permitted(&[example(), der(5, &[])]),
        ),
        ("an underscore", constraints(&[dns("a_b.com")], &[])),
        ("two dots", constraints(&[dns("a..com")], &[])),
        ("no list", sequence(&[])),
        ("an empty list", sequence(&[der(0xa0, &[])])),
        (
            "an empty list beside a full one",
            sequence(&[der(0xa0, &[]), der(0xa1, &sequence(&[example()]))]),
        ),
        ("a NULL", der(5, &[])),
    ]
    .map(|(what, content)| (ce(30), true, what, content))
    .to_vec()
}

fn policy_extensions() -> Vec<Content> {
    let (one, other, any) = (
        oid(&[0x2a, 1]),
        oid(&[0x2a, 2]),
        oid(&[0x55, 0x1d, 0x20, 0]),
    );
    let policies = |all: &[&Vec<u8>]| {
        let parts: Vec<Vec<u8>> = all.iter().map(|one| sequence(&[(*one).clone()])).collect();
        sequence(&parts)
    };
    let pair = |from: &Vec<u8>, to: &Vec<u8>| sequence(&[from.clone(), to.clone()]);
    let qualified = sequence(&[sequence(&[one.clone(), sequence(&[der(5, &[])])])]);
    let rows = [
        (32, false, "one policy", policies(&[&one])),
        (32, false, "two policies", policies(&[&one, &other])),
        (32, false, "one policy twice", policies(&[&one, &one])),
        (32, false, "any policy", policies(&[&any])),
        (32, false, "no policy", policies(&[])),
        (32, false, "a qualified policy", qualified),
        (
            32,
            false,
            "trailing NULL",
            sequence(&[sequence(&[one.clone(), der(5, &[])])]),
        ),
        (32, false, "no identifier", sequence(&[sequence(&[])])),
        (33, true, "a mapping", sequence(&[pair(&one, &other)])),
        (
            33,
            true,
            "a mapping from any",
            sequence(&[pair(&any, &other)]),
        ),
        (33, true, "a mapping to any", sequence(&[pair(&one, &any)])),
        (33, true, "no mapping", sequence(&[])),
        (
            33,
            true,
            "half a mapping",
            sequence(&[sequence(std::slice::from_ref(&one))]),
        ),
        (
            33,
            true,
            "a triple",
            sequence(&[sequence(&[one.clone(), one.clone(), one.clone()])]),
        ),
        (36, true, "explicit at once", sequence(&[der(0x80, &[0])])),
        (36, true, "explicit after one", sequence(&[der(0x80, &[1])])),
        (36, true, "explicit after two", sequence(&[der(0x80, &[2])])),
        (36, true, "no mapping at once", sequence(&[der(0x81, &[0])])),
        (
            36,
            true,
            "both",
            sequence(&[der(0x80, &[9]), der(0x81, &[9])]),
        ),
        (36, true, "neither", sequence(&[])),
        (36, true, "negative", sequence(&[der(0x80, &[0xff])])),
        (
            36,
            true,
            "trailing NULL",
            sequence(&[der(0x80, &[9]), der(5, &[])]),
        ),
        (54, true, "no any at once", integer(&[0])),
        (54, true, "no any after one", integer(&[1])),
        (54, true, "negative", integer(&[0x80])),
        (54, true, "a NULL", der(5, &[])),
    ];
    rows.into_iter()
        .map(|(number, critical, what, content)| (ce(number), critical, what, content))
        .collect()
}

fn identifiers_and_places() -> Vec<Content> {
    let key = der(0x80, &[7; 20]);
    let uri = text(0x86, "http://example.com/");
    let (serial, issuer) = (der(0x82, &[1]), der(0xa1, &directory("x")));
    let point = |name: Vec<u8>| sequence(&[sequence(&[der(0xa0, &name)])]);
    let access = |parts: &[Vec<u8>]| sequence(&[sequence(parts)]);
    let information = vec![0x2b, 6, 1, 5, 5, 7, 1, 1];
    let ocsp = oid(&[0x2b, 6, 1, 5, 5, 7, 0x30, 1]);
    let netscape = vec![0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1];
    vec![
        (ce(14), false, "another key", der(4, &[7; 20])),
        (ce(14), false, "an empty one", der(4, &[])),
        (ce(14), false, "an INTEGER", integer(&[1])),
        (
            ce(35),
            false,
            "another key",
            sequence(std::slice::from_ref(&key)),
        ),
        (
            ce(35),
            false,
            "key, issuer and serial",
            sequence(&[key, issuer.clone(), serial.clone()]),
        ),
        (
            ce(35),
            false,
            "issuer and serial",
            sequence(&[issuer, serial]),
        ),
        (ce(35), false, "nothing", sequence(&[])),
        (ce(35), false, "trailing NULL", sequence(&[der(5, &[])])),
        (ce(31), false, "a full name", point(der(0xa0, &uri))),
        (ce(31), false, "a relative name", point(der(0xa1, &[]))),
        (ce(31), false, "no point", sequence(&[])),
        (ce(31), false, "a NULL", der(5, &[])),
        (
            information.clone(),
            false,
            "a place",
            access(&[ocsp.clone(), uri.clone()]),
        ),
        (
            information.clone(),
            false,
            "no method",
            access(std::slice::from_ref(&uri)),
        ),
        (
            information.clone(),
            false,
            "trailing NULL",
            access(&[ocsp, uri, der(5, &[])]),
        ),
        (information.clone(), false, "no access", sequence(&[])),
        (information, false, "a NULL", der(5, &[])),
        (netscape.clone(), false, "a TLS server", der(3, &[6, 0x40])),
        (netscape.clone(), false, "a TLS client", der(3, &[7, 0x80])),
        (netscape.clone(), false, "a TLS CA", der(3, &[2, 4])),
        (netscape, false, "nothing", der(3, &[0])),
        (
            ce(18),
            false,
            "an issuer's name",
            alt_names(&[dns("example.com")]),
        ),
        (vec![0x2a, 3, 4], false, "unknown", der(5, &[])),
    ]
}

/// A sound chain of four in which one certificate has this extension.
fn chain_with((oid, critical, _, content): &Content, at: usize, flipped: bool) -> Chain {
    let chain = injected(1, at, oid, *critical != flipped, content, NOW);
    assert_eq!((chain.helpers.len(), chain.anchors.len()), (2, 1));
    chain
}

fn extensions(contents: &[Content]) -> String {
    let mut table = String::new();
    let mut last = Vec::new();
    for content in contents {
        // Whether criticality is what it should be is asked of the first content of a kind.
        let first = last != content.0;
        last.clone_from(&content.0);
        for at in [0, 1, 3] {
            for flipped in [false, true] {
                if flipped && !first {
                    continue;
                }
                let opinions = opinions(&chain_with(content, at, flipped));
                let oid = content.0.iter().map(|byte| format!("{byte:02x}"));
                let critical = if content.1 == flipped {
                    ""
                } else {
                    ", critical"
                };
                let (oid, what) = (oid.collect::<String>(), content.2);
                write!(table, "{oid} {what}{critical} @{at}{opinions}\n\n").unwrap();
            }
        }
    }
    table
}

#[test]
fn basic_constraints_in_each_place() {
    insta::assert_snapshot!(extensions(&basic_constraints()));
}

#[test]
fn key_usages_in_each_place() {
    insta::assert_snapshot!(extensions(&[key_usage(), extended_key_usage()].concat()));
}

#[test]
fn names_in_each_place() {
    insta::assert_snapshot!(extensions(&subject_alt_name()));
}

#[test]
fn constraints_in_each_place() {
    insta::assert_snapshot!(extensions(&name_constraints()));
}

#[test]
fn policies_in_each_place() {
    insta::assert_snapshot!(extensions(&policy_extensions()));
}

#[test]
fn other_extensions_in_each_place() {
    insta::assert_snapshot!(extensions(&identifiers_and_places()));
}

/// SubjectPublicKeyInfo.
fn info(algorithm: &[Vec<u8>], bits: &[u8]) -> Vec<u8> {
    sequence(&[sequence(algorithm), der(3, &[&[0], bits].concat())])
}

fn rsa(modulus_bits: usize, exponent: &[u8]) -> Vec<u8> {
    let mut modulus = vec![0xff; modulus_bits.div_ceil(8)];
    if modulus_bits.is_multiple_of(8) {
        modulus.insert(0, 0);
    } else {
        modulus[0] >>= 8 - modulus_bits % 8;
    }
    sequence(&[integer(&modulus), integer(exponent)])
}

const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const PSS: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
const EC: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const DSA: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];

#[test]
fn keys_of_leaves() {
    let null = || der(5, &[]);
    let curve = |content: &[u8]| info(&[oid(&EC), oid(content)], &[4; 65]);
    let explicit = |prime: &[u8]| {
        let field = sequence(&[oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 1, 1]), integer(prime)]);
        info(&[oid(&EC), sequence(&[integer(&[1]), field])], &[4; 65])
    };
    let p256 = [&[0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1][..], &[0xff; 24]].concat();
    let p384 = [&[0][..], &[0xff; 40], &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]].concat();
    let p521 = [&[1][..], &[0xff; 65]].concat();
    let dsa = |p: usize| sequence(&[integer(&vec![0x7f; p]), integer(&[0x7f; 20]), integer(&[2])]);
    let ml_dsa = |set: u8| info(&[oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, set])], &[1; 32]);
    let mut keys: Vec<(String, Vec<u8>)> = Vec::new();
    for bits in [512, 1023, 1024, 2047, 2048, 2049, 3072, 4096, 7680, 15_360] {
        keys.push((
            format!("RSA of {bits}"),
            info(&[oid(&RSA), null()], &rsa(bits, &[1, 0, 1])),
        ));
    }
    keys.extend([
        (
            "RSA-PSS of 2048".into(),
            info(&[oid(&PSS)], &rsa(2048, &[3])),
        ),
        (
            "RSA, negative".into(),
            info(
                &[oid(&RSA), null()],
                &sequence(&[integer(&[0x80]), integer(&[3])]),
            ),
        ),
        (
            "RSA without exponent".into(),
            info(&[oid(&RSA), null()], &sequence(&[integer(&[1])])),
        ),
        (
            "RSA and more".into(),
            info(
                &[oid(&RSA), null()],
                &sequence(&[integer(&[1]), integer(&[1]), null()]),
            ),
        ),
        (
            "P-192".into(),
            curve(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1]),
        ),
        ("P-224".into(), curve(&[0x2b, 0x81, 4, 0, 0x21])),
        (
            "P-256".into(),
            curve(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
        ),
        ("P-384".into(), curve(&[0x2b, 0x81, 4, 0, 0x22])),
        ("P-521".into(), curve(&[0x2b, 0x81, 4, 0, 0x23])),
        ("secp256k1".into(), curve(&[0x2b, 0x81, 4, 0, 0x0a])),
        ("unknown curve".into(), curve(&[0x2b, 0x81, 4, 0, 0x0b])),
        ("P-256 written out".into(), explicit(&p256)),
        ("P-384 written out".into(), explicit(&p384)),
        ("P-521 written out".into(), explicit(&p521)),
        ("another curve written out".into(), explicit(&[0x7f; 32])),
        ("implicit curve".into(), info(&[oid(&EC), null()], &[4; 65])),
        ("no curve".into(), info(&[oid(&EC)], &[4; 65])),
        (
            "Ed25519".into(),
            info(&[oid(&[0x2b, 0x65, 0x70])], &[1; 32]),
        ),
        (
            "Ed25519, too long".into(),
            info(&[oid(&[0x2b, 0x65, 0x70])], &[1; 33]),
        ),
        ("Ed448".into(), info(&[oid(&[0x2b, 0x65, 0x71])], &[1; 57])),
        (
            "Ed448, too short".into(),
            info(&[oid(&[0x2b, 0x65, 0x71])], &[1; 56]),
        ),
        (
            "DSA of 1024".into(),
            info(&[oid(&DSA), dsa(128)], &integer(&[5])),
        ),
        (
            "DSA of 2048".into(),
            info(&[oid(&DSA), dsa(256)], &integer(&[5])),
        ),
        (
            "DSA without parameters".into(),
            info(&[oid(&DSA)], &integer(&[5])),
        ),
        (
            "DSA with half the parameters".into(),
            info(&[oid(&DSA), sequence(&[integer(&[5])])], &integer(&[5])),
        ),
        ("ML-DSA-44".into(), ml_dsa(17)),
        ("ML-DSA-65".into(), ml_dsa(18)),
        ("ML-DSA-87".into(), ml_dsa(19)),
        ("unknown".into(), ml_dsa(99)),
        (
            "unused bits".into(),
            sequence(&[sequence(&[oid(&[0x2b, 0x65, 0x70])]), der(3, &[1; 33])]),
        ),
    ]);
    let row = |(what, info): (String, Vec<u8>)| {
        format!("{what}{}\n\n", opinions(&with_leaf_key(info, NOW)))
    };
    insta::assert_snapshot!(keys.into_iter().map(row).collect::<String>());
}

#[test]
fn signature_algorithms_of_leaves() {
    let null = || der(5, &[]);
    let rsa = |last: u8| {
        sequence(&[
            oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last]),
            null(),
        ])
    };
    let ecdsa = |last: u8| sequence(&[oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, last])]);
    let nist = |last: u8| sequence(&[oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, last])]);
    let hash = |last: u8| sequence(&[oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last]), null()]);
    let mask = |last: u8| {
        sequence(&[
            oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8]),
            hash(last),
        ])
    };
    let pss = |parts: &[Vec<u8>]| sequence(&[oid(&PSS), sequence(parts)]);
    let usual = |salt: u8, trailer: u8| {
        pss(&[
            der(0xa0, &hash(1)),
            der(0xa1, &mask(1)),
            der(0xa2, &integer(&[salt])),
            der(0xa3, &integer(&[trailer])),
        ])
    };
    let good = ecdsa(2);
    let mut rows: Vec<(String, Vec<u8>)> = Vec::new();
    rows.extend([2, 3, 4, 5, 11, 12, 13, 14, 99].map(|last| (format!("RSA {last}"), rsa(last))));
    rows.extend([1, 2, 3, 4, 9].map(|last| (format!("ECDSA {last}"), ecdsa(last))));
    rows.extend([1, 2, 9, 13, 17, 18, 19].map(|last| (format!("NIST {last}"), nist(last))));
    rows.extend([
        (
            "ECDSA with SHA-1".into(),
            sequence(&[oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1])]),
        ),
        (
            "DSA with SHA-1".into(),
            sequence(&[oid(&[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3])]),
        ),
        (
            "RSA with SHA-1, OIW".into(),
            sequence(&[oid(&[0x2b, 14, 3, 2, 29])]),
        ),
        ("Ed25519".into(), sequence(&[oid(&[0x2b, 0x65, 0x70])])),
        ("Ed448".into(), sequence(&[oid(&[0x2b, 0x65, 0x71])])),
        ("PSS, usual".into(), usual(32, 1)),
        ("PSS, other salt".into(), usual(20, 1)),
        ("PSS, other trailer".into(), usual(32, 2)),
        (
            "PSS, other mask".into(),
            pss(&[
                der(0xa0, &hash(1)),
                der(0xa1, &mask(2)),
                der(0xa2, &integer(&[32])),
            ]),
        ),
        (
            "PSS, unknown mask".into(),
            pss(&[der(0xa1, &sequence(&[oid(&[0x2a, 3]), hash(1)]))]),
        ),
        ("PSS, SHA-3".into(), pss(&[der(0xa0, &hash(8))])),
        ("PSS, unknown hash".into(), pss(&[der(0xa0, &hash(99))])),
        ("PSS, defaults".into(), pss(&[])),
        ("PSS, trailing NULL".into(), pss(&[null()])),
        ("PSS without parameters".into(), sequence(&[oid(&PSS)])),
    ]);
    let mut table = String::new();
    for (what, algorithm) in &rows {
        let same = opinions(&with_leaf_algorithm(algorithm, algorithm, NOW));
        write!(table, "{what}{same}\n\n").unwrap();
    }
    for (what, inside, outside) in [
        ("another outside", &good, &ecdsa(3)),
        ("another inside", &ecdsa(3), &good),
    ] {
        let opinions = opinions(&with_leaf_algorithm(inside, outside, NOW));
        write!(table, "{what}{opinions}\n\n").unwrap();
    }
    insta::assert_snapshot!(table);
}
