//! The files that a command is given: FILE, DIR or `-`.

use std::path::{Path, PathBuf};

use super::Context;
use crate::error::Error;
use crate::host::format::words::quoted;
use crate::system::FileError;
use crate::system::files::{self, Kind};

/// One file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// As it is shown: what the caller typed, `-` for standard input.
    pub name: String,
    /// Where it lies; `None` for standard input.
    pub path: Option<PathBuf>,
    /// Whether only its folder was named.
    pub from_folder: bool,
}

/// How files with certificates end.
const ENDINGS: [&str; 9] = [
    "crt", "cer", "pem", "der", "cert", "p7b", "p7c", "p7s", "sst",
];
/// So many folders deep and no more.
const DEEPEST: usize = 16;

impl Input {
    /// Whether its name says that there should be a certificate in it.
    pub fn is_named_as_certificate(&self) -> bool {
        let ending = self.extension().unwrap_or_default();
        ENDINGS
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    }

    /// Its bytes, at most `limit` of them.
    pub fn read(&self, limit: u64) -> Result<Vec<u8>, FileError> {
        match &self.path {
            Some(path) => files::read(path, limit),
            None => files::read_stream(std::io::stdin().lock(), Path::new("-"), limit),
        }
    }

    /// The file name's extension, lower case or not.
    pub fn extension(&self) -> Option<&str> {
        self.path.as_ref()?.extension()?.to_str()
    }
}

/// Refuses what is meant as a server or a download, and says how that is done.
pub fn is_meant_as_file(context: &Context, argument: &Path) -> Result<(), Error> {
    let text = argument.to_string_lossy();
    if argument == Path::new("-") || !matches!(files::facts(&context.absolute(argument)), Ok(None))
    {
        return Ok(());
    }
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    let is_server = |text: &str| {
        let server = text.rsplit_once(':');
        server.is_some_and(|(host, port)| !host.is_empty() && !host.contains('/') && is_port(port))
    };
    let quoted = quoted(&text);
    let hint = match text.split_once("://") {
        Some(("https", rest)) if !rest.trim_end_matches('/').contains('/') => {
            format!(
                "for the root that this server sends: `trustctl add --from {quoted} --sha256 FINGERPRINT`"
            )
        }
        Some(_) => format!(
            "download it first: `curl -fsSLo ca.crt {quoted}`, compare its SHA-256 (`trustctl check ca.crt`) with its owner's, then `sudo trustctl add ca.crt`"
        ),
        None if is_server(&text) => {
            format!(
                "for the root that this server sends: `trustctl add --from {quoted} --sha256 FINGERPRINT`"
            )
        }
        None => return Ok(()),
    };
    Err(Error::new(format!("`{text}` is not a file")).hint(hint))
}

/// What one argument leads to: a folder stands for the files in it by name, but for hidden ones, and `recursive` for
/// those of its sub-folders too, links to folders left out. What cannot be looked at is listed as a file, so that reading it gives the reason.
pub fn files_of(context: &Context, argument: &Path, recursive: bool) -> Vec<Input> {
    let (name, path) = (argument.display().to_string(), context.absolute(argument));
    if argument == Path::new("-") {
        return vec![Input {
            name,
            path: None,
            from_folder: false,
        }];
    }
    if !is_folder(&path) {
        return vec![Input {
            name,
            path: Some(path),
            from_folder: false,
        }];
    }
    let mut found = Vec::new();
    below(
        argument,
        &path,
        if recursive { DEEPEST } else { 0 },
        &mut found,
    );
    found
}

fn below(shown: &Path, folder: &Path, deeper: usize, found: &mut Vec<Input>) {
    let Ok(names) = files::names(folder) else {
        return found.push(Input {
            name: shown.display().to_string(),
            path: Some(folder.to_path_buf()),
            from_folder: true,
        });
    };
    let visible = |name: &&std::ffi::OsString| !name.as_encoded_bytes().starts_with(b".");
    for name in names.iter().filter(visible) {
        let (shown, path) = (shown.join(name), folder.join(name));
        if !is_folder(&path) {
            found.push(Input {
                name: shown.display().to_string(),
                path: Some(path),
                from_folder: true,
            });
        } else if deeper > 0 && !is_link(&path) {
            below(&shown, &path, deeper - 1, found);
        }
    }
}

/// Links are followed, as reading follows them.
fn is_folder(path: &Path) -> bool {
    matches!(files::facts(&path.join(".")), Ok(Some(facts)) if facts.kind == Kind::Directory)
}

/// A link to a folder can lead in a circle, or out of what was meant.
fn is_link(path: &Path) -> bool {
    matches!(files::facts(path), Ok(Some(facts)) if facts.kind == Kind::Link)
}
