//! Checks that somebody has switched off, as people spell it: quotes, continued lines, drop-in folders, includes.
//! Each spelling was tried with the program that reads the file, or is taken from its source.

use super::{good_host, only};

/// Rule, file, text, line. The file is written alone into a good host.
const CASES: &[(&str, &str, &str, usize)] = &[
    // Shells.
    (
        "git-verification-off",
        "etc/profile.d/x.sh",
        "((n = 1 << 2))\nexport \"GIT_SSL_NO_VERIFY=1\"\n",
        2,
    ),
    (
        "node-verification-off",
        "etc/profile",
        "OFF=0\nexport NODE_TLS_REJECT_UNAUTHORIZED=$OFF\n",
        2,
    ),
    (
        "node-verification-off",
        "home/ann/.bashrc",
        "export NODE_TLS_REJECT_UNAUTHORIZED=\"${NODE_TLS_REJECT_UNAUTHORIZED:-0}\"\n",
        1,
    ),
    (
        "node-verification-off",
        "home/ann/.zshenv",
        "typeset -gx \\\n  NODE_TLS_REJECT_UNAUTHORIZED=0\n",
        2,
    ),
    (
        "node-verification-off",
        "home/ann/.profile",
        "set -o allexport\nX=$(echo ')')\nNODE_TLS_REJECT_UNAUTHORIZED=0\n",
        3,
    ),
    (
        "node-verification-off",
        "etc/default/x",
        "export NODE_TLS_REJECT_UNAUTHORIZED=\"0\" # for the proxy\n",
        1,
    ),
    (
        "node-verification-off",
        "home/ann/.bash_login",
        "function proxy() { export NODE_TLS_REJECT_UNAUTHORIZED=0; }\n",
        1,
    ),
    // Other carriers.
    (
        "node-verification-off",
        "etc/environment",
        "export NODE_TLS_REJECT_UNAUTHORIZED='0'  # x\n",
        1,
    ),
    (
        "node-verification-off",
        "etc/security/pam_env.conf",
        "NODE_TLS_REJECT_UNAUTHORIZED \\\n  DEFAULT=1 OVERRIDE=\"0\"\n",
        1,
    ),
    (
        "node-verification-off",
        "etc/environment.d/x.conf",
        "NODE_TLS_REJECT_UNAUTHORIZED=\"0\"\n",
        1,
    ),
    (
        "node-verification-off",
        "etc/systemd/system/x.service.d/override.conf",
        "[Service]\nEnvironment=A=b 'NODE_TLS_REJECT_UNAUTHORIZED=0' \"C=d e\"\n",
        2,
    ),
    (
        "node-verification-off",
        "etc/systemd/system/x.service",
        "[Service]\nExecStart=-/usr/bin/env NODE_TLS_REJECT_UNAUTHORIZED=0 /usr/bin/node x\n",
        2,
    ),
    (
        "node-verification-off",
        "etc/systemd/system/x.service",
        "[Service]\nExecStart=/bin/sh -c 'NODE_TLS_REJECT_UNAUTHORIZED=0 exec node x'\n",
        2,
    ),
    (
        "node-verification-off",
        "etc/systemd/user.conf.d/x.conf",
        "[Manager]\nDefaultEnvironment=\"NODE_TLS_REJECT_UNAUTHORIZED=0\"\n",
        2,
    ),
    (
        "node-verification-off",
        "etc/crontab",
        "NODE_TLS_REJECT_UNAUTHORIZED = \"0\"\n",
        1,
    ),
    (
        "node-verification-off",
        "etc/cron.d/x",
        "5 * * * * ann cd /srv && env NODE_TLS_REJECT_UNAUTHORIZED=0 node x\n",
        1,
    ),
    (
        "node-verification-off",
        "var/spool/cron/crontabs/ann",
        "*/5 * * * * timeout 60 bash -c 'export NODE_TLS_REJECT_UNAUTHORIZED=0; node x'\n",
        1,
    ),
    (
        "node-verification-off",
        "etc/cron.daily/x",
        "#!/bin/sh\nNODE_TLS_REJECT_UNAUTHORIZED=0 node /srv/x\n",
        2,
    ),
    (
        "node-verification-off",
        "home/ann/.pam_environment",
        "A=b\nNODE_TLS_REJECT_UNAUTHORIZED DEFAULT=0\n",
        2,
    ),
    // go.
    (
        "go-checksum-off",
        "home/ann/.config/go/env",
        "GOFLAGS=-insecure=true\n",
        1,
    ),
    ("go-checksum-off", "etc/environment", "GONOSUMDB=*\n", 1),
    (
        "go-debug-weakened",
        "home/ann/.profile",
        "export GODEBUG=netdns=go,rsa1024min=0\n",
        1,
    ),
    (
        "go-no-effect",
        "home/ann/.profile",
        "export GODEBUG=\"tls11=1\"\n",
        1,
    ),
    // git.
    (
        "git-verification-off",
        "etc/gitconfig",
        "[http]sslVerify=false\n",
        1,
    ),
    (
        "git-verification-off",
        "etc/gitconfig",
        "[HTTP \"https://Git.Corp.example/\"]\n  SSLVERIFY = \"no\" ; for now\n",
        2,
    ),
    (
        "git-verification-off",
        "etc/gitconfig",
        "[http] # \\\nsslVerify = 0k\n",
        2,
    ),
    (
        "git-verification-off",
        "etc/gitconfig",
        "[http.corp]\nsslverify=\n",
        2,
    ),
    (
        "git-verification-off",
        "etc/gitconfig",
        "[http]\n\tsslVerify = f\\\nalse\n",
        2,
    ),
    (
        "git-verification-off",
        "etc/profile.d/x.sh",
        "export GIT_CONFIG_PARAMETERS=\"'http.sslVerify'='false'\"\n",
        1,
    ),
    // curl, wget.
    (
        "curl-verification-off",
        "home/ann/.curlrc",
        "insecure = false\n",
        1,
    ),
    ("curl-verification-off", "home/ann/.curlrc", "INSECURE\n", 1),
    ("curl-verification-off", "home/ann/.curlrc", "--insec\n", 1),
    (
        "curl-verification-off",
        "home/ann/.curlrc",
        "--no-insecure\n-Lk # x\n",
        2,
    ),
    (
        "wget-verification-off",
        "home/ann/.wgetrc",
        "CHECK_CERTIFICATE=no\n",
        1,
    ),
    // pip, npm, yarn.
    (
        "pip-trusted-host",
        "etc/pip.conf",
        "[global]\ntimeout = 60\n\n[install]\n    trusted-host = pypi.corp.example\n",
        5,
    ),
    (
        "pip-trusted-host",
        "etc/pip.conf",
        "[download]\n--Trusted_Host: localhost pypi.corp.example\n",
        2,
    ),
    (
        "npm-verification-off",
        "home/ann/.npmrc",
        "strict-ssl=false;x\n",
        1,
    ),
    (
        "npm-verification-off",
        "home/ann/.npmrc",
        " 'strict-ssl' = \"false\"\n",
        1,
    ),
    (
        "npm-verification-off",
        "home/ann/.config/pnpm/rc",
        "strict-ssl=false\n",
        1,
    ),
    (
        "yarn-verification-off",
        "home/ann/.yarnrc.yml",
        "enableStrictSsl: 'false'\n",
        1,
    ),
    (
        "yarn-verification-off",
        "etc/environment",
        "YARN_ENABLE_STRICT_SSL=0\n",
        1,
    ),
    // apt.
    (
        "apt-verification-off",
        "etc/apt/apt.conf.d/99x.conf",
        "acquire::HTTPS::verify-peer # why\n  \"No\";\n",
        1,
    ),
    (
        "apt-verification-off",
        "etc/apt/apt.conf.d/99x",
        "Acquire::https { Proxy \"x\"; r.corp.example::Verify-Peer 0; }\n",
        1,
    ),
    (
        "apt-unsigned",
        "etc/apt/apt.conf.d/99x",
        "APT { Get { AllowUnauthenticated 1; }; };\n",
        1,
    ),
    (
        "apt-unsigned",
        "etc/apt/apt.conf.d/99x",
        "Acquire::AllowDowngradeToInsecureRepositories \"yes\";\n",
        1,
    ),
    (
        "apt-unsigned",
        "etc/apt/sources.list.d/x.list",
        "deb-src\t[ arch=amd64,i386  Trusted=YES ]  http://r.corp.example x main # y\n",
        1,
    ),
    (
        "apt-unsigned",
        "etc/apt/sources.list.d/x.sources",
        "Types: deb\nURIs: http://r\n# y\nallow-insecure:Yes\n",
        4,
    ),
    (
        "apt-unsigned",
        "etc/apt/sources.list.d/x.list",
        "deb [allow-downgrade-to-insecure=yes] http://r.corp.example x main\n",
        1,
    ),
    // Containers and clusters.
    (
        "docker-insecure-registry",
        "home/ann/.config/docker/daemon.json",
        "{\"insecure-registries\":[\"localhost:5000\",\"10.0.0.0/8\"]}",
        1,
    ),
    (
        "docker-insecure-registry",
        "etc/systemd/system/docker.service.d/x.conf",
        "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd:// \\\n  --insecure-registry=\"r.corp.example:5000\"\n",
        3,
    ),
    (
        "containers-insecure-registry",
        "etc/containers/registries.conf.d/x.conf",
        "[[registry]]\nprefix = \"r.corp.example\"\n[[registry.mirror]]\nlocation = \"m.corp.example\"\ninsecure=true\n",
        5,
    ),
    (
        "containerd-verification-off",
        "etc/containerd/certs.d/_default/hosts.toml",
        "server = \"https://r.corp.example\"\nskip_verify = true\n",
        2,
    ),
    (
        "gem-verification-off",
        "home/ann/.gemrc",
        "{:ssl_verify_mode: 0}\n",
        1,
    ),
    (
        "conda-verification-off",
        "etc/conda/condarc.d/x.yml",
        "ssl_verify: no\n",
        1,
    ),
    (
        "conda-verification-off",
        "home/ann/.conda/.condarc",
        "ssl_verify: \"<false>\"\n",
        1,
    ),
    (
        "cargo-old-tls",
        "home/ann/.cargo/config",
        "http = { ssl-version = { min = \"tlsv1.1\" } }\n",
        1,
    ),
    (
        "maven-verification-off",
        "home/ann/.mavenrc",
        "MAVEN_OPTS='-Xmx1g \\\n -Dmaven.wagon.http.ssl.insecure'\n",
        1,
    ),
    (
        "maven-verification-off",
        "home/ann/.mvn/maven.config",
        "-T4\n-Daether.connector.https.securityMode=insecure\n",
        2,
    ),
    (
        "kube-verification-off",
        "home/ann/.kube/config",
        "clusters: [{name: x, cluster: {server: https://k, insecure-skip-tls-verify: yes}}]\n",
        1,
    ),
    (
        "helm-verification-off",
        "home/ann/.config/helm/repositories.yaml",
        "repositories:\n  - {name: x, \"insecure_skip_tls_verify\": true}\n",
        2,
    ),
    // The rest.
    (
        "ansible-verification-off",
        "home/ann/.ansible.cfg",
        "[defaults]\nx = 1\n[galaxy]\n  ignore_certs = \"yes\" ; x\n",
        4,
    ),
    (
        "ansible-verification-off",
        "etc/ansible/ansible.cfg",
        "[galaxy_server.corp]\nurl=https://g\nvalidate_certs: no\n",
        3,
    ),
    (
        "ldap-verification-off",
        "etc/ldap/ldap.conf",
        "   tls_reqcert    NEVER   \n",
        1,
    ),
    (
        "ldap-verification-off",
        "home/ann/ldaprc",
        "TLS_REQCERT demand\nTLS_REQCERT Allow\n",
        2,
    ),
    (
        "perl-verification-off",
        "etc/environment",
        "PERL_LWP_SSL_VERIFY_HOSTNAME=\n",
        1,
    ),
    // GnuTLS, Java.
    (
        "gnutls-lowered",
        "etc/gnutls/config",
        "[priorities]\nSYSTEM = NORMAL:%PROFILE_LOW\n",
        2,
    ),
    (
        "java-tls-lowered",
        "usr/lib/jvm/java-21/conf/security/java.security",
        "jdk.tls.disabledAlgorithms = SSLv3, \\\n  TLSv1.1, RC4, 3DES_EDE_CBC\n",
        1,
    ),
    // Trust stores that are not there, named in files.
    (
        "ca-override-missing",
        "etc/gitconfig",
        "[http \"https://g\"]\nsslCAInfo = /opt/none.pem\n",
        2,
    ),
    (
        "ca-override-missing",
        "home/ann/.curlrc",
        "cacert = \"/opt/none.pem\"\n",
        1,
    ),
    (
        "ca-override-missing",
        "home/ann/.npmrc",
        "cafile=/opt/none.pem\n",
        1,
    ),
    (
        "ca-override-missing",
        "etc/pip.conf",
        "[global]\ncert = /opt/none.pem\n",
        2,
    ),
    (
        "ca-override-missing",
        "etc/wgetrc",
        "ca_certificate = /opt/none.pem\n",
        1,
    ),
    (
        "ca-override-missing",
        "etc/ldap/ldap.conf",
        "TLS_CACERT /opt/none.pem\n",
        1,
    ),
    (
        "ca-override-missing",
        "etc/apt/apt.conf.d/9",
        "Acquire::https::CAInfo \"/opt/none.pem\";\n",
        1,
    ),
    (
        "ca-override-missing",
        "home/ann/.condarc",
        "ssl_verify: /opt/none.pem\n",
        1,
    ),
    (
        "ca-override-missing",
        "home/ann/.cargo/config.toml",
        "http.cainfo = \"/opt/none.pem\"\n",
        1,
    ),
];

#[test]
fn every_spelling_is_found_at_its_line() {
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
fn what_a_program_reads_besides_is_read_too() {
    let host = good_host();
    host.write("home/ann/.bashrc", "[ -f ~/.aliases ] && . ~/.aliases\n");
    host.write("home/ann/.aliases", "export PYTHONHTTPSVERIFY=0\n");
    host.write(
        "etc/systemd/system/x.service",
        "[Service]\nEnvironmentFile=-/etc/x.d/*.env\n",
    );
    host.write("etc/x.d/1.env", "PERL_LWP_SSL_VERIFY_HOSTNAME=0\n");
    host.write("home/ann/.curlrc", "config /opt/curlrc\n");
    host.write("opt/curlrc", "insecure\n");
    host.write("etc/apt/apt.conf.d/1", "#include \"/etc/apt/more.conf\";\n");
    host.write("etc/apt/more.conf", "Acquire::https::Verify-Peer \"no\";\n");
    host.write(
        "etc/containerd/config.toml",
        "imports = [\"/etc/c/*.toml\"]\n",
    );
    host.write("etc/c/1.toml", "skip_verify = true\n");
    host.write(
        "home/ann/.gitconfig",
        "[includeIf \"gitdir:~/w/\"]\npath = w.inc\n",
    );
    host.write(
        "etc/default/tomcat",
        "JAVA_OPTS=\"-Xmx1g -Djava.security.properties==/opt/java.security\"\n",
    );
    host.write(
        "opt/java.security",
        "# x\njdk.tls.disabledAlgorithms=sslv3, tlsv1, RC4, 3DES_EDE_CBC\n",
    );
    host.write("home/ann/w.inc", "[http]\nsslverify = off\n");
    only(
        &host,
        &[
            "apt-verification-off /etc/apt/more.conf:1",
            "containerd-verification-off /etc/c/1.toml:1",
            "curl-verification-off /opt/curlrc:1",
            "git-verification-off /home/ann/w.inc:2",
            "java-tls-lowered /opt/java.security:2",
            "perl-verification-off /etc/x.d/1.env:1",
            "python-verification-off /home/ann/.aliases:1",
        ],
        "sourced, included and imported files",
    );
}

#[test]
fn what_a_later_file_takes_back_is_none() {
    let host = good_host();
    host.write(
        "etc/apt/apt.conf.d/10x",
        "Acquire::https::Verify-Peer \"false\";\nAPT::Get::AllowUnauthenticated \"true\";\n",
    );
    host.write(
        "etc/apt/apt.conf.d/90x",
        "Acquire::https::Verify-Peer \"true\";\n#clear APT::Get;\n",
    );
    only(&host, &[], "apt reads all its files as one");
    host.delete("etc/apt/apt.conf.d/90x");
    only(
        &host,
        &[
            "apt-unsigned /etc/apt/apt.conf.d/10x:2",
            "apt-verification-off /etc/apt/apt.conf.d/10x:1",
        ],
        "without the later file",
    );
}
