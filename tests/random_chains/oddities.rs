//! What programs differ about: names, constraints, extensions and versions that hardly any CA makes, each in a chain
//! that is sound otherwise.

use super::{
    CERT_SIGN, CLIENT, Chain, DIGITAL_SIGNATURE, Draft, Random, SERVER, alt_names, basic, ce,
    constraints, der, dns, integer, ip, purposes, sequence, usage,
};

/// An alternative name of the leaf, and the host that is asked for.
const HOSTS: &[(&str, &str)] = &[
    ("ho_st.example.com", "ho_st.example.com"),
    ("*.example.com", "ho_st.example.com"),
    ("*.exa_mple.com", "host.exa_mple.com"),
    ("_*.example.com", "_a.example.com"),
    ("host.example.com.", "host.example.com"),
    ("host.example.com", "host.example.com."),
    ("host.example.com.", "host.example.com."),
    ("*.example.com.", "host.example.com"),
    ("*.example.com", "host.example.com."),
    ("ba*.example.com", "bar.example.com"),
    ("ba*.example.com", "ba.example.com"),
    ("BA*.example.com", "bar.example.com"),
    ("*z.example.com", "z.example.com"),
    ("b*z.example.com", "baz.example.com"),
    ("b*z.example.com", "bz.example.com"),
    ("*", "com"),
    ("*.", "com"),
    ("*.com", "example.com"),
    ("*.com.", "example.com"),
    ("*com", "example.com"),
    ("www.*.com", "www.example.com"),
    ("www.*.com", "*.example.com"),
    ("www.*.example.com", "www.host.example.com"),
    ("www*.example.com", "www.example.com"),
    ("w*.*.example.com", "www.host.example.com"),
    ("*.*.example.com", "www.host.example.com"),
    ("**.example.com", "host.example.com"),
    ("*.host.example.com", "host.example.com"),
    ("*.example.com", "xn--a.example.com"),
    ("x*.example.com", "xn--a.example.com"),
    ("xn--*.example.com", "xn--ab.example.com"),
    ("*.xn--nxa.example", "host.xn--nxa.example"),
    ("*-a.example.com", "b-a.example.com"),
    ("*.-a.example", "host.-a.example"),
    ("*.a-.example", "host.a-.example"),
    ("a-.example.com", "a-.example.com"),
    ("*.example.com", "a-.example.com"),
    (".example.com", "host.example.com"),
    ("host..example.com", "host.example.com"),
    ("", "host.example.com"),
    (".", "host.example.com"),
    ("exam ple.com", "host.example.com"),
    ("host.example.com\0.example.org", "host.example.com"),
    ("127.0.0.1", "127.0.0.1"),
    ("*.0.0.1", "127.0.0.1"),
    ("*.example.com", "HOST.Example.COM"),
];

/// Common names where there is no alternative name of that kind.
const COMMON: &[(u8, &str, &str)] = &[
    (0x0c, "host.example.com", "host.example.com"),
    (0x13, "host.example.com", "host.example.com"),
    (0x14, "host.example.com", "host.example.com"),
    (0x16, "host.example.com", "host.example.com"),
    (0x0c, "*.example.com", "host.example.com"),
    (0x0c, "host.example.com.", "host.example.com"),
    (0x0c, "127.0.0.1", "127.0.0.1"),
    (0x0c, "ho_st.example.com", "ho_st.example.com"),
];

fn email(text: &str) -> Vec<u8> {
    der(0x81, text.as_bytes())
}

fn uri(text: &str) -> Vec<u8> {
    der(0x86, text.as_bytes())
}

fn directory(tag: u8, text: &str) -> Vec<u8> {
    let attribute = sequence(&[vec![6, 3, 0x55, 4, 10], der(tag, text.as_bytes())]);
    der(0xa4, &sequence(&[der(0x31, &attribute)]))
}

fn domain_component(tag: u8, text: &str) -> Vec<u8> {
    let oid = der(
        6,
        &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 0x19],
    );
    let attribute = sequence(&[oid, der(tag, text.as_bytes())]);
    der(0xa4, &sequence(&[der(0x31, &attribute)]))
}

fn other_name(oid: &[u8], text: &str) -> Vec<u8> {
    der(
        0xa0,
        &[der(6, oid), der(0xa0, &der(0x0c, text.as_bytes()))].concat(),
    )
}

const SMTP: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 8, 9];
const MAPPED: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];

/// Alternative names, and subtrees of their kind.
fn names_and_subtrees() -> Vec<(Vec<u8>, Vec<u8>)> {
    let texts = |of: fn(&str) -> Vec<u8>, pairs: &[(&str, &str)]| -> Vec<(Vec<u8>, Vec<u8>)> {
        pairs
            .iter()
            .map(|(name, base)| (of(name), of(base)))
            .collect()
    };
    let mut all = texts(
        dns,
        &[
            ("a.example.org", "example.org"),
            ("example.org", ".example.org"),
            ("a.example.org", ".example.org"),
            ("a.example.org", "EXAMPLE.org"),
            ("a.example.org", "*.example.org"),
            ("*.example.org", "a.example.org"),
            ("*.example.org", "example.org"),
            ("a.example.org.", "example.org"),
            ("a.example.org", "example.org."),
            ("a_b.example.org", "example.org"),
            ("a.exa_mple.org", "exa_mple.org"),
            ("bexample.org", "example.org"),
            ("a.example.org", ""),
            ("", "example.org"),
            ("exam ple.org", "example.org"),
            ("a.example.org", "exam ple.org"),
        ],
    );
    all.extend(texts(
        email,
        &[
            ("a@example.org", "a@example.org"),
            ("A@example.org", "a@example.org"),
            ("a@EXAMPLE.org", "a@example.org"),
            ("a@example.org", "example.org"),
            ("a@b.example.org", "example.org"),
            ("a@b.example.org", ".example.org"),
            ("a@example.org", ".example.org"),
            ("a@example.org", "@example.org"),
            ("a@example.org", ""),
            ("example.org", "example.org"),
            ("a@b@example.org", "example.org"),
            ("\"a b\"@example.org", "example.org"),
            ("a@example.org", "exam ple.org"),
        ],
    ));
    all.extend(texts(
        uri,
        &[
            ("https://example.org/", "example.org"),
            ("https://a.example.org/", "example.org"),
            ("https://a.example.org/", ".example.org"),
            ("https://EXAMPLE.org/", "example.org"),
            ("https://u@example.org:8443/", "example.org"),
            ("https://example.org:port/", "example.org"),
            ("https://example.org", "https://example.org"),
            ("https://192.0.2.1/", "192.0.2.1"),
            ("https://[2001:db8::1]/", "example.org"),
            ("urn:example.org", "example.org"),
            ("mailto:a@example.org", "example.org"),
            ("example.org", "example.org"),
            ("https://example.org/", ""),
            ("https://example.org/", "exam ple.org"),
        ],
    ));
    let ten = [10, 0, 0, 0, 255, 0, 0, 0];
    let six = [
        &[0; 10][..],
        &[0xff, 0xff, 10, 0, 0, 0],
        &[0xff; 13],
        &[0; 3],
    ]
    .concat();
    for (name, subtree) in [
        (&[10, 0, 0, 1][..], &ten[..]),
        (&[11, 0, 0, 1], &ten),
        (&[10, 0, 0, 1], &[10, 0, 0, 0, 255, 0, 255, 0]),
        (&[10, 0, 0, 1], &[10, 0, 0, 1, 255, 0, 0, 0]),
        (&[10, 0, 0, 1], &[10, 0, 0]),
        (&[10, 0, 0], &ten),
        (&MAPPED, &ten),
        (&[10, 0, 0, 1], &six),
        (&MAPPED, &six),
    ] {
        all.push((ip(name), ip(subtree)));
    }
    all.extend([
        (directory(0x0c, "Org"), directory(0x0c, "Org")),
        (directory(0x0c, "Org"), directory(0x13, "Org")),
        (directory(0x0c, "ORG"), directory(0x0c, "org")),
        (directory(0x0c, "Org  b"), directory(0x0c, "Org b")),
        (directory(0x14, "Org"), directory(0x0c, "Org")),
        (domain_component(0x16, "ORG"), domain_component(0x16, "org")),
        (domain_component(0x16, "org"), domain_component(0x0c, "org")),
        (other_name(SMTP, "a@example.org"), email("example.org")),
        (other_name(SMTP, "a@example.com"), email("example.org")),
        (
            other_name(SMTP, "a@example.org"),
            other_name(SMTP, "example.org"),
        ),
        (other_name(&[0x2a, 3], "a"), other_name(&[0x2a, 3], "a")),
        (other_name(&[0x2a, 3], "a"), email("example.org")),
        (der(0x88, &[0x2a, 3]), der(0x88, &[0x2a, 3])),
        (der(0x88, &[0x2a, 3]), email("example.org")),
        (der(0x8a, &[1]), email("example.org")),
    ]);
    all
}

/// Identifiers of extensions, each with content that is in order.
fn known() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let point = sequence(&[sequence(&[der(0xa0, &der(0xa0, &uri("http://crl.test/")))])]);
    let policy = sequence(&[sequence(&[vec![6, 3, 0x2a, 3, 4]])]);
    let access = |number: u8| {
        let method = vec![6, 8, 0x2b, 6, 1, 5, 5, 7, 48, number];
        sequence(&[sequence(&[method, uri("http://a.test/")])])
    };
    let pe = |number: u8| vec![0x2b, 6, 1, 5, 5, 7, 1, number];
    let mapping = sequence(&[sequence(&[vec![6, 2, 0x2a, 3], vec![6, 2, 0x2a, 4]])]);
    vec![
        ("subject key", ce(14), der(4, &[1; 20])),
        ("key usage", ce(15), usage(CERT_SIGN | DIGITAL_SIGNATURE)),
        (
            "alternative name",
            ce(17),
            alt_names(&[dns("host.example.com")]),
        ),
        (
            "issuer's alternative name",
            ce(18),
            alt_names(&[dns("host.example.com")]),
        ),
        ("basic constraints", ce(19), basic(true, None)),
        (
            "name constraints",
            ce(30),
            constraints(&[dns("example.com")], &[]),
        ),
        ("distribution points", ce(31), point.clone()),
        ("policies", ce(32), policy),
        ("policy mappings", ce(33), mapping),
        ("authority key", ce(35), sequence(&[])),
        ("policy constraints", ce(36), sequence(&[der(0x80, &[5])])),
        ("purposes", ce(37), purposes(&[SERVER])),
        ("freshest list", ce(46), point),
        ("any policy", ce(54), integer(&[5])),
        ("authority access", pe(1), access(1)),
        ("subject access", pe(11), access(5)),
        ("features", pe(24), sequence(&[integer(&[5])])),
        ("no check", vec![0x2b, 6, 1, 5, 5, 7, 48, 1, 5], vec![5, 0]),
        (
            "comment",
            vec![0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 13],
            der(0x16, b"x"),
        ),
        (
            "kind",
            vec![0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1],
            der(3, &[6, 0x40]),
        ),
    ]
}

type Oddity = Box<dyn Fn(&mut Draft)>;

/// All of them, each with its name.
fn oddities() -> Vec<(String, Oddity)> {
    let mut all: Vec<(String, Oddity)> = Vec::new();
    let mut add = |label: String, oddity: Oddity| all.push((label, oddity));
    for &(pattern, host) in HOSTS {
        let label = format!("`{}` for `{host}`", pattern.escape_default());
        add(
            label,
            Box::new(move |draft| {
                draft.host = host.into();
                draft.specs[0].set(ce(17), false, alt_names(&[dns(pattern)]));
            }),
        );
    }
    for &(tag, text, host) in COMMON {
        for others in [
            vec![],
            vec![email("a@example.com")],
            vec![ip(&[10, 0, 0, 1])],
        ] {
            let label = format!(
                "common name {tag} `{text}` for `{host}` beside {}",
                others.len()
            );
            add(
                label,
                Box::new(move |draft| {
                    draft.host = host.into();
                    draft.specs[0].subject = common(&[(tag, text)]);
                    draft.specs[0].drop(&ce(17));
                    if !others.is_empty() {
                        draft.specs[0].set(ce(17), false, alt_names(&others));
                    }
                }),
            );
        }
    }
    for names in [["other", "host.example.com"], ["host.example.com", "other"]] {
        add(
            format!("two common names {names:?}"),
            Box::new(move |draft| {
                draft.specs[0].subject = common(&names.map(|name| (0x0c, name)));
                draft.specs[0].drop(&ce(17));
            }),
        );
    }
    for (at, (name, subtree)) in names_and_subtrees().into_iter().enumerate() {
        for permits in [true, false] {
            for place in [1, usize::MAX] {
                let (name, subtree) = (name.clone(), subtree.clone());
                let word = if permits { "permitted" } else { "excluded" };
                let label = format!(
                    "constraint {at} {word} at {}: {}",
                    place.min(2),
                    show(&name)
                );
                add(
                    label,
                    Box::new(move |draft| {
                        let place = place.min(draft.last());
                        let hosts = [dns("host.example.com"), name.clone()];
                        draft.specs[0].set(ce(17), false, alt_names(&hosts));
                        let permitted = [subtree.clone(), dns("host.example.com")];
                        let content = if permits {
                            constraints(&permitted, &[])
                        } else {
                            constraints(&[], &permitted[..1])
                        };
                        draft.specs[place].set(ce(30), true, content);
                    }),
                );
            }
        }
    }
    subjects(&mut add);
    extensions(&mut add);
    shapes(&mut add);
    all
}

fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).escape_default().to_string()
}

fn common(values: &[(u8, &str)]) -> Vec<u8> {
    let value = |&(tag, text): &(u8, &str)| {
        der(
            0x31,
            &sequence(&[vec![6, 3, 0x55, 4, 3], der(tag, text.as_bytes())]),
        )
    };
    sequence(&values.iter().map(value).collect::<Vec<_>>())
}

/// Names in the subject, under constraints.
fn subjects(add: &mut impl FnMut(String, Oddity)) {
    let mailbox = || {
        let oid = der(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1]);
        sequence(&[der(0x31, &sequence(&[oid, der(0x16, b"a@example.com")]))])
    };
    for (what, others) in [
        ("a host", vec![dns("host.example.com")]),
        (
            "a host and a mailbox",
            vec![dns("host.example.com"), email("a@example.org")],
        ),
    ] {
        for permits in [true, false] {
            let others = others.clone();
            let label = format!("mailbox in the subject beside {what}, permitted {permits}");
            add(
                label,
                Box::new(move |draft| {
                    draft.specs[0].subject = mailbox();
                    draft.specs[0].set(ce(17), false, alt_names(&others));
                    let content = if permits {
                        constraints(&[email("example.org"), dns("example.com")], &[])
                    } else {
                        constraints(&[], &[email("example.com")])
                    };
                    draft.specs[1].set(ce(30), true, content);
                }),
            );
        }
    }
    for (what, subject) in [
        ("host", "host.example.com"),
        ("other host", "other.example.org"),
        ("words", "Some Server"),
        ("address", "10.0.0.1"),
        ("star", "*.example.org"),
        ("underscore", "a_b.example.org"),
    ] {
        for named in [true, false] {
            for (kind, base) in [
                ("host", dns("example.com")),
                ("address", ip(&[192, 0, 2, 0, 255, 255, 255, 0])),
            ] {
                for permits in [true, false] {
                    let base = base.clone();
                    let label =
                        format!("common name of {what}, named {named}, {kind} permitted {permits}");
                    add(
                        label,
                        Box::new(move |draft| {
                            draft.specs[0].subject = common(&[(0x0c, subject)]);
                            if named {
                                draft.host = "host.example.com".into();
                            } else {
                                draft.host = subject.into();
                                draft.specs[0].drop(&ce(17));
                            }
                            let list = [base.clone()];
                            let content = if permits {
                                constraints(&list, &[])
                            } else {
                                constraints(&[], &list)
                            };
                            draft.specs[1].set(ce(30), true, content);
                        }),
                    );
                }
            }
        }
    }
    for (what, base) in [
        ("nothing", None),
        ("a directory name", Some(directory(0x0c, "Org"))),
    ] {
        let base = base.clone();
        add(
            format!("an empty subject under {what}"),
            Box::new(move |draft| {
                draft.specs[0].subject = sequence(&[]);
                draft.specs[0].set(ce(17), true, alt_names(&[dns("host.example.com")]));
                if let Some(base) = &base {
                    draft.specs[1].set(ce(30), true, constraints(std::slice::from_ref(base), &[]));
                }
            }),
        );
    }
    for (what, bounds) in [
        ("minimum 0", der(0x80, &[0])),
        ("minimum 1", der(0x80, &[1])),
        ("maximum 1", der(0x81, &[1])),
    ] {
        for base in [dns("example.com"), email("example.com")] {
            let bounds = bounds.clone();
            add(
                format!("constraint with {what}: {}", show(&base)),
                Box::new(move |draft| {
                    let subtree = sequence(&[base.clone(), bounds.clone()]);
                    draft.specs[1].set(ce(30), true, sequence(&[der(0xa0, &subtree)]));
                }),
            );
        }
    }
}

/// Extensions with garbage in them, or with the other criticality.
fn extensions(add: &mut impl FnMut(String, Oddity)) {
    for (name, oid, sound) in known() {
        let contents = [
            ("in order", sound),
            ("garbage", vec![0x30, 3, 2]),
            ("NULL", vec![5, 0]),
            ("an empty sequence", vec![0x30, 0]),
        ];
        for (what, content) in contents {
            for critical in [true, false] {
                for place in 0..3 {
                    let (oid, content) = (oid.clone(), content.clone());
                    let label = format!("{name} with {what}, critical {critical}, at {place}");
                    add(
                        label,
                        Box::new(move |draft| {
                            let place = [0, 1, draft.last()][place];
                            draft.specs[place].set(oid.clone(), critical, content.clone());
                        }),
                    );
                }
            }
        }
    }
}

/// Versions, policies, and chains of an odd shape.
fn shapes(add: &mut impl FnMut(String, Oddity)) {
    for place in 0..3 {
        add(
            format!("no extensions at {place}"),
            Box::new(move |draft| {
                let place = [0, 1, draft.last()][place];
                draft.specs[place].extensions.clear();
            }),
        );
        for version in [0, 1, 3] {
            add(
                format!("version {} at {place}", version + 1),
                Box::new(move |draft| {
                    let place = [0, 1, draft.last()][place];
                    draft.specs[place].version = Some(version);
                }),
            );
        }
        for version in [0, 1, 2] {
            add(
                format!("unique identifiers in version {} at {place}", version + 1),
                Box::new(move |draft| {
                    let place = [0, 1, draft.last()][place];
                    if version < 2 {
                        draft.specs[place].extensions.clear();
                    }
                    draft.specs[place].version = Some(version);
                    draft.specs[place].unique_ids =
                        [der(0x81, &[0, 1]), der(0x82, &[0, 1])].concat();
                }),
            );
        }
        add(
            format!("a policy twice at {place}"),
            Box::new(move |draft| {
                let place = [0, 1, draft.last()][place];
                let one = || sequence(&[vec![6, 3, 0x2a, 3, 4]]);
                draft.specs[place].set(ce(32), false, sequence(&[one(), one()]));
            }),
        );
        for critical in [true, false] {
            add(
                format!("an unknown qualifier at {place}, critical {critical}"),
                Box::new(move |draft| {
                    let place = [0, 1, draft.last()][place];
                    let qualifier = sequence(&[vec![6, 2, 0x2a, 3], vec![5, 0]]);
                    let one = sequence(&[vec![6, 3, 0x2a, 3, 4], sequence(&[qualifier])]);
                    draft.specs[place].set(ce(32), critical, sequence(&[one]));
                }),
            );
        }
    }
    for keyed in [true, false] {
        add(
            format!("an issuer with the name of the leaf, keyed {keyed}"),
            Box::new(move |draft| {
                let subject = draft.specs[0].subject.clone();
                draft.specs[0].issuer.clone_from(&subject);
                draft.specs[1].subject = subject;
                if !keyed {
                    draft.specs[0].drop(&ce(35));
                }
            }),
        );
        add(
            format!("a server of its own, trusted, CA denied {keyed}"),
            Box::new(move |draft| {
                draft.specs[0].issuer = draft.specs[0].subject.clone();
                draft.specs[0].drop(&ce(35));
                draft.signers[0] = 0;
                draft.trusted = vec![0];
                draft.sent.clear();
                if keyed {
                    draft.specs[0].set(ce(19), true, basic(false, None));
                }
            }),
        );
        add(
            format!("a trusted leaf of a CA, sent {keyed}"),
            Box::new(move |draft| {
                draft.trusted = vec![0];
                if !keyed {
                    draft.sent.clear();
                }
            }),
        );
        add(
            format!("a CA as server of its own, limited {keyed}"),
            Box::new(move |draft| {
                draft.specs[0].issuer = draft.specs[0].subject.clone();
                draft.specs[0].drop(&ce(35));
                draft.specs[0].set(ce(19), true, basic(true, keyed.then_some(0)));
                draft.specs[0].set(ce(15), true, usage(CERT_SIGN | DIGITAL_SIGNATURE));
                draft.signers[0] = 0;
                draft.trusted = vec![0];
                draft.sent.clear();
            }),
        );
    }
    add(
        "a purpose in the root alone".into(),
        Box::new(|draft| {
            let top = draft.last();
            draft.specs[top].set(ce(37), false, purposes(&[CLIENT]));
        }),
    );
    add(
        "names of tag 9".into(),
        Box::new(|draft| {
            let names = [dns("host.example.com"), der(0x89, &[1])];
            draft.specs[0].set(ce(17), false, alt_names(&names));
        }),
    );
}

/// A chain for each of them, and what is odd in it.
pub fn odd_chains(now: i64) -> Vec<(String, Chain)> {
    let make = |(number, (label, apply)): (usize, (String, Oddity))| {
        let mut draft = Draft::new(now, &mut Random::new(number as u64), number);
        apply(&mut draft);
        (label, draft.finish())
    };
    oddities().into_iter().enumerate().map(make).collect()
}
