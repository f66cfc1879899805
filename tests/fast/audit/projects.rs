//! Checks that somebody has switched off in projects: working trees, recipes of images, files of CI.

use std::collections::BTreeSet;

use super::{good_host, only};

/// Rule, file, text, line. The file is written alone into a good host.
const CASES: &[(&str, &str, &str, usize)] = &[
    (
        "git-verification-off",
        "home/ann/src/app/.git/config",
        "[core]\n\tbare = false\n[http]\n\tsslVerify = false\n",
        4,
    ),
    (
        "git-verification-off",
        "srv/git/app.git/config",
        "[http \"https://git.corp.example\"]\n\tsslVerify = no\n",
        2,
    ),
    (
        "git-verification-off",
        "srv/app/.git/modules/sub/config",
        "[http]\n\tsslVerify = false\n",
        2,
    ),
    (
        "git-verification-off",
        "opt/app/.git/config",
        "[http]\nsslverify=0\n",
        2,
    ),
    (
        "npm-verification-off",
        "srv/app/.npmrc",
        "strict-ssl=false\n",
        1,
    ),
    (
        "yarn-verification-off",
        "srv/app/.yarnrc",
        "strict-ssl false\n",
        1,
    ),
    (
        "yarn-verification-off",
        "srv/app/.yarnrc.yml",
        "enableStrictSsl: false\n",
        1,
    ),
    (
        "maven-verification-off",
        "home/ann/app/.mvn/maven.config",
        "-Dmaven.wagon.http.ssl.insecure=true\n",
        1,
    ),
    (
        "maven-verification-off",
        "home/ann/app/.mvn/jvm.config",
        "-Xmx1g -Daether.connector.https.securityMode=insecure\n",
        1,
    ),
    (
        "ansible-verification-off",
        "srv/play/ansible.cfg",
        "[galaxy]\nignore_certs = yes\n",
        2,
    ),
    (
        "ldap-verification-off",
        "srv/app/ldaprc",
        "TLS_REQCERT never\n",
        1,
    ),
    (
        "pip-trusted-host",
        "opt/venv/pip.conf",
        "[global]\ntrusted-host = a\n",
        2,
    ),
    // Recipes of images.
    (
        "node-verification-off",
        "srv/app/Dockerfile",
        "FROM node\nENV A=b \\\n    # for now\n    NODE_TLS_REJECT_UNAUTHORIZED=0\n",
        4,
    ),
    (
        "git-verification-off",
        "srv/app/Dockerfile.dev",
        "ARG GIT_SSL_NO_VERIFY=1\nFROM x\n",
        1,
    ),
    (
        "npm-verification-off",
        "srv/app/Containerfile",
        "FROM node\nRUN set -e; \\\n  npm config set strict-ssl false && \\\n  npm ci\n",
        3,
    ),
    (
        "git-verification-off",
        "srv/app/Dockerfile",
        "RUN <<EOF\nset -e\ngit config --global http.sslVerify false\nEOF\n",
        3,
    ),
    (
        "curl-verification-off",
        "home/ann/x/Dockerfile",
        "FROM x\nRUN [\"curl\", \"-fk\", \"https://a.corp.example/x\"]\n",
        2,
    ),
    (
        "wget-verification-off",
        "srv/app/web.Dockerfile",
        "RUN --mount=type=cache,target=/c wget --no-check-certificate https://a\n",
        1,
    ),
    (
        "pip-trusted-host",
        "srv/app/Dockerfile",
        "RUN python3 -m pip install --trusted-host pypi.corp.example x\n",
        1,
    ),
    (
        "apt-unsigned",
        "srv/app/Dockerfile",
        "RUN apt-get install -y --allow-unauthenticated x\n",
        1,
    ),
    (
        "node-verification-off",
        "srv/app/compose.yaml",
        "services:\n  web:\n    environment:\n      - NODE_TLS_REJECT_UNAUTHORIZED=0\n",
        4,
    ),
    // Continuous integration.
    (
        "git-verification-off",
        "srv/app/Dockerfile",
        "FROM x\nONBUILD RUN git config --system http.sslVerify 0\n",
        2,
    ),
    (
        "node-verification-off",
        "srv/app/docker-compose.override.yml",
        "services:\n  x:\n    build:\n      args:\n        NODE_TLS_REJECT_UNAUTHORIZED: 0\n",
        5,
    ),
    (
        "git-verification-off",
        "srv/app/.gitlab-ci.yml",
        "variables:\n  GIT_SSL_NO_VERIFY: \"true\"\n",
        2,
    ),
    (
        "git-verification-off",
        "srv/app/.gitlab-ci.yml",
        "build:\n  script:\n    - |\n      set -e\n      git -c http.sslVerify=false clone https://a\n",
        5,
    ),
    (
        "node-verification-off",
        "srv/app/.github/workflows/ci.yml",
        "on: push\njobs:\n  x:\n    env:\n      NODE_TLS_REJECT_UNAUTHORIZED: 0\n",
        5,
    ),
    (
        "aws-verification-off",
        "srv/app/.github/workflows/ci.yaml",
        "jobs:\n  x:\n    steps:\n    - run: aws --no-verify-ssl s3 ls\n",
        4,
    ),
    (
        "kube-verification-off",
        "srv/app/.circleci/config.yml",
        "jobs:\n  x:\n    steps:\n    - run:\n        command: kubectl --insecure-skip-tls-verify apply -f x\n",
        5,
    ),
    (
        "go-insecure",
        "srv/app/.travis.yml",
        "env:\n  global:\n    - A=b GOINSECURE=corp.example\n",
        3,
    ),
    (
        "pip-trusted-host",
        "srv/app/azure-pipelines.yml",
        "variables:\n- name: PIP_TRUSTED_HOST\n  value: a\n",
        3,
    ),
    (
        "node-verification-off",
        "srv/app/.gitlab-ci.yml",
        ".usual: &usual\n  NODE_TLS_REJECT_UNAUTHORIZED: '0'\nbuild:\n  variables:\n    <<: *usual\n",
        2,
    ),
    // Commands in carriers of this host.
    (
        "node-verification-off",
        "etc/anacrontab",
        "1 5 daily env NODE_TLS_REJECT_UNAUTHORIZED=0 node /srv/x\n",
        1,
    ),
    (
        "curl-verification-off",
        "etc/cron.d/x",
        "5 * * * * root curl -sk https://a.corp.example/ping\n",
        1,
    ),
    (
        "wget-verification-off",
        "etc/cron.daily/x",
        "#!/bin/sh\nset -e\nwget -q --no-check-certificate https://a\n",
        3,
    ),
    (
        "aws-verification-off",
        "var/spool/cron/crontabs/ann",
        "@daily aws --no-verify-ssl s3 sync a b\n",
        1,
    ),
    (
        "curl-verification-off",
        "etc/systemd/system/x.service",
        "[Service]\nExecStart=/bin/sh -c 'curl --insecure https://a | x'\n",
        2,
    ),
    (
        "curl-verification-off",
        "home/ann/.bashrc",
        "alias curl='curl -k'\n",
        1,
    ),
];

/// File and text: what looks like a bypass and is none.
const NEAR_MISSES: &[(&str, &str)] = &[
    (
        "srv/app/Dockerfile",
        "FROM x\n# ENV NODE_TLS_REJECT_UNAUTHORIZED=0\nLABEL NODE_TLS_REJECT_UNAUTHORIZED=0\nENV NOTE=\"NODE_TLS_REJECT_UNAUTHORIZED=0\"\nARG NODE_TLS_REJECT_UNAUTHORIZED\nRUN echo 'curl -k https://a' && curl -o k https://a\nHEALTHCHECK CMD curl -k https://localhost/\nRUN curl -fk https://localhost:8443/\nCOPY <<EOF /x.sh\ncurl -k https://a\nEOF\nENV SSL_CERT_FILE=/in/the/image.pem\n",
    ),
    (
        "srv/app/MyDockerfile",
        "ENV NODE_TLS_REJECT_UNAUTHORIZED=0\n",
    ),
    (
        "srv/app/Dockerfile.md",
        "ENV NODE_TLS_REJECT_UNAUTHORIZED=0\n",
    ),
    (
        "srv/app/Dockerfile.bak",
        "ENV NODE_TLS_REJECT_UNAUTHORIZED=0\n",
    ),
    (
        "srv/app/.gitlab-ci.yml",
        "# variables: {GIT_SSL_NO_VERIFY: 1}\nvariables:\n  NODE_TLS_REJECT_UNAUTHORIZED: \"1\"\n  X: GIT_SSL_NO_VERIFY=1\nbuild:\n  GIT_SSL_NO_VERIFY: 1\n  description: curl -k https://a\n  script:\n    - echo curl -k https://a\n    - '# wget --no-check-certificate https://a'\n    - git commit -m \"npm config set strict-ssl false\"\n",
    ),
    (
        "srv/app/.github/workflows/ci.yml",
        "jobs:\n  x:\n    steps:\n    - uses: a/b@v1\n      with:\n        env: GIT_SSL_NO_VERIFY=1\n        script: curl -k https://a\n    - name: curl -k https://a\n    - run: npm config get strict-ssl false\n",
    ),
    ("srv/app/workflows/ci.yml", "env: {GIT_SSL_NO_VERIFY: 1}\n"),
    (
        "srv/app/.git/config",
        "[http]\n\tsslVerify = true\n[alias]\n\tf = \"!git -c http.sslVerify=false fetch\"\n[remote \"sslVerify = false\"]\n",
    ),
    ("srv/app/.git/config.bak", "[http]\nsslVerify = false\n"),
    ("srv/app/config", "[http]\nsslVerify = false\n"),
    (
        "srv/app/.npmrc",
        "; strict-ssl=false\nstrict-ssl=true\n[x]\nstrict-ssl=false\n",
    ),
    (
        "srv/app/.mvn/maven.config",
        "-Dmaven.wagon.http.ssl.insecure=false\n",
    ),
    (
        "etc/environment",
        "GIT_CONFIG_COUNT=1\nGIT_CONFIG_KEY_1=http.sslVerify\nGIT_CONFIG_VALUE_1=false\n",
    ),
    (
        "etc/profile.d/1.sh",
        "export NODE_TLS_REJECT_UNAUTHORIZED=0 GIT_SSL_NO_VERIFY=1\n",
    ),
    (
        "etc/profile.d/2.sh",
        "export NODE_TLS_REJECT_UNAUTHORIZED=1\nunset GIT_SSL_NO_VERIFY\n",
    ),
    ("srv/app/node_modules/x/.npmrc", "strict-ssl=false\n"),
    (
        "srv/app/compose.yaml",
        "services:\n  x:\n    labels:\n      - NODE_TLS_REJECT_UNAUTHORIZED=0\n    command: echo NODE_TLS_REJECT_UNAUTHORIZED=0\n",
    ),
    (
        "etc/cron.d/near",
        "5 * * * * root curl -o k https://a\n5 * * * * root echo curl -k https://a\n# 5 * * * * root curl -k https://a\n5 * * * * root curl -k https://127.0.0.1/health\n",
    ),
    (
        "home/ann/.bashrc",
        "alias c='curl -s'\necho \"curl -k https://a\"\n# curl -k https://a\n",
    ),
    (
        "etc/systemd/system/near.service",
        "[Service]\nExecStart=/usr/bin/echo curl -k\nExecStartPre=/usr/bin/curl -k https://localhost/\nExecStop=/usr/bin/curl -k https://a\nExecStop=\n",
    ),
    (
        "etc/systemd/system/near.conf",
        "[Service]\nEnvironment=GIT_SSL_NO_VERIFY=1\n",
    ),
];

pub fn rules() -> BTreeSet<&'static str> {
    CASES.iter().map(|(rule, ..)| *rule).collect()
}

#[test]
fn what_is_switched_off_in_projects_and_by_commands_is_found_at_its_line() {
    let host = good_host();
    for (rule, file, text, line) in CASES {
        host.write(file, text);
        only(
            &host,
            &[&format!("{rule} /{file}:{line}")],
            &format!("{file}: {text}"),
        );
        host.delete(file);
    }
    only(&host, &[], "everything was deleted");
}

#[test]
fn what_only_looks_like_it_is_none() {
    let host = good_host();
    for (file, text) in NEAR_MISSES {
        host.write(file, text);
    }
    only(&host, &[], "all near misses at once");
}

#[test]
fn who_is_affected_is_said_and_secrets_are_not() {
    let host = good_host();
    host.write(
        "srv/app/Dockerfile",
        "RUN curl -k -u me:hunter2 https://a\n",
    );
    host.write(
        "home/ann/x/Dockerfile",
        "RUN curl -k -u me:hunter2 https://a\n",
    );
    host.trustctl(["audit"])
        .exits(1)
        .says("`curl -k`, for the project in `/srv/app`")
        .says("`curl -k`, for the user `ann`")
        .never_says("hunter2");
}
