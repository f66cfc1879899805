//! Texts that look like a bypass and are none, three or more for each reader.

use super::{good_host, only};

/// File and text.
const CASES: &[(&str, &str)] = &[
    // Shell profiles.
    ("etc/profile.d/1.sh", "# export GIT_SSL_NO_VERIFY=1\n"),
    ("etc/profile.d/2.sh", "echo export GIT_SSL_NO_VERIFY=1\n"),
    (
        "etc/profile.d/3.sh",
        "export MSG='set GIT_SSL_NO_VERIFY=1 to break things'\n",
    ),
    (
        "etc/profile.d/4.sh",
        "export GIT_SSL_NO_VERIFY=1\nunset GIT_SSL_NO_VERIFY\n",
    ),
    ("etc/profile.d/5.sh", "GIT_SSL_NO_VERIFY=1\n"),
    (
        "etc/profile.d/6.sh",
        "cat <<EOF\nexport GIT_SSL_NO_VERIFY=1\nEOF\n",
    ),
    ("etc/profile.d/7.csh", "export GIT_SSL_NO_VERIFY=1\n"),
    (
        "etc/profile.d/8.sh",
        "set -o allexport\nset +o allexport\nGIT_SSL_NO_VERIFY=1\nsudo -E git pull GIT_SSL_NO_VERIFY=1\nx=$(export GIT_SSL_NO_VERIFY=1)\nexport NODE_TLS_REJECT_UNAUTHORIZED='$OFF'\nsh -c 'GIT_SSL_NO_VERIFY=1'\n",
    ),
    // A variable that is taken back, or set again.
    (
        "home/ann/.pam_environment",
        "NODE_TLS_REJECT_UNAUTHORIZED=0\nNODE_TLS_REJECT_UNAUTHORIZED=1\nGIT_SSL_NO_VERIFY=1\nGIT_SSL_NO_VERIFY\n",
    ),
    (
        "home/ann/.config/environment.d/1.conf",
        "NODE_TLS_REJECT_UNAUTHORIZED=0\nNODE_TLS_REJECT_UNAUTHORIZED=1\n",
    ),
    // /etc/environment.
    (
        "etc/environment",
        "#NODE_TLS_REJECT_UNAUTHORIZED=0\nX=NODE_TLS_REJECT_UNAUTHORIZED=0\nNODE_TLS_REJECT_UNAUTHORIZED=1\nPYTHONHTTPSVERIFY=1\nGOSUMDB=sum.golang.org\nGONOSUMDB=corp.example/*\nGODEBUG=netdns=go\nMAVEN_OPTS=-Dmaven.wagon.http.ssl.insecure=false\nLDAPTLS_REQCERT=demand\nGIT_CONFIG_KEY_0=http.sslVerify\nGIT_CONFIG_VALUE_0=true\n",
    ),
    // pam_env.conf.
    (
        "etc/security/pam_env.conf",
        "#NODE_TLS_REJECT_UNAUTHORIZED DEFAULT=0\nNODE_TLS_REJECT_UNAUTHORIZED DEFAULT=1\nX DEFAULT=NODE_TLS_REJECT_UNAUTHORIZED=0\n",
    ),
    // environment.d.
    (
        "etc/environment.d/1.conf",
        "# NODE_TLS_REJECT_UNAUTHORIZED=0\n; NODE_TLS_REJECT_UNAUTHORIZED=0\nexport NODE_TLS_REJECT_UNAUTHORIZED=0\n",
    ),
    (
        "etc/environment.d/2.txt",
        "NODE_TLS_REJECT_UNAUTHORIZED=0\n",
    ),
    // Units.
    (
        "etc/systemd/system/1.service",
        "[Service]\n#Environment=NODE_TLS_REJECT_UNAUTHORIZED=0\nPassEnvironment=NODE_TLS_REJECT_UNAUTHORIZED\nExecStart=/bin/echo NODE_TLS_REJECT_UNAUTHORIZED=0\n",
    ),
    (
        "etc/systemd/system/2.service",
        "[Service]\nEnvironment=NODE_TLS_REJECT_UNAUTHORIZED=0\nEnvironment=\n",
    ),
    (
        "etc/systemd/system/3.service",
        "[Unit]\nDescription=NODE_TLS_REJECT_UNAUTHORIZED=0\n[Service]\nExecStart=/usr/bin/dockerd --insecure-registry=127.0.0.0/8\n",
    ),
    (
        "etc/systemd/system/4.service",
        "[Service]\nExecStart=/bin/echo --insecure-registry=r.corp.example\n",
    ),
    (
        "etc/systemd/system/5.service",
        "[Unit]\nEnvironment=GIT_SSL_NO_VERIFY=1\n[Service]\nEnvironment=NODE_TLS_REJECT_UNAUTHORIZED=0\nEnvironment=NODE_TLS_REJECT_UNAUTHORIZED=1\nExecStart=/usr/bin/dockerd --insecure-registry=r.corp.example\nExecStart=\nExecStart=/usr/bin/dockerd\nExecStop=/bin/kill GIT_SSL_NO_VERIFY=1\n",
    ),
    // Crontabs.
    (
        "etc/cron.d/2.sh",
        "5 * * * * root GIT_SSL_NO_VERIFY=1 git pull\n",
    ),
    (
        "etc/cron.daily/x.sh",
        "NODE_TLS_REJECT_UNAUTHORIZED=0 node /srv/x\n",
    ),
    (
        "etc/cron.d/3",
        "5 * * * * root cat % GIT_SSL_NO_VERIFY=1 git pull\n",
    ),
    (
        "etc/cron.d/1",
        "# GIT_SSL_NO_VERIFY=1\n5 * * * * root echo GIT_SSL_NO_VERIFY=1\n5 * * * * root mail -s GIT_SSL_NO_VERIFY=1 x\n",
    ),
    // go env.
    (
        "home/ann/.config/go/env",
        "#GOINSECURE=x\nGOPRIVATE=corp.example/*\nGOINSECURE=\n",
    ),
    // git.
    (
        "etc/gitconfig",
        "[http]\n# sslVerify = false\n; sslVerify = false\nsslVerify = true\n[alias]\nx = \"!git -c http.sslVerify=false fetch\"\n[https]\nsslVerify = false\n",
    ),
    (
        "home/ann/.gitconfig",
        "[http]\nsslVerify = false\nsslVerify = true\n",
    ),
    // curl.
    (
        "home/ann/.curlrc",
        "# insecure\nuser-agent = insecure\n-H \"k\"\n--no-insecure\ncacert = /etc/ssl/certs/ca-certificates.crt\n",
    ),
    (
        "root/.curlrc",
        "insecure\nno-insecure\nk\n--insecure=no\ninsecure#x\n\"insecure\"\n-ok\n",
    ),
    // wget.
    (
        "etc/wgetrc",
        "#check_certificate = off\ncheck_certificate = on\nheader = check_certificate: off\n",
    ),
    // pip.
    (
        "etc/pip.conf",
        "[global]\n# trusted-host = a\nindex-url = https://x/?trusted-host=a\ntrusted-hosts = a\n; trusted-host = b\n",
    ),
    (
        "home/ann/.config/pip/pip.conf",
        "[corp]\ntrusted-host = a\n[Global]\ntrusted-host = a\n[global]\nindex-url = https://x\n  trusted-host = a\n[install]\ntrusted-host = localhost 127.0.0.1:8080\n",
    ),
    // npm, yarn.
    (
        "home/ann/.npmrc",
        "strict_ssl=false\nStrict-SSL=false\nstrict-ssl=\n[corp]\nstrict-ssl=false\n",
    ),
    (
        "etc/npmrc",
        "; strict-ssl=false\n# strict-ssl=false\nstrict-ssl=true\nregistry=https://x/strict-ssl=false\n",
    ),
    (
        "home/ann/.yarnrc",
        "# strict-ssl false\nstrict-ssl true\nregistry \"https://x strict-ssl false\"\n",
    ),
    (
        "home/ann/.yarnrc.yml",
        "# enableStrictSsl: false\nenableStrictSsl: true\nx:\n  enableStrictSsl: false\ny: 'enableStrictSsl: false'\n",
    ),
    // apt.
    (
        "etc/apt/apt.conf.d/1",
        "// Acquire::https::Verify-Peer \"false\";\n/* Acquire::https::Verify-Peer \"false\"; */\n# Acquire::https::Verify-Peer \"false\";\nAcquire::https::Verify-Peer \"true\";\nDPkg::Post-Invoke { \"echo Acquire::https::Verify-Peer false\"; };\n",
    ),
    (
        "etc/apt/sources.list",
        "# deb [trusted=yes] http://x y\ndeb [trusted=no] http://x y main\ndeb http://x/[trusted=yes] y main\ndeb [signed-by=/x] http://x y main # trusted=yes\n",
    ),
    (
        "etc/apt/sources.list.d/1.sources",
        "Types: deb\n# Trusted: yes\nTrusted: no\n\nEnabled: no\nTrusted: yes\n\nDescription: x\n Trusted: yes\n",
    ),
    (
        "etc/apt/apt.conf.d/2.txt",
        "Acquire::https::Verify-Peer \"false\";\n",
    ),
    (
        "etc/apt/apt.conf.d/3",
        "Acquire::https::Verify-Peer=false;\nAcquire::http::Verify-Peer \"false\";\nX \"1\"; # Acquire::https::Verify-Peer \"false\";\n",
    ),
    (
        "etc/apt/sources.list.d/2.list.save",
        "deb [trusted=yes] http://x y main\n",
    ),
    // Containers.
    (
        "etc/docker/daemon.json",
        "{\"insecure-registries\": [\"127.0.0.1:5000\", \"localhost:5000\"], \"labels\": [\"insecure-registries\"], \"x\": {\"insecure-registries\": [\"a\"]}}\n",
    ),
    (
        "etc/containers/registries.conf",
        "# insecure = true\n[[registry]]\nlocation = \"r\"\ninsecure = false\n[[registry]]\nlocation = \"localhost:5000\"\ninsecure = true\n[[registry]]\nlocation = \"insecure = true\"\n[[registry]]\nprefix = \"127.0.0.1:5000\"\ninsecure = true\n[x]\ninsecure = true\n",
    ),
    (
        "etc/containerd/config.toml",
        "# skip_verify = true\nversion = 2\nx = \"skip_verify = true\"\nskip_verify = false\n[host.\"http://localhost:5000\"]\nskip_verify = true\n",
    ),
    // YAML and INI of the rest.
    (
        "etc/gemrc",
        "# :ssl_verify_mode: 0\n:ssl_verify_mode: 1\n:x: ':ssl_verify_mode: 0'\n:y:\n  :ssl_verify_mode: 0\n",
    ),
    (
        "home/ann/.condarc",
        "# ssl_verify: false\nssl_verify: truststore\nx:\n  ssl_verify: false\n",
    ),
    (
        "home/ann/.cargo/config.toml",
        "[http]\n# ssl-version = \"tlsv1.0\"\ncheck-revoke = false\nssl-version = \"tlsv1.2\"\n[net]\nssl-version = \"tlsv1.0\"\n",
    ),
    (
        "home/ann/.config/helm/repositories.yaml",
        "repositories:\n# insecure_skip_tls_verify: true\n- name: x\n  insecure_skip_tls_verify: false\n- name: 'insecure_skip_tls_verify: true'\n",
    ),
    (
        "home/ann/.kube/config",
        "# insecure-skip-tls-verify: true\nclusters:\n- cluster:\n    insecure-skip-tls-verify: false\n- name: insecure-skip-tls-verify\nusers:\n- user:\n    insecure-skip-tls-verify: true\n",
    ),
    (
        "etc/ansible/ansible.cfg",
        "[galaxy]\n# ignore_certs = true\nignore_certs = false\n[defaults]\nignore_certs = true\nvalidate_certs = false\n[Galaxy]\nignore_certs = true\n",
    ),
    (
        "etc/ldap/ldap.conf",
        "#TLS_REQCERT never\nTLS_REQCERT demand\nURI ldap://TLS_REQCERT/never\nTLS_REQCERT try\n #TLS_REQCERT never\nTLS_REQCERT=never\n",
    ),
    (
        "home/ann/.mvn/jvm.config",
        "-Dmaven.wagon.http.ssl.insecure=false\nmaven.wagon.http.ssl.insecure=true\n-Dx=-Dmaven.wagon.http.ssl.insecure=true\n",
    ),
    // OpenSSL, GnuTLS, Java.
    (
        "etc/gnutls/config",
        "# [overrides]\n[overrides]\n# default-priority-string = NORMAL:+VERS-TLS1.0\ndefault-priority-string = NORMAL:-VERS-ALL:+VERS-TLS1.2\n[x]\ndefault-priority-string = NORMAL:+VERS-TLS1.0\n",
    ),
    (
        "etc/java-21-openjdk/security/java.security",
        "# jdk.tls.disabledAlgorithms=SSLv3\njdk.tls.disabledAlgorithms=SSLv3, TLSv1, TLSv1.1, RC4, DES, \\\n    3DES_EDE_CBC, anon, NULL\n",
    ),
];

#[test]
fn what_only_looks_like_a_bypass_is_none() {
    let host = good_host();
    for (file, text) in CASES {
        host.write(file, text);
    }
    only(&host, &[], "all near misses at once");
    let report = host
        .trustctl(["--format", "json", "audit"])
        .exits(0)
        .report();
    let unread: Vec<_> = report["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|skip| skip["rule"] == "*")
        .collect();
    assert!(unread.is_empty(), "{unread:?}");
}
