use super::*;
use crate::cert::tests::sample::{Sample, ca, extension, seq, tlv};

const MAIL: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
const COMMON_NAME: &[u8] = &[0x55, 4, 3];

/// A name of one attribute after the other.
fn subject(attributes: &[(&[u8], &str)]) -> Vec<u8> {
    let sets: Vec<u8> = attributes
        .iter()
        .flat_map(|(oid, value)| {
            let pair = seq(&[&tlv(6, &[oid]), &tlv(0x0c, &[value.as_bytes()])]);
            tlv(0x31, &[&pair])
        })
        .collect();
    seq(&[&sets])
}

fn leaf(subject: Vec<u8>, names: &[Vec<u8>]) -> Vec<u8> {
    let list = extension(17, false, &seq(&[&names.concat()]));
    let sample = Sample {
        subject,
        tail: Sample::extensions(&[&list]),
        ..Sample::default()
    };
    sample.der()
}

fn by(profile: &str) -> Options {
    Options {
        profile: Profile::named(profile).unwrap(),
        ..Options::at(0)
    }
}

/// The constrained names of a leaf by their kind, the subject itself left out.
fn told(profile: &str, attributes: &[(&[u8], &str)], names: &[Vec<u8>]) -> String {
    let der = leaf(subject(attributes), names);
    let certificate = Parsed::read(&der).unwrap();
    let all = constrained_names(&certificate, &by(profile));
    let told = all.iter().filter_map(|name| {
        let kind = match name {
            GeneralName::Dns(_) => "dns",
            GeneralName::Email(_) => "mail",
            GeneralName::Ip(_) => "ip",
            _ => return None,
        };
        Some(format!("{kind}:{}", name.describe()))
    });
    told.collect::<Vec<_>>().join(" ")
}

#[test]
fn each_program_takes_other_parts_of_the_subject_for_names() {
    let mail = |text: &str| tlv(0x81, &[text.as_bytes()]);
    let dns = |text: &str| tlv(0x82, &[text.as_bytes()]);
    let ip = || tlv(0x87, &[&[10, 0, 0, 9]]);
    let both: &[(&[u8], &str)] = &[(MAIL, "a@b.org"), (COMMON_NAME, "b.org")];
    let host: &[(&[u8], &str)] = &[(COMMON_NAME, "host")];
    let address: &[(&[u8], &str)] = &[(COMMON_NAME, "10.0.0.1")];
    let hosts: &[(&[u8], &str)] = &[(COMMON_NAME, "a.org"), (COMMON_NAME, "b.org")];
    let mails: &[(&[u8], &str)] = &[(MAIL, "a@a.org"), (MAIL, "b@b.org")];
    let last: &[(&[u8], &str)] = &[(COMMON_NAME, "10.0.0.1"), (COMMON_NAME, "::1")];
    let words: &[(&[u8], &str)] = &[(COMMON_NAME, "An example.")];
    for (profile, attributes, names, expected) in [
        ("rfc5280", both, vec![], "mail:a@b.org"),
        ("rfc5280", both, vec![mail("c@d.org")], "mail:c@d.org"),
        (
            "rfc5280",
            both,
            vec![dns("d.org")],
            "dns:d.org mail:a@b.org",
        ),
        ("go", both, vec![], ""),
        ("webpki-rs", both, vec![], ""),
        ("openssl", both, vec![], "mail:a@b.org dns:b.org"),
        (
            "openssl",
            both,
            vec![dns("d.org")],
            "dns:d.org mail:a@b.org",
        ),
        (
            "openssl",
            both,
            vec![ip()],
            "ip:10.0.0.9 mail:a@b.org dns:b.org",
        ),
        ("openssl", host, vec![], ""),
        ("openssl", address, vec![], "dns:10.0.0.1"),
        ("openssl", words, vec![], ""),
        ("openssl", hosts, vec![], "dns:a.org dns:b.org"),
        ("gnutls", both, vec![], "mail:a@b.org dns:b.org"),
        ("gnutls", hosts, vec![], ""),
        ("gnutls", mails, vec![], ""),
        ("openssl", mails, vec![], "mail:a@a.org mail:b@b.org"),
        ("java", both, vec![], "mail:a@b.org dns:b.org"),
        ("java", host, vec![], "dns:host"),
        ("java", words, vec![], ""),
        ("java", address, vec![], "ip:10.0.0.1"),
        ("java", address, vec![dns("d.org")], "dns:d.org ip:10.0.0.1"),
        ("java", address, vec![ip()], "ip:10.0.0.9"),
        ("java", last, vec![], "ip:::1"),
        ("rfc5280", address, vec![], ""),
        ("rfc5280", &[], vec![dns("d.org")], "dns:d.org"),
    ] {
        let found = told(profile, attributes, &names);
        assert_eq!(found, expected, "{profile} {attributes:02x?}");
    }
}

/// The codes of constraints on a path of a leaf with so many names under a CA with so many subtrees.
fn held(names: usize, subtrees: usize) -> Vec<Code> {
    let name = |number: usize| tlv(0x82, &[format!("n{number}.example.com").as_bytes()]);
    let names: Vec<Vec<u8>> = (0..names).map(name).collect();
    let leaf = leaf(seq(&[]), &names);
    let base = |number: usize| seq(&[&tlv(0x82, &[format!("b{number}.org").as_bytes()])]);
    let bases: Vec<u8> = (0..subtrees).flat_map(base).collect();
    let constraints = extension(30, true, &seq(&[&tlv(0xa1, &[&bases])]));
    let above = Sample {
        tail: Sample::extensions(&[&ca(true), &constraints]),
        ..Sample::default()
    };
    let above = above.der();
    let path = [Parsed::read(&leaf).unwrap(), Parsed::read(&above).unwrap()];
    let options = by("rfc5280");
    let mut faults = Faults::new(&options);
    super::constraints(&[&path[0], &path[1]], false, true, &options, &mut faults);
    faults.list.iter().map(|fault| fault.code).collect()
}

#[test]
fn names_are_held_against_constraints_up_to_a_budget() {
    assert_eq!(held(500, 500), []);
    assert_eq!(held(501, 500), [Code::TooManyNames]);
}

#[test]
fn an_index_spares_most_comparisons() {
    let names: Vec<String> = (0..1000).map(|number| format!("h{number}.org")).collect();
    let list: Vec<Subtree<'_>> = names
        .iter()
        .map(|name| Subtree {
            base: GeneralName::Dns(name.as_bytes()),
            bounded: false,
            written: false,
        })
        .collect();
    let index = DnsIndex::worth(&list, 1000, Constraining::Standard);
    let compared = |name: &GeneralName<'_>, index| {
        let mut count = 0;
        each_fit(name, &list, index, |_| count += 1);
        count
    };
    let (host, mail) = (
        GeneralName::Dns(b"a.h7.org"),
        GeneralName::Email(b"a@h7.org"),
    );
    assert_eq!(compared(&host, index.as_ref()), 2);
    assert_eq!(compared(&host, None), 1000);
    assert_eq!(compared(&mail, index.as_ref()), 1000);
}
