//! Databases of NSS in homes: changed by `certutil` as the owner of the home, looked at afterwards by our own reader.
//!
//! Never as root in a home: a link there leads no further than its owner's permissions. Never by SQL: NSS signs the trust in a database with a password, and older and newer versions keep it in different forms.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::place;
use crate::cert::{Certificate, Fingerprint};
use crate::change::generation::Generations;
use crate::error::{Error, Result};
use crate::host::users::User;
use crate::store::layout::Layout;
use crate::store::nss::{self, Database, Trust};
use crate::system::beneath::Beneath;
use crate::system::files;
use crate::system::program::{Output, Program};

/// From the package libnss3-tools.
const CERTUTIL: &str = "/usr/bin/certutil";
/// Where the Chromium family looks first, in a home.
pub(super) const PLACE: &str = ".pki/nssdb";
/// How long certutil may take: another program may hold the lock of the database.
const LIMIT: Duration = Duration::from_secs(30);

/// A certificate that comes into a database, or goes out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseStep {
    /// Whose database it is.
    pub user: String,
    /// The owner's number.
    pub uid: u32,
    /// The number of the owner's main group.
    pub gid: u32,
    /// The folder of the database.
    pub folder: PathBuf,
    /// What the certificate is called there.
    pub label: String,
    /// The certificate.
    pub sha256: Fingerprint,
    /// The kept content that has it in PEM.
    pub object: String,
    /// Whether it comes or goes.
    pub adds: bool,
}

impl DatabaseStep {
    pub(super) fn adding(user: &User, folder: &Path, certificate: &Certificate) -> DatabaseStep {
        let label = place::label(certificate.sha256());
        DatabaseStep {
            adds: true,
            ..DatabaseStep::removing(user, folder, certificate, &label)
        }
    }

    pub(super) fn removing(
        user: &User,
        folder: &Path,
        certificate: &Certificate,
        label: &str,
    ) -> DatabaseStep {
        DatabaseStep {
            user: user.name.clone(),
            uid: user.uid,
            gid: user.gid,
            folder: folder.to_path_buf(),
            label: label.to_string(),
            sha256: certificate.sha256(),
            object: Fingerprint::of(certificate.to_pem().as_bytes()).to_string(),
            adds: false,
        }
    }

    /// The step that takes this one back.
    #[must_use]
    pub fn opposite(&self) -> DatabaseStep {
        DatabaseStep {
            adds: !self.adds,
            ..self.clone()
        }
    }

    fn program(&self, path: &str) -> Program {
        let program = Program::new(Path::new(path), LIMIT);
        // Where the caller is the owner there are no rights to be dropped.
        match nix::unistd::geteuid().as_raw() == self.uid {
            true => program,
            false => program.user(self.uid, self.gid),
        }
    }

    fn certutil(&self, arguments: &[&str], input: &[u8]) -> Result<Output> {
        let mut database = std::ffi::OsString::from("sql:");
        database.push(&self.folder);
        let program = self
            .program(CERTUTIL)
            .args(arguments)
            .arg("-d")
            .arg(database)
            .args(["-n", &self.label])
            .input(input);
        Ok(program.run()?)
    }

    /// What the database has; an empty one where there is none.
    fn read(&self) -> Result<Database> {
        let Ok(folder) = Beneath::open(&self.folder) else {
            return Ok(Database::default());
        };
        match folder.read(Path::new(nss::CERTIFICATES), nss::LIMIT) {
            Ok((bytes, _)) => nss::read(&bytes).map_err(|fault| Error::new(fault.to_string())),
            Err(error) if error.is_missing() => Ok(Database::default()),
            Err(error) => Err(error.into()),
        }
    }

    fn entry(&self) -> Result<Option<nss::Entry>> {
        let entries = self.read()?.entries;
        Ok(entries
            .into_iter()
            .find(|entry| entry.sha256 == self.sha256))
    }

    fn carry_out(&self, pem: &[u8]) -> Result<()> {
        match self.adds {
            true => self.add(pem),
            false => self.remove(),
        }
    }

    fn add(&self, pem: &[u8]) -> Result<()> {
        let before = self.entry()?;
        if before.as_ref().is_some_and(is_anchor) {
            return Ok(());
        }
        if files::facts(&self.folder)?.is_none() {
            let made = self
                .program("/bin/mkdir")
                .args(["-p", "-m", "700", "--"])
                .arg(&self.folder)
                .run()?;
            if !made.status.success() {
                return Err(Error::new(made.explain()));
            }
        }
        let output = self.certutil(&["-A", "-t", "C,,"], pem)?;
        match self.entry()? {
            Some(entry) if is_anchor(&entry) => Ok(()),
            left => {
                // In a database with a password the certificate is left behind without trust (measured, NSS 3.110).
                if left.is_some() && before.is_none() {
                    self.certutil(&["-D"], b"")?;
                }
                Err(Error::new(format!("certutil: {}", output.explain())))
            }
        }
    }

    fn remove(&self) -> Result<()> {
        if self.entry()?.is_none() {
            return Ok(());
        }
        let output = self.certutil(&["-D"], b"")?;
        match self.entry()? {
            None => Ok(()),
            Some(_) => Err(Error::new(format!("certutil: {}", output.explain()))),
        }
    }
}

/// Whether some NSS takes it for an anchor: which of two formats counts is the reader's matter, and certutil writes its own.
fn is_anchor(entry: &nss::Entry) -> bool {
    entry.old == Some(Trust::Anchor) || entry.new == Some(Trust::Anchor)
}

/// Why the databases of a user are not changed, if they are not.
pub(super) fn obstacle(layout: &Layout, uid: u32, user: &User) -> Option<String> {
    if !layout.is_live() {
        return Some("databases in another tree are not changed".to_string());
    }
    if uid != 0 && user.uid != uid {
        return Some("that needs root, or the user".to_string());
    }
    match files::facts(Path::new(CERTUTIL)) {
        Ok(Some(_)) => None,
        _ => Some("there is no certutil: `apt-get install libnss3-tools`".to_string()),
    }
}

/// Carries these steps out; what could not be done is said, and nothing of it is left half done.
pub fn follow(layout: &Layout, kept: &Generations, steps: &[DatabaseStep]) -> Vec<String> {
    // A record that came with a tree starts no program.
    if !layout.is_live() {
        return Vec::new();
    }
    let mut open = Vec::new();
    for step in steps {
        let done = kept.kept(&step.object).and_then(|pem| step.carry_out(&pem));
        if let Err(error) = done {
            let (folder, user) = (step.folder.display(), &step.user);
            let what = match step.adds {
                true => "was not changed",
                false => "still has the certificate",
            };
            open.push(format!("`{folder}` of `{user}` {what}: {error}"));
        }
    }
    open
}
