//! Faults to be put into a sound chain.

use super::{
    ANY, CERT_SIGN, CLIENT, CRL_SIGN, DAY, DIGITAL_SIGNATURE, Draft, Fault, KEY_ENCIPHERMENT,
    Random, SERVER, alt_names, attribute, basic, ce, constraints, der, dns, ip, name, purposes,
    sequence, usage,
};

/// Every fault, and some things that only look like one.
pub(super) const FAULTS: &[Fault] = &[
    ("expired", |d, r| {
        let at = d.some(r);
        d.specs[at].not_after = d.now - DAY;
    }),
    ("not yet valid", |d, r| {
        let at = d.some(r);
        d.specs[at].not_before = d.now + DAY;
    }),
    ("wrong host", |d, _| d.host = "other.example.com".into()),
    ("host in other case", |d, _| {
        d.host = "HOST.example.COM".into()
    }),
    ("wildcard", |d, r| {
        let pattern = *r.pick(&[
            "*.example.com",
            "*.com",
            "h*.example.com",
            "*.host.example.com",
            "host.*.com",
            "*t.example.com",
        ]);
        d.specs[0].set(ce(17), false, alt_names(&[dns(pattern)]));
    }),
    ("wildcard of two labels", |d, _| {
        d.host = "a.host.example.com".into();
        d.specs[0].set(ce(17), false, alt_names(&[dns("*.example.com")]));
    }),
    ("no alternative name", |d, _| d.specs[0].drop(&ce(17))),
    ("address only", |d, _| {
        d.specs[0].set(ce(17), false, alt_names(&[ip(&[127, 0, 0, 1])]))
    }),
    ("asked for an address", |d, r| {
        d.host = "127.0.0.1".into();
        let names = [
            vec![ip(&[127, 0, 0, 1])],
            vec![dns("127.0.0.1")],
            vec![ip(&[127, 0, 0, 2])],
        ];
        d.specs[0].set(ce(17), false, alt_names(r.pick(&names).as_slice()));
    }),
    ("many names", |d, _| {
        let names: Vec<Vec<u8>> = ["a.example.com", "host.example.com", "b.example.org"]
            .iter()
            .map(|n| dns(n))
            .collect();
        d.specs[0].set(ce(17), false, alt_names(&names));
    }),
    ("critical alternative name", |d, _| {
        d.specs[0].set(ce(17), true, alt_names(&[dns("host.example.com")]))
    }),
    ("empty subject", |d, r| {
        d.specs[0].subject = name("");
        let critical = r.one_in(2);
        d.specs[0].set(ce(17), critical, alt_names(&[dns("host.example.com")]));
    }),
    ("no CA", |d, r| {
        let at = d.some_ca(r);
        d.specs[at].set(ce(19), true, basic(false, None));
    }),
    ("no basic constraints", |d, r| {
        let at = d.some_ca(r);
        d.specs[at].drop(&ce(19));
    }),
    ("basic constraints not critical", |d, r| {
        let at = d.some_ca(r);
        d.specs[at].set(ce(19), false, basic(true, None));
    }),
    ("no certSign", |d, r| {
        let at = d.some_ca(r);
        d.specs[at].set(ce(15), true, usage(CRL_SIGN));
    }),
    ("no key usage", |d, r| {
        let at = d.some(r);
        d.specs[at].drop(&ce(15));
    }),
    ("path length", |d, r| {
        let at = d.some_ca(r);
        let most = r.below(3) as u8;
        d.specs[at].set(ce(19), true, basic(true, Some(most)));
    }),
    ("self-issued intermediate", |d, r| {
        let top = d.last();
        let root = d.specs[top].subject.clone();
        d.specs[top - 1].subject.clone_from(&root);
        d.specs[top - 2].issuer = root;
        if r.one_in(2) {
            d.specs[top].set(ce(19), true, basic(true, Some(0)));
        }
    }),
    ("leaf for clients", |d, _| {
        d.specs[0].set(ce(37), false, purposes(&[CLIENT]))
    }),
    ("leaf for anything", |d, _| {
        d.specs[0].set(ce(37), false, purposes(&[ANY]))
    }),
    ("leaf without purposes", |d, _| d.specs[0].drop(&ce(37))),
    ("leaf with both purposes, critical", |d, _| {
        d.specs[0].set(ce(37), true, purposes(&[CLIENT, SERVER]))
    }),
    ("CA for clients", |d, r| {
        let at = d.some_ca(r);
        d.specs[at].set(ce(37), false, purposes(&[CLIENT]));
    }),
    ("CA for servers", |d, r| {
        let at = d.some_ca(r);
        d.specs[at].set(ce(37), false, purposes(&[SERVER, CLIENT]));
    }),
    ("CA for anything", |d, r| {
        let at = d.some_ca(r);
        d.specs[at].set(ce(37), false, purposes(&[ANY]));
    }),
    ("leaf that signs", |d, r| {
        let bits = *r.pick(&[
            CERT_SIGN,
            CRL_SIGN,
            KEY_ENCIPHERMENT,
            CERT_SIGN | DIGITAL_SIGNATURE,
        ]);
        d.specs[0].set(ce(15), true, usage(bits));
    }),
    ("leaf is a CA", |d, r| {
        d.specs[0].set(ce(19), true, basic(true, None));
        if r.one_in(2) {
            d.specs[0].set(ce(15), true, usage(CERT_SIGN | DIGITAL_SIGNATURE));
        }
    }),
    ("leaf says it is no CA", |d, _| {
        d.specs[0].set(ce(19), true, basic(false, None))
    }),
    ("permitted", |d, r| {
        let base = *r.pick(&[
            "example.com",
            "host.example.com",
            ".example.com",
            "example.org",
            "com",
            "ple.com",
            "",
        ]);
        constrain(d, r, constraints(&[dns(base)], &[]));
    }),
    ("excluded", |d, r| {
        let base = *r.pick(&[
            "example.com",
            "host.example.com",
            ".example.com",
            "example.org",
            "x.host.example.com",
            "",
        ]);
        constrain(d, r, constraints(&[], &[dns(base)]));
    }),
    ("permitted and excluded", |d, r| {
        constrain(
            d,
            r,
            constraints(&[dns("example.com")], &[dns("bad.example.com")]),
        );
    }),
    ("address constraint", |d, r| {
        constrain(d, r, constraints(&[ip(&[10, 0, 0, 0, 255, 0, 0, 0])], &[]));
    }),
    ("directory constraint", |d, r| {
        let organization: &str = r.pick::<&str>(&["Random", "Other"]);
        let base = der(0xa4, &sequence(&[der(0x31, &attribute(10, organization))]));
        if r.one_in(2) {
            constrain(d, r, constraints(&[base], &[]))
        } else {
            constrain(d, r, constraints(&[], &[base]))
        }
    }),
    ("mail constraint", |d, r| {
        constrain(d, r, constraints(&[der(0x81, b"example.com")], &[]));
    }),
    ("unknown critical extension", |d, r| {
        let at = d.some(r);
        d.specs[at].set(
            vec![0x2b, 6, 1, 4, 1, 0x83, 0xb3, 0x3a, 1],
            true,
            vec![5, 0],
        );
    }),
    ("unknown extension", |d, r| {
        let at = d.some(r);
        d.specs[at].set(
            vec![0x2b, 6, 1, 4, 1, 0x83, 0xb3, 0x3a, 1],
            false,
            vec![5, 0],
        );
    }),
    ("wrong signature", |d, r| {
        let at = r.below(d.last());
        d.signers[at] = at;
    }),
    ("no intermediate sent", |d, _| d.sent.clear()),
    ("one intermediate missing", |d, _| {
        d.sent.pop();
    }),
    ("intermediates in any order, with the root", |d, _| {
        let top = d.last();
        d.sent.insert(0, top);
        d.sent.reverse();
    }),
    ("intermediate trusted", |d, r| {
        let top = d.last();
        d.trusted = vec![1 + r.below(top - 1)];
        if r.one_in(2) {
            d.sent.push(top);
        }
    }),
    ("intermediate trusted too", |d, _| d.trusted.insert(0, 1)),
    ("leaf trusted", |d, _| d.trusted = vec![0]),
    ("other root trusted", |d, _| {
        let top = d.last();
        d.trusted = vec![top];
        d.sent.push(top);
        d.signers[top] = 0;
        d.specs[top].issuer = name("Somebody else");
    }),
    ("self-signed leaf", |d, r| {
        d.specs[0].issuer = d.specs[0].subject.clone();
        d.specs[0].drop(&ce(35));
        d.signers[0] = 0;
        if r.one_in(2) {
            d.trusted.push(0);
        }
    }),
    ("serial number", |d, r| {
        let at = d.some(r);
        d.specs[at]
            .serial
            .clone_from(r.pick(&[vec![0], vec![0x80, 1], vec![0x11; 21]]));
    }),
    ("no subject key identifier", |d, r| {
        let at = d.some(r);
        d.specs[at].drop(&ce(14));
    }),
    ("no authority key identifier", |d, r| {
        let at = d.some(r);
        d.specs[at].drop(&ce(35));
    }),
    ("wrong authority key identifier", |d, r| {
        let at = r.below(d.last());
        d.specs[at].set(ce(35), false, sequence(&[der(0x80, &[9; 20])]));
    }),
    ("issuer in other case", |d, r| {
        let at = r.below(d.last());
        lower_case(&mut d.specs[at].issuer);
    }),
    ("unused constraint on the leaf", |d, _| {
        d.specs[0].set(ce(30), true, constraints(&[dns("example.com")], &[]))
    }),
    ("policy required", |d, r| {
        let at = d.some_ca(r);
        d.specs[at].set(ce(36), true, sequence(&[der(0x80, &[r.below(2) as u8])]));
    }),
    ("policies", |d, _| {
        for at in 0..d.last() {
            d.specs[at].set(
                ce(32),
                false,
                sequence(&[sequence(&[der(
                    6,
                    &[0x2b, 6, 1, 4, 1, 0x83, 0xb3, 0x3a, 2],
                )])]),
            );
        }
    }),
];

fn constrain(draft: &mut Draft, random: &mut Random, content: Vec<u8>) {
    let at = draft.some_ca(random);
    let critical = !random.one_in(4);
    draft.specs[at].set(ce(30), critical, content);
}

/// Lower case in the values of a name as `name` makes them: SET, SEQUENCE, identifier of 3 octets, UTF8String.
fn lower_case(name: &mut [u8]) {
    let mut at = 2;
    while at + 11 <= name.len() {
        let (start, length) = (at + 11, usize::from(name[at + 10]));
        name[start..start + length].make_ascii_lowercase();
        at = start + length;
    }
}
