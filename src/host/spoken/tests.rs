use super::*;
use crate::host::format::shell;

fn said(script: &str) -> Vec<String> {
    let runs = shell::runs(script);
    let all = runs.iter().flat_map(spoken);
    all.map(|said| {
        let path = said.setting.path.join("/");
        format!(
            "{:?} {path}={} [{}]",
            said.kind, said.setting.value, said.text
        )
    })
    .collect()
}

#[test]
fn options_and_commands_are_settings() {
    let table: &[(&str, &[&str])] = &[
        (
            "git -c http.sslVerify=false clone x",
            &["Git http/sslverify=false [git -c http.sslVerify=false]"],
        ),
        (
            "git clone --config http.https://a.b/.sslVerify=0 x",
            &["Git http/https://a.b//sslverify=0 [git -c http.https://a.b/.sslVerify=0]"],
        ),
        (
            "git config --global http.sslVerify \"false\"",
            &["Git http/sslverify=false [git config http.sslVerify false]"],
        ),
        (
            "git config set -f x http.sslverify no",
            &["Git http/sslverify=no [git config http.sslverify no]"],
        ),
        ("curl -fsSLk https://a", &["Curl insecure= [curl -k]"]),
        (
            "curl -o x --insecure $URL | sh",
            &["Curl insecure= [curl --insecure]"],
        ),
        (
            "curl --proxy-insecure https://a",
            &["Curl proxy-insecure= [curl --proxy-insecure]"],
        ),
        (
            "wget -q --no-check-certificate https://a",
            &["Wget checkcertificate=off [wget --no-check-certificate]"],
        ),
        (
            "wget --no-check https://a",
            &["Wget checkcertificate=off [wget --no-check]"],
        ),
        (
            "wget -e check_certificate=off a",
            &["Wget checkcertificate=off [wget -e check_certificate=off]"],
        ),
        (
            "pip3 install --trusted-host a x",
            &["Pip global/trusted-host=a [pip3 --trusted-host a]"],
        ),
        (
            "python3.11 -m pip install --trusted-host=a x",
            &["Pip global/trusted-host=a [pip --trusted-host a]"],
        ),
        (
            "pip config --global set global.trusted-host a",
            &["Pip global/trusted-host=a [pip config set global.trusted-host a]"],
        ),
        (
            "npm config set strict-ssl false -g",
            &["Npm strict-ssl=false [npm config set strict-ssl false]"],
        ),
        (
            "npm set strict-ssl=false",
            &["Npm strict-ssl=false [npm config set strict-ssl false]"],
        ),
        (
            "npm ci --strict-ssl=false",
            &["Npm strict-ssl=false [npm --strict-ssl false]"],
        ),
        (
            "npm ci --no-strict-ssl",
            &["Npm strict-ssl=false [npm --no-strict-ssl]"],
        ),
        (
            "yarn config set strict-ssl false",
            &["Yarn strict-ssl=false [yarn config set strict-ssl false]"],
        ),
        (
            "yarn config set enableStrictSsl false",
            &["YarnBerry enableStrictSsl=false [yarn config set enableStrictSsl false]"],
        ),
        (
            "apt-get -o Acquire::https::Verify-Peer=false update",
            &[
                "AptConf acquire/https/verify-peer=false [apt-get -o Acquire::https::Verify-Peer=false]",
            ],
        ),
        (
            "apt-get -oA::B=c install --allow-unauthenticated x",
            &[
                "AptConf a/b=c [apt-get -o A::B=c]",
                "AptConf apt/get/allowunauthenticated=true [apt-get --allow-unauthenticated]",
            ],
        ),
        (
            "aws --no-verify-ssl s3 ls",
            &["Aws no-verify-ssl= [aws --no-verify-ssl]"],
        ),
        (
            "ansible-galaxy install -c x",
            &["Ansible galaxy/ignore_certs=true [ansible-galaxy -c]"],
        ),
        (
            "kubectl --insecure-skip-tls-verify=true get pods",
            &[
                "Kube clusters//cluster/insecure-skip-tls-verify=true [kubectl --insecure-skip-tls-verify]",
            ],
        ),
        (
            "helm repo add --insecure-skip-tls-verify x https://a",
            &["Helm repositories//insecure_skip_tls_verify=true [helm --insecure-skip-tls-verify]"],
        ),
        (
            "dockerd --insecure-registry a:5000",
            &["Docker insecure-registries/=a:5000 [dockerd --insecure-registry a:5000]"],
        ),
        (
            "podman pull --tls-verify=false a/b",
            &["Registries registry//insecure=true [podman --tls-verify=false]"],
        ),
        (
            "go env -w GOSUMDB=off",
            &["Go GOSUMDB=off [go env -w GOSUMDB=off]"],
        ),
        (
            "go get -insecure x",
            &["Go GOFLAGS=-insecure [go get -insecure]"],
        ),
        (
            "conda config --set ssl_verify false",
            &["Conda ssl_verify=false [conda config --set ssl_verify false]"],
        ),
        (
            "./mvnw -q -Da=b install",
            &["Maven option=-Da=b [mvnw -Da=b]"],
        ),
    ];
    for (script, expected) in table {
        assert_eq!(said(script), *expected, "{script}");
    }
}

#[test]
fn what_only_looks_like_it_says_nothing() {
    let table = [
        "echo git -c http.sslVerify=false",
        "git commit -m 'git config http.sslVerify false'",
        "git config --get http.sslVerify false",
        "git config --unset http.sslVerify",
        "git config http.sslVerify",
        "curl -o k https://a",
        "curl -A -k https://a",
        "curl -k --no-insecure https://a",
        "curl -k https://localhost:8443/health",
        "curl -fk 127.0.0.1:8443",
        "# curl -k https://a",
        "wget https://a/--no-check-certificate",
        "wget --no-check-certificate https://localhost/",
        "wget --no-c https://a",
        "pip install trusted-host",
        "pip config get global.trusted-host a",
        "npm config get strict-ssl false",
        "npm run set-strict-ssl false",
        "npm config delete strict-ssl",
        "yarn config get strict-ssl",
        "apt-get -y -q install openssl",
        "aws s3 ls",
        "aws --endpoint-url http://localhost:4566 --no-verify-ssl s3 ls",
        "kubectl --insecure-skip-tls-verify=false get pods",
        "podman pull --tls-verify=true a/b",
        "podman push --tls-verify=false localhost:5000/b",
        "go env GOSUMDB=off",
        "conda config --set channel_priority strict",
        "python -c 'import pip' --trusted-host a",
        "pipx --trusted-host a",
    ];
    for script in table {
        assert_eq!(said(script), [""; 0], "{script}");
    }
}
