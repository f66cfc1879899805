//! Command lines of what fetches libraries and packages of programming languages.

use super::{Call, Spoken, is_numbered};
use crate::host::places::Kind;

/// `npm config set strict-ssl false` (or `set`, `c set`, with `=`), `--strict-ssl=false`, `--no-strict-ssl`.
pub(super) fn npm(call: &Call<'_>) -> Vec<Spoken> {
    let says = |value: &str, words: &[&str]| call.says(Kind::Npm, &["strict-ssl"], value, words);
    let operands = call.operands();
    let pairs = match operands.as_slice() {
        ["config" | "c", "set", pairs @ ..] | ["set", pairs @ ..] => pairs,
        _ => &[],
    };
    let mut out: Vec<Spoken> = match pairs {
        ["strict-ssl", value, ..] => vec![says(value, &["config", "set", "strict-ssl", value])],
        pairs => {
            let values = pairs
                .iter()
                .filter_map(|pair| pair.strip_prefix("strict-ssl="));
            values
                .map(|value| says(value, &["config", "set", "strict-ssl", value]))
                .collect()
        }
    };
    let values = call.values("--strict-ssl").into_iter();
    out.extend(values.map(|value| says(value, &["--strict-ssl", value])));
    if call.has("--no-strict-ssl") {
        out.push(says("false", &["--no-strict-ssl"]));
    }
    out
}

/// `yarn config set strict-ssl false`, and `enableStrictSsl` of later versions.
pub(super) fn yarn(call: &Call<'_>) -> Vec<Spoken> {
    let operands = call.operands();
    let ["config", "set", name, value, ..] = operands.as_slice() else {
        return Vec::new();
    };
    let kind = match *name {
        "strict-ssl" => Kind::Yarn,
        "enableStrictSsl" => Kind::YarnBerry,
        _ => return Vec::new(),
    };
    vec![call.says(kind, &[name], value, &["config", "set", name, value])]
}

/// `pip --trusted-host HOST`, `pip config set global.trusted-host HOST`.
pub(super) fn pip(call: &Call<'_>) -> Vec<Spoken> {
    let hosts = call.values("--trusted-host").into_iter();
    let says =
        |host: &str, words: &[&str]| call.says(Kind::Pip, &["global", "trusted-host"], host, words);
    let mut out: Vec<Spoken> = hosts
        .map(|host| says(host, &["--trusted-host", host]))
        .collect();
    if let ["config", "set", name, host, ..] = call.operands().as_slice()
        && name.ends_with(".trusted-host")
    {
        out.push(says(host, &["config", "set", name, host]));
    }
    out
}

/// `python -m pip`.
pub(super) fn python(call: &Call<'_>) -> Vec<Spoken> {
    match call.words.as_slice() {
        ["-m", program, words @ ..] if is_numbered(program, "pip") => pip(&Call {
            line: call.line,
            program,
            words: words.to_vec(),
        }),
        _ => Vec::new(),
    }
}

/// `go env -w NAME=VALUE`, `go get -insecure`.
pub(super) fn go(call: &Call<'_>) -> Vec<Spoken> {
    let mut out = Vec::new();
    if call.words.first() == Some(&"env") && call.has("-w") {
        let pairs = call.words.iter().filter_map(|pair| pair.split_once('='));
        out.extend(pairs.map(|(name, value)| {
            let pair = format!("{name}={value}");
            call.says(Kind::Go, &[name], value, &["env", "-w", &pair])
        }));
    }
    if call.words.first() == Some(&"get") && call.has("-insecure") {
        out.push(call.says(Kind::Go, &["GOFLAGS"], "-insecure", &["get", "-insecure"]));
    }
    out
}

/// `conda config --set ssl_verify false`, `conda install --insecure`.
pub(super) fn conda(call: &Call<'_>) -> Vec<Spoken> {
    let mut out = Vec::new();
    let from = call.words.iter().position(|word| *word == "--set");
    if let Some(["ssl_verify", value, ..]) = from.and_then(|at| call.words.get(at + 1..)) {
        out.push(call.says(
            Kind::Conda,
            &["ssl_verify"],
            value,
            &["config", "--set", "ssl_verify", value],
        ));
    }
    if let Some(word) = ["--insecure", "-k"].into_iter().find(|word| call.has(word)) {
        out.push(call.says(Kind::Conda, &["ssl_verify"], "false", &[word]));
    }
    out
}

/// Options of the form `-DNAME=VALUE`, as they may stand in `MAVEN_OPTS`.
pub(super) fn maven(call: &Call<'_>) -> Vec<Spoken> {
    let options = call.words.iter().filter(|word| word.starts_with("-D"));
    options
        .map(|word| call.says(Kind::Maven, &["option"], word, &[word]))
        .collect()
}
