//! The hosts of go, pip, npm, git and apt, from their own configuration.

use serde_json::Value;
use support::Ca;
use support::Host;
use support::{Run, output};

use crate::diagnose::{root, trusting};
use support::servers::{Identity, Server, openssl};

/// Runs `diagnose TOOL` with this environment; the caller's home is `/root` of the tree.
fn tool(host: &Host, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let mut all = vec![
        "--format",
        "json",
        "diagnose",
        "--timeout",
        "3",
        "--connect",
        "127.0.0.1",
    ];
    all.extend_from_slice(arguments);
    let mut command = host.command(all);
    output(
        command
            .env("HOME", "/root")
            .envs(environment.iter().copied()),
    )
}

fn server(ca: &Ca) -> Server {
    openssl(&Identity::of(&ca.leaf("localhost")), &["-www"])
}

fn codes(report: &Value) -> Vec<String> {
    let targets = report["targets"].as_array().unwrap();
    targets
        .iter()
        .map(|target| {
            format!(
                "{} {}",
                target["target"].as_str().unwrap(),
                target["conclusion"]["code"].as_str().unwrap()
            )
        })
        .collect()
}

fn advice(report: &Value) -> Vec<String> {
    let all = report["tool"]["advice"].as_array().unwrap();
    all.iter()
        .map(|one| {
            format!(
                "{} {}",
                one["code"].as_str().unwrap(),
                one["setting"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn go_asks_the_proxies_of_its_environment_and_names_what_can_not_work() {
    let server = server(&Ca::new("Private Root"));
    let host = trusting(root());
    let proxy = format!("https://me:secret@localhost:{}", server.port);
    let run = tool(
        &host,
        &["go"],
        &[
            ("GOPROXY", &format!("{proxy},off")),
            ("GOSUMDB", "off"),
            ("GODEBUG", "http2client=0,tls10=1"),
            ("GONOSUMCHECK", "1"),
            ("GOINSECURE", "corp.example"),
            ("GOFLAGS", "-mod=mod"),
        ],
    );
    let run = run.exits(1).never_says("secret");
    let report = run.report();
    assert_eq!(
        codes(&report),
        [format!("localhost:{} unknown-issuer", server.port)]
    );
    assert_eq!(report["targets"][0]["trust"].as_array().unwrap().len(), 1);
    assert_eq!(report["targets"][0]["trust"][0]["consumer"], "go");
    assert_eq!(
        advice(&report),
        [
            "bypass GOSUMDB=off",
            "bypass GOINSECURE=corp.example",
            "no-effect GONOSUMCHECK=1",
            "no-effect GODEBUG=http2client=0,tls10=1"
        ]
    );
}

#[test]
fn a_go_proxy_without_a_scheme_is_one_of_https() {
    let ca = root();
    let server = server(&ca);
    let value = format!("localhost:{}", server.port);
    let environment = [("GOPROXY", &*value), ("GOSUMDB", "off")];
    let report = tool(&trusting(ca), &["go"], &environment).exits(0).report();
    assert_eq!(codes(&report), [format!("{value} healthy")]);
}

#[test]
fn a_tool_that_is_not_known_is_not_taken_for_a_host() {
    let run = Host::empty().trustctl(["diagnose", "terraform"]).exits(2);
    assert!(
        run.stderr.contains("the tools are go, pip, npm") && run.stderr.contains("docker"),
        "{run}"
    );
}

#[test]
fn go_reads_its_own_file_and_the_modules_of_a_go_mod() {
    let ca = root();
    let server = server(&ca);
    let host = trusting(ca);
    host.write(
        "root/.config/go/env",
        format!(
            "# x\nGOPROXY=https://localhost:{}|direct\nGOSUMDB=off\n",
            server.port
        ),
    );
    host.input(
        "module/go.mod",
        "module x\n\nrequire localhost.localdomain/a v1.0.0\n",
    );
    let report = tool(&host, &["go", "--module-dir", "module"], &[]).report();
    let found = codes(&report);
    assert_eq!(found[0], format!("localhost:{} healthy", server.port));
    assert_eq!(found.len(), 2);
    assert!(
        found[1].starts_with("localhost.localdomain:443 "),
        "{found:?}"
    );
    let origin = report["tool"]["settings"][0]["origin"].as_str().unwrap();
    assert_eq!(origin, "/root/.config/go/env:2");
}

#[test]
fn a_checksum_database_that_is_asked_about_no_module_is_not_looked_at() {
    let closed = format!("https://localhost:{}", support::servers::free_port());
    for (name, advised) in [("GONOSUMDB", 1), ("GOPRIVATE", 0)] {
        let environment = [("GOPROXY", &*closed), (name, "*")];
        let report = tool(&Host::empty(), &["go"], &environment)
            .exits(1)
            .report();
        assert_eq!(codes(&report).len(), 1, "{report:#}");
        assert_eq!(advice(&report).len(), advised, "{report:#}");
    }
}

#[test]
fn go_without_settings_would_ask_the_public_proxy_and_checksum_database() {
    let host = Host::empty();
    let closed = support::servers::free_port();
    let mut command = host.command([
        "--format",
        "json",
        "diagnose",
        "--connect",
        &format!("127.0.0.1:{closed}"),
        "go",
    ]);
    let report = output(&mut command).exits(1).report();
    let expected = [
        "proxy.golang.org:443 connection-refused",
        "sum.golang.org:443 connection-refused",
    ];
    assert_eq!(codes(&report), expected);
}

#[test]
fn a_file_that_pip_is_told_to_read_replaces_the_store() {
    let ca = root();
    let server = server(&ca);
    let host = trusting(ca);
    host.write("opt/certs.pem", Ca::new("Old Root").pem());
    let index = format!("https://localhost:{}/simple", server.port);
    host.write(
        "etc/pip.conf",
        format!("[global]\nindex-url = {index}\ntrusted-host = localhost\n"),
    );
    let report = tool(&host, &["pip"], &[]).exits(1).report();
    assert_eq!(
        codes(&report),
        [format!("localhost:{} verification-off", server.port)]
    );
    assert_eq!(advice(&report), ["bypass global.trusted-host=localhost"]);
    host.write("etc/pip.conf", format!("[global]\nindex-url = {index}\n"));
    let report = tool(&host, &["pip"], &[("PIP_CERT", "/opt/certs.pem")])
        .exits(1)
        .report();
    assert_eq!(
        codes(&report),
        [format!("localhost:{} store-redirected", server.port)]
    );
}

#[test]
fn a_root_added_to_the_system_does_not_help_a_tool_that_reads_another_file_and_that_is_said() {
    let private = Ca::new("Private Root");
    let server = openssl(
        &Identity::with(&private.leaf("localhost"), &[&private]),
        &["-www"],
    );
    let host = trusting(root());
    host.write("opt/certs.pem", Ca::new("Old Root").pem());
    let index = format!("https://localhost:{}/simple", server.port);
    let remedy = |cert: &str| {
        let environment = [("PIP_INDEX_URL", &*index), ("PIP_CERT", cert)];
        let report = tool(&host, &["pip"], &environment).exits(1).report();
        let conclusion = &report["targets"][0]["conclusion"];
        let code = conclusion["code"].as_str().unwrap();
        format!("{code} {} {}", conclusion["evidence"], conclusion["remedy"])
    };
    let text = remedy("/opt/certs.pem");
    assert!(text.starts_with("private-root"), "{text}");
    assert!(
        text.contains("`PIP_CERT`") && text.contains("lacks it too"),
        "{text}"
    );
    let text = remedy("/opt/none.pem");
    assert!(
        text.starts_with("setting-broken") && text.contains("PIP_CERT"),
        "{text}"
    );
}

#[test]
fn the_page_of_a_tool_fits_eighty_columns_but_for_commands() {
    let private = Ca::new("Private Root");
    let leaf = openssl(
        &Identity::with(&private.leaf("localhost"), &[&private]),
        &["-www"],
    );
    let proxy = format!("https://localhost:{}", leaf.port);
    let host = trusting(root());
    let mut command = host.command(["diagnose", "--connect", "127.0.0.1", "go"]);
    let environment = [
        ("GOPROXY", &*proxy),
        ("GODEBUG", "tls10=1"),
        ("GONOSUMDB", "*"),
    ];
    let run = output(command.envs(environment)).exits(1);
    let long = |line: &&str| line.chars().count() > 80 && !line.contains("trustctl add --from");
    let long: Vec<&str> = run.stdout.lines().filter(long).collect();
    assert!(long.is_empty(), "{long:#?}");
    assert!(
        run.has("`O=Example Corp, CN=Private Root` is a root"),
        "{run}"
    );
}

#[test]
fn npm_reads_its_registries_and_cafile() {
    let ca = root();
    let private = Ca::new("Private Root");
    let server = server(&private);
    let host = trusting(ca);
    host.write("opt/private.pem", private.pem());
    let npmrc = format!(
        "registry=https://localhost:{}/\nstrict-ssl=false\n",
        server.port
    );
    host.write("root/.npmrc", &npmrc);
    let report = tool(&host, &["npm"], &[]).exits(1).report();
    assert_eq!(
        codes(&report),
        [format!("localhost:{} verification-off", server.port)]
    );
    assert_eq!(advice(&report), ["bypass strict-ssl=false"]);
    let npmrc = npmrc.replace("strict-ssl=false\n", "");
    host.write("root/.npmrc", format!("{npmrc}cafile=/opt/private.pem\n"));
    let report = tool(&host, &["npm"], &[]).exits(0).report();
    assert_eq!(
        codes(&report),
        [format!("localhost:{} healthy", server.port)]
    );
}

#[test]
fn git_is_judged_by_gnutls_and_its_own_ca_file() {
    let private = Ca::new("Private Root");
    let server = server(&private);
    let host = trusting(root());
    let url = format!("https://localhost:{}/x.git", server.port);
    let report = tool(&host, &["git", &url], &[]).exits(1).report();
    assert_eq!(report["targets"][0]["trust"][0]["consumer"], "gnutls");
    host.write("opt/private.pem", private.pem());
    host.write(
        "root/.gitconfig",
        format!(
            "[http \"https://localhost:{}/\"]\n\tsslCAInfo = /opt/private.pem\n",
            server.port
        ),
    );
    tool(&host, &["git", &url], &[]).exits(0);
    host.input(
        ".git/config",
        format!("[remote \"origin\"]\n\turl = {url}\n"),
    );
    assert_eq!(codes(&tool(&host, &["git"], &[]).report()).len(), 1);
    tool(&Host::empty(), &["git"], &[])
        .exits(2)
        .says("no URL was given");
}

#[test]
fn apt_is_asked_only_about_sources_over_tls() {
    let ca = root();
    let server = server(&ca);
    let host = trusting(ca);
    host.write(
        "etc/apt/sources.list",
        "deb http://archive.example/debian stable main\n",
    );
    let report = tool(&host, &["apt"], &[]).exits(0).report();
    assert!(codes(&report).is_empty());
    let source = format!(
        "Types: deb\nURIs: https://localhost:{}/debian\nSuites: stable\nComponents: main\n",
        server.port
    );
    host.write("etc/apt/sources.list.d/own.sources", source);
    host.write(
        "etc/apt/apt.conf.d/99tls",
        "Acquire::https::localhost::Verify-Peer \"false\";\n",
    );
    let report = tool(&host, &["apt"], &[]).exits(1).report();
    assert_eq!(
        codes(&report),
        [format!("localhost:{} verification-off", server.port)]
    );
    assert_eq!(report["tool"]["advice"][0]["code"], "bypass", "{report:#}");
}

#[test]
fn a_tool_takes_no_stray_target() {
    tool(&Host::empty(), &["go", "example.org"], &[])
        .exits(2)
        .says("`go:443`");
}
