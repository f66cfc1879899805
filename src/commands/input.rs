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
}

impl Input {
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

/// What the arguments lead to, in order: a folder stands for the files in it by name, but for hidden ones and
/// sub-folders. What cannot be looked at is listed as a file, so that reading it gives the reason.
pub fn expand(context: &Context, arguments: &[PathBuf]) -> Vec<Input> {
    arguments
        .iter()
        .flat_map(|argument| files_of(context, argument))
        .collect()
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

/// What one argument leads to; nothing for a folder without files.
pub fn files_of(context: &Context, argument: &Path) -> Vec<Input> {
    let name = argument.display().to_string();
    if argument == Path::new("-") {
        return vec![Input { name, path: None }];
    }
    let path = context.absolute(argument);
    let single = vec![Input {
        name,
        path: Some(path.clone()),
    }];
    if !is_folder(&path) {
        return single;
    }
    match files::names(&path) {
        Ok(names) => names
            .iter()
            .filter(|name| !name.as_encoded_bytes().starts_with(b"."))
            .map(|name| (argument.join(name), path.join(name)))
            .filter(|(_, path)| !is_folder(path))
            .map(|(name, path)| Input {
                name: name.display().to_string(),
                path: Some(path),
            })
            .collect(),
        Err(_) => single,
    }
}

/// Links are followed, as reading follows them.
fn is_folder(path: &Path) -> bool {
    matches!(files::facts(&path.join(".")), Ok(Some(facts)) if facts.kind == Kind::Directory)
}
