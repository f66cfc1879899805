//! Made-up hosts and their verdicts.

use crate::tls::{FOCAL, JAMMY, Made, binary, commands, host, row, tls};

const CONF: &str = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n";

/// One made-up host: its parts, what lies on it beside the distribution's OpenSSL, and the verdict.
struct Case {
    name: &'static str,
    made: Made<'static>,
    setting: &'static str,
    beside: &'static [(&'static str, &'static str, &'static str)],
    exit: i32,
    rows: &'static [(&'static str, &'static str)],
    commands: &'static [&'static str],
}

const UPGRADE: &str = "apt-get install --only-upgrade openssl libssl3";
const LISTS: &str = "apt-get update";
const LINK: &str = "ln -s /etc/ssl/certs/ca-certificates.crt /usr/local/ssl/cert.pem";

/// What a host gets of which nothing else is said.
const fn plain(name: &'static str, made: Made<'static>) -> Case {
    Case {
        name,
        made,
        setting: "",
        beside: &[],
        exit: 0,
        rows: &[("fixes", "ok"), ("tls-1.3", "ok"), ("maintained", "ok")],
        commands: &[LISTS],
    }
}

fn cases() -> Vec<Case> {
    let jammy = |version| Made { version, ..JAMMY };
    let focal = |version| Made { version, ..FOCAL };
    vec![
        plain("22.04 at the fixed version", JAMMY),
        Case {
            exit: 1,
            rows: &[("fixes", "failed"), ("maintained", "ok")],
            commands: &[UPGRADE, LISTS],
            ..plain("22.04 below it", jammy("3.0.2-0ubuntu1.29"))
        },
        Case {
            exit: 1,
            rows: &[
                ("fixes", "failed"),
                ("tls-1.3", "ok"),
                ("maintained", "note"),
            ],
            commands: &["pro attach", "pro attach", LISTS],
            ..plain("20.04 without Ubuntu Pro", FOCAL)
        },
        Case {
            rows: &[("fixes", "ok"), ("tls-1.3", "ok"), ("maintained", "note")],
            commands: &["pro attach", LISTS],
            ..plain("20.04 with it", focal("1.1.1f-1ubuntu2.24+esm5"))
        },
        Case {
            rows: &[("fixes", "unknown"), ("maintained", "note")],
            commands: &["pro status", "pro attach", LISTS],
            ..plain(
                "20.04 with FIPS, whose version sorts above all",
                focal("1.1.1f-1ubuntu2.fips.7.1"),
            )
        },
        Case {
            rows: &[("fixes", "unknown"), ("maintained", "ok")],
            commands: &["pro status", LISTS],
            ..plain("22.04 with FIPS", jammy("3.0.2-0ubuntu1.25+Fips1"))
        },
        Case {
            setting: "MinProtocol = TLSv1\nCipherString = DEFAULT@SECLEVEL=0\n",
            ..plain("lowered MinProtocol", JAMMY)
        },
        Case {
            setting: "MaxProtocol = TLSv1.2\n",
            exit: 1,
            rows: &[("fixes", "ok"), ("tls-1.3", "failed")],
            ..plain("MaxProtocol below TLS 1.3", JAMMY)
        },
        Case {
            beside: &[("usr/bin/openssl", "1.1.1w  11 Sep 2023", "/usr/lib/ssl")],
            rows: &[("fixes", "ok"), ("command", "note")],
            ..plain("command of another version than the library", JAMMY)
        },
        Case {
            beside: &[(
                "usr/local/bin/openssl",
                "3.3.1 4 Jun 2024",
                "/usr/local/ssl",
            )],
            rows: &[("fixes", "ok"), ("other-store", "note")],
            commands: &[LISTS, LINK],
            ..plain("hand-built command with an empty store", JAMMY)
        },
        Case {
            beside: &[(
                "usr/local/lib/libcrypto.so.3",
                "3.3.1 4 Jun 2024",
                "/usr/lib/ssl",
            )],
            rows: &[("fixes", "ok"), ("loader", "note")],
            commands: &[LISTS, "ldconfig"],
            ..plain("hand-built library that the loader prefers", JAMMY)
        },
        Case {
            exit: 1,
            rows: &[("tls-1.3", "failed"), ("maintained", "note")],
            commands: &["pro attach", LISTS],
            ..plain(
                "before 1.1.1",
                Made {
                    release: "ID=ubuntu\nVERSION_ID=\"18.04\"\nVERSION_CODENAME=bionic\nPRETTY_NAME=\"Ubuntu 18.04 LTS\"\n",
                    library: "libssl1.1",
                    version: "1.1.0g-2ubuntu4",
                    upstream: "1.1.0g  2 Nov 2017",
                    conf: "",
                },
            )
        },
    ]
}

#[test]
fn made_up_hosts_get_the_verdict_of_the_table() {
    for case in cases() {
        let Case { name, made, .. } = &case;
        let conf = format!("{CONF}{}", case.setting);
        let conf = if case.setting.is_empty() {
            made.conf
        } else {
            &conf
        };
        let host = host(&Made { conf, ..*made });
        host.write("etc/ld.so.conf", "/usr/local/lib\n");
        host.write("usr/lib/ssl/cert.pem", "x");
        for (path, upstream, folder) in case.beside {
            host.write(path, binary(upstream, folder));
        }
        let run = host.trustctl(["--format", "json", "tls"]);
        let report = run.report();
        for (question, state) in case.rows {
            assert_eq!(
                row(&report, question)["state"],
                *state,
                "{name}: {report:#}"
            );
        }
        let wanted: Vec<&str> = case.rows.iter().map(|(question, _)| *question).collect();
        let all = report["verdict"]["rows"].as_array().unwrap();
        let unasked = all.iter().filter(|row| {
            let is_special = ["command", "loader", "other-store"]
                .iter()
                .any(|one| row["question"] == *one);
            is_special && !wanted.iter().any(|one| row["question"] == *one)
        });
        assert_eq!(unasked.count(), 0, "{name}: {report:#}");
        assert_eq!(commands(&report), case.commands, "{name}: {report:#}");
        assert_eq!(run.code, case.exit, "{name}: {report:#}");
    }
}

#[test]
fn a_library_that_a_variable_puts_first_is_told_with_what_helps() {
    let host = host(&JAMMY);
    host.write(
        "opt/x/lib/libcrypto.so.3",
        binary("3.3.1 4 Jun 2024", "/usr/lib/ssl"),
    );
    let look = |folder: &str| {
        let mut command = host.command(["--format", "json", "tls"]);
        support::output(command.env("LD_LIBRARY_PATH", folder))
            .exits(0)
            .report()
    };
    let answer = row(&look("/nowhere:/opt/x/lib"), "loader")["answer"].to_string();
    assert!(
        answer.contains("`/opt/x/lib/libcrypto.so.3` (3.3.1)"),
        "{answer}"
    );
    let rows = look("/nowhere")["verdict"]["rows"].to_string();
    assert!(!rows.contains("loader"), "{rows}");
}

#[test]
fn private_copies_are_found_where_their_makers_put_them() {
    let places = [
        ("opt/conda/lib/libcrypto.so.3", "conda"),
        ("opt/x/envs/y/lib/libcrypto.so.3", "by hand"),
        ("root/miniconda3/envs/y/lib/libcrypto.so.3", "conda"),
        ("root/miniforge3/lib/libcrypto.so.3", "conda"),
        (
            "home/linuxbrew/.linuxbrew/opt/openssl@3/lib/libcrypto.so.3",
            "homebrew",
        ),
        (
            "snap/thing/current/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
            "snap",
        ),
        ("usr/bin/node", "node"),
        ("root/.nvm/versions/node/v20.1.0/bin/node", "node"),
        (
            "usr/local/lib/python3.11/dist-packages/cryptography/hazmat/bindings/_rust.abi3.so",
            "python",
        ),
        (
            "root/.local/lib/python3.11/site-packages/psycopg2_binary.libs/libcrypto-5a1b.so.3",
            "python",
        ),
        (
            "root/.pyenv/versions/3.12.1/lib/python3.12/site-packages/cryptography/hazmat/bindings/_rust.abi3.so",
            "python",
        ),
    ];
    let host = host(&JAMMY);
    host.write("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
    for (path, _) in places {
        host.write(path, binary("3.3.1 4 Jun 2024", "/nowhere"));
    }
    let report = tls(&host, 0);
    for (path, origin) in places {
        let copies = report["copies"].as_array().unwrap();
        let copy = copies
            .iter()
            .find(|copy| copy["path"] == format!("/{path}"));
        let copy = copy.unwrap_or_else(|| panic!("{path}: {copies:?}"));
        assert_eq!(
            [&copy["origin"], &copy["version"]],
            [origin, "3.3.1"],
            "{path}"
        );
        assert_eq!(copy["loaded"], false, "{path}");
    }
    assert_eq!(report["own"]["library"], "OpenSSL 3.0.2 15 Mar 2022");
    let own = report["copies"].as_array().unwrap();
    let own = own
        .iter()
        .find(|copy| copy["origin"] == "distribution" && copy["loaded"] == true);
    assert_eq!(
        own.unwrap()["path"],
        "/usr/lib/x86_64-linux-gnu/libcrypto.so.3"
    );
}
