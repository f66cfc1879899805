//! Checks that somebody has switched off: each in each of its places.

use std::collections::BTreeSet;

use super::{good_host, only};

/// Rule, file, text, line. The file is written alone into a good host.
const CASES: &[(&str, &str, &str, usize)] = &[
    // Every carrier of environment variables.
    (
        "git-verification-off",
        "etc/environment",
        "PATH=\"/bin\"\nGIT_SSL_NO_VERIFY=0\n",
        2,
    ),
    (
        "git-verification-off",
        "etc/profile",
        "export GIT_SSL_NO_VERIFY=1\n",
        1,
    ),
    (
        "git-verification-off",
        "etc/profile.d/x.sh",
        "GIT_SSL_NO_VERIFY=\nexport GIT_SSL_NO_VERIFY\n",
        1,
    ),
    (
        "git-verification-off",
        "etc/bash.bashrc",
        "if true; then\n  export GIT_SSL_NO_VERIFY=true\nfi\n",
        2,
    ),
    (
        "git-verification-off",
        "etc/security/pam_env.conf",
        "GIT_SSL_NO_VERIFY DEFAULT=1\n",
        1,
    ),
    (
        "git-verification-off",
        "etc/environment.d/x.conf",
        "GIT_SSL_NO_VERIFY=1\n",
        1,
    ),
    (
        "git-verification-off",
        "etc/default/x",
        "GIT_SSL_NO_VERIFY=1\n",
        1,
    ),
    (
        "git-verification-off",
        "etc/systemd/system.conf.d/x.conf",
        "[Manager]\nDefaultEnvironment=GIT_SSL_NO_VERIFY=1\n",
        2,
    ),
    (
        "git-verification-off",
        "etc/systemd/system/x.service",
        "[Service]\nEnvironment=\"A=b\" \\\n  GIT_SSL_NO_VERIFY=1\n",
        2,
    ),
    (
        "git-verification-off",
        "etc/systemd/system/x.service.d/y.conf",
        "[Service]\nEnvironment='GIT_SSL_NO_VERIFY=1'\n",
        2,
    ),
    (
        "git-verification-off",
        "etc/systemd/user/x.service",
        "[Service]\nEnvironment=GIT_SSL_NO_VERIFY=1\n",
        2,
    ),
    (
        "git-verification-off",
        "etc/crontab",
        "GIT_SSL_NO_VERIFY=1\n5 * * * * root git pull\n",
        1,
    ),
    (
        "git-verification-off",
        "etc/cron.d/x",
        "5 * * * * root GIT_SSL_NO_VERIFY=1 git pull\n",
        1,
    ),
    (
        "git-verification-off",
        "var/spool/cron/crontabs/ann",
        "@daily GIT_SSL_NO_VERIFY=1 git pull\n",
        1,
    ),
    (
        "git-verification-off",
        "home/ann/.bashrc",
        "# x\nexport GIT_SSL_NO_VERIFY=1\n",
        2,
    ),
    (
        "git-verification-off",
        "home/ann/.zshrc",
        "export GIT_SSL_NO_VERIFY=1\n",
        1,
    ),
    (
        "git-verification-off",
        "home/ann/.bash_profile",
        "declare -x GIT_SSL_NO_VERIFY=1\n",
        1,
    ),
    (
        "git-verification-off",
        "home/ann/.config/environment.d/x.conf",
        "GIT_SSL_NO_VERIFY=1\n",
        1,
    ),
    (
        "git-verification-off",
        "home/ann/.config/systemd/user/x.service",
        "[Service]\nEnvironment=GIT_SSL_NO_VERIFY=1\n",
        2,
    ),
    // The rest: one place or more for each program.
    (
        "go-insecure",
        "home/ann/.config/go/env",
        "GOPRIVATE=a\nGOINSECURE=corp.example/*\n",
        2,
    ),
    ("go-checksum-off", "etc/environment", "GOSUMDB=off\n", 1),
    (
        "go-checksum-off",
        "etc/environment",
        "GONOSUMDB=corp.example,*\n",
        1,
    ),
    (
        "go-checksum-off",
        "etc/environment",
        "GOFLAGS=\"-mod=mod -insecure\"\n",
        1,
    ),
    (
        "go-proxy-replaced",
        "home/ann/.config/go/env",
        "GOPROXY=https://proxy.golang.org\n",
        1,
    ),
    (
        "go-debug-weakened",
        "etc/environment",
        "GODEBUG=http2client=0,x509ignoreCN=0\n",
        1,
    ),
    (
        "go-debug-weakened",
        "etc/environment",
        "GODEBUG=x509sha1=1\n",
        1,
    ),
    ("go-no-effect", "etc/environment", "GODEBUG=tls10=1\n", 1),
    ("go-no-effect", "etc/environment", "GONOSUMCHECK=1\n", 1),
    (
        "git-verification-off",
        "etc/gitconfig",
        "[http]\n\tsslVerify = false\n",
        2,
    ),
    (
        "git-verification-off",
        "home/ann/.gitconfig",
        "[user]\nname = x\n[http \"https://git.corp.example\"]\nsslverify = 0\n",
        4,
    ),
    (
        "git-verification-off",
        "home/ann/.config/git/config",
        "[http]\nsslVerify = off\n",
        2,
    ),
    (
        "git-verification-off",
        "etc/environment",
        "GIT_CONFIG_COUNT=1\nGIT_CONFIG_KEY_0=http.sslVerify\nGIT_CONFIG_VALUE_0=false\n",
        2,
    ),
    (
        "curl-verification-off",
        "home/ann/.curlrc",
        "silent\ninsecure\n",
        2,
    ),
    (
        "curl-verification-off",
        "home/ann/.config/curlrc",
        "-sSk\n",
        1,
    ),
    (
        "curl-verification-off",
        "root/.curlrc",
        "--proxy-insecure\n",
        1,
    ),
    (
        "wget-verification-off",
        "etc/wgetrc",
        "# x\nCheck-Certificate = off\n",
        2,
    ),
    (
        "wget-verification-off",
        "home/ann/.wgetrc",
        "check_certificate=quiet\n",
        1,
    ),
    (
        "pip-trusted-host",
        "etc/pip.conf",
        "[global]\ntrusted-host = pypi.corp.example\n",
        2,
    ),
    (
        "pip-trusted-host",
        "home/ann/.config/pip/pip.conf",
        "[install]\ntrusted_host =\n  a\n  b\n",
        2,
    ),
    (
        "pip-trusted-host",
        "etc/environment",
        "PIP_TRUSTED_HOST=a\n",
        1,
    ),
    ("npm-verification-off", "etc/npmrc", "strict-ssl=false\n", 1),
    (
        "npm-verification-off",
        "home/ann/.npmrc",
        "; x\nstrict-ssl = \"false\"\n",
        2,
    ),
    (
        "npm-verification-off",
        "etc/environment",
        "npm_config_strict_ssl=false\n",
        1,
    ),
    (
        "yarn-verification-off",
        "home/ann/.yarnrc",
        "\"strict-ssl\" false\n",
        1,
    ),
    (
        "yarn-verification-off",
        "home/ann/.yarnrc.yml",
        "enableStrictSsl: false\n",
        1,
    ),
    (
        "node-verification-off",
        "etc/environment",
        "NODE_TLS_REJECT_UNAUTHORIZED=0\n",
        1,
    ),
    (
        "node-verification-off",
        "home/ann/.profile",
        "export NODE_TLS_REJECT_UNAUTHORIZED='0'\n",
        1,
    ),
    (
        "python-verification-off",
        "etc/environment",
        "PYTHONHTTPSVERIFY=0\n",
        1,
    ),
    (
        "apt-verification-off",
        "etc/apt/apt.conf.d/99x",
        "Acquire::https::Verify-Peer \"false\";\n",
        1,
    ),
    (
        "apt-verification-off",
        "etc/apt/apt.conf",
        "Acquire {\n  https {\n    repo.corp.example {\n      Verify-Host \"no\";\n    };\n  };\n};\n",
        4,
    ),
    (
        "apt-unsigned",
        "etc/apt/sources.list",
        "# x\ndeb [arch=amd64 trusted=yes] http://r.corp.example x main\n",
        2,
    ),
    (
        "apt-unsigned",
        "etc/apt/sources.list.d/x.sources",
        "Types: deb\nURIs: http://r.corp.example\nTrusted: yes\n",
        3,
    ),
    (
        "apt-unsigned",
        "etc/apt/sources.list.d/x.list",
        "deb [allow-insecure=yes] http://r.corp.example x main\n",
        1,
    ),
    (
        "apt-unsigned",
        "etc/apt/apt.conf.d/99x",
        "APT::Get::AllowUnauthenticated \"true\";\n",
        1,
    ),
    (
        "docker-insecure-registry",
        "etc/docker/daemon.json",
        "{\n\t\"insecure-registries\": [\n\t\t\"r.corp.example:5000\"\n\t]\n}\n",
        3,
    ),
    (
        "docker-insecure-registry",
        "etc/systemd/system/docker.service.d/x.conf",
        "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --insecure-registry r.corp.example\n",
        3,
    ),
    (
        "docker-insecure-registry",
        "etc/default/docker",
        "DOCKER_OPTS=\"--insecure-registry=r.corp.example\"\n",
        1,
    ),
    (
        "containers-insecure-registry",
        "etc/containers/registries.conf",
        "[[registry]]\nlocation = \"r.corp.example\"\ninsecure = true\n",
        3,
    ),
    (
        "containers-insecure-registry",
        "etc/containers/registries.conf.d/x.conf",
        "[registries.insecure]\nregistries = [\"r.corp.example\"]\n",
        2,
    ),
    (
        "containerd-verification-off",
        "etc/containerd/certs.d/r.corp.example/hosts.toml",
        "[host.\"https://r.corp.example\"]\n  skip_verify = true\n",
        2,
    ),
    (
        "containerd-verification-off",
        "etc/containerd/config.toml",
        "[plugins.\"io.containerd.grpc.v1.cri\".registry.configs.\"r\".tls]\ninsecure_skip_verify = true\n",
        2,
    ),
    (
        "gem-verification-off",
        "etc/gemrc",
        "---\n:ssl_verify_mode: 0\n",
        2,
    ),
    (
        "conda-verification-off",
        "home/ann/.condarc",
        "channels:\n  - x\nssl_verify: false\n",
        3,
    ),
    (
        "conda-verification-off",
        "etc/environment",
        "SSL_NO_VERIFY=1\n",
        1,
    ),
    (
        "cargo-old-tls",
        "home/ann/.cargo/config.toml",
        "[http]\nssl-version = \"tlsv1.0\"\n",
        2,
    ),
    (
        "maven-verification-off",
        "etc/mavenrc",
        "MAVEN_OPTS=\"-Xmx1g -Dmaven.wagon.http.ssl.insecure=true\"\n",
        1,
    ),
    (
        "maven-verification-off",
        "etc/environment",
        "MAVEN_OPTS=-Daether.connector.https.securityMode=insecure\n",
        1,
    ),
    (
        "helm-verification-off",
        "home/ann/.config/helm/repositories.yaml",
        "repositories:\n- name: x\n  insecure_skip_tls_verify: true\n",
        3,
    ),
    (
        "helm-verification-off",
        "etc/environment",
        "HELM_KUBEINSECURE_SKIP_TLS_VERIFY=true\n",
        1,
    ),
    (
        "kube-verification-off",
        "home/ann/.kube/config",
        "clusters:\n- cluster:\n    insecure-skip-tls-verify: true\n    server: https://k\n",
        3,
    ),
    (
        "kube-verification-off",
        "etc/kubernetes/admin.conf",
        "{\"clusters\": [{\"cluster\": {\"insecure-skip-tls-verify\": true}}]}\n",
        1,
    ),
    (
        "ansible-verification-off",
        "etc/ansible/ansible.cfg",
        "[galaxy]\nignore_certs = True ; x\n",
        2,
    ),
    (
        "ansible-verification-off",
        "home/ann/.profile",
        "export ANSIBLE_GALAXY_IGNORE=yes\n",
        1,
    ),
    (
        "ldap-verification-off",
        "etc/ldap/ldap.conf",
        "# x\nTLS_REQCERT\tnever\n",
        2,
    ),
    (
        "ldap-verification-off",
        "home/ann/.ldaprc",
        "tls_reqcert allow\n",
        1,
    ),
    (
        "ldap-verification-off",
        "etc/environment",
        "LDAPTLS_REQCERT=never\n",
        1,
    ),
    (
        "perl-verification-off",
        "etc/environment",
        "PERL_LWP_SSL_VERIFY_HOSTNAME=0\n",
        1,
    ),
    (
        "perl-verification-off",
        "etc/environment",
        "PERL_HTTP_TINY_SSL_INSECURE_BY_DEFAULT=1\n",
        1,
    ),
    (
        "ca-override-missing",
        "etc/environment",
        "SSL_CERT_FILE=/opt/none.pem\n",
        1,
    ),
    (
        "ca-override-missing",
        "home/ann/.profile",
        "export NODE_EXTRA_CA_CERTS=$HOME/none.pem\n",
        1,
    ),
];

pub fn rules() -> BTreeSet<&'static str> {
    CASES
        .iter()
        .map(|(rule, ..)| *rule)
        .chain(["ca-override-writable", "ca-override-stale"])
        .collect()
}

#[test]
fn each_check_that_is_switched_off_is_found_at_its_line() {
    let host = good_host();
    for (rule, file, text, line) in CASES {
        let before = host.read(file);
        host.write(file, text);
        only(
            &host,
            &[&format!("{rule} /{file}:{line}")],
            &format!("{file}: {text}"),
        );
        match before {
            Some(before) => host.write(file, before),
            None => host.delete(file),
        }
    }
    only(&host, &[], "everything was deleted");
}

#[test]
fn a_go_proxy_that_stands_in_for_the_hosts_own_is_found_until_it_is_taken_back() {
    let host = good_host();
    let own = "home/ann/.config/go/env";
    let found = format!("go-proxy-replaced /{own}:1");
    for (system, user, is_found) in [
        ("", "https://proxy.golang.org,direct", false),
        ("", "https://goproxy.other.example", false),
        (
            "https://goproxy.corp.example",
            "https://proxy.golang.org,direct",
            true,
        ),
        ("https://goproxy.corp.example", "direct", true),
        (
            "https://goproxy.corp.example",
            "https://goproxy.corp.example/|direct",
            false,
        ),
        ("https://proxy.golang.org,direct", "direct", false),
    ] {
        host.write("etc/environment", format!("GOPROXY={system}\n"));
        host.write(own, format!("GOPROXY={user}\n"));
        let expected: &[&str] = if is_found { &[&found] } else { &[] };
        only(&host, expected, &format!("{user} for {system}"));
    }
    host.write(own, "");
    only(&host, &[], "taken back");
}

#[test]
fn files_that_other_files_lead_to_are_read() {
    let host = good_host();
    host.write(
        "etc/systemd/system/x.service",
        "[Service]\nEnvironmentFile=-/etc/x.env\n",
    );
    host.write("etc/x.env", "A=b\nNODE_TLS_REJECT_UNAUTHORIZED=0\n");
    host.write("home/ann/.gitconfig", "[include]\n path = ~/work.inc\n");
    host.write("home/ann/work.inc", "[http]\nsslVerify=no\n");
    host.write("etc/environment", "WGETRC=/opt/wgetrc\n");
    host.write("opt/wgetrc", "check_certificate = off\n");
    only(
        &host,
        &[
            "git-verification-off /home/ann/work.inc:2",
            "node-verification-off /etc/x.env:2",
            "wget-verification-off /opt/wgetrc:1",
        ],
        "an EnvironmentFile, an include, a variable",
    );
}

#[test]
fn secrets_are_not_in_the_evidence() {
    let host = good_host();
    host.write(
        "etc/pip.conf",
        "[global]\ntrusted-host = https://me:hunter2@pypi.corp.example\n",
    );
    let run = host.trustctl(["audit"]).exits(1);
    run.says("https://…@pypi.corp.example")
        .never_says("hunter2");
}

#[test]
fn a_setting_for_everybody_weighs_more_than_one_users() {
    let host = good_host();
    let severity = |file: &str, text: &str| {
        host.write(file, text);
        let found = super::findings(&host, &[]);
        host.delete(file);
        found[0]["severity"].as_str().unwrap().to_string()
    };
    assert_eq!(
        severity("etc/environment", "NODE_TLS_REJECT_UNAUTHORIZED=0\n"),
        "error"
    );
    assert_eq!(
        severity(
            "home/ann/.bashrc",
            "export NODE_TLS_REJECT_UNAUTHORIZED=0\n"
        ),
        "warning"
    );
}

#[test]
fn an_override_that_others_may_write_or_that_lacks_local_cas_is_found() {
    use std::os::unix::fs::PermissionsExt;
    let ca = super::limited_ca("Corp Root");
    let host = super::furnished(support::Host::new().local("corp.crt", ca.pem())).settled();
    host.write("opt/copy.pem", host.vendors()[0].pem());
    host.write("etc/environment", "REQUESTS_CA_BUNDLE=/opt/copy.pem\n");
    only(
        &host,
        &["ca-override-stale /etc/environment:1"],
        "a copy without the local CA",
    );
    host.write("opt/copy.pem", ca.pem());
    only(&host, &[], "a copy with the local CA");
    std::fs::set_permissions(
        host.path("opt/copy.pem"),
        std::fs::Permissions::from_mode(0o666),
    )
    .unwrap();
    only(
        &host,
        &["ca-override-writable /etc/environment:1"],
        "a copy that all may write",
    );
    host.write(
        "etc/environment",
        "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt\n",
    );
    only(&host, &[], "the system's own bundle");
}

#[test]
fn variables_of_this_call_count_on_the_running_host_only() {
    let host = good_host();
    let mut command = host.command(["--format", "json", "audit"]);
    command.env("GIT_SSL_NO_VERIFY", "1");
    support::output(&mut command).exits(0);
}
