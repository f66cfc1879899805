//! Bundles are kept in parts: one object per block, and a list of them under the name of the whole. Fifty generations
//! of a store differ in a few blocks. Pure.

/// How a list of parts begins; no PEM file does.
const MAGIC: &str = "trustctl parts 1\n";
/// Smaller files are kept whole.
const SMALLEST: usize = 32 << 10;
/// What every part but the first begins with.
const BEGIN: &[u8] = b"-----BEGIN ";

/// The parts of a file, where it is worth the trouble.
pub(super) fn split(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    if bytes.len() < SMALLEST || bytes.starts_with(MAGIC.as_bytes()) {
        return None;
    }
    let mut cuts: Vec<usize> = memchr::memmem::find_iter(bytes, BEGIN).collect();
    cuts.retain(|at| *at > 0);
    if cuts.len() < 8 {
        return None;
    }
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([bytes.len()]);
    Some(
        starts
            .zip(ends)
            .map(|(start, end)| &bytes[start..end])
            .collect(),
    )
}

/// The list of parts by their names, to be kept in place of the whole.
pub(super) fn list(names: &[String]) -> Vec<u8> {
    let mut text = MAGIC.to_string();
    for name in names {
        text.push_str(name);
        text.push('\n');
    }
    text.into_bytes()
}

/// The names of the parts, where this is a list of them.
pub(super) fn read(bytes: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(bytes).ok()?.strip_prefix(MAGIC)?;
    let name = |line: &str| {
        let is_hex = line
            .chars()
            .all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
        (line.len() == 64 && is_hex).then(|| line.to_string())
    };
    text.lines().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::Fingerprint;

    #[test]
    fn the_parts_are_the_whole() {
        let block = format!("-----BEGIN X-----\n{}\n-----END X-----\n", "A".repeat(4000));
        let whole = format!("text before\n{}", block.repeat(12));
        let parts = split(whole.as_bytes()).unwrap();
        assert_eq!(parts.len(), 13);
        assert_eq!(parts.concat(), whole.as_bytes());
        let names: Vec<String> = parts
            .iter()
            .map(|part| Fingerprint::of(part).to_string())
            .collect();
        assert_eq!(read(&list(&names)).as_ref(), Some(&names));
        assert_eq!(names.len(), 13);
        assert_eq!(names[1], names[12]);
        assert_eq!(names[0], Fingerprint::of(b"text before\n").to_string());
    }

    #[test]
    fn small_files_and_lists_stay_whole_and_no_list_names_a_path() {
        assert_eq!(split(b"-----BEGIN X-----\n"), None);
        assert_eq!(read(b"-----BEGIN X-----\n"), None);
        assert_eq!(read(b"trustctl parts 1\n/etc/shadow\n"), None);
    }
}
