use super::sample::*;
use crate::cert::judge::{self, Rule, Weight};
use crate::cert::{Certificate, Document, Time, read, read_at_most};

fn rules(change: impl FnOnce(&mut Sample)) -> Vec<&'static str> {
    let mut sample = Sample::default();
    change(&mut sample);
    ids(&sample.read().unwrap())
}

fn ids(certificate: &Certificate) -> Vec<&'static str> {
    judge::certificate(certificate, NOW)
        .iter()
        .map(|verdict| verdict.rule.id())
        .collect()
}

/// What a plain sample draws: its signature is not true.
const PLAIN: [&str; 2] = ["bad-signature", "no-name-constraints"];

fn plus(more: &[&'static str]) -> Vec<&'static str> {
    let mut all = [&PLAIN[..], more].concat();
    let weight = |id: &&str| Rule::from_id(id).unwrap().weight();
    all.sort_by_key(|id| (weight(id), *id));
    all
}

fn sorted(mut found: Vec<&'static str>) -> Vec<&'static str> {
    found.sort_by_key(|id| (Rule::from_id(id).unwrap().weight(), *id));
    found
}

#[test]
fn a_root_with_a_true_signature_is_only_noted() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::default();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let root = parameters.self_signed(&key).unwrap();
    assert_eq!(
        ids(&Certificate::from_der(root.der()).unwrap()),
        ["no-name-constraints"]
    );
}

type Change = Box<dyn FnOnce(&mut Sample)>;

#[test]
fn each_fault_draws_its_rule_and_no_other() {
    let dates =
        |from: &str, to: &str| seq(&[&tlv(0x17, &[from.as_bytes()]), &tlv(0x17, &[to.as_bytes()])]);
    let p192 = tlv(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1]]);
    let cases: Vec<(Change, Vec<&'static str>)> = vec![
        (Box::new(|_| {}), vec![]),
        (
            Box::new(|s| s.tail = Sample::extensions(&[&ca(false), &key_usage(4), &ski(1)])),
            vec!["basic-constraints"],
        ),
        (
            Box::new(|s| s.tail = Sample::extensions(&[&ca(true), &key_usage(2), &ski(1)])),
            vec!["no-key-cert-sign"],
        ),
        (
            Box::new(|s| s.tail = Sample::extensions(&[&ca(true), &key_usage(4)])),
            vec!["no-ski"],
        ),
        (
            Box::new(|s| s.tail = Sample::extensions(&[&ca(true), &ski(1)])),
            vec!["no-key-usage"],
        ),
        (
            Box::new(|s| {
                let unknown = extension(99, true, &[]);
                s.tail = Sample::extensions(&[&ca(true), &key_usage(4), &ski(1), &unknown]);
            }),
            vec!["unknown-critical-extension"],
        ),
        (
            Box::new(move |s| s.validity = dates("250101000000Z", "260531235959Z")),
            vec!["expired"],
        ),
        (
            Box::new(move |s| s.validity = dates("250101000000Z", "260630235959Z")),
            vec!["expires-soon"],
        ),
        (
            Box::new(move |s| s.validity = dates("250101000000Z", "260701000000Z")),
            vec![],
        ),
        (
            Box::new(move |s| s.validity = dates("260601000001Z", "350101000000Z")),
            vec!["not-yet-valid"],
        ),
        (Box::new(|s| s.key = rsa_key(2040)), vec!["weak-key"]),
        (
            Box::new(|s| s.serial = vec![2, 1, 0xff]),
            vec!["negative-serial"],
        ),
        (Box::new(|s| s.algorithm = algorithm(5)), vec!["malformed"]),
        (
            Box::new(|s| s.issuer = name(&[&[(3, 12, b"Sample Root")], &[]])),
            vec!["malformed"],
        ),
    ];
    for (index, (change, more)) in cases.into_iter().enumerate() {
        let found = rules(change);
        assert_eq!(sorted(found), plus(&more), "case {index}");
    }
    let weak = |key: Vec<u8>| rules(|s| s.key = key).contains(&"weak-key");
    assert!(weak(ec_key(&p192, 49)) && weak(ec_key(&seq(&[]), 65)));
    assert!(!weak(ec_key(&tlv(6, &[&[0x2b, 0x81, 4, 0, 0x21]]), 57)));
}

#[test]
fn a_certificate_that_is_no_ca_is_refused() {
    let leaf = extension(19, true, &seq(&[]));
    assert!(rules(|s| s.tail = Sample::extensions(&[&leaf])).contains(&"not-a-ca"));
    let none = rules(|s| s.tail = Sample::extensions(&[&ski(1)]));
    assert!(none.contains(&"not-a-ca") && none.contains(&"basic-constraints"));
    let first = rules(|s| (s.version, s.tail) = (vec![], vec![]));
    assert!(!first.contains(&"not-a-ca") && first.contains(&"basic-constraints"));
}

#[test]
fn an_intermediate_is_told_from_a_broken_root() {
    let other = rules(|s| s.issuer = common_name("Other"));
    assert!(other.contains(&"intermediate-as-anchor") && !other.contains(&"bad-signature"));
    let ids = |authority| Sample::extensions(&[&ca(true), &ski(1), &aki(authority)]);
    let rollover = rules(|s| s.tail = ids(2));
    assert!(rollover.contains(&"intermediate-as-anchor") && !rollover.contains(&"bad-signature"));
    assert!(rules(|s| s.tail = ids(1)).contains(&"bad-signature"));
}

#[test]
fn a_leaf_is_no_intermediate() {
    let leaf = extension(19, true, &seq(&[]));
    let found = rules(|s| {
        s.issuer = common_name("Other");
        s.tail = Sample::extensions(&[&leaf]);
    });
    assert!(found.contains(&"not-a-ca") && !found.contains(&"intermediate-as-anchor"));
}

#[test]
fn wrong_purposes_and_a_lack_of_constraints_are_noted_of_a_ca() {
    let purpose = |last: u8| {
        let server = tlv(6, &[&[0x2b, 6, 1, 5, 5, 7, 3, last]]);
        extension(37, false, &seq(&[&server]))
    };
    let any = extension(37, false, &seq(&[&tlv(6, &[&[0x55, 0x1d, 0x25, 0]])]));
    let no_ca = extension(19, true, &seq(&[]));
    for (what, basic, purposes, noted) in [
        ("CA for servers", &ca(true), &purpose(1), false),
        ("CA for clients", &ca(true), &purpose(2), true),
        ("CA for anything", &ca(true), &any, false),
        ("client", &no_ca, &purpose(2), false),
    ] {
        let found = rules(|s| s.tail = Sample::extensions(&[basic, purposes]));
        assert_eq!(found.contains(&"not-for-servers"), noted, "{what}");
        let is_ca = what != "client";
        assert_eq!(found.contains(&"no-name-constraints"), is_ca, "{what}");
    }
    let subtree = seq(&[&tlv(0x82, &[b"example.com"])]);
    let constraints = extension(30, true, &seq(&[&tlv(0xa0, &[&subtree])]));
    let constrained = rules(|s| s.tail = Sample::extensions(&[&ca(true), &constraints]));
    assert!(!constrained.contains(&"no-name-constraints"));
}

#[test]
fn a_certificate_of_the_table_is_known_by_itself_and_by_its_key() {
    let superfish = read(include_bytes!("../../../tests/fast/audit/superfish.pem"));
    let (_, known) = superfish.certificates().next().unwrap();
    assert!(ids(known).contains(&"known-bad"));
    let spki = known.spki_der().to_vec();
    assert!(rules(|s| s.key = spki).contains(&"known-bad"));
    assert!(!rules(|_| {}).contains(&"known-bad"));
}

#[test]
fn a_broken_hash_counts_only_under_a_foreign_signature() {
    let sha1 = |s: &mut Sample| (s.signed_algorithm, s.algorithm) = (algorithm(5), algorithm(5));
    assert!(!rules(sha1).contains(&"weak-signature"));
    let foreign = rules(|s| {
        sha1(s);
        s.issuer = common_name("Other");
    });
    assert!(foreign.contains(&"weak-signature"));
    // MD2 is computed nowhere, MD5 is.
    for (last, rule) in [(2, "signature-unverified"), (4, "bad-signature")] {
        let old = rules(|s| (s.signed_algorithm, s.algorithm) = (algorithm(last), algorithm(last)));
        assert!(
            old.contains(&rule) && !old.contains(&"weak-signature"),
            "{old:?}"
        );
    }
}

#[test]
fn names_that_openssl_cannot_read_are_refused_always() {
    let broken = Sample {
        subject: name(&[&[(3, 0x0c, b"\xff")]]),
        ..Sample::default()
    };
    let verdicts = judge::certificate(&broken.read().unwrap(), NOW);
    assert_eq!(
        (verdicts[0].rule, verdicts[0].weight),
        (Rule::Unparsable, Weight::Refused)
    );
}

#[test]
fn blocks_are_judged_by_what_they_hold() {
    let verdicts = |text: &str| -> Vec<&'static str> {
        let document = read(text.as_bytes());
        let blocks = document.blocks.iter().flat_map(judge::block);
        let problems = document.problems.iter().filter_map(judge::problem);
        blocks
            .chain(problems)
            .map(|verdict| verdict.rule.id())
            .collect()
    };
    let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    assert_eq!(verdicts(&block("PRIVATE KEY")), ["private-key"]);
    assert_eq!(verdicts(&block("PUBLIC KEY")), ["left-out"]);
    assert_eq!(verdicts(&block("X509 CRL")), ["unparsable", "left-out"]);
    assert_eq!(verdicts(&block("CERTIFICATE")), ["unparsable"]);
    assert_eq!(
        verdicts("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n"),
        ["private-key", "unparsable"]
    );
    assert_eq!(verdicts("-----END CERTIFICATE-----\n"), ["unparsable"]);
    assert_eq!(verdicts(""), ["not-a-certificate"]);
    assert_eq!(verdicts("MIIBszCCAVmg"), ["not-a-certificate"]);
}

#[test]
fn a_store_of_another_kind_and_too_much_of_one_are_refused_by_their_rules() {
    let verdict = |document: &Document| {
        let verdict = document.problems.iter().find_map(judge::problem).unwrap();
        let remedy = verdict.remedy.unwrap_or_default();
        (verdict.rule, remedy.split(' ').next().unwrap().to_owned())
    };
    let jks = [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2];
    let (rule, remedy) = verdict(&read(&jks));
    assert_eq!((rule, &*remedy), (Rule::NotACertificate, "`keytool"));
    let two = Sample::default().read().unwrap().to_pem().repeat(2);
    let (rule, _) = verdict(&read_at_most(two.as_bytes(), 1));
    assert_eq!(rule, Rule::TooManyCertificates);
}

#[test]
fn limits_are_named_in_their_verdicts() {
    assert_eq!(judge::too_large(2, 1).rule, Rule::TooLarge);
    assert!(judge::too_many(2, 1).message.contains("limit of 1"));
}

#[test]
fn rule_names_lead_back_to_their_rules() {
    for rule in Rule::ALL {
        assert_eq!(Rule::from_id(rule.id()), Some(*rule));
    }
    assert_eq!(Rule::from_id("expired "), None);
}

#[test]
fn days_to_the_end_are_counted_from_the_clock_handed_in() {
    let root = Sample::default().read().unwrap();
    let last = judge::certificate(&root, root.not_after());
    assert!(
        last.iter()
            .any(|verdict| verdict.message.starts_with("expires in 0 days"))
    );
    let after = judge::certificate(&root, Time(root.not_after().0 + 1));
    assert!(after.iter().any(|verdict| verdict.rule == Rule::Expired));
}
