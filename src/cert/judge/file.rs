//! Verdicts on files and their blocks; certificates are judged one by one, by their own rules.

use super::{Rule, Verdict};
use crate::cert::{Block, BlockKind, Problem, ProblemCode};

/// Every verdict on a block as such; its certificates are judged one by one.
pub fn block(block: &Block) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = block.problems.iter().filter_map(problem).collect();
    for fault in block
        .certificates
        .iter()
        .filter_map(|read| read.as_ref().err())
    {
        verdicts.push(unparsable(
            block.line,
            &format!("the certificate is not valid DER: {fault}"),
        ));
    }
    match block.kind {
        BlockKind::Certificate
        | BlockKind::TrustedCertificate
        | BlockKind::Pkcs7
        | BlockKind::SerializedStore => {}
        BlockKind::PrivateKey => verdicts.insert(0, private_key(block)),
        _ => {
            let message = format!(
                "{} is not a certificate and is left out",
                place(block.line, &format!("`{}`", block.label))
            );
            verdicts.push(Verdict::new(Rule::LeftOut, message));
        }
    }
    verdicts
}

/// The verdict on a file in which no certificate is, by what else is in it.
pub fn nothing(has_request: bool) -> Verdict {
    match has_request {
        true => Verdict::new(
            Rule::NotACertificate,
            "a certificate request, which a CA has yet to sign; there is no certificate in it",
        )
        .remedy("ask the CA for the certificate that it issued, and for its own"),
        false => Verdict::new(Rule::NotACertificate, "there is no certificate in it"),
    }
}

fn private_key(block: &Block) -> Verdict {
    let message = format!(
        "{}; the store is readable by everyone",
        place(block.line, "a private key")
    );
    Verdict::new(Rule::PrivateKey, message).remedy(
        "hand over a file with the certificate alone, for example `openssl x509 -in FILE -out ca.crt`; \
         a key that has been passed round should be replaced",
    )
}

/// The verdict on a problem of the file; `None` where it only describes.
pub fn problem(problem: &Problem) -> Option<Verdict> {
    if problem.is_note() {
        return None;
    }
    Some(match problem.code {
        ProblemCode::Empty | ProblemCode::NotCertificates => {
            Verdict::new(Rule::NotACertificate, problem.to_string())
        }
        ProblemCode::WebPage => {
            Verdict::new(Rule::NotACertificate, problem.to_string()).remedy(problem.remedy())
        }
        ProblemCode::BareBase64 => Verdict::new(Rule::NotACertificate, problem.to_string())
            .remedy("put the two marker lines around the Base64"),
        ProblemCode::Pkcs12 => Verdict::new(Rule::NotACertificate, problem.to_string())
            .remedy("`openssl pkcs12 -in FILE -cacerts -nokeys -out ca.crt` extracts the CA certificates"),
        ProblemCode::JavaKeystore => Verdict::new(Rule::NotACertificate, problem.to_string())
            .remedy("`keytool -exportcert -rfc -keystore FILE -alias ALIAS -file ca.crt` exports a certificate"),
        ProblemCode::TooManyCertificates => Verdict::new(Rule::TooManyCertificates, problem.to_string()),
        _ => Verdict::new(Rule::Unparsable, problem.to_string()).remedy(problem.remedy()),
    })
}

fn unparsable(line: usize, message: &str) -> Verdict {
    Verdict::new(Rule::Unparsable, place(line, message)).remedy("get an intact copy of the file")
}

fn place(line: usize, message: &str) -> String {
    match line {
        0 => message.to_owned(),
        line => format!("line {line}: {message}"),
    }
}

/// A file with more bytes than the limit.
pub fn too_large(bytes: u64, limit: u64) -> Verdict {
    Verdict::new(
        Rule::TooLarge,
        format!("{bytes} bytes, more than the limit of {limit}"),
    )
    .remedy("hand over only the certificates that this host needs")
}

/// A file with more certificates than the limit.
pub fn too_many(count: usize, limit: usize) -> Verdict {
    Verdict::new(
        Rule::TooManyCertificates,
        format!("{count} certificates, more than the limit of {limit}"),
    )
    .remedy("hand over only the certificates that this host needs")
}
