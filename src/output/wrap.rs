//! Text in lines of a width.

/// The lines of a text, none wider than `width` unless a single word is; widths are counted in characters.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
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

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_are_no_wider_than_asked() {
        assert_eq!(wrapped("a bb  ccc\ndddd", 6), ["a bb", "ccc", "dddd"]);
        assert_eq!(wrapped("aaaaaaaa b", 4), ["aaaaaaaa", "b"]);
        assert!(wrapped("  ", 4).is_empty());
        assert_eq!(wrapped("ää öö", 5), ["ää öö"]);
    }
}
