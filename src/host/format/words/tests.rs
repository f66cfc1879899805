use super::*;

fn shown(script: &str) -> Vec<String> {
    let show = |command: &Vec<Word>| {
        let words: Vec<_> = command
            .iter()
            .map(|w| format!("{}:{}", w.line, w.text))
            .collect();
        words.join(" ")
    };
    commands(script).iter().map(show).collect()
}

#[test]
fn words_are_split_as_a_shell_does() {
    assert_eq!(
        shown("a 'b c' \"d\\\"e\"f g\\ h\n"),
        ["1:a 1:b c 1:d\"ef 1:g h"]
    );
    assert_eq!(
        shown("a; b && c | d\ne"),
        ["1:a", "1:b", "1:c", "1:d", "2:e"]
    );
    assert_eq!(shown("a \\\n b"), ["1:a 2:b"]);
    assert_eq!(shown("a=$(x; y) b=`c d`"), ["1:a=$(x; y) 1:b=`c d`"]);
}

#[test]
fn comments_and_here_documents_are_no_words() {
    assert_eq!(shown("a # b\n#c\nd#e"), ["1:a", "3:d#e"]);
    assert_eq!(shown("cat <<EOF\nexport A=1\nEOF\nb"), ["1:cat", "4:b"]);
    assert_eq!(shown("cat <<-'E'\n\tx\n\tE\nb"), ["1:cat", "4:b"]);
    assert_eq!(shown("cat <<< x\ny"), ["1:cat 1:x", "2:y"]);
}

#[test]
fn what_never_ends_is_read_to_its_end() {
    for script in [
        "'a",
        "\"a\\",
        "$(a",
        "`a",
        "cat <<E\nx",
        "a\\",
        "${a",
        "$'a\\",
        "\"${",
        "$",
    ] {
        commands(script);
    }
}

#[test]
fn what_is_inside_an_expansion_splits_nothing() {
    assert_eq!(
        shown("a=$(echo ')' \"(\" x) b"),
        ["1:a=$(echo ')' \"(\" x) 1:b"]
    );
    assert_eq!(shown("a=${b%%;*} c"), ["1:a=${b%%;*} 1:c"]);
    assert_eq!(shown("a=\"$(b \"c d\")\" e"), ["1:a=$(b \"c d\") 1:e"]);
    assert_eq!(shown("a=$'b\\'c d' e"), ["1:a=b'c d 1:e"]);
    assert_eq!(shown("a=$\"b c\" d"), ["1:a=b c 1:d"]);
}

#[test]
fn a_shift_is_no_here_document() {
    assert_eq!(shown("((x = 1 << 2))\na"), ["1:x 1:= 1:1 1:2", "2:a"]);
    assert_eq!(shown("x=$((1<<2))\na"), ["1:x=$((1<<2))", "2:a"]);
    assert_eq!(shown("((1))\ncat <<E\nx\nE\na"), ["1:1", "2:cat", "5:a"]);
}

#[test]
fn expansions_are_told_from_plain_text() {
    let of = |script: &str| commands(script).remove(0).remove(0).expansions;
    assert_eq!(of("a=$b"), vec![2..4]);
    assert_eq!(of("\"x${b:-1}y$c\""), vec![1..8, 9..11]);
    assert!(of("'$b'").is_empty());
    assert!(of("\\$b").is_empty());
}

#[test]
fn a_quoted_name_is_no_assignment() {
    let word = |script: &str| commands(script).remove(0).remove(0);
    assert_eq!(word("A='b c'").assignment(), Some(("A", "b c")));
    assert_eq!(word("A=").assignment(), Some(("A", "")));
    assert_eq!(word("'A=b'").assignment(), None);
    assert_eq!(word("1A=b").assignment(), None);
}

proptest::proptest! {
    #[test]
    fn a_quoted_word_is_one_word(word in "[ -~]{0,30}") {
        let words: Vec<Vec<String>> = commands(&format!("a {}", quoted(&word)))
            .into_iter()
            .map(|command| command.into_iter().map(|word| word.text).collect())
            .collect();
        proptest::prop_assert_eq!(words, vec![vec!["a".to_string(), word]]);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "real shells say what they read")]
fn shells_take_back_a_word_that_no_terminal_gets_raw() {
    for word in [
        "a\nb",
        "-n\tx",
        "%d\u{7}'\\n\"$(id)`id`",
        "\u{1b}[2J\u{202e}ü",
        "a\n\n",
    ] {
        let script = format!("printf %s {}", quoted(word));
        for shell in ["/bin/bash", "/bin/sh"] {
            if shell == "/bin/sh" && word.ends_with('\n') {
                continue;
            }
            let run = std::process::Command::new(shell)
                .args(["-c", &script])
                .output();
            let text = String::from_utf8(run.unwrap().stdout).unwrap();
            assert_eq!(text, word, "{shell}: {script}");
        }
        assert!(!quoted(word).contains(is_unsafe), "{word:?}");
    }
}
