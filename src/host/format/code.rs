//! Source code that switches verification off.

use super::Setting;
use super::tokens::Token::{self, Sign, Text, Word};
use super::tokens::{Syntax, tokens};

/// Whose words to look for, and how comments and texts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Go.
    Go,
    /// Python.
    Python,
    /// JavaScript and TypeScript.
    JavaScript,
    /// PHP, C and C++, for libcurl.
    Curl,
}

impl Language {
    fn syntax(self) -> Syntax {
        Syntax {
            hash: self == Language::Python,
            backquotes: matches!(self, Language::Go | Language::JavaScript),
            raw: self == Language::Go,
            triple: self == Language::Python,
            one_line: self != Language::Curl,
        }
    }
}

/// Each place where verification is switched off, as the name and the value that stand there.
pub fn parse(text: &str, language: Language) -> Vec<Setting> {
    let tokens = tokens(text, language.syntax());
    if language == Language::Python && !names_a_client(&tokens) {
        return Vec::new();
    }
    let looks: fn(&[Token], usize) -> Option<Setting> = match language {
        Language::Go => go,
        Language::Python => python,
        Language::JavaScript => javascript,
        Language::Curl => curl,
    };
    (0..tokens.len())
        .filter_map(|index| looks(&tokens, index))
        .collect()
}

fn found(line: usize, name: &str, value: &str) -> Setting {
    Setting::new(line, &[name], value)
}

/// `InsecureSkipVerify: true`, `InsecureSkipVerify = true`.
fn go(tokens: &[Token], index: usize) -> Option<Setting> {
    match tokens.get(index..)? {
        [Word(line, name), Sign(':' | '='), Word(_, value), ..]
            if name == "InsecureSkipVerify" && value == "true" =>
        {
            Some(found(*line, name, value))
        }
        _ => None,
    }
}

/// Libraries of Python, and names of their objects, for which `verify` is about certificates.
const CLIENTS: [&str; 8] = [
    "requests", "httpx", "niquests", "boto3", "botocore", "hvac", "session", "Session",
];

/// Whether a word is the name of such a client: for others `verify` can mean anything.
fn names_a_client(tokens: &[Token]) -> bool {
    let words = tokens.iter().filter_map(|token| match token {
        Word(_, word) => Some(word.as_str()),
        _ => None,
    });
    words.into_iter().any(|word| CLIENTS.contains(&word))
}

/// `verify=False` as the argument of a call, `session.verify = False`; a default of `def` calls nothing.
fn python(tokens: &[Token], index: usize) -> Option<Setting> {
    match tokens.get(index..)? {
        [Word(line, name), Sign('='), Word(_, value), ..]
            if name == "verify" && value == "False" =>
        {
            let before = tokens.get(..index)?;
            let argument = matches!(before, [.., Sign('(' | ',')]) && !is_defined(before);
            let attribute = matches!(before, [.., Sign('.')]);
            (argument || attribute).then(|| found(*line, name, value))
        }
        _ => None,
    }
}

/// Whether the innermost open parenthesis is that of `def NAME(`.
fn is_defined(before: &[Token]) -> bool {
    let mut closed = 0_usize;
    for (index, token) in before.iter().enumerate().rev() {
        match token {
            Sign(')') => closed += 1,
            Sign('(') if closed == 0 => {
                let head = before.get(..index).unwrap_or_default();
                return matches!(head, [.., Word(_, word), Word(..)] if word == "def");
            }
            Sign('(') => closed -= 1,
            _ => {}
        }
    }
    false
}

/// `rejectUnauthorized: false`, `rejectUnauthorized = false`, the name in quotes or not.
fn javascript(tokens: &[Token], index: usize) -> Option<Setting> {
    match tokens.get(index..)? {
        [
            Word(line, name) | Text(line, name),
            Sign(':' | '='),
            Word(_, value),
            ..,
        ] if name == "rejectUnauthorized" && value == "false" => Some(found(*line, name, value)),
        _ => None,
    }
}

/// `CURLOPT_SSL_VERIFYPEER, 0`, `CURLOPT_SSL_VERIFYPEER => false`.
fn curl(tokens: &[Token], index: usize) -> Option<Setting> {
    let ([Word(line, name), Sign(','), Word(_, value), ..]
    | [Word(line, name), Sign('='), Sign('>'), Word(_, value), ..]) = tokens.get(index..)?
    else {
        return None;
    };
    let option = matches!(
        name.as_str(),
        "CURLOPT_SSL_VERIFYPEER" | "CURLOPT_SSL_VERIFYHOST"
    );
    let off = matches!(value.to_ascii_lowercase().as_str(), "0" | "0l" | "false");
    (option && off).then(|| found(*line, name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn verification_that_is_switched_off_in_code() {
        let table: [(Language, &str, &str); 10] = [
            (
                Language::Go,
                "x := &tls.Config{\n\tInsecureSkipVerify: true, // x\n}",
                "2:InsecureSkipVerify=true",
            ),
            (
                Language::Go,
                "c.InsecureSkipVerify = true",
                "1:InsecureSkipVerify=true",
            ),
            (
                Language::Python,
                "requests.get(f(u), timeout=3,\n  verify=False)",
                "2:verify=False",
            ),
            (
                Language::Python,
                "\"\"\"x\n\"\"\"\nsession.verify = False",
                "3:verify=False",
            ),
            (
                Language::Python,
                "import httpx\ndef f(x): return get(x, verify=False)",
                "2:verify=False",
            ),
            (
                Language::JavaScript,
                "new Agent({ rejectUnauthorized: false })",
                "1:rejectUnauthorized=false",
            ),
            (
                Language::JavaScript,
                "x = {\n'rejectUnauthorized' : false}",
                "2:rejectUnauthorized=false",
            ),
            (
                Language::Curl,
                "curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);",
                "1:CURLOPT_SSL_VERIFYPEER=0L",
            ),
            (
                Language::Curl,
                "curl_setopt($c, CURLOPT_SSL_VERIFYHOST, false);",
                "1:CURLOPT_SSL_VERIFYHOST=false",
            ),
            (
                Language::Curl,
                "[\nCURLOPT_SSL_VERIFYPEER => FALSE]",
                "2:CURLOPT_SSL_VERIFYPEER=FALSE",
            ),
        ];
        for (language, text, expected) in table {
            assert_eq!(flat(&parse(text, language)), [expected], "{text}");
        }
    }

    #[test]
    fn near_misses_in_code() {
        let table = [
            (Language::Go, "// InsecureSkipVerify: true"),
            (Language::Go, "/* InsecureSkipVerify: true */"),
            (Language::Go, "x := \"InsecureSkipVerify: true\""),
            (Language::Go, "x := `InsecureSkipVerify: true`"),
            (Language::Go, "InsecureSkipVerify: false"),
            (Language::Go, "if c.InsecureSkipVerify == true {}"),
            (Language::Python, "import requests # get(x, verify=False)"),
            (
                Language::Python,
                "import requests\n'''get(x, verify=False)'''",
            ),
            (Language::Python, "import requests\nverify = False"),
            (Language::Python, "f(x, verify=False)"),
            (
                Language::Python,
                "import requests\ndef get(x, verify=False): pass",
            ),
            (Language::Python, "requests.get(x, verify=True)"),
            (Language::Python, "requests.get(x, verify==False)"),
            (Language::Python, "requests.get('verify=False', x)"),
            (Language::JavaScript, "// rejectUnauthorized: false"),
            (Language::JavaScript, "x = 'rejectUnauthorized: false'"),
            (Language::JavaScript, "x = `rejectUnauthorized: false`"),
            (Language::JavaScript, "rejectUnauthorized: true"),
            (Language::Curl, "// CURLOPT_SSL_VERIFYPEER, 0"),
            (Language::Curl, "f(CURLOPT_SSL_VERIFYPEER, 1)"),
            (Language::Curl, "f(\"CURLOPT_SSL_VERIFYPEER, 0\")"),
        ];
        for (language, text) in table {
            assert_eq!(parse(text, language), [], "{text}");
        }
        for text in ["\"", "'''", "/*", "`", "\\", "\"\\"] {
            parse(text, Language::Python);
            parse(text, Language::Go);
        }
    }
}
