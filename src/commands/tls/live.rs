//! The distribution's own `openssl`, run: what it says of itself, what its configuration allows, and handshakes on
//! loopback between its own server and client with a throw-away certificate.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::evidence::PROTOCOLS;
use crate::commands::Context;
use crate::rules::capability::Answer;
use crate::system::files;
use crate::system::program::{Output, Program};

/// Each of these programs takes a fraction of a second.
const LIMIT: Duration = Duration::from_secs(10);
/// Ends a server even if this program is killed (coreutils).
const TIMEOUT: &str = "/usr/bin/timeout";

/// What was learnt by running it.
pub(super) struct Live {
    /// The first line of `openssl version -a`.
    pub(super) version_line: String,
    /// The version in it.
    pub(super) command_version: String,
    /// The lines on how it was built.
    pub(super) build: Vec<String>,
    /// For each protocol of [`PROTOCOLS`].
    pub(super) spoken: Vec<Spoken>,
}

/// One version of the protocol.
pub(super) struct Spoken {
    /// Compiled in.
    pub(super) built: Answer,
    /// Allowed by the configuration in force.
    pub(super) configured: Answer,
    /// A handshake took place.
    pub(super) shaken: Answer,
    /// What the client said.
    pub(super) detail: Option<String>,
}

/// Runs it, if it may be run; otherwise says why not.
pub(super) fn look(context: &Context, no_run: bool) -> Result<Live, String> {
    if no_run {
        return Err("`--no-run` was given".to_string());
    }
    if !context.layout.is_live() {
        return Err("programs of another tree are not run".to_string());
    }
    let openssl = context.config.tools.openssl.clone();
    owned_by_root(&openssl)?;
    let version = run(&openssl, &["version", "-a"])?;
    let text = String::from_utf8_lossy(&version.stdout).into_owned();
    let line = text.lines().next().unwrap_or_default().to_string();
    let built = [
        "built on:",
        "platform:",
        "options:",
        "compiler:",
        "OPENSSLDIR:",
    ];
    let disabled = run(&openssl, &["list", "-disabled"])
        .map(|output| words(&output))
        .unwrap_or_default();
    let folder = files::PrivateFolder::create(Path::new("/tmp"), "trustctl-tls-")
        .map_err(|error| error.to_string())?;
    let certificate = certificate(&openssl, folder.path());
    let spoken = (0..PROTOCOLS.len()).map(|at| {
        spoken(
            &openssl,
            at,
            &disabled,
            certificate.as_ref().map(|()| folder.path()),
        )
    });
    Ok(Live {
        command_version: line
            .split_whitespace()
            .nth(1)
            .unwrap_or_default()
            .to_string(),
        build: text
            .lines()
            .filter(|line| built.iter().any(|start| line.starts_with(start)))
            .map(ToString::to_string)
            .collect(),
        spoken: spoken.collect(),
        version_line: line,
    })
}

/// A program that others could have written is not run: it, its folder and what is above belong to root alone.
fn owned_by_root(path: &Path) -> Result<(), String> {
    for part in path.ancestors() {
        let facts = files::facts(part).map_err(|error| error.to_string())?;
        let Some(facts) = facts else {
            return Err(format!("`{}` does not exist", part.display()));
        };
        let is_link = facts.kind == files::Kind::Link;
        if facts.uid != 0 || (!is_link && facts.mode & 0o022 != 0) {
            return Err(format!(
                "`{}` can be changed by others than root",
                part.display()
            ));
        }
    }
    Ok(())
}

fn run(openssl: &Path, arguments: &[&str]) -> Result<Output, String> {
    Program::new(openssl, LIMIT)
        .args(arguments.iter().copied())
        .run()
        .map_err(|error| error.to_string())
}

fn words(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout)
        .split_whitespace()
        .map(ToString::to_string)
        .collect()
}

/// A throw-away certificate and key.
fn certificate(openssl: &Path, folder: &Path) -> Option<()> {
    let path = |name: &str| folder.join(name).into_os_string();
    let made = Program::new(openssl, LIMIT)
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-sha256",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=localhost",
            "-keyout",
        ])
        .arg(path("key"))
        .arg("-out")
        .arg(path("cert"))
        .run();
    made.ok()?.status.success().then_some(())
}

fn spoken(openssl: &Path, at: usize, disabled: &[String], folder: Option<&Path>) -> Spoken {
    let flag = ["-tls1", "-tls1_1", "-tls1_2", "-tls1_3"][at.min(3)];
    let name = ["TLS1", "TLS1_1", "TLS1_2", "TLS1_3"][at.min(3)];
    let configured = configured(openssl, flag, at);
    let (shaken, detail) = match folder {
        Some(folder) => handshake(openssl, flag, folder),
        None => (
            Answer::Unknown,
            Some("no throw-away certificate could be made".to_string()),
        ),
    };
    Spoken {
        built: Answer::of(!disabled.iter().any(|word| word == name)),
        configured,
        shaken,
        detail,
    }
}

/// Whether `openssl ciphers -s` leaves a cipher for a version; its columns differ between releases.
///
/// It heeds cipher strings and security levels, but neither `MinProtocol` nor `MaxProtocol` (measured with 1.1.1w and
/// 3.0.20), which are read from the file.
fn configured(openssl: &Path, flag: &str, at: usize) -> Answer {
    let Ok(output) = run(openssl, &["ciphers", "-s", flag, "-v"]) else {
        return Answer::Unknown;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1));
    // A cipher's own version is the lowest that knows it.
    Answer::of(if at == 3 {
        lines.any(|version| version == "TLSv1.3")
    } else {
        lines.any(|version| version != "TLSv1.3")
    })
}

/// One handshake: a server that speaks this version and no other, at no security level, and a client with nothing but
/// the host's own configuration. A version named to the client would override `MinProtocol` and `MaxProtocol`.
///
/// The words of s_client mean nothing unless a cipher was agreed.
fn handshake(openssl: &Path, flag: &str, folder: &Path) -> (Answer, Option<String>) {
    let path = |name: &str| -> PathBuf { folder.join(name) };
    let server = Program::new(Path::new(TIMEOUT), LIMIT)
        .args(["-k", "1", "10"])
        .arg(openssl)
        .args([
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-naccept",
            "1",
            "-www",
            flag,
            "-cipher",
            "DEFAULT@SECLEVEL=0",
            "-cert",
        ])
        .arg(path("cert"))
        .arg("-key")
        .arg(path("key"))
        .start();
    let server = match server {
        Ok(server) => server,
        Err(error) => return (Answer::Unknown, Some(error.to_string())),
    };
    let Some(line) = server.line("ACCEPT", LIMIT) else {
        return (
            Answer::No,
            Some("the server does not start with this version".to_string()),
        );
    };
    let Some(port) = line
        .rsplit(':')
        .next()
        .and_then(|port| port.trim().parse::<u16>().ok())
    else {
        return (
            Answer::Unknown,
            Some("the server does not tell its port".to_string()),
        );
    };
    let client = run(
        openssl,
        &["s_client", "-connect", &format!("127.0.0.1:{port}")],
    );
    let Ok(client) = client else {
        return (Answer::Unknown, Some("the client does not end".to_string()));
    };
    let text = String::from_utf8_lossy(&client.stdout).into_owned();
    let agreed = text
        .lines()
        .find(|line| line.starts_with("New, ") && !line.contains("(NONE)"));
    match agreed {
        Some(line) => (
            Answer::Yes,
            line.split(" is ").nth(1).map(ToString::to_string),
        ),
        None => (Answer::No, failure(&client)),
    }
}

/// The reason in the last line of OpenSSL's error queue: `…:SSL routines:…:REASON:file:line:`.
fn failure(client: &Output) -> Option<String> {
    let text = String::from_utf8_lossy(&client.stderr).into_owned();
    let line = text.lines().rfind(|line| line.contains(":error:"))?;
    line.split(':')
        .nth(5)
        .map(|reason| reason.trim().to_string())
}
