//! The files that a command is given: FILE, DIR or `-`.

use std::path::{Path, PathBuf};

use super::Context;
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
