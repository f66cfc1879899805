//! Jenkinsfiles (Jenkins handbook, "Pipeline Syntax"): the variables of `environment` and `withEnv`, and the scripts
//! of `sh`.

use super::Setting;
use super::shell::{self, Exported, Run};
use super::tokens::{Syntax, Token, tokens};
use super::words::is_name;

/// How far behind `sh` its script may stand (`sh(label: 'x', script: 'y')`).
const ARGUMENTS: usize = 16;

/// Groovy's texts and comments.
const GROOVY: Syntax = Syntax {
    hash: false,
    backquotes: false,
    raw: false,
    triple: true,
    one_line: false,
};

/// The variables that the stages get, and those that their scripts set.
pub fn parse(text: &str) -> Vec<Setting> {
    let tokens = tokens(text, GROOVY);
    let mut out = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let rest = tokens.get(index + 1..).unwrap_or_default();
        match token {
            Token::Word(_, name) if name == "environment" => out.extend(environment(rest)),
            Token::Word(_, name) if name == "withEnv" => out.extend(with_environment(rest)),
            _ => {}
        }
    }
    let scripts = scripts(&tokens).into_iter();
    out.extend(scripts.flat_map(|(line, text)| shell::parse_from(line, text, Exported::Marked)));
    out
}

/// The programs that the scripts run.
pub fn runs(text: &str) -> Vec<Run> {
    let tokens = tokens(text, GROOVY);
    let scripts = scripts(&tokens).into_iter();
    scripts
        .flat_map(|(line, text)| shell::runs_from(line, text))
        .collect()
}

/// `environment { NAME = 'value' }`
fn environment(tokens: &[Token]) -> Vec<Setting> {
    let [Token::Sign('{'), body @ ..] = tokens else {
        return Vec::new();
    };
    let end = body.iter().position(|token| *token == Token::Sign('}'));
    let body = body.get(..end.unwrap_or(body.len())).unwrap_or_default();
    let set = |tokens: &[Token]| match tokens {
        [
            Token::Word(_, name),
            Token::Sign('='),
            Token::Text(line, value),
        ] if is_name(name) => Some(Setting::new(*line, &[name], value)),
        _ => None,
    };
    body.windows(3).filter_map(set).collect()
}

/// `withEnv(['NAME=value'])`
fn with_environment(tokens: &[Token]) -> Vec<Setting> {
    let list = tokens
        .iter()
        .take_while(|token| **token != Token::Sign(']'));
    list.filter_map(|token| match token {
        Token::Text(line, text) => {
            let (name, value) = text.split_once('=')?;
            is_name(name).then(|| Setting::new(*line, &[name], value))
        }
        _ => None,
    })
    .collect()
}

/// `sh 'text'`, `sh('text')`, `sh script: 'text'`, each with its line.
fn scripts(tokens: &[Token]) -> Vec<(usize, &str)> {
    let is_sh = |token: &Token| matches!(token, Token::Word(_, name) if name == "sh");
    let calls = tokens.iter().enumerate().filter(|(_, token)| is_sh(token));
    calls
        .filter_map(|(index, _)| script(tokens.get(index + 1..)?))
        .collect()
}

fn script(arguments: &[Token]) -> Option<(usize, &str)> {
    if let [Token::Text(line, text), ..] | [Token::Sign('('), Token::Text(line, text), ..] =
        arguments
    {
        return Some((*line, text));
    }
    let named = |tokens: &[Token]| matches!(tokens, [Token::Word(_, name), Token::Sign(':'), ..] if name == "script");
    let arguments = arguments.get(..ARGUMENTS.min(arguments.len()))?;
    let text = arguments.windows(3).find(|tokens| named(tokens))?.get(2)?;
    match text {
        Token::Text(line, text) => Some((*line, text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::format::flat;

    #[test]
    fn variables_of_a_jenkinsfile() {
        let table: [(&str, &[&str]); 5] = [
            (
                "pipeline {\n environment {\n  A = '0'\n  B = \"1\"\n }\n}\n",
                &["3:A=0", "4:B=1"],
            ),
            ("withEnv(['A=0', \"B=1\"]) { sh 'x' }", &["1:A=0", "1:B=1"]),
            (
                "sh 'A=0 npm ci'\nsh(\"export B=1; x\")\n",
                &["1:A=0", "2:B=1"],
            ),
            ("sh '''\n set -e\n export A=0\n'''\n", &["3:A=0"]),
            (
                "sh(label: 'x', script: 'A=0 y', returnStdout: true)",
                &["1:A=0"],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(flat(&parse(text)), expected, "{text}");
        }
    }

    #[test]
    fn near_misses_of_a_jenkinsfile() {
        for text in [
            "// environment { A = '0' }",
            "/* environment {\n A = '0' } */",
            "x = 'environment { A = 0 }'",
            "environment { B = 'A=0' }",
            "parameters { A = '0' }",
            "echo 'export A=0'",
            "sh 'echo A=0'",
            "sh(label: 'A=0 x')",
            "def sh = 1\nx('A=0 y')",
        ] {
            assert!(!parse(text).iter().any(|s| s.key() == "A"), "{text}");
        }
        for text in [
            "sh '",
            "environment {",
            "sh '''",
            "/*",
            "sh(",
            "withEnv(['A",
        ] {
            parse(text);
        }
    }

    #[test]
    fn programs_of_a_jenkinsfile() {
        let text = "stage('curl -k') {\n sh 'curl -k https://a'\n sh '''\n  b \\\\\n  c\n  d 'e'\n'''\n}\n";
        let shown: Vec<String> = runs(text)
            .iter()
            .map(|run| format!("{}:{} {}", run.line, run.program, run.arguments.join(" ")))
            .collect();
        assert_eq!(shown, ["2:curl -k https://a", "4:b c", "6:d e"]);
    }
}
