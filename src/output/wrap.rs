//! Text in lines of a width.

/// The lines of a text, none wider than `width` unless a single word is; widths are counted in characters.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(text) {
        let longer = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && longer > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The words of a text. A command in backticks is one word: broken in two, its first half would run on its own when
/// it is copied.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim_start();
    std::iter::from_fn(move || {
        let (word, after) = rest.split_at_checked(end_of_word(rest))?;
        rest = after.trim_start();
        (!word.is_empty()).then_some(word)
    })
}

fn end_of_word(text: &str) -> usize {
    let blank = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(blank);
    let quotes = word.matches('`').count();
    let open = word.rsplit_once('`').map(|(_, content)| content);
    let is_command = |content: &str| content.starts_with(|c: char| c.is_lowercase() || c == '/');
    match rest.find('`') {
        Some(at) if quotes % 2 == 1 && open.is_some_and(is_command) => {
            let closed = blank + at + 1;
            closed + end_of_word(&text[closed..])
        }
        _ => blank,
    }
}

/// Where a line that is too long is broken: the blanks that become a line break, and the columns that the rest is
/// indented by.
pub fn breaks(line: &str, width: usize) -> (Vec<std::ops::Range<usize>>, usize) {
    let indent = hanging(line, width);
    let (mut broken, mut column, mut end) = (Vec::new(), 0, 0);
    for word in words(line) {
        // `word` is a part of `line`.
        let start = word.as_ptr() as usize - line.as_ptr() as usize;
        let (blanks, length) = (start - end, word.chars().count());
        if end > 0 && column > indent && column + blanks + length > width {
            broken.push(end..start);
            column = indent + length;
        } else {
            column += blanks + length;
        }
        end = start + word.len();
    }
    (broken, indent)
}

/// Where the rest of a long line begins: below the last column of a table that leaves half of the width, else a step
/// to the right of the line itself.
fn hanging(line: &str, width: usize) -> usize {
    let start = line.chars().take_while(|c| *c == ' ').count();
    let (mut column, mut blanks, mut found) = (0, 0, start + 2);
    for c in line.chars() {
        if c != ' ' && blanks >= 2 && column > start && column <= width / 2 {
            found = column;
        }
        blanks = if c == ' ' { blanks + 1 } else { 0 };
        column += 1;
    }
    found.min(width / 2)
}

#[cfg(test)]
mod tests {
    use super::{breaks, wrapped};

    #[test]
    fn lines_are_no_wider_than_asked() {
        assert_eq!(wrapped("a bb  ccc\ndddd", 6), ["a bb", "ccc", "dddd"]);
        assert_eq!(wrapped("aaaaaaaa b", 4), ["aaaaaaaa", "b"]);
        assert!(wrapped("  ", 4).is_empty());
        assert_eq!(wrapped("ää öö", 5), ["ää öö"]);
    }

    #[test]
    fn a_command_stays_in_one_line() {
        assert_eq!(
            wrapped("run `sudo rm 'a b'`, then look at `CN=A B C`", 12),
            ["run", "`sudo rm 'a b'`,", "then look at", "`CN=A B C`"]
        );
        assert_eq!(wrapped("a `b c", 2), ["a", "`b", "c"]);
    }

    #[test]
    fn a_long_line_goes_on_below_its_last_column() {
        let line = "  issuer  CN=Example Corp Root CA";
        let (broken, indent) = breaks(line, 24);
        assert_eq!((broken, indent), (std::iter::once(20..21).collect(), 10));
        assert!(breaks("a b", 40).0.is_empty());
        let (broken, indent) = breaks("one two three", 8);
        assert_eq!((broken, indent), (std::iter::once(7..8).collect(), 2));
    }
}
