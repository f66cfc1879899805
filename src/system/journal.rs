//! The system's log (journald or a syslog daemon), reached through its socket.

use std::os::unix::net::UnixDatagram;

/// Where every syslog daemon and journald listen (syslog(3)).
const SOCKET: &str = "/dev/log";
/// Facility `authpriv` (10), severity `notice` (5), as RFC 3164 §4.1.1 packs them.
const PRIORITY: u8 = 10 * 8 + 5;
/// RFC 3164 allows 1 KiB, but journald and rsyslog take 8 KiB and more.
const LONGEST: usize = 8000;

/// Writes one line. Where nobody listens (a container, an early boot) or the log is stuck, it is lost: a change does
/// not depend on it, the record of it lies under `/var/lib/trustctl`.
pub fn write(text: &str) {
    let line = line(text, std::process::id());
    if let Ok(socket) = UnixDatagram::unbound()
        && socket.set_nonblocking(true).is_ok()
    {
        let _ = socket.send_to(line.as_bytes(), SOCKET);
    }
}

fn line(text: &str, process: u32) -> String {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let shown = text.get(..end).unwrap_or_default();
    format!("<{PRIORITY}>trustctl[{process}]: {shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_priority_program_and_process() {
        assert_eq!(line("hello", 7), "<85>trustctl[7]: hello");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let text = "ü".repeat(LONGEST);
        assert_eq!(line(&text, 7).len(), "<85>trustctl[7]: ".len() + LONGEST);
    }
}
