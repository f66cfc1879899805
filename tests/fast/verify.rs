//! `trustctl verify` as a user meets it: every option, the drawn path, what is said to do, exit status.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test runs the driver of suites"
)]

use std::process::Command;

mod answers;

use rcgen::{CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, SanType};
use serde_json::{Value, json};
use support::{Ca, Dates, Host, Leaf, Run};

/// A host that trusts one root, and a chain below it in `chain.pem`: leaf, intermediate.
struct Bed {
    host: Host,
    root: Ca,
    intermediate: Ca,
    leaf: Leaf,
}

impl Bed {
    fn new() -> Self {
        Self::with(|_| {}, |_| {})
    }

    fn with(
        ca: impl FnOnce(&mut CertificateParams),
        leaf: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        let host = Host::empty();
        let root = Ca::new("Bed Root");
        let intermediate = root.intermediate_with("Bed CA", Dates::default(), ca);
        let leaf = intermediate.leaf_with("www.example.com", Dates::default(), leaf);
        host.write("etc/ssl/certs/ca-certificates.crt", root.pem());
        host.input("leaf.pem", &leaf.pem);
        host.input("ca.pem", intermediate.pem());
        host.input("root.pem", root.pem());
        host.input("chain.pem", leaf.pem.clone() + intermediate.pem());
        Self {
            host,
            root,
            intermediate,
            leaf,
        }
    }

    #[track_caller]
    fn verify(&self, arguments: &str) -> Run {
        self.host
            .trustctl(["verify"].into_iter().chain(arguments.split_whitespace()))
    }

    /// The driver of suites, a program of the tests, on `suite.json`.
    fn limbo(&self, arguments: &str) -> Run {
        let suite = self.host.beside("suite.json");
        support::output(
            Command::new(support::limbo())
                .arg(suite)
                .args(arguments.split_whitespace()),
        )
    }

    #[track_caller]
    fn report(&self, arguments: &str, code: i32) -> Value {
        self.verify(&format!("--format json {arguments}"))
            .exits(code)
            .report()
    }

    /// The errors of a chain that does not hold.
    #[track_caller]
    fn errors(&self, arguments: &str) -> Vec<String> {
        let report = self.report(arguments, 1);
        assert_eq!(report["valid"], false);
        let errors = report["reasons"].as_array().unwrap().iter();
        errors
            .filter(|reason| reason["severity"] == "error")
            .map(|reason| reason["code"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[test]
fn a_chain_that_holds_is_drawn_from_leaf_to_anchor() {
    let bed = Bed::new();
    let run = bed
        .verify("--hostname www.example.com --at 2030-01-01T00:00:00Z chain.pem")
        .exits(0);
    let lines: Vec<&str> = run.stdout.lines().map(str::trim_end).collect();
    assert_eq!(
        lines[0],
        "valid for www.example.com as server at 2030-01-01T00:00:00Z, judged by rfc5280"
    );
    assert_eq!(lines[1], "CN=www.example.com");
    assert!(lines[2].starts_with("   leaf  ") && lines[2].ends_with("`chain.pem` #1"));
    let drawn = |name: &str, source: &str, place: &str| {
        let at = lines.iter().position(|line| line.contains(name)).unwrap();
        assert!(lines[at].contains("╰─ "), "{run}");
        assert!(lines[at + 1].trim_start().starts_with(source), "{run}");
        assert!(lines[at + 1].ends_with(place), "{run}");
        at
    };
    let ca = drawn("CN=Bed CA", "untrusted  ", "`chain.pem` #2");
    let root = drawn(
        "CN=Bed Root",
        "anchor  ",
        "`/etc/ssl/certs/ca-certificates.crt` #1",
    );
    assert!(ca < root);
    run.never_says("error").never_says("hint");
}

#[test]
fn the_report_names_every_certificate_of_the_path() {
    let bed = Bed::new();
    let report = bed.report(
        "--purpose server --hostname www.example.com --at 2030-01-01T00:00:00Z chain.pem",
        0,
    );
    assert_eq!(report["valid"], true);
    assert_eq!(report["complete"], true);
    assert_eq!(report["at"], "2030-01-01T00:00:00Z");
    assert_eq!(
        (&report["profile"], &report["purpose"], &report["names"]),
        (
            &json!("rfc5280"),
            &json!("server"),
            &json!(["www.example.com"])
        )
    );
    assert_eq!(report["paths_tried"], 1);
    assert_eq!(report["consumers"], Value::Null);
    assert_eq!(report["advice"], json!([]));
    let chain = report["chain"].as_array().unwrap();
    let sources: Vec<&str> = chain
        .iter()
        .map(|link| link["source"].as_str().unwrap())
        .collect();
    assert_eq!(sources, ["leaf", "untrusted", "anchor"]);
    assert_eq!(chain[1]["sha256"], bed.intermediate.sha256());
    assert_eq!(chain[2]["sha256"], bed.root.sha256());
    assert_eq!(chain[1]["file"], "chain.pem");
    assert_eq!(
        (&chain[0]["block"], &chain[1]["block"]),
        (&json!(1), &json!(2))
    );
}

#[test]
fn a_fault_stands_where_it_is_and_what_to_do_after_it() {
    let bed = Bed::new();
    let run = bed.verify("leaf.pem").exits(1);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("not valid as server at "), "{run}");
    assert!(lines[3].contains("✗ error: is issued by `") && lines[3].contains("CN=Bed CA"));
    assert!(
        lines[3].ends_with("[unknown-issuer; RFC 5280 §6.1]"),
        "{run}"
    );
    run.clone().says("╰─ ?  no trusted certificate");
    run.says("hint: the server must send the intermediate `");
}

#[test]
fn the_leaf_may_come_from_standard_input() {
    let bed = Bed::new();
    let chain = bed.leaf.pem.clone() + bed.intermediate.pem();
    let run = bed
        .host
        .trustctl_reading(["verify", "--format", "json", "-"], chain.as_bytes())
        .exits(0);
    assert_eq!(run.report()["chain"][0]["file"], "-");
}

#[test]
fn untrusted_helps_and_trusted_takes_the_place_of_the_store() {
    let bed = Bed::new();
    let report = bed.report("--untrusted ca.pem leaf.pem", 0);
    assert_eq!(report["chain"][1]["file"], "ca.pem");
    assert_eq!(report["chain"][1]["block"], 1);
    bed.verify("--trusted root.pem chain.pem").exits(0);
    let other = Ca::new("Other Root");
    bed.host.input("other.pem", other.pem());
    assert_eq!(
        bed.errors("--trusted other.pem chain.pem"),
        ["unknown-issuer"]
    );
    // Each certificate of the file is an anchor, root or not.
    let report = bed.report("--trusted ca.pem leaf.pem", 0);
    assert_eq!(report["chain"][1]["source"], "anchor");
}

#[test]
fn broken_and_missing_anchors_are_said() {
    let bed = Bed::new();
    bed.host.input("none.pem", "nothing at all\n");
    let run = bed.verify("--trusted none.pem chain.pem").exits(1);
    assert!(
        run.stderr
            .contains("there is no certificate to trust in `none.pem`"),
        "{run}"
    );
    let broken = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    bed.host
        .input("broken.pem", format!("\n{broken}{}", bed.root.pem()));
    let run = bed.verify("--trusted broken.pem chain.pem").exits(0);
    assert!(
        run.stderr
            .contains("skipped a broken certificate in `broken.pem` line 2: "),
        "{run}"
    );
    let run = bed
        .verify("--untrusted broken.pem --trusted root.pem chain.pem")
        .exits(0);
    assert!(run.stderr.contains("skipped"), "{run}");
}

#[test]
fn a_leaf_that_is_none_is_not_valid_and_one_that_is_not_there_is_a_usage_error() {
    let bed = Bed::new();
    for (content, said) in [
        ("", "holds no certificate"),
        ("no certificate", "holds no certificate"),
        (
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
            "is not a certificate: ",
        ),
    ] {
        // A sound certificate after a broken one is not judged in its place.
        let after = if content.contains("BEGIN") {
            bed.root.pem()
        } else {
            ""
        };
        bed.host.input("odd.pem", format!("{content}{after}"));
        let run = bed.verify("odd.pem").exits(1);
        run.says("not valid")
            .says(&format!("`odd.pem` {said}"))
            .says("malformed");
    }
    let run = bed.verify("absent.pem").exits(2);
    assert!(run.stderr.starts_with("error: ") && run.stderr.contains("absent.pem"));
    bed.verify("").exits(2).says("LEAF");
    bed.host.delete("etc/ssl/certs/ca-certificates.crt");
    bed.verify("leaf.pem").exits(2).says("ca-certificates.crt");
}

#[test]
fn at_moves_the_clock() {
    let bed = Bed::new();
    let at = |time: &str| format!("--at {time} chain.pem");
    bed.verify(&at("2020-01-01T00:00:00Z")).exits(0);
    bed.verify(&at("2049-01-01T00:00:00Z")).exits(0);
    assert!(
        bed.errors(&at("2019-12-31T23:59:59Z"))
            .contains(&"not-yet-valid".into())
    );
    assert!(
        bed.errors(&at("2049-01-01T00:00:01Z"))
            .contains(&"expired".into())
    );
    bed.verify(&at("2049-01-01T00:00:01Z"))
        .says("hint: renew the certificate");
    bed.verify(&at("2019-12-31T23:59:59Z"))
        .says("hint: check the clock of this host");
    bed.verify(&at("tomorrow"))
        .exits(2)
        .says("`tomorrow` is not a time")
        .says("hint: write it like 2026-01-31T12:00:00Z (RFC 3339)");
}

#[test]
fn the_purpose_decides_which_key_usages_fit() {
    let bed = Bed::new();
    assert_eq!(bed.errors("--purpose client chain.pem"), ["wrong-purpose"]);
    bed.verify("--purpose any chain.pem").exits(0);
    let client = Bed::with(
        |_| {},
        |leaf| leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
    );
    client.verify("--purpose client chain.pem").exits(0);
    assert_eq!(client.errors("chain.pem"), ["wrong-purpose"]);
    client.verify("--purpose mail chain.pem").exits(2);
}

#[test]
fn every_name_that_is_asked_for_must_be_there() {
    let bed = Bed::with(
        |_| {},
        |leaf| {
            leaf.subject_alt_names
                .push(SanType::IpAddress("192.0.2.7".parse().unwrap()));
            leaf.subject_alt_names.push(SanType::Rfc822Name(
                "someone@example.com".try_into().unwrap(),
            ));
        },
    );
    for good in [
        "--hostname WWW.example.com",
        "--ip 192.0.2.7",
        "--hostname 192.0.2.7",
        "--email someone@EXAMPLE.com",
        "--hostname www.example.com --ip 192.0.2.7 --email someone@example.com",
    ] {
        bed.verify(&format!("{good} chain.pem")).exits(0);
    }
    for bad in [
        "--hostname example.com",
        "--ip 192.0.2.8",
        "--email Someone@example.com",
        "--hostname www.example.com --hostname other.example.com",
    ] {
        assert_eq!(
            bed.errors(&format!("{bad} chain.pem")),
            ["wrong-name"],
            "{bad}"
        );
    }
    bed.verify("--hostname a.example.com --ip 192.0.2.8 chain.pem")
        .says("not valid for a.example.com, 192.0.2.8 as server")
        .says("hint: have the certificate issued for `a.example.com`, `192.0.2.8`, or use a name that it carries");
    bed.verify("--ip 192.0.2 chain.pem")
        .exits(2)
        .says("`192.0.2` is not an IP address");
}

#[test]
fn the_depth_may_be_limited() {
    let bed = Bed::new();
    bed.verify("--max-depth 1 chain.pem").exits(0);
    assert_eq!(bed.errors("--max-depth 0 chain.pem"), ["too-deep"]);
}

/// certificatePolicies with one policy: 1.2.3.N, or anyPolicy.
fn policy(last: Option<u8>) -> CustomExtension {
    let oid = match last {
        Some(last) => vec![6, 3, 0x2a, 3, last],
        None => vec![6, 4, 0x55, 0x1d, 0x20, 0],
    };
    let mut content = vec![0x30, oid.len() as u8 + 2, 0x30, oid.len() as u8];
    content.extend(oid);
    CustomExtension::from_oid_content(&[2, 5, 29, 32], content)
}

/// policyMappings from 1.2.3.A to 1.2.3.B.
fn mapping(from: u8, to: u8) -> CustomExtension {
    let pair = [0x30, 10, 6, 3, 0x2a, 3, from, 6, 3, 0x2a, 3, to];
    CustomExtension::from_oid_content(&[2, 5, 29, 33], [&[0x30, 12][..], &pair].concat())
}

#[test]
fn policies_are_processed_as_asked() {
    let plain = Bed::with(
        |ca| ca.custom_extensions.push(policy(Some(4))),
        |leaf| leaf.custom_extensions.push(policy(Some(4))),
    );
    plain.verify("--require-explicit-policy chain.pem").exits(0);
    plain
        .verify("--policy 1.2.3.9 --policy 1.2.3.4 --require-explicit-policy chain.pem")
        .exits(0);
    plain.verify("--policy 1.2.3.9 chain.pem").exits(0);
    assert_eq!(
        plain.errors("--policy 1.2.3.9 --require-explicit-policy chain.pem"),
        ["no-policy"]
    );
    plain
        .verify("--policy four chain.pem")
        .exits(2)
        .says("`four` is not an object identifier")
        .says("hint: write it like 2.23.140.1.2.1");
    let without = Bed::new();
    assert_eq!(
        without.errors("--require-explicit-policy chain.pem"),
        ["no-policy"]
    );
    let any = Bed::with(
        |ca| ca.custom_extensions.push(policy(None)),
        |leaf| leaf.custom_extensions.push(policy(Some(4))),
    );
    any.verify("--require-explicit-policy chain.pem").exits(0);
    assert_eq!(
        any.errors("--require-explicit-policy --inhibit-any-policy chain.pem"),
        ["no-policy"]
    );
    let mapped = Bed::with(
        |ca| {
            ca.custom_extensions
                .extend([policy(Some(5)), mapping(5, 4)]);
        },
        |leaf| leaf.custom_extensions.push(policy(Some(4))),
    );
    mapped
        .verify("--policy 1.2.3.5 --require-explicit-policy chain.pem")
        .exits(0);
    assert_eq!(
        mapped.errors("--require-explicit-policy --inhibit-policy-mapping chain.pem"),
        ["no-policy"]
    );
}

#[test]
fn the_profile_decides_by_whose_rules() {
    let bed = Bed::new();
    for profile in &trustctl::verify::PROFILES {
        let arguments = format!("--profile {} --untrusted ca.pem", profile.name);
        let root = bed.verify(&format!("{arguments} --trusted root.pem leaf.pem"));
        root.exits(0).says(&format!("judged by {}", profile.name));
        let refuses = ["openssl", "python", "node"].contains(&profile.name);
        let run = bed.verify(&format!("{arguments} --trusted ca.pem leaf.pem"));
        let run = run.exits(i32::from(refuses));
        if refuses {
            run.says("anchor-not-root")
                .says("hint: add the root above `");
            bed.verify(&format!(
                "{arguments} --partial-chain --trusted ca.pem leaf.pem"
            ))
            .exits(0);
        }
    }
    bed.verify("--profile netscape chain.pem")
        .exits(2)
        .says("netscape");
    assert_eq!(
        bed.errors("--profile openssl --security-level 5 chain.pem")[0],
        "weak-key"
    );
    bed.verify("--profile openssl --security-level 6 chain.pem")
        .exits(2);
}

#[test]
fn consumers_are_shown_in_one_table_with_their_reasons() {
    let bed = Bed::new();
    let arguments = "--consumers --trusted ca.pem leaf.pem";
    let run = bed.verify(arguments).exits(0);
    let table = run
        .stdout
        .split_once("what each program would say\n")
        .unwrap();
    let (accepts, refuses) = table.1.split_once("  refuses: ").unwrap();
    let (accepts, first) = match accepts.is_empty() {
        // Groups stand in the order of the programs: OpenSSL comes first.
        true => refuses
            .split_once("  accepts\n")
            .map(|(first, rest)| (rest, first))
            .unwrap(),
        false => (accepts, refuses),
    };
    assert!(first.contains("it is not a root"), "{run}");
    // Each reason is said once.
    assert_eq!(run.stdout.matches("it is not a root").count(), 1, "{run}");
    for title in ["OpenSSL", "Python before 3.13", "Node.js"] {
        assert!(first.contains(&format!("    {title}  ")), "{title}: {run}");
    }
    for title in [
        "curl (OpenSSL)",
        "Python from 3.13",
        "Go",
        "GnuTLS",
        "Java",
        "rustls",
    ] {
        assert!(accepts.contains(&format!("    {title}")), "{title}: {run}");
    }
    let report = bed.report(arguments, 0);
    let consumers = report["consumers"].as_array().unwrap();
    assert_eq!(consumers.len(), 9);
    for consumer in consumers {
        let refuses = ["openssl", "python", "node"].contains(&consumer["name"].as_str().unwrap());
        assert_eq!(consumer["accepts"], !refuses, "{consumer}");
        let code = if refuses {
            json!("anchor-not-root")
        } else {
            Value::Null
        };
        assert_eq!(consumer["reason"]["code"], code);
    }
}

#[test]
fn advice_fits_the_fault() {
    let other = Ca::new("Another Root");
    let self_signed = Ca::with("www.example.com", Dates::default(), |_| {});
    let short = Dates {
        from: 2020,
        to: 2021,
    };
    let bed = Bed::new();
    let late = bed.root.intermediate_with("Late CA", short, |_| {});
    let twin = Ca::new("Bed Root");
    let cases = [
        (
            self_signed.pem().to_owned(),
            "trust this certificate itself, or have it issued by a CA that is trusted",
        ),
        (
            other.leaf("www.example.com").pem + other.pem(),
            "add the root `",
        ),
        (late.leaf("www.example.com").pem + late.pem(), "replace `"),
        (
            twin.leaf("www.example.com").pem,
            "the issuer's key is another one: look for a renewed CA of the same name",
        ),
        (
            bed.intermediate
                .intermediate("Lower CA")
                .leaf("www.example.com")
                .pem
                + bed.intermediate.pem(),
            "the server must send the intermediate `",
        ),
    ];
    for (chain, advice) in cases {
        bed.host.input("odd.pem", chain);
        bed.verify("odd.pem")
            .exits(1)
            .says(&format!("hint: {advice}"));
    }
}

fn line(id: &str, result: &str, context: &str) -> (String, String, String) {
    (id.into(), result.into(), context.into())
}

#[test]
fn a_suite_is_judged_case_by_case_as_the_command_line_would() {
    let bed = Bed::new();
    let case = |id: &str, change: &dyn Fn(&mut Value)| {
        let mut case = json!({
            "id": id,
            "features": ["never looked at"],
            "expected_result": "never looked at",
            "validation_kind": "SERVER",
            "trusted_certs": [bed.root.pem()],
            "untrusted_intermediates": [bed.intermediate.pem()],
            "peer_certificate": bed.leaf.pem,
            "peer_certificate_key": null,
            "validation_time": "2030-01-01T00:00:00Z",
            "expected_peer_name": {"kind": "DNS", "value": "www.example.com"},
            "expected_peer_names": [],
            "max_chain_depth": null,
            "crls": [],
        });
        change(&mut case);
        case
    };
    let cases = [
        case("good", &|_| {}),
        case("least", &|case| {
            *case = json!({"id": "least", "peer_certificate": case["peer_certificate"]});
        }),
        case("late", &|case| {
            case["validation_time"] = json!("2050-01-01T00:00:00Z");
        }),
        case("any purpose", &|case| {
            case["validation_kind"] = json!("ANY");
        }),
        case("client", &|case| case["validation_kind"] = json!("CLIENT")),
        case("name", &|case| {
            case["expected_peer_name"]["value"] = json!("example.org");
        }),
        case("names", &|case| {
            case["expected_peer_names"] = json!([{"kind": "RFC822", "value": "a@b.example"}]);
        }),
        case("address", &|case| {
            case["expected_peer_name"] = json!({"kind": "IP", "value": "192.0.2.7"});
        }),
        case("depth", &|case| case["max_chain_depth"] = json!(0)),
        case("policy", &|case| {
            case["policy"] = json!({"initial_policy_set": ["1.2.3"], "explicit": true});
        }),
        case("revocation", &|case| case["crls"] = json!(["a list"])),
        case("odd time", &|case| case["validation_time"] = json!("noon")),
        case("odd policy", &|case| {
            case["policy"] = json!({"initial_policy_set": ["x"]});
        }),
        case("odd address", &|case| {
            case["expected_peer_name"] = json!({"kind": "IP", "value": "x"});
        }),
        case("odd kind", &|case| {
            case["expected_peer_name"] = json!({"kind": "URI", "value": "x"});
        }),
        case("no leaf", &|case| {
            case["peer_certificate"] = json!("no PEM");
        }),
        case("odd helpers", &|case| {
            case["untrusted_intermediates"] = json!(["no PEM"]);
        }),
    ];
    let suite = json!({"version": 1, "testcases": cases});
    bed.host.input("suite.json", suite.to_string());
    let run = bed.limbo("").exits(0);
    let lines: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let found: Vec<_> = lines
        .iter()
        .map(|line| {
            assert!(line["us"].is_u64() && line.as_object().unwrap().len() == 4);
            (
                text(line, "id"),
                text(line, "actual_result"),
                text(line, "context"),
            )
        })
        .collect();
    let expected = [
        line("good", "SUCCESS", ""),
        line("least", "FAILURE", "unknown-issuer"),
        line("late", "FAILURE", "expired"),
        line("any purpose", "SUCCESS", ""),
        line("client", "FAILURE", "wrong-purpose"),
        line("name", "FAILURE", "wrong-name"),
        line("names", "FAILURE", "wrong-name"),
        line("address", "FAILURE", "wrong-name"),
        line("depth", "FAILURE", "too-deep"),
        line("policy", "FAILURE", "no-policy"),
        line("revocation", "FAILURE", "revocation-unknown"),
        line("odd time", "SKIPPED", "`noon` is not a time"),
        line(
            "odd policy",
            "SKIPPED",
            "a policy is not an object identifier",
        ),
        line("odd address", "SKIPPED", "`x` is not an address"),
        line("odd kind", "SKIPPED", "names of kind `URI` are not checked"),
        line("no leaf", "FAILURE", "malformed"),
        line("odd helpers", "FAILURE", "unknown-issuer"),
    ];
    assert_eq!(found, expected);
    // What a case leaves open, the command line says.
    let suite = json!({"testcases": [{"id": "x", "peer_certificate": bed.leaf.pem, "trusted_certs": [bed.intermediate.pem()]}]});
    bed.host.input("suite.json", suite.to_string());
    for (arguments, answer) in [
        ("", "SUCCESS"),
        ("--hostname other.example", "wrong-name"),
        ("--purpose client", "wrong-purpose"),
        ("--at 2010-01-01T00:00:00Z", "not-yet-valid"),
        ("--profile openssl", "anchor-not-root"),
        ("--profile openssl --partial-chain", "SUCCESS"),
    ] {
        bed.limbo(arguments).exits(0).says(answer);
    }
}

#[test]
fn a_file_that_is_not_a_suite_is_refused() {
    let bed = Bed::new();
    bed.host.input("suite.json", "{}");
    bed.limbo("")
        .exits(2)
        .says("suite.json`: missing field `testcases`");
}
