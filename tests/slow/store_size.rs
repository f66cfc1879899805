//! How much room the record of changes takes.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests act on trees of their own and fail by panicking"
)]

use std::process::Command;

use support::{Ca, Host, output};

#[test]
fn fifty_generations_of_a_whole_store_take_less_than_five_megabytes() {
    let host = Host::of_this_machine().settled();
    let roots = host.bundle_certs().len();
    let kib = |host: &Host| -> u64 {
        let mut du = Command::new("/usr/bin/du");
        let run = output(du.args(["-sk"]).arg(host.path("var/lib/trustctl"))).exits(0);
        run.stdout
            .split_whitespace()
            .next()
            .unwrap()
            .parse()
            .unwrap()
    };
    let round = |number: u32| {
        let path = host.input("x.crt", Ca::new(&format!("CA {number}")).pem());
        host.trustctl(["add", "--yes", path.to_str().unwrap()])
            .exits(0);
        host.trustctl(["remove", "x.crt"]).exits(0);
    };
    round(0);
    let base = kib(&host);
    (1..=2).for_each(round);
    let each = (kib(&host) - base).div_ceil(4);
    println!("{roots} roots: {base} KiB for 2 generations, {each} KiB for each more");
    assert!(roots > 100 && base + 48 * each < 5000);
    host.trustctl(["rollback", "1"]).exits(0);
    assert_eq!(host.bundle_certs().len(), roots + 1);
}
