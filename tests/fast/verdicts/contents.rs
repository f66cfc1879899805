//! Contents of extensions, sound and not.

use crate::random_chains::{
    ANY, CLIENT, SERVER, alt_names, basic, ce, constraints, der, dns, integer, ip, purposes,
    sequence, usage,
};

pub(crate) fn oid(content: &[u8]) -> Vec<u8> {
    der(6, content)
}

pub(crate) fn text(tag: u8, content: &str) -> Vec<u8> {
    der(tag, content.as_bytes())
}

pub(crate) fn directory(common_name: &str) -> Vec<u8> {
    der(0xa4, &crate::random_chains::name(common_name))
}

/// One subtree as it is, permitted.
pub(crate) fn permitted(parts: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[der(0xa0, &sequence(parts))])
}

/// Identifier, whether it is critical as a rule, what is in it.
pub(crate) type Content = (Vec<u8>, bool, &'static str, Vec<u8>);

pub(crate) fn basic_constraints() -> Vec<Content> {
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

pub(crate) fn key_usage() -> Vec<Content> {
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

pub(crate) fn extended_key_usage() -> Vec<Content> {
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

pub(crate) fn subject_alt_name() -> Vec<Content> {
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

pub(crate) fn name_constraints() -> Vec<Content> {
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

pub(crate) fn policy_extensions() -> Vec<Content> {
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

pub(crate) fn identifiers_and_places() -> Vec<Content> {
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

/// A name, and a subtree that is permitted first and excluded then.
pub(crate) fn names_and_subtrees() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let (mail, uri) = (|name: &str| text(0x81, name), |name: &str| text(0x86, name));
    let four = |last: u8| ip(&[10, 0, 0, last]);
    let range = |mask: [u8; 4]| ip(&[&[10, 0, 0, 0][..], &mask].concat());
    vec![
        ("a name below", dns("a.example.com"), dns("example.com")),
        (
            "a name that ends alike",
            dns("anexample.com"),
            dns("example.com"),
        ),
        (
            "a name below a dot",
            dns("a.example.com"),
            dns(".example.com"),
        ),
        ("the name of a dot", dns("example.com"), dns(".example.com")),
        (
            "a malformed name",
            dns("a..example.com"),
            dns("example.com"),
        ),
        ("a malformed subtree", dns("a.example.com"), dns("-x.com")),
        (
            "a wildcard above",
            dns("*.example.com"),
            dns("a.example.com"),
        ),
        (
            "a wildcard below",
            dns("*.a.example.com"),
            dns("example.com"),
        ),
        (
            "a wildcard elsewhere",
            dns("*.example.org"),
            dns("a.example.com"),
        ),
        ("a final dot", dns("a.example.com."), dns("example.com")),
        (
            "a mailbox and its host",
            mail("a@example.com"),
            mail("example.com"),
        ),
        (
            "a mailbox and a host above",
            mail("a@b.example.com"),
            mail("example.com"),
        ),
        (
            "a mailbox and a domain",
            mail("a@b.example.com"),
            mail(".example.com"),
        ),
        (
            "a mailbox at the domain",
            mail("a@example.com"),
            mail(".example.com"),
        ),
        (
            "a mailbox itself",
            mail("a@example.com"),
            mail("a@EXAMPLE.com"),
        ),
        (
            "a mailbox in other case",
            mail("A@example.com"),
            mail("a@example.com"),
        ),
        ("a mailbox and every one", mail("a@example.com"), mail("")),
        (
            "a mailbox and a malformed host",
            mail("a@example.com"),
            mail("-x"),
        ),
        ("no mailbox", mail("example.com"), mail("example.com")),
        ("a mailbox without host", mail("a@"), mail("example.com")),
        (
            "a mailbox without name",
            mail("@example.com"),
            mail("example.com"),
        ),
        (
            "a mailbox with two hosts",
            mail("a@b@example.com"),
            mail("example.com"),
        ),
        (
            "a mailbox with a malformed host",
            mail("a@-x"),
            mail("example.com"),
        ),
        (
            "a mailbox with a blank",
            mail("a b@example.com"),
            mail("example.com"),
        ),
        (
            "a URI and its host",
            uri("https://example.com/x"),
            uri("example.com"),
        ),
        (
            "a URI with port",
            uri("https://example.com:8443/x"),
            uri("example.com"),
        ),
        (
            "a URI with user",
            uri("https://a@example.com/x"),
            uri("example.com"),
        ),
        (
            "a URI and a domain",
            uri("https://a.example.com"),
            uri(".example.com"),
        ),
        (
            "a URI at the domain",
            uri("https://example.com"),
            uri(".example.com"),
        ),
        ("a URI and every one", uri("https://example.com"), uri("")),
        (
            "a URI of an address",
            uri("https://10.0.0.1/"),
            uri("example.com"),
        ),
        (
            "a URI of an IPv6 address",
            uri("https://[::1]/"),
            uri("example.com"),
        ),
        (
            "a URI without authority",
            uri("urn:example"),
            uri("example.com"),
        ),
        (
            "a URI with a malformed host",
            uri("https://-x/"),
            uri("example.com"),
        ),
        (
            "a URI and a malformed host",
            uri("https://example.com"),
            uri("-x"),
        ),
        ("an address inside", four(1), range([255, 0, 0, 0])),
        (
            "an address outside",
            ip(&[11, 0, 0, 1]),
            range([255, 0, 0, 0]),
        ),
        (
            "a mask within an octet",
            four(0x7f),
            range([255, 255, 255, 0x80]),
        ),
        (
            "an address above that mask",
            four(0x80),
            range([255, 255, 255, 0x80]),
        ),
        ("a mask with a hole", four(1), range([255, 0, 255, 0])),
        (
            "a mask with a hole in an octet",
            four(1),
            range([255, 0xa0, 0, 0]),
        ),
        ("a mask of nothing", four(1), range([0; 4])),
        (
            "an address of the other kind",
            ip(&[0; 16]),
            range([255, 0, 0, 0]),
        ),
        (
            "an IPv6 address inside",
            ip(&[1; 16]),
            ip(&[[1; 16], [255; 16]].concat()),
        ),
        (
            "an address of 5 octets",
            ip(&[10, 0, 0, 1, 1]),
            range([255, 0, 0, 0]),
        ),
        (
            "a range of 7 octets",
            four(1),
            ip(&[10, 0, 0, 0, 255, 0, 0]),
        ),
        ("a directory inside", directory("x"), directory("x")),
        ("a directory outside", directory("y"), directory("x")),
        ("a directory and every one", directory("y"), directory("")),
        (
            "a registered identifier",
            der(0x88, &[0x2a, 3]),
            der(0x88, &[0x2a, 3]),
        ),
        (
            "another kind of other name",
            der(0xa0, &oid(&[0x2a, 3])),
            der(0x88, &[0x2a, 3]),
        ),
    ]
}
