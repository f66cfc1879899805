//! Other copies of OpenSSL: which is loaded, which is run, and what they trust.

use super::{Facts, State, Verdict};

pub(super) fn command(facts: &Facts, verdict: &mut Verdict) {
    let (Some(library), Some(command)) = (&facts.version, &facts.command_version) else {
        return;
    };
    if library != command {
        let answer = format!(
            "the command `openssl` is {command}, the library {library}: tests with the command say nothing of the library"
        );
        verdict.row("command", State::Note, answer);
    }
}

/// A copy that lies before the distribution's on the loader's way is what all programs use.
pub(super) fn loaded(facts: &Facts, verdict: &mut Verdict) {
    let Some((path, version)) = &facts.loaded_instead else {
        return;
    };
    let answer = format!(
        "programs load `{path}` ({version}) in place of the distribution's library: what is said of the package does not hold for them"
    );
    verdict.row("loader", State::Note, answer);
    let advice = format!(
        "take the folder of `{path}` out of `/etc/ld.so.conf.d` (or out of `LD_LIBRARY_PATH`), or delete the copy; then let the loader forget it"
    );
    verdict.advise(advice, Some(format!("{}ldconfig", facts.sudo)));
}

pub(super) fn stores(facts: &Facts, verdict: &mut Verdict) {
    for (path, folder) in &facts.empty_stores {
        let answer = format!(
            "`{path}` reads its own trust store `{folder}`, which is empty: everything it connects to is untrusted"
        );
        verdict.row("other-store", State::Note, answer);
        let command = format!(
            "{}ln -s /etc/ssl/certs/ca-certificates.crt {folder}/cert.pem",
            facts.sudo
        );
        verdict.advise(
            format!("give `{path}` the system's store, or use the distribution's OpenSSL"),
            Some(command),
        );
    }
}
