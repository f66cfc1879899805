//! What the configuration of each tool comes to for a server of a private authority: one row for each way to write it.
//!
//! The rows were measured with the real programs (git 2.47 with GnuTLS, npm 11, apt 2.6.1, curl 7.88, cargo, pip 23.0).

use base64::prelude::{BASE64_STANDARD, Engine};
use support::{Ca, Host, output};

use crate::diagnose::{root, trusting};
use support::servers::{Identity, Server, openssl};

/// A row: what is asked, files of the tree and of the folder of the call (without a slash in front), variables, and the
/// conclusion on the first host. `PORT` is the server's; its root is `@CERT`, `@PEM` on one line as npm wants it, and
/// `@DATA` in base64 once more.
type Row = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, &'static str)],
    &'static str,
);

const URL: &str = "git https://localhost:PORT/team/x.git";

const GIT: &[Row] = &[
    (URL, &[], &[], "unknown-issuer"),
    (
        URL,
        &[("/root/.gitconfig", "[http]\nsslCAInfo = /opt/private.pem\n")],
        &[],
        "healthy",
    ),
    (
        URL,
        &[("/root/.gitconfig", "[http]\nsslCAInfo = ~/private.pem\n")],
        &[],
        "healthy",
    ),
    (
        URL,
        &[("/root/.gitconfig", "[http]\nsslCAInfo = private.pem\n")],
        &[],
        "healthy",
    ),
    (
        URL,
        &[("/root/.gitconfig", "[http]\nsslCAInfo = /opt/none.pem\n")],
        &[],
        "setting-broken",
    ),
    (
        URL,
        &[("/root/.gitconfig", "[http]\nsslCAPath = /opt\n")],
        &[],
        "healthy",
    ),
    (
        URL,
        &[("/etc/gitconfig", "[http]\nsslCAPath = /nowhere\n")],
        &[],
        "unknown-issuer",
    ),
    (
        URL,
        &[("/root/.gitconfig", "[http]\nsslBackend = openssl\n")],
        &[],
        "setting-broken",
    ),
    (
        URL,
        &[("/root/.gitconfig", "[http]\nsslCert = /opt/none.pem\n")],
        &[],
        "setting-broken",
    ),
    (
        URL,
        &[(
            "/root/.gitconfig",
            "[http \"https://*:PORT\"]\nsslCAInfo = /opt/private.pem\n",
        )],
        &[],
        "healthy",
    ),
    (
        URL,
        &[(
            "/root/.gitconfig",
            "[http \"https://localhost\"]\nsslCAInfo = /opt/private.pem\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        URL,
        &[(
            "/root/.gitconfig",
            "[http \"https://localhost:PORT/team\"]\nsslVerify = true\n[http \"https://localhost:PORT\"]\nsslVerify = false\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        URL,
        &[(
            "/root/.gitconfig",
            "[http \"https://localhost:PORT/te\"]\nsslVerify = false\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        URL,
        &[(
            "/root/.gitconfig",
            "[http]\nsslVerify = false\n[http \"https://*:PORT\"]\nsslVerify = true\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        URL,
        &[(
            "/root/.gitconfig",
            "[http \"https://localhost:PORT/\"]\nsslVerify = 0\n",
        )],
        &[],
        "verification-off",
    ),
    (
        URL,
        &[
            ("/root/.gitconfig", "[http]\nsslVerify = false\n"),
            (".git/config", "[http]\nsslVerify = true\n"),
        ],
        &[],
        "unknown-issuer",
    ),
    (
        URL,
        &[("/etc/gitconfig", "[http]\nsslVerify = false\n")],
        &[("GIT_CONFIG_NOSYSTEM", "1")],
        "unknown-issuer",
    ),
    (
        URL,
        &[("/root/.gitconfig", "[http]\nsslVerify = false\n")],
        &[("GIT_CONFIG_GLOBAL", "/nowhere")],
        "unknown-issuer",
    ),
    (URL, &[], &[("GIT_SSL_NO_VERIFY", "0")], "verification-off"),
    (
        URL,
        &[],
        &[("GIT_SSL_CAINFO", "/opt/private.pem")],
        "healthy",
    ),
    (
        URL,
        &[],
        &[
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "http.sslVerify"),
            ("GIT_CONFIG_VALUE_0", "false"),
        ],
        "verification-off",
    ),
    (
        URL,
        &[
            ("/root/.gitconfig", "[include]\npath = more\n"),
            ("/root/more", "[http]\nsslVerify = false\n"),
        ],
        &[],
        "verification-off",
    ),
    (
        URL,
        &[
            (
                "/root/.gitconfig",
                "[includeIf \"gitdir:/nowhere/\"]\npath = more\n",
            ),
            ("/root/more", "[http]\nsslVerify = false\n"),
            (".git/config", ""),
        ],
        &[],
        "unknown-issuer",
    ),
    (
        URL,
        &[
            (
                "/root/.gitconfig",
                "[includeIf \"gitdir:**/.git\"]\npath = more\n",
            ),
            ("/root/more", "[http]\nsslVerify = false\n"),
            (".git/config", ""),
        ],
        &[],
        "verification-off",
    ),
    (
        URL,
        &[
            (
                "/root/.gitconfig",
                "[includeIf \"onbranch:main\"]\npath = more\n",
            ),
            ("/root/more", "[http]\nsslVerify = false\n"),
            (".git/config", ""),
            (".git/HEAD", "ref: refs/heads/main\n"),
        ],
        &[],
        "verification-off",
    ),
    (
        "git https://git.test/x",
        &[(
            "/root/.gitconfig",
            "[url \"https://localhost:PORT/\"]\ninsteadOf = https://git.test/\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        URL,
        &[(
            "/root/.gitconfig",
            "[url \"git@git.test:\"]\ninsteadOf = https://localhost:PORT/\n",
        )],
        &[],
        "-",
    ),
    (
        URL,
        &[(
            "/root/.gitconfig",
            "[url \"ssh://git.test/\"]\ninsteadOf = https://localhost:PORT/\n[url \"https://localhost:PORT/other/\"]\ninsteadOf = https://localhost:PORT/team/\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        "git",
        &[(
            ".git/config",
            "[remote \"origin\"]\nurl = https://localhost:PORT/x\n",
        )],
        &[],
        "unknown-issuer",
    ),
];

const REGISTRY: &str = "registry=https://localhost:PORT/\n";

const NPM: &[Row] = &[
    ("npm", &[("/root/.npmrc", REGISTRY)], &[], "unknown-issuer"),
    (
        "npm",
        &[(
            "/root/.npmrc",
            "registry=https://localhost:PORT/\ncafile=~/private.pem\n",
        )],
        &[],
        "healthy",
    ),
    (
        "npm",
        &[(
            "/root/.npmrc",
            "registry=https://localhost:PORT/\ncafile=${HOME}/private.pem\n",
        )],
        &[],
        "healthy",
    ),
    (
        "npm",
        &[(
            "/root/.npmrc",
            "registry=https://localhost:PORT/\ncafile=${NOPE}/private.pem\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        "npm",
        &[(
            "/root/.npmrc",
            "registry=https://localhost:PORT/\ncafile=private.pem\n",
        )],
        &[],
        "healthy",
    ),
    (
        "npm",
        &[(
            "/root/.npmrc",
            "registry=https://localhost:PORT/\ncafile=/opt/none.pem\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        "npm",
        &[(
            "/root/.npmrc",
            "registry=https://localhost:PORT/\nca=\"@PEM\"\n",
        )],
        &[],
        "healthy",
    ),
    (
        "npm",
        &[(".npmrc", REGISTRY)],
        &[("npm_config_cafile", "/opt/private.pem")],
        "healthy",
    ),
    (
        "npm",
        &[("/root/.npmrc", REGISTRY)],
        &[("NPM_CONFIG_CAFILE", "/opt/private.pem")],
        "healthy",
    ),
    (
        "npm",
        &[(
            "/root/.npmrc",
            "registry=https://localhost:PORT/\nstrict-ssl=false\n",
        )],
        &[],
        "verification-off",
    ),
    (
        "npm",
        &[(
            "/root/.npmrc",
            "registry=https://localhost:PORT/\nstrict-ssl=0\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        "npm",
        &[
            (
                "/root/.npmrc",
                "registry=https://localhost:PORT/\nstrict-ssl=false\n",
            ),
            (".npmrc", "strict-ssl=true\n"),
        ],
        &[],
        "unknown-issuer",
    ),
    (
        "npm",
        &[("/root/.npmrc", REGISTRY)],
        &[("npm_config_strict_ssl", "false")],
        "verification-off",
    ),
    (
        "npm",
        &[("/root/.npmrc", REGISTRY)],
        &[("NODE_TLS_REJECT_UNAUTHORIZED", "0")],
        "unknown-issuer",
    ),
    ("pnpm", &[("/root/.npmrc", REGISTRY)], &[], "unknown-issuer"),
    (
        "yarn",
        &[("/root/.yarnrc", "registry \"https://localhost:PORT\"\n")],
        &[],
        "unknown-issuer",
    ),
    (
        "yarn",
        &[(
            "/root/.yarnrc",
            "registry \"https://localhost:PORT\"\ncafile \"/opt/private.pem\"\n",
        )],
        &[],
        "healthy",
    ),
    (
        "yarn",
        &[(
            "/root/.yarnrc",
            "registry \"https://localhost:PORT\"\nstrict-ssl false\n",
        )],
        &[],
        "verification-off",
    ),
    (
        "yarn",
        &[(
            ".yarnrc.yml",
            "npmRegistryServer: \"https://localhost:PORT\"\nhttpsCaFilePath: /opt/private.pem\n",
        )],
        &[],
        "healthy",
    ),
    (
        "yarn",
        &[(
            ".yarnrc.yml",
            "npmRegistryServer: \"https://localhost:PORT\"\nenableStrictSsl: false\n",
        )],
        &[],
        "verification-off",
    ),
];

const SOURCE: (&str, &str) = (
    "/etc/apt/sources.list",
    "deb https://localhost:PORT/d stable main\n",
);

const APT: &[Row] = &[
    ("apt", &[SOURCE], &[], "unknown-issuer"),
    (
        "apt",
        &[
            SOURCE,
            (
                "/etc/apt/apt.conf",
                "Acquire::https::CaInfo \"/opt/private.pem\";",
            ),
        ],
        &[],
        "healthy",
    ),
    (
        "apt",
        &[
            SOURCE,
            (
                "/etc/apt/apt.conf",
                "Acquire::http::CaInfo \"/opt/private.pem\";",
            ),
        ],
        &[],
        "healthy",
    ),
    (
        "apt",
        &[
            SOURCE,
            (
                "/etc/apt/apt.conf",
                "Acquire::https::localhost::CaInfo \"/opt/private.pem\";",
            ),
        ],
        &[],
        "healthy",
    ),
    (
        "apt",
        &[
            SOURCE,
            (
                "/etc/apt/apt.conf",
                "Acquire { https { localhost { CaInfo \"/opt/private.pem\"; }; }; };",
            ),
        ],
        &[],
        "healthy",
    ),
    (
        "apt",
        &[
            SOURCE,
            (
                "/etc/apt/apt.conf",
                "Acquire { https { CaInfo \"/opt/other.pem\"; \"localhost\" { CaInfo \"/opt/private.pem\"; }; }; };",
            ),
        ],
        &[],
        "healthy",
    ),
    (
        "apt",
        &[
            SOURCE,
            (
                "/etc/apt/apt.conf",
                "Acquire::https::CaInfo::localhost \"/opt/private.pem\";",
            ),
        ],
        &[],
        "unknown-issuer",
    ),
    (
        "apt",
        &[
            SOURCE,
            ("/etc/apt/apt.conf", "Acquire::https::CaPath \"/opt\";"),
        ],
        &[],
        "unknown-issuer",
    ),
    (
        "apt",
        &[
            SOURCE,
            (
                "/etc/apt/apt.conf",
                "Acquire::https::CaInfo \"/opt/none.pem\";",
            ),
        ],
        &[],
        "setting-broken",
    ),
    (
        "apt",
        &[
            SOURCE,
            (
                "/etc/apt/apt.conf",
                "Acquire::https::Verify-Peer \"false\";",
            ),
        ],
        &[],
        "verification-off",
    ),
    (
        "apt",
        &[
            SOURCE,
            (
                "/etc/apt/apt.conf",
                "Acquire::https::localhost::Verify-Peer \"false\";",
            ),
        ],
        &[],
        "verification-off",
    ),
    (
        "apt",
        &[
            SOURCE,
            (
                "/etc/apt/apt.conf",
                "Acquire::https::Verify-Peer::localhost \"false\";",
            ),
        ],
        &[],
        "unknown-issuer",
    ),
    (
        "apt",
        &[
            SOURCE,
            (
                "/etc/apt/apt.conf",
                "Acquire::https::Verify-Host \"false\";",
            ),
        ],
        &[],
        "unknown-issuer",
    ),
    (
        "apt",
        &[
            SOURCE,
            (
                "/etc/apt/apt.conf",
                "Acquire::https::other.test::Verify-Peer \"false\";",
            ),
        ],
        &[],
        "unknown-issuer",
    ),
];

const CURL: &str = "curl https://localhost:PORT/";

const OTHERS: &[Row] = &[
    (CURL, &[], &[], "unknown-issuer"),
    (
        CURL,
        &[("/root/.curlrc", "cacert = /opt/private.pem\n")],
        &[],
        "healthy",
    ),
    (
        CURL,
        &[("/root/.curlrc", "cacert = \"~/private.pem\"\n")],
        &[],
        "setting-broken",
    ),
    (
        CURL,
        &[("/root/.curlrc", "insecure\n")],
        &[],
        "verification-off",
    ),
    (
        CURL,
        &[],
        &[("CURL_CA_BUNDLE", "/opt/private.pem")],
        "healthy",
    ),
    (
        "cargo",
        &[(
            ".cargo/config.toml",
            "[source.crates-io]\nreplace-with = \"corp\"\n[registries.corp]\nindex = \"sparse+https://localhost:PORT/i/\"\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        "cargo",
        &[(
            ".cargo/config.toml",
            "[source.crates-io]\nreplace-with = \"corp\"\n[source.corp]\nregistry = \"sparse+https://localhost:PORT/i/\"\n[http]\ncainfo = \"private.pem\"\n",
        )],
        &[],
        "healthy",
    ),
    (
        "cargo",
        &[(
            "/root/.cargo/config.toml",
            "[source.crates-io]\nreplace-with = \"corp\"\n[registries.corp]\nindex = \"sparse+https://localhost:PORT/i/\"\n",
        )],
        &[("CARGO_HTTP_CAINFO", "/opt/none.pem")],
        "setting-broken",
    ),
    (
        "pip",
        &[(
            "/etc/pip.conf",
            "[global]\nindex-url = https://localhost:PORT/simple\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        "pip",
        &[(
            "/etc/pip.conf",
            "[global]\nindex-url = https://localhost:PORT/simple\ncert = /opt/private.pem\n",
        )],
        &[],
        "healthy",
    ),
    (
        "pip",
        &[(
            "/etc/pip.conf",
            "[global]\nindex-url = https://localhost:PORT/simple\n",
        )],
        &[("PIP_CERT", "/opt/none.pem")],
        "setting-broken",
    ),
    (
        "pip",
        &[(
            "/etc/pip.conf",
            "[global]\nindex-url = https://localhost:PORT/simple\ntrusted-host =\n  other.test\n  localhost:PORT\n",
        )],
        &[],
        "verification-off",
    ),
    (
        "pip",
        &[(
            "/etc/pip.conf",
            "[global]\nindex-url = https://localhost:PORT/simple\ntrusted-host = other.test\n",
        )],
        &[],
        "unknown-issuer",
    ),
    ("docker localhost:PORT/image:1", &[], &[], "unknown-issuer"),
    (
        "docker localhost:PORT",
        &[("/etc/docker/certs.d/localhost:PORT/ca.crt", "@CERT")],
        &[],
        "healthy",
    ),
    (
        "docker localhost:PORT",
        &[("/etc/docker/certs.d/localhost:PORT/ca.pem", "@CERT")],
        &[],
        "unknown-issuer",
    ),
    (
        "docker localhost:PORT",
        &[(
            "/etc/docker/daemon.json",
            "{\"insecure-registries\": [\"localhost:PORT\"]}",
        )],
        &[],
        "verification-off",
    ),
    (
        "docker",
        &[(
            "/etc/docker/daemon.json",
            "{\"registry-mirrors\": [\"https://localhost:PORT\"]}",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        "containerd",
        &[(
            "/etc/containerd/certs.d/r.test/hosts.toml",
            "server = \"https://localhost:PORT\"\nca = \"/opt/private.pem\"\n",
        )],
        &[],
        "healthy",
    ),
    (
        "containerd",
        &[(
            "/etc/containerd/certs.d/r.test/hosts.toml",
            "server = \"https://localhost:PORT\"\n[host.\"https://localhost:PORT\"]\nskip_verify = true\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        "containerd localhost:PORT",
        &[(
            "/etc/containerd/certs.d/localhost:PORT/hosts.toml",
            "skip_verify = true\n",
        )],
        &[],
        "verification-off",
    ),
    (
        "kubectl",
        &[(
            "/root/.kube/config",
            "current-context: c\ncontexts:\n- name: c\n  context: {cluster: k}\nclusters:\n- name: k\n  cluster:\n    server: https://localhost:PORT\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        "kubectl",
        &[(
            "/root/.kube/config",
            "current-context: c\ncontexts:\n- name: c\n  context: {cluster: k}\nclusters:\n- name: k\n  cluster:\n    server: https://localhost:PORT\n    certificate-authority: /opt/private.pem\n",
        )],
        &[],
        "healthy",
    ),
    (
        "kubectl",
        &[(
            "/root/.kube/config",
            "current-context: c\ncontexts:\n- name: c\n  context: {cluster: k}\nclusters:\n- name: k\n  cluster:\n    server: https://localhost:PORT\n    certificate-authority-data: @DATA\n",
        )],
        &[],
        "healthy",
    ),
    (
        "kubectl",
        &[(
            "/root/.kube/config",
            "current-context: c\ncontexts:\n- name: c\n  context: {cluster: k}\nclusters:\n- name: k\n  cluster:\n    server: https://localhost:PORT\n    insecure-skip-tls-verify: true\n",
        )],
        &[],
        "verification-off",
    ),
    (
        "conda",
        &[(
            "/root/.condarc",
            "channels:\n- https://localhost:PORT/c\nssl_verify: truststore\n",
        )],
        &[],
        "unknown-issuer",
    ),
    (
        "conda",
        &[(
            "/root/.condarc",
            "channels:\n- https://localhost:PORT/c\nssl_verify: /opt/private.pem\n",
        )],
        &[],
        "healthy",
    ),
    (
        "conda",
        &[(
            "/root/.condarc",
            "channels:\n- https://localhost:PORT/c\nssl_verify: false\n",
        )],
        &[],
        "verification-off",
    ),
];

fn server(ca: &Ca) -> Server {
    openssl(&Identity::of(&ca.leaf("localhost")), &["-www"])
}

/// The conclusion on the first host, or a hyphen where none is reached over TLS.
fn concludes(row: &Row, port: u16, private: &Ca) -> (String, support::Run) {
    let (words, files, variables, _) = row;
    let base64 = BASE64_STANDARD.encode(private.pem());
    let fill = |text: &str| {
        let text = text.replace("PORT", &port.to_string());
        let text = text.replace(
            "@PEM",
            &private
                .pem()
                .trim_end()
                .replace('\r', "")
                .replace('\n', "\\n"),
        );
        text.replace("@CERT", private.pem())
            .replace("@DATA", &base64)
    };
    let host = trusting(root());
    for path in ["opt/private.pem", "root/private.pem"] {
        host.write(path, private.pem());
    }
    host.write("opt/other.pem", Ca::new("Other Root").pem());
    host.input("private.pem", private.pem());
    for (path, text) in *files {
        match fill(path).strip_prefix('/') {
            Some(path) => host.write(path, fill(text)),
            None => drop(host.input(&fill(path), fill(text))),
        }
    }
    let words: Vec<String> = words.split(' ').map(fill).collect();
    let start = [
        "--format",
        "json",
        "diagnose",
        "--timeout",
        "3",
        "--connect",
        "127.0.0.1",
    ];
    let mut command = host.command(start.into_iter().chain(words.iter().map(String::as_str)));
    command.env("HOME", "/root").env_remove("PATH");
    let run = output(command.envs(variables.iter().copied()));
    let code = run.report()["targets"][0]["conclusion"]["code"]
        .as_str()
        .unwrap_or("-")
        .to_string();
    (code, run)
}

fn all_conclude(rows: &[Row]) {
    let private = Ca::new("Private Root");
    let server = server(&private);
    let mut wrong = Vec::new();
    for row in rows {
        let (code, run) = concludes(row, server.port, &private);
        if code != row.3 {
            wrong.push(format!("{row:?}: {code}: {run}"));
        }
        let is_well = matches!(row.3, "healthy" | "-");
        if run.report()["targets"].as_array().unwrap().len() < 2 {
            assert_eq!(run.code == 0, is_well, "{row:?}: {run}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn git_is_judged_by_its_own_rules() {
    all_conclude(GIT);
}

#[test]
fn npm_pnpm_and_yarn_are_judged_by_their_own_rules() {
    all_conclude(NPM);
}

#[test]
fn apt_is_judged_by_its_own_rules() {
    all_conclude(APT);
}

#[test]
fn other_tools_are_judged_by_their_own_rules() {
    all_conclude(OTHERS);
}

#[test]
fn what_is_hidden_by_a_bypass_is_told_with_it() {
    let private = Ca::new("Private Root");
    let server = server(&private);
    let row: &Row = &(
        "npm",
        &[(
            "/root/.npmrc",
            "registry=https://localhost:PORT/\nstrict-ssl=false\n",
        )],
        &[],
        "verification-off",
    );
    let (_, run) = concludes(row, server.port, &private);
    let report = run.report();
    let target = &report["targets"][0];
    let evidence = target["conclusion"]["evidence"].as_str().unwrap();
    assert!(
        evidence.starts_with(
            "npm would connect: verification is off by `strict-ssl=false` (/root/.npmrc:2)"
        ),
        "{evidence}"
    );
    assert!(evidence.contains("[unknown-issuer]"), "{evidence}");
    assert_eq!(target["programs"][0]["connects"], true, "{target:#}");
    let remedy = target["conclusion"]["remedy"].as_array().unwrap();
    assert!(
        remedy
            .last()
            .unwrap()
            .as_str()
            .unwrap()
            .starts_with("delete `strict-ssl=false`")
    );
}

#[test]
fn a_proxy_of_a_tools_own_is_taken_and_its_exceptions_are_kept() {
    let closed = support::servers::free_port();
    let private = Ca::new("Private Root");
    let server = server(&private);
    let proxy = format!("http://127.0.0.1:{closed}");
    let (port, host) = (server.port, trusting(root()));
    let ask = |words: &[&str], path: &str, text: String, variables: &[(&str, &str)]| {
        host.write(path.trim_start_matches('/'), text);
        let mut command = host.command(
            ["--format", "json", "diagnose", "--timeout", "3"]
                .iter()
                .chain(words),
        );
        command.env("HOME", "/root");
        let run = output(command.envs(variables.iter().copied()));
        run.report()["targets"][0]["conclusion"]["code"]
            .as_str()
            .unwrap()
            .to_string()
    };
    let url = format!("https://localhost:{port}/x");
    let git = |extra: &str| format!("[http]\nproxy = {proxy}\n{extra}");
    let git_asks = |text: String, variables: &[(&str, &str)]| {
        ask(&["git", &url], "/root/.gitconfig", text, variables)
    };
    assert_eq!(git_asks(git(""), &[]), "proxy-unreachable");
    assert_eq!(
        git_asks(git(""), &[("NO_PROXY", "localhost")]),
        "unknown-issuer"
    );
    assert_eq!(
        git_asks("[http]\nproxy =\n".to_string(), &[("https_proxy", &proxy)]),
        "unknown-issuer"
    );
    let npm = |extra: &str| format!("registry=https://localhost:{port}/\n{extra}");
    let npm_asks =
        |text: String, variables: &[(&str, &str)]| ask(&["npm"], "/root/.npmrc", text, variables);
    let own = format!("https-proxy={proxy}\n");
    assert_eq!(npm_asks(npm(&own), &[]), "proxy-unreachable");
    assert_eq!(
        npm_asks(npm(&own), &[("NO_PROXY", "localhost")]),
        "unknown-issuer"
    );
    assert_eq!(
        npm_asks(npm(&own), &[("NO_PROXY", "*")]),
        "proxy-unreachable"
    );
    assert_eq!(
        npm_asks(
            npm(&format!("{own}noproxy=localhost\n")),
            &[("NO_PROXY", "x")]
        ),
        "unknown-issuer"
    );
    assert_eq!(
        npm_asks(npm("noproxy=localhost\n"), &[("https_proxy", &proxy)]),
        "unknown-issuer"
    );
    assert_eq!(
        npm_asks(npm(""), &[("ALL_PROXY", &proxy)]),
        "unknown-issuer"
    );
    host.write(
        "etc/apt/sources.list",
        format!("deb https://localhost:{port}/d s m\n"),
    );
    let apt_asks = |text: String, variables: &[(&str, &str)]| {
        ask(&["apt"], "/etc/apt/apt.conf", text, variables)
    };
    let own = |key: &str| format!("Acquire::{key} \"{proxy}\";");
    assert_eq!(apt_asks(own("https::Proxy"), &[]), "proxy-unreachable");
    assert_eq!(apt_asks(own("http::Proxy"), &[]), "proxy-unreachable");
    assert_eq!(
        apt_asks(own("https::Proxy::localhost"), &[]),
        "proxy-unreachable"
    );
    assert_eq!(
        apt_asks(own("https::localhost::Proxy"), &[]),
        "proxy-unreachable"
    );
    let except = format!(
        "{} Acquire::https::Proxy::localhost \"DIRECT\";",
        own("https::Proxy")
    );
    assert_eq!(apt_asks(except, &[]), "unknown-issuer");
    assert_eq!(
        apt_asks(own("https::Proxy"), &[("no_proxy", "localhost")]),
        "unknown-issuer"
    );
    assert_eq!(
        apt_asks(String::new(), &[("http_proxy", &proxy)]),
        "proxy-unreachable"
    );
    assert_eq!(
        apt_asks(String::new(), &[("HTTPS_PROXY", &proxy)]),
        "unknown-issuer"
    );
}

#[test]
fn pip_is_judged_by_the_store_that_the_pip_in_the_path_reads() {
    let private = Ca::new("Private Root");
    let server = server(&private);
    let ask = |version: &str, code: &str, bundle: &Ca| {
        let host = trusting(root());
        host.write(
            "etc/pip.conf",
            format!(
                "[global]\nindex-url = https://localhost:{}/simple\n",
                server.port
            ),
        );
        host.write_program("opt/venv/bin/pip", "#!/opt/venv/bin/python3\n");
        let packages = "opt/venv/lib/python3.11/site-packages";
        host.write(format!("{packages}/pip/_vendor/certifi/core.py"), code);
        host.write(
            format!("{packages}/pip/_vendor/certifi/cacert.pem"),
            bundle.pem(),
        );
        host.write(format!("{packages}/pip-{version}.dist-info/METADATA"), "");
        let mut command = host.command([
            "--format",
            "json",
            "diagnose",
            "--connect",
            "127.0.0.1",
            "pip",
        ]);
        let run = output(
            command
                .env("HOME", "/root")
                .env("PATH", "/none:/opt/venv/bin"),
        );
        let report = run.report();
        let notes = report["tool"]["notes"].to_string();
        assert!(notes.contains(&format!("pip {version}")), "{notes}");
        report["targets"][0]["conclusion"]["code"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert_eq!(ask("23.2.1", "where()", &private), "healthy");
    assert_eq!(ask("24.2", "where()", &private), "unknown-issuer");
    assert_eq!(
        ask(
            "23.0.1",
            "return '/etc/ssl/certs/ca-certificates.crt'",
            &private
        ),
        "unknown-issuer"
    );
}

#[test]
fn go_says_what_it_does_after_a_proxy_that_fails_and_what_restores_builds() {
    let (private, ca) = (Ca::new("Private Root"), root());
    let (bad, good) = (server(&private), server(&ca));
    let host = trusting(ca);
    let ask = |between: char| {
        let list = format!(
            "https://localhost:{}{between}https://localhost:{}",
            bad.port, good.port
        );
        let mut command = host.command([
            "--format",
            "json",
            "diagnose",
            "--connect",
            "127.0.0.1",
            "go",
        ]);
        command
            .env("HOME", "/root")
            .env("GOPROXY", list)
            .env("GOSUMDB", "off");
        let report = output(&mut command).exits(1).report();
        report["targets"][0]["conclusion"]["remedy"].to_string()
    };
    let text = ask(',');
    assert!(
        text.contains("only where the proxy answers 404 or 410"),
        "{text}"
    );
    assert!(
        text.contains(&format!(
            "GOPROXY=https://localhost:{} go mod download",
            good.port
        )),
        "{text}"
    );
    assert!(
        text.contains("go env -u GOPROXY") && !text.contains("GONOSUMDB"),
        "{text}"
    );
    assert!(ask('|').contains("at any error"));
}

#[test]
fn the_checksum_database_is_not_asked_where_the_proxy_offers_it_or_all_modules_are_private() {
    let ca = root();
    let server = server(&ca);
    let host = trusting(ca);
    host.input("module/go.mod", "module x\n\nrequire corp.test/a v1.0.0\n");
    let ask = |words: &[&str], variables: &[(&str, &str)]| {
        let start = ["--format", "json", "diagnose", "--connect", "127.0.0.1"];
        let mut command = host.command(start.iter().chain(words));
        command
            .env("HOME", "/root")
            .env("GOPROXY", format!("https://localhost:{}", server.port));
        let report = output(command.envs(variables.iter().copied())).report();
        report["targets"].as_array().unwrap().len()
    };
    // `-www` answers every path with status 200.
    assert_eq!(ask(&["go"], &[]), 1);
    let private = [("GOPRIVATE", "corp.test"), ("GONOPROXY", "none")];
    assert_eq!(ask(&["go", "--module-dir", "module"], &private), 1);
}

#[test]
fn one_bad_target_does_not_stop_the_others() {
    let ca = root();
    let server = server(&ca);
    let host: Host = trusting(ca);
    let good = format!("localhost:{}", server.port);
    let run = host
        .trustctl([
            "--format",
            "json",
            "diagnose",
            "--connect",
            "127.0.0.1",
            "a..b",
            &good,
        ])
        .exits(1);
    let report = run.report();
    let codes: Vec<&str> = report["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["conclusion"]["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["healthy", "no-target"]);
}
