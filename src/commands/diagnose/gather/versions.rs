//! Which release of each program this host has, and so which hello it sends.

use crate::programs::Release;
use crate::programs::hellos::{self, Offer};

/// The profiles to ask, each once: Python is strict from 3.13 on, and the host's is one or the other.
pub(super) fn profiles(asked: &[&'static str], releases: &[Release]) -> Vec<&'static str> {
    let python = releases
        .iter()
        .find(|release| release.program.starts_with("python") && release.package.is_some());
    let of_this_host = |profile: &'static str| match python {
        Some(python) if profile.starts_with("python") => python.program,
        _ => profile,
    };
    let mut profiles = Vec::new();
    for profile in asked.iter().copied().map(of_this_host) {
        if !profiles.contains(&profile) {
            profiles.push(profile);
        }
    }
    profiles
}

/// The release that judges for a profile. A curl or Python that is not installed would come with this host's OpenSSL.
pub(super) fn release(profile: &str, releases: &[Release]) -> Option<Release> {
    let found = releases.iter().find(|release| release.program == profile);
    let mut release = found.cloned().or_else(|| Release::newest(profile))?;
    if let Some(openssl) = openssl(releases)
        && release.package.is_none()
        && matches!(profile, "curl" | "python" | "python-strict")
    {
        release.library_version = openssl.library_version;
    }
    Some(release)
}

/// The OpenSSL of this host, if it has one.
pub(super) fn openssl(releases: &[Release]) -> Option<&Release> {
    releases
        .iter()
        .find(|release| release.program == "openssl" && release.package.is_some())
}

/// What a program's hello offers: of its version here, or of every version where none is known.
pub(super) fn offers(release: &Release, releases: &[Release]) -> Vec<&'static Offer> {
    let consumer = match release.program {
        "python-strict" => "python",
        program => program,
    };
    let is_library = matches!(consumer, "openssl" | "curl" | "python");
    let version = match is_library {
        true => openssl(releases).map(|_| release.library_version),
        // Debian's is built on the host's OpenSSL, others bring their own.
        false if consumer == "node" => release.package.as_ref().map(|_| release.library_version),
        false => release.package.as_ref().map(|_| release.version),
    };
    match version {
        Some(version) => hellos::at(consumer, &version.to_string())
            .into_iter()
            .collect(),
        None => hellos::of_any(consumer).collect(),
    }
}
