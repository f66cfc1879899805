//! Which script and which OpenSSL a change is rehearsed with: after an upgrade of either, the next one is shown the whole.

use std::path::{Path, PathBuf};

use crate::cert::Fingerprint;
use crate::config::Tools;
use crate::host::openssl;
use crate::store::layout::Layout;
use crate::system::files;

/// The script has 5 KB.
const SCRIPT_LIMIT: u64 = 1 << 20;

/// One text for the script by its content, and for the program and libraries of OpenSSL by size and time, which every
/// upgrade changes; `None` where that cannot be told.
pub(super) fn versions(tools: &Tools) -> Option<String> {
    let (script, _) = files::read_with_facts(&tools.update_ca_certificates, SCRIPT_LIMIT).ok()?;
    let host = Layout::new(Path::new("/"));
    let libraries = openssl::libraries(&host);
    let program = host.place(&tools.openssl).real;
    let files = [&program].into_iter().chain(&libraries);
    let file = |path: &PathBuf| {
        let facts = host.tree.facts(path).ok()??;
        let (size, seconds, nanos) = (facts.size, facts.modified, facts.modified_nanos);
        Some(format!("{} {size} {seconds}.{nanos}", path.display()))
    };
    let lines = std::iter::once(Fingerprint::of(&script).to_string());
    let lines: Vec<String> = lines.chain(files.filter_map(file)).collect();
    Some(Fingerprint::of(lines.join("\n").as_bytes()).to_string())
}
