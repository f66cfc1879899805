//! Command lines of what fetches files, code and packages, and of containers and clusters.

use super::{Call, Spoken};
use crate::host::format::curl as format;
use crate::host::places::Kind;

/// `git -c NAME=VALUE`, `git clone --config NAME=VALUE`, `git config [set] NAME VALUE`.
pub(super) fn git(call: &Call<'_>) -> Vec<Spoken> {
    let given = [call.values("-c"), call.values("--config")].concat();
    let given = given.into_iter().filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
        let path = git_path(name)?;
        Some(call.says(Kind::Git, &parts(&path), value, &["-c", pair]))
    });
    given.chain(git_config(call)).collect()
}

fn git_config(call: &Call<'_>) -> Option<Spoken> {
    let reads =
        |word: &&str| word.starts_with("--get") || word.starts_with("--unset") || *word == "--list";
    if call.words.iter().any(reads) {
        return None;
    }
    let from = call.words.iter().position(|word| *word == "config")?;
    let mut words = call.words.get(from + 1..)?.iter().copied().peekable();
    let mut operands = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "-f" | "--file" | "--type" | "--comment" | "--value" => drop(words.next()),
            "set" if operands.is_empty() => {}
            word if word.starts_with('-') => {}
            word => operands.push(word),
        }
    }
    let [name, value] = operands.get(..2)? else {
        return None;
    };
    let path = git_path(name)?;
    Some(call.says(Kind::Git, &parts(&path), value, &["config", name, value]))
}

/// `http.URL.sslVerify` as section, subsection and name.
fn git_path(name: &str) -> Option<Vec<String>> {
    let (section, rest) = name.split_once('.')?;
    let mut path = vec![section.to_lowercase()];
    let variable = match rest.rsplit_once('.') {
        Some((subsection, variable)) => {
            path.push(subsection.to_string());
            variable
        }
        None => rest,
    };
    path.push(variable.to_lowercase());
    Some(path)
}

fn parts(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

/// `curl -k`, `--insecure`, `--proxy-insecure`, but for addresses of this host.
pub(super) fn curl(call: &Call<'_>) -> Vec<Spoken> {
    let settings = format::arguments(call.line, &call.words);
    let switches = [("insecure", "-k"), ("proxy-insecure", "")];
    let on = switches
        .into_iter()
        .filter(|(long, short)| format::switched_on(&settings, long, short).is_some());
    on.filter(|_| !call.is_local())
        .map(|(long, short)| {
            let word = if short.is_empty() || call.has("--insecure") {
                format!("--{long}")
            } else {
                short.to_string()
            };
            call.says(Kind::Curl, &[long], "", &[&word])
        })
        .collect()
}

/// `wget --no-check-certificate` (the beginning of the name is enough) or `-e check_certificate=off`.
pub(super) fn wget(call: &Call<'_>) -> Vec<Spoken> {
    let short =
        |word: &&&str| "--no-check-certificate".starts_with(**word) && word.len() > "--no-c".len();
    let mut out = Vec::new();
    if let Some(word) = call.words.iter().find(short) {
        out.push(call.says(Kind::Wget, &["checkcertificate"], "off", &[word]));
    }
    for value in call.values("--check-certificate") {
        let word = format!("--check-certificate={value}");
        out.push(call.says(Kind::Wget, &["checkcertificate"], value, &[&word]));
    }
    for command in [call.values("-e"), call.values("--execute")].concat() {
        for setting in crate::host::format::lines::wget(command) {
            out.push(call.says(
                Kind::Wget,
                &parts(&setting.path),
                &setting.value,
                &["-e", command],
            ));
        }
    }
    out.retain(|_| !call.is_local());
    out
}

/// `apt-get -o NAME=VALUE`, `--allow-unauthenticated`, `--allow-insecure-repositories`.
pub(super) fn apt(call: &Call<'_>) -> Vec<Spoken> {
    let attached = call.words.iter().filter_map(|word| word.strip_prefix("-o"));
    let attached = attached.filter(|rest| !rest.is_empty());
    let options = [call.values("-o"), call.values("--option")].concat();
    let mut out = Vec::new();
    for option in options.into_iter().chain(attached) {
        if let Some((name, value)) = option.split_once('=') {
            let name = name.to_lowercase();
            let path: Vec<&str> = name.split("::").collect();
            out.push(call.says(Kind::AptConf, &path, value, &["-o", option]));
        }
    }
    let switches = [
        (
            "--allow-unauthenticated",
            &["apt", "get", "allowunauthenticated"] as &[&str],
        ),
        (
            "--allow-insecure-repositories",
            &["acquire", "allowinsecurerepositories"],
        ),
    ];
    for (switch, path) in switches
        .into_iter()
        .filter(|(switch, _)| call.is_on(switch))
    {
        out.push(call.says(Kind::AptConf, path, "true", &[switch]));
    }
    out
}

/// `aws --no-verify-ssl`.
pub(super) fn aws(call: &Call<'_>) -> Vec<Spoken> {
    let word = "--no-verify-ssl";
    let off = call.has(word) && !call.is_local();
    let says = || call.says(Kind::Aws, &["no-verify-ssl"], "", &[word]);
    off.then(says).into_iter().collect()
}

/// `ansible-galaxy --ignore-certs`.
pub(super) fn ansible(call: &Call<'_>) -> Vec<Spoken> {
    let word = ["--ignore-certs", "-c"]
        .into_iter()
        .find(|word| call.has(word));
    let says = |word| call.says(Kind::Ansible, &["galaxy", "ignore_certs"], "true", &[word]);
    word.map(says).into_iter().collect()
}

/// `kubectl --insecure-skip-tls-verify`, and helm's two switches.
pub(super) fn cluster(call: &Call<'_>) -> Vec<Spoken> {
    let (kind, path, switches): (_, &[&str], &[&str]) = match call.program {
        "kubectl" => (
            Kind::Kube,
            &["clusters", "", "cluster", "insecure-skip-tls-verify"],
            &["--insecure-skip-tls-verify"],
        ),
        _ => (
            Kind::Helm,
            &["repositories", "", "insecure_skip_tls_verify"],
            &[
                "--insecure-skip-tls-verify",
                "--kube-insecure-skip-tls-verify",
            ],
        ),
    };
    let on = switches.iter().filter(|switch| call.is_on(switch));
    on.filter(|_| !call.is_local())
        .map(|switch| call.says(kind, path, "true", &[switch]))
        .collect()
}

/// `dockerd --insecure-registry HOST`.
pub(super) fn docker(call: &Call<'_>) -> Vec<Spoken> {
    let word = "--insecure-registry";
    let hosts = call.values(word).into_iter();
    hosts
        .map(|host| {
            call.says(
                Kind::Docker,
                &["insecure-registries", ""],
                host,
                &[word, host],
            )
        })
        .collect()
}

/// `podman --tls-verify=false`, and skopeo's two switches.
pub(super) fn registries(call: &Call<'_>) -> Vec<Spoken> {
    let switches = [
        "--tls-verify=false",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
    ];
    let off = switches.into_iter().filter(|switch| call.has(switch));
    off.filter(|_| !call.is_local())
        .map(|switch| {
            call.says(
                Kind::Registries,
                &["registry", "", "insecure"],
                "true",
                &[switch],
            )
        })
        .collect()
}
