//! From the files given to what a validation needs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::report::{ChainLink, Consumer, Reason, VerifyReport};
use crate::cert::{self, Certificate, Document};
use crate::commands::{Context, Warning};
use crate::error::{Error, ErrorKind, Result};
use crate::probe::proxy::Proxy;
use crate::probe::{Limits, fetch};
use crate::programs::Release;
use crate::redact;
use crate::store::inventory::{BUNDLE_LIMIT, FILE_LIMIT};
use crate::store::layout::{BUNDLE, CERTS};
use crate::system::files;
use crate::verify::{self, Anchors, Checked, Crls, Options, Presented, Revocation, Source};

/// Certificates of one file with their places in it.
#[derive(Debug, Default)]
pub struct Loaded {
    pub(super) file: PathBuf,
    pub(super) certificates: Vec<(usize, Certificate)>,
}

impl Loaded {
    /// The readable certificates of a document.
    pub fn of(file: &Path, document: &Document) -> Self {
        Self {
            file: file.to_path_buf(),
            certificates: numbered(document),
        }
    }
}

pub(super) fn read(context: &Context, path: &Path) -> Result<Document> {
    let bytes = if path == Path::new("-") {
        files::read_stream(
            std::io::stdin().lock(),
            Path::new("standard input"),
            FILE_LIMIT,
        )?
    } else {
        files::read(&context.absolute(path), FILE_LIMIT)?
    };
    Ok(cert::read(&bytes))
}

/// The certificates of a file; those that can't be read become warnings.
pub(super) fn load(context: &Context, path: &Path, warnings: &mut Vec<Warning>) -> Result<Loaded> {
    let document = read(context, path)?;
    for block in &document.blocks {
        for fault in block
            .certificates
            .iter()
            .filter_map(|certificate| certificate.as_ref().err())
        {
            let place = format!("`{}` line {}", path.display(), block.line);
            warnings.push(Warning::new(format!(
                "skipped a broken certificate in {place}: {fault}"
            )));
        }
    }
    Ok(Loaded::of(path, &document))
}

fn numbered(document: &Document) -> Vec<(usize, Certificate)> {
    (1..)
        .zip(
            document
                .certificates()
                .map(|(_, certificate)| certificate.clone()),
        )
        .collect()
}

/// What this host trusts: the bundle, which most programs read.
pub(super) fn host_store(context: &Context) -> Result<Loaded> {
    let name = Path::new(CERTS).join(BUNDLE);
    let place = context.layout.place(&name);
    let bytes = context.layout.tree.read(&place.real, BUNDLE_LIMIT)?;
    Ok(Loaded::of(&name, &cert::read(&bytes)))
}

/// Lists of a whole national PKI have tens of megabytes.
const CRL_LIMIT: u64 = 64 << 20;

/// The revocation lists of one file, as DER; PEM may hold several.
pub(super) fn lists(
    context: &Context,
    path: &Path,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Vec<u8>>> {
    let bytes = files::read(&context.absolute(path), CRL_LIMIT)?;
    let found = revocation_lists(&bytes);
    if found.is_empty() {
        let message = format!("there is no revocation list in `{}`", path.display());
        warnings.push(Warning::new(message));
    }
    Ok(found)
}

/// The longest any step of fetching a list may take.
const STEP: Duration = Duration::from_secs(20);

/// The revocation list that a server sends for this URL.
pub(super) fn fetched(context: &Context, url: &str) -> Result<Vec<Vec<u8>>> {
    let place = fetch::Url::parse(url)?;
    let proxy = Proxy::for_http(&place.target, |name| context.variable(name))?;
    let shown = redact::value(url);
    (context.progress)(&format!("fetching {shown}"));
    let bytes = fetch::get(&place, proxy.as_ref(), Limits::within(STEP), CRL_LIMIT)?;
    let found = revocation_lists(&bytes);
    if found.is_empty() {
        return Err(
            Error::new(format!("`{shown}` did not send a revocation list"))
                .kind(ErrorKind::Network)
                .hint("ask the CA for the URL of its revocation list"),
        );
    }
    Ok(found)
}

/// The revocation lists in a text or in DER; whether they read is the validator's question.
pub fn revocation_lists(bytes: &[u8]) -> Vec<Vec<u8>> {
    if bytes.first() == Some(&0x30) {
        return vec![bytes.to_vec()];
    }
    let blocks = pem::parse_many(bytes).unwrap_or_default().into_iter();
    let lists = blocks.filter(|block| block.tag() == "X509 CRL");
    lists.map(pem::Pem::into_contents).collect()
}

/// Everything a validation needs, owned.
#[derive(Debug)]
pub struct Inputs {
    leaf_file: PathBuf,
    /// The leaf, or why there is none.
    leaf: std::result::Result<Certificate, String>,
    /// Helpers: file, place, certificate.
    helpers: Vec<(PathBuf, usize, Certificate)>,
    anchors: Loaded,
}

impl Inputs {
    /// The first certificate of `document` is the leaf, the others help to build the path.
    pub fn new(
        path: &Path,
        document: &Document,
        untrusted: Option<Loaded>,
        anchors: Loaded,
    ) -> Self {
        let leaf_file = path.to_path_buf();
        let mut own = numbered(document).into_iter();
        let leaf = first_certificate(document);
        if leaf.is_ok() {
            own.next();
        }
        let mut helpers: Vec<_> = own
            .map(|(place, certificate)| (leaf_file.clone(), place, certificate))
            .collect();
        if let Some(loaded) = untrusted {
            let file = loaded.file;
            helpers.extend(
                loaded
                    .certificates
                    .into_iter()
                    .map(|(place, found)| (file.clone(), place, found)),
            );
        }
        Self {
            leaf_file,
            leaf,
            helpers,
            anchors,
        }
    }

    /// Judges the chain; what these releases of programs say of it, too.
    pub fn judge(
        &self,
        options: &Options,
        releases: &[Release],
        lists: Option<(&Crls<'_>, Checked)>,
    ) -> VerifyReport {
        let leaf = match &self.leaf {
            Ok(leaf) => leaf,
            Err(why) => return self.malformed(why, options),
        };
        let helpers: Vec<&[u8]> = self
            .helpers
            .iter()
            .map(|(_, _, certificate)| certificate.der())
            .collect();
        let anchors = Anchors::read(
            self.anchors
                .certificates
                .iter()
                .map(|(_, certificate)| certificate.der()),
        );
        let presented = Presented::read(leaf.der(), &helpers);
        let revocation = lists.map(|(crls, checked)| Revocation { crls, checked });
        let verdict = verify::judge(&presented, &anchors, options, revocation);
        let consumers = (!releases.is_empty()).then(|| {
            let all = verify::consumers(&presented, &anchors, options, releases);
            all.iter().map(Consumer::new).collect()
        });
        VerifyReport {
            valid: verdict.answer(),
            path: verdict.path(),
            form: verdict.has_form(),
            chain: verdict
                .chain
                .iter()
                .map(|link| self.link(link.source, leaf))
                .collect(),
            complete: verdict.complete,
            reasons: verdict.reasons.iter().map(Reason::from).collect(),
            advice: verify::advice(&verdict, options),
            paths_tried: verdict.paths_tried,
            consumers,
            ..VerifyReport::empty(options)
        }
    }

    fn malformed(&self, why: &str, options: &Options) -> VerifyReport {
        let code = verify::Code::Malformed;
        let reason = Reason {
            code: code.code(),
            severity: verify::Severity::Error.as_str(),
            part: verify::Part::Path.as_str(),
            cert: Some(0),
            reference: code.reference(),
            message: format!("`{}` {why}", self.leaf_file.display()),
        };
        VerifyReport {
            reasons: vec![reason],
            ..VerifyReport::empty(options)
        }
    }

    fn link(&self, source: Source, leaf: &Certificate) -> ChainLink {
        let (word, file, block, certificate) = match source {
            Source::Leaf => ("leaf", &self.leaf_file, 1, leaf),
            Source::Untrusted(place) => {
                let (file, block, certificate) = &self.helpers[place];
                ("untrusted", file, *block, certificate)
            }
            Source::Anchor(place) => {
                let (block, certificate) = &self.anchors.certificates[place];
                ("anchor", &self.anchors.file, *block, certificate)
            }
        };
        ChainLink {
            subject: certificate.subject().display().to_string(),
            sha256: certificate.sha256(),
            source: word,
            file: file.clone(),
            block,
        }
    }
}

/// The first certificate of a file must be sound: judging the second in its place would answer another question.
fn first_certificate(document: &Document) -> std::result::Result<Certificate, String> {
    let mut blocks = document.blocks.iter();
    let first = blocks.find_map(|block| block.certificates.first());
    match first {
        Some(Ok(certificate)) => Ok(certificate.clone()),
        Some(Err(fault)) => Err(format!("is not a certificate: {fault}")),
        None => Err("holds no certificate".into()),
    }
}
