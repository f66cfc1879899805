//! Dockerfiles (Dockerfile reference): the variables of `ENV` and `ARG`, and what `RUN` runs.

use std::collections::HashMap;

use super::Setting;
use super::environment::numbered;
use super::json;
use super::shell::{self, Exported, Run};
use super::words::{self, is_name};

/// One instruction.
struct Instruction {
    /// The line it begins on.
    line: usize,
    /// Its name, in capitals.
    name: String,
    /// What stands behind the name, with as many ends of lines as the file has.
    text: String,
    /// The bodies of its here-documents, with the line each begins on.
    bodies: Vec<(usize, String)>,
}

/// The variables that the build or the image has: every one, since what runs between two of them has the first.
pub fn parse(text: &str) -> Vec<Setting> {
    let mut known = HashMap::new();
    let mut out = Vec::new();
    for instruction in instructions(text) {
        match instruction.name.as_str() {
            "ENV" | "ARG" => {
                let set = assigned(&instruction, &known);
                known.extend(set.iter().map(|s| (s.key().to_string(), s.value.clone())));
                out.extend(set);
            }
            "RUN" => {
                let scripts = scripts(&instruction).into_iter();
                out.extend(
                    scripts.flat_map(|(line, script)| {
                        shell::parse_from(line, &script, Exported::Marked)
                    }),
                );
            }
            _ => {}
        }
    }
    out
}

/// The programs that the build or the image runs.
pub fn runs(text: &str) -> Vec<Run> {
    let of = |instruction: &Instruction| match instruction.name.as_str() {
        "RUN" | "CMD" | "ENTRYPOINT" => scripts(instruction)
            .iter()
            .flat_map(|(line, script)| shell::runs_from(*line, script))
            .collect(),
        _ => Vec::new(),
    };
    instructions(text).iter().flat_map(of).collect()
}

/// `ENV A=1 B="2 3"`, `ENV A 1 2`, `ARG A=1`.
fn assigned(instruction: &Instruction, known: &HashMap<String, String>) -> Vec<Setting> {
    let known = |name: &str| known.get(name).cloned();
    let words: Vec<words::Word> = words::commands(&plain(&instruction.text))
        .into_iter()
        .flatten()
        .collect();
    let setting = |word: &words::Word| {
        let (name, _) = word.text.split_once('=')?;
        let line = instruction.line + word.line - 1;
        let value = shell::filled(word, name.len() + 1, &known);
        is_name(name).then(|| Setting::new(line, &[name], value))
    };
    match words.split_first() {
        Some((first, rest)) if instruction.name == "ENV" && !first.text.contains('=') => {
            let value: Vec<String> = rest
                .iter()
                .map(|word| shell::filled(word, 0, &known))
                .collect();
            vec![Setting::new(
                instruction.line,
                &[&first.text],
                value.join(" "),
            )]
        }
        _ => words.iter().filter_map(setting).collect(),
    }
}

/// Separators of a shell mean nothing here.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, ';' | '&' | '|' | '(' | ')' | '#' | '<' | '>' | '`') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The shell scripts of an instruction, each with the line it begins on.
fn scripts(instruction: &Instruction) -> Vec<(usize, String)> {
    let text = without_flags(&instruction.text);
    let is_exec = text.trim_start().starts_with('[');
    let flags = instruction.text.len() - text.len();
    let before = instruction.text.get(..flags).unwrap_or_default();
    let line = instruction.line + before.matches('\n').count();
    let words = json::parse(&text.replace("\\\n", " "));
    if is_exec && !words.is_empty() {
        let quoted: Vec<String> = words
            .iter()
            .map(|word| words::quoted(&word.value))
            .collect();
        return vec![(line, quoted.join(" "))];
    }
    // `RUN <<EOF`: the document is the script; else it is what the command reads.
    if text.trim_start().starts_with("<<") {
        let shell = |body: &&(usize, String)| !body.1.starts_with("#!") || is_shell(&body.1);
        return instruction.bodies.iter().filter(shell).cloned().collect();
    }
    let bodies = instruction.bodies.iter().map(|(_, body)| body.as_str());
    vec![(
        line,
        [text]
            .into_iter()
            .chain(bodies)
            .collect::<Vec<_>>()
            .join("\n"),
    )]
}

/// Whether a script's first line names a shell.
fn is_shell(script: &str) -> bool {
    let first = script.lines().next().unwrap_or_default();
    first.trim_end().ends_with("sh") || first.contains("sh -")
}

/// The text behind `--mount=...`, `--network=...`.
fn without_flags(text: &str) -> &str {
    let mut rest = text.trim_start();
    while rest.starts_with("--") {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest = rest.get(end..).unwrap_or_default();
        rest = rest.trim_start_matches([' ', '\t', '\\', '\n', '\r']);
    }
    rest
}

fn instructions(text: &str) -> Vec<Instruction> {
    let escape = escape(text);
    let mut out = Vec::new();
    let mut lines = numbered(text);
    while let Some((line, first)) = lines.next() {
        let first = first.trim();
        if first.is_empty() || first.starts_with('#') {
            continue;
        }
        let (mut name, mut rest) = name_and_rest(first);
        // What a build on top of this image does.
        if name.eq_ignore_ascii_case("ONBUILD") {
            (name, rest) = name_and_rest(rest);
        }
        let mut instruction = Instruction {
            line,
            name: name.to_uppercase(),
            text: rest.to_string(),
            bodies: Vec::new(),
        };
        continued(&mut instruction, escape, &mut lines);
        for (mark, tabs) in marks(&instruction) {
            instruction.bodies.push(body(&mark, tabs, &mut lines));
        }
        out.push(instruction);
    }
    out
}

/// The first word, and what stands behind it.
fn name_and_rest(text: &str) -> (&str, &str) {
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (name, rest.trim_start())
}

/// The character that continues lines: `# escape=` in the lines at the top can make it a backquote.
fn escape(text: &str) -> char {
    let directives = text.lines().map_while(|line| line.trim().strip_prefix('#'));
    let mut pairs = directives.map_while(|line| line.split_once('='));
    match pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("escape")) {
        Some((_, value)) if value.trim() == "`" => '`',
        _ => '\\',
    }
}

/// Takes the lines that continue an instruction; empty and comment lines among them do not count.
fn continued<'a>(
    instruction: &mut Instruction,
    escape: char,
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
) {
    let text = &mut instruction.text;
    while text.trim_end().ends_with(escape) {
        text.truncate(text.trim_end().len() - 1);
        text.push_str("\\\n");
        let mut next = lines.next();
        while let Some((_, skipped)) = next
            && (skipped.trim().is_empty() || skipped.trim_start().starts_with('#'))
        {
            text.push_str("\\\n");
            next = lines.next();
        }
        match next {
            Some((_, next)) => text.push_str(next),
            None => break,
        }
    }
}

/// The marks that end an instruction's here-documents, and whether tabs may stand before them.
fn marks(instruction: &Instruction) -> Vec<(String, bool)> {
    if !matches!(instruction.name.as_str(), "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    let words = instruction.text.split_whitespace();
    let mark = |word: &str| {
        let (_, rest) = word.split_once("<<")?;
        let (rest, tabs) = match rest.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let name = rest.trim_matches(['"', '\'']);
        is_name(name).then(|| (name.to_string(), tabs))
    };
    words.filter_map(mark).collect()
}

fn body<'a>(
    mark: &str,
    tabs: bool,
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
) -> (usize, String) {
    let (mut start, mut out) = (1, String::new());
    for (line, text) in lines {
        if out.is_empty() {
            start = line;
        }
        let end = if tabs {
            text.trim_start_matches('\t')
        } else {
            text
        };
        if end == mark {
            break;
        }
        out.push_str(text);
        out.push('\n');
    }
    (start, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn variables_of_a_dockerfile() {
        let table: [(&str, &[&str]); 14] = [
            ("FROM x\nENV A=0 B=\"1 2\"\n", &["2:A=0", "2:B=1 2"]),
            ("env A 0 1\n", &["1:A=0 1"]),
            ("ARG A=0\nARG B\n", &["1:A=0"]),
            ("ONBUILD ENV A=0\n", &["1:A=0"]),
            (
                "ARG V=0\nENV A=$V B=${W:-1}\nENV C ${A}\n",
                &["1:V=0", "2:A=0", "2:B=1", "3:C=0"],
            ),
            ("ENV A=1 \\\n    # why\n\n    B=0\n", &["1:A=1", "4:B=0"]),
            ("ENV A=0\nENV A=1\n", &["1:A=0", "2:A=1"]),
            (
                "ENV U=http://a?b&c;d A='0'\n",
                &["1:U=http://a?b&c;d", "1:A=0"],
            ),
            ("RUN A=0 npm ci\n", &["1:A=0"]),
            (
                "RUN apt update && \\\n # x\n export A=0 && \\\n npm ci\n",
                &["3:A=0"],
            ),
            (
                "RUN --mount=type=cache,target=/x \\\n A=0 npm ci\n",
                &["2:A=0"],
            ),
            (
                "RUN <<EOF\nset -e\nA=0 npm ci\nEOF\nENV B=1\n",
                &["3:A=0", "5:B=1"],
            ),
            ("# escape=`\nENV A=0 `\n B=1\n", &["2:A=0", "3:B=1"]),
            (
                "RUN [\"/bin/sh\", \\\n\"-c\", \"A=0 npm ci\"]\n",
                &["1:A=0"],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(flat(&parse(text)), expected, "{text}");
        }
    }

    #[test]
    fn near_misses_of_a_dockerfile() {
        for text in [
            "# ENV A=0",
            "LABEL A=0",
            "RUN echo A=0",
            "RUN A=0",
            "ENV B=\"A=0\"",
            "COPY <<EOF /x\nENV A=0\nEOF",
            "RUN cat <<EOF > /x\nA=0 npm ci\nEOF",
            "RUN <<EOF\n#!/usr/bin/python3\nA=0\nEOF",
            "ARG A",
            "MAINTAINER ENV A=0",
            "ENV",
        ] {
            assert!(!parse(text).iter().any(|s| s.key() == "A"), "{text}");
        }
    }

    #[test]
    fn programs_of_a_dockerfile() {
        let text = "FROM x AS curl\nRUN apt update \\\n && curl -k https://a\nRUN [\"curl\", \"-k\", \"https://b c\"]\nLABEL x=\"curl -k\"\nRUN <<-EOF\n\tcurl -s\n\tEOF\n";
        let shown: Vec<String> = runs(text)
            .iter()
            .map(|run| format!("{}:{} {}", run.line, run.program, run.arguments.join(" ")))
            .collect();
        assert_eq!(
            shown,
            [
                "2:apt update",
                "3:curl -k https://a",
                "4:curl -k https://b c",
                "7:curl -s"
            ]
        );
    }

    #[test]
    fn unfinished_files_end() {
        for text in ["RUN <<EOF", "ENV A=\\", "RUN [\"a\"", "RUN --mount", "\\"] {
            parse(text);
            runs(text);
        }
    }
}
