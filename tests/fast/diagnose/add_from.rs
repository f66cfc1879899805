//! `trustctl add --from`: the root that a server sends.

use support::Ca;

use crate::diagnose::trust::serve;
use crate::diagnose::{concludes, root, trusting};
use support::servers::{Identity, after};

#[test]
fn a_root_from_a_server_is_added_only_with_the_right_fingerprint() {
    let private = Ca::new("Private Root");
    let server = serve(&Identity::with(&private.leaf("localhost"), &[&private]));
    let host = trusting(root());
    let from = format!("localhost:{}", server.port);
    let before = host.store();
    host.trustctl(["add", "--from", &from])
        .exits(2)
        .says("proves nothing");
    host.trustctl(["add", "--from", &from, "--yes"])
        .exits(2)
        .says("--sha256");
    let wrong = "0".repeat(64);
    host.trustctl(["add", "--from", &from, "--sha256", &wrong])
        .exits(2)
        .says(&private.sha256());
    host.trustctl(["add", "--from", &from, "x.crt"]).exits(2);
    assert!(before == host.store(), "something was changed");
    let run = host
        .trustctl(["add", "--from", &from, "--sha256", &private.sha256()])
        .exits(0);
    assert!(run.has("proves nothing"), "{run}");
    concludes(&host, server.port, &[], "healthy");
}

#[test]
fn the_command_that_a_private_root_is_answered_with_works_as_printed() {
    let private = Ca::new("Private Root");
    let server = serve(&Identity::with(&private.leaf("localhost"), &[&private]));
    let host = trusting(root());
    let report = concludes(&host, server.port, &[], "private-root");
    let command = report["conclusion"]["commands"][0].as_str().unwrap();
    let words: Vec<&str> = command
        .trim_start_matches("sudo ")
        .split(' ')
        .skip(1)
        .collect();
    host.trustctl(words).exits(0);
    concludes(&host, server.port, &[], "healthy");
}

#[test]
fn the_command_for_a_service_that_turns_to_tls_says_how() {
    let private = Ca::new("Private Root");
    let server = serve(&Identity::with(&private.leaf("localhost"), &[&private]));
    let front = after(&[(&[0, 0, 0, 8, 4, 210, 22, 47], b"S")], server.port);
    let host = trusting(root());
    let arguments = ["--starttls", "postgres"];
    let report = concludes(&host, front.port, &arguments, "private-root");
    let command = report["conclusion"]["commands"][0].as_str().unwrap();
    assert!(command.contains(" --starttls postgres "), "{command}");
    let words = command.trim_start_matches("sudo ").split(' ').skip(1);
    host.trustctl(words).exits(0);
    concludes(&host, front.port, &arguments, "healthy");
    host.trustctl(["add", "--starttls", "smtp", "x.crt"])
        .exits(2);
}

#[test]
fn a_leaf_or_a_chain_without_a_root_is_not_added_from_a_server() {
    let private = Ca::new("Private Root");
    let leaf = private.leaf("localhost");
    let server = serve(&Identity::of(&leaf));
    let host = trusting(root());
    let from = format!("localhost:{}", server.port);
    host.trustctl(["add", "--from", &from])
        .exits(2)
        .says("does not send a root");
    let sha256 = support::sha256(&::pem::parse(&leaf.pem).unwrap().into_contents());
    host.trustctl(["add", "--from", &from, "--sha256", &sha256])
        .exits(2)
        .says("refused");
    let closed = format!("localhost:{}", support::servers::free_port());
    host.trustctl(["add", "--from", &closed, "--sha256", &sha256])
        .exits(2)
        .says("refuses the connection");
}
