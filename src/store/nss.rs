//! Databases of NSS (`cert9.db`), which browsers trust by: read as values, by SQLite's own library and from memory.
//!
//! Trust is stored in two formats. The old one (`CKO_NSS_TRUST`) every NSS reads; the new one (`CKO_TRUST` of
//! PKCS#11 3.2) only newer ones do, and where a certificate has it they ignore the old. So the answer can depend on
//! who asks. Measured with NSS 3.61, 3.87, 3.110 and 3.132.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, MAIN_DB};

use crate::cert::Fingerprint;

/// The file with the certificates.
pub const CERTIFICATES: &str = "cert9.db";
/// What SQLite writes beside it during a change.
pub const JOURNAL: &str = "cert9.db-journal";
/// The file that names the PKCS#11 modules.
pub const MODULES: &str = "pkcs11.txt";
/// A database larger than this is not read (one of Firefox 140 has 230 kB).
pub const LIMIT: u64 = 16 << 20;
/// The module that makes NSS follow the system's store.
pub const SYSTEM_MODULE: &str = "p11-kit-trust.so";
/// Objects in one database at most.
const MAX_OBJECTS: usize = 50_000;
/// Steps of SQLite's machine at most, in thousands; the databases of browsers need a few hundred.
const MAX_STEPS: u32 = 50_000;

/// Classes of objects (`a0`).
const CERTIFICATE: u32 = 1;
const OLD_TRUST: u32 = 0xce53_4353;
const NEW_TRUST: u32 = 0x0b;
/// NSS writes this for "no value".
const NULL: &[u8] = &[0xa5, 0x00, 0x5a];
/// `CKM_SHA256`.
const SHA256: u32 = 0x250;

/// What a database says of a certificate in the role of a CA of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is an anchor.
    Anchor,
    /// It is expressly not trusted.
    Distrusted,
    /// Neither.
    Nothing,
}

/// Which format an NSS obeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The old format only (up to 3.112).
    Old,
    /// The new format before the old (3.132 for certain).
    New,
    /// It is not known which.
    Unknown,
}

/// One certificate of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its nickname.
    pub label: String,
    /// Its fingerprint.
    pub sha256: Fingerprint,
    /// What the old format says, if it is there.
    pub old: Option<Trust>,
    /// What the new format says, if it is there.
    pub new: Option<Trust>,
}

impl Entry {
    /// What an NSS makes of it; `None` where that depends on the version and the version is not known.
    pub fn trust(&self, reader: Reader) -> Option<Trust> {
        let old = self.old.unwrap_or(Trust::Nothing);
        let new = self.new.unwrap_or(old);
        match reader {
            Reader::Old => Some(old),
            Reader::New => Some(new),
            Reader::Unknown => (old == new).then_some(old),
        }
    }
}

/// A database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Database {
    /// Its certificates.
    pub entries: Vec<Entry>,
    /// Entries of trust whose certificate is gone: nothing can be trusted through them.
    pub orphans: usize,
}

/// Why a database cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not a database of SQLite, or a damaged one.
    Damaged(String),
    /// It is one, but not of NSS.
    Foreign,
    /// It asks for more work than any browser's does.
    Costly,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Damaged(reason) => write!(f, "the database cannot be read ({reason})"),
            Fault::Foreign => write!(f, "it is not a database of NSS"),
            Fault::Costly => write!(f, "reading it takes more work than is allowed"),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::OperationInterrupted | rusqlite::ErrorCode::TooBig) => {
                Fault::Costly
            }
            _ => Fault::Damaged(error.to_string()),
        }
    }
}

/// Reads a database from its bytes; nothing is opened, locked or written.
pub fn read(bytes: &[u8]) -> Result<Database, Fault> {
    // Bytes 18 and 19: the versions of the format; 2 is WAL, in which the file alone is not the database. NSS
    // does not use it.
    if !bytes.starts_with(b"SQLite format 3\0") || bytes.get(18..20) != Some(&[1, 1]) {
        return Err(Fault::Foreign);
    }
    let connection = opened(bytes)?;
    if !is_plain_table(&connection)? {
        return Err(Fault::Foreign);
    }
    let objects = objects(&connection)?;
    Ok(joined(&objects))
}

fn opened(bytes: &[u8]) -> Result<Connection, Fault> {
    use rusqlite::config::DbConfig;
    let mut connection = Connection::open_in_memory()?;
    let limits = [
        (Limit::SQLITE_LIMIT_LENGTH, 1 << 20),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 1 << 16),
        (Limit::SQLITE_LIMIT_COLUMN, 1000),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 20),
        (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    ];
    for (limit, value) in limits {
        connection.set_limit(limit, value)?;
    }
    // What the schema of a foreign database says is not to be carried out.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    let mut steps = 0;
    connection.progress_handler(
        1000,
        Some(move || {
            steps += 1;
            steps > MAX_STEPS
        }),
    );
    connection.deserialize_read_exact(MAIN_DB, bytes, bytes.len(), true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// Whether the table is one: a view or a virtual table of that name would run what its maker wrote.
fn is_plain_table(connection: &Connection) -> Result<bool, Fault> {
    let mut query =
        connection.prepare("SELECT type, sql FROM sqlite_schema WHERE name = 'nssPublic'")?;
    let mut rows = query.query([])?;
    let mut plain = 0;
    while let Some(row) = rows.next()? {
        let (kind, sql): (Option<String>, Option<String>) = (row.get(0)?, row.get(1)?);
        let made = sql.unwrap_or_default().to_ascii_uppercase();
        let computed = made.contains("GENERATED") || made.contains(" AS ");
        if kind.as_deref() != Some("table") || !made.starts_with("CREATE TABLE") || computed {
            return Ok(false);
        }
        plain += 1;
    }
    Ok(plain == 1)
}

/// The attributes that are looked at: class, label, DER, issuer, serial, trust as CA of servers (old, new), hash of
/// the certificate (old: SHA-1; new: with its algorithm).
const ATTRIBUTES: [&str; 10] = [
    "a0",
    "a3",
    "a11",
    "a81",
    "a82",
    "ace536358",
    "a62c",
    "ace5363b4",
    "a8c",
    "a635",
];

type Object = [Vec<u8>; ATTRIBUTES.len()];

/// Issuer and serial number.
type Name<'a> = (&'a [u8], &'a [u8]);

/// NSS adds columns as it learns attributes: those that are not there yet are empty.
fn objects(connection: &Connection) -> Result<Vec<Object>, Fault> {
    let mut there = Vec::new();
    let mut query = connection.prepare("SELECT name FROM pragma_table_info('nssPublic')")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        there.push(row.get::<_, String>(0)?);
    }
    let columns = ATTRIBUTES.map(|name| match there.iter().any(|column| column == name) {
        true => name,
        false => "NULL",
    });
    let text = format!("SELECT {} FROM nssPublic", columns.join(", "));
    let mut query = connection.prepare(&text)?;
    let mut rows = query.query([])?;
    let mut objects = Vec::new();
    while let Some(row) = rows.next()? {
        if objects.len() == MAX_OBJECTS {
            return Err(Fault::Costly);
        }
        let mut object = Object::default();
        for (index, value) in object.iter_mut().enumerate() {
            if let ValueRef::Blob(bytes) | ValueRef::Text(bytes) = row.get_ref(index)?
                && bytes != NULL
            {
                *value = bytes.to_vec();
            }
        }
        objects.push(object);
    }
    Ok(objects)
}

fn number(value: &[u8]) -> u32 {
    match <[u8; 4]>::try_from(value) {
        Ok(bytes) => u32::from_be_bytes(bytes),
        Err(_) => 0,
    }
}

/// Puts certificates and their trust together, by issuer and serial number and the hash of the certificate.
fn joined(objects: &[Object]) -> Database {
    let mut trusts: BTreeMap<Name<'_>, Vec<(&Object, bool)>> = BTreeMap::new();
    for object in objects {
        let [_, _, _, issuer, serial, ..] = object;
        if matches!(number(&object[0]), OLD_TRUST | NEW_TRUST) {
            trusts
                .entry((issuer, serial))
                .or_default()
                .push((object, false));
        }
    }
    let mut database = Database::default();
    for object in objects {
        let [class, label, der, issuer, serial, ..] = object;
        if number(class) != CERTIFICATE || der.is_empty() {
            continue;
        }
        let mut entry = Entry {
            label: String::from_utf8_lossy(label).into_owned(),
            sha256: Fingerprint::of(der),
            old: None,
            new: None,
        };
        let of_it = trusts.get_mut(&(issuer.as_slice(), serial.as_slice()));
        for (trust, used) in of_it.into_iter().flatten() {
            if !is_about(trust, der) {
                continue;
            }
            *used = true;
            let [_, _, _, _, _, old, new, ..] = trust;
            match number(&trust[0]) {
                NEW_TRUST => entry.new = Some(new_trust(number(new))),
                _ => entry.old = Some(old_trust(number(old))),
            }
        }
        database.entries.push(entry);
    }
    let all = trusts.values().flatten();
    database.orphans = all.filter(|(_, used)| !used).count();
    database
}

/// Whether the hash in an entry of trust is the certificate's; without one, its name counts.
fn is_about(trust: &Object, der: &[u8]) -> bool {
    let [_, _, _, _, _, _, _, sha1, algorithm, hash] = trust;
    match number(&trust[0]) {
        NEW_TRUST if number(algorithm) == SHA256 => {
            hash.is_empty() || *hash == Fingerprint::of(der).0
        }
        NEW_TRUST => true,
        _ => {
            let found = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der);
            sha1.is_empty() || sha1.as_slice() == found.as_ref()
        }
    }
}

fn old_trust(value: u32) -> Trust {
    match value {
        0xce53_4352 => Trust::Anchor,
        0xce53_435a => Trust::Distrusted,
        _ => Trust::Nothing,
    }
}

fn new_trust(value: u32) -> Trust {
    match value {
        2 => Trust::Anchor,
        3 => Trust::Distrusted,
        _ => Trust::Nothing,
    }
}

/// The libraries of PKCS#11 that `pkcs11.txt` names, one on each line as NSS writes it.
pub fn libraries(modules: &str) -> impl Iterator<Item = &str> {
    let values = modules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("library="));
    values.map(str::trim).filter(|value| !value.is_empty())
}

/// The profiles that a `profiles.ini` names: each path as written, and whether it is relative to the file's folder.
pub fn profiles(ini: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut section = false;
    for line in ini.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.starts_with("Profile");
            if section {
                found.push((String::new(), true));
            }
        } else if let (true, Some((key, value)), Some(last)) =
            (section, line.split_once('='), found.last_mut())
        {
            match key.trim() {
                "Path" => last.0 = value.trim().to_string(),
                "IsRelative" => last.1 = value.trim() != "0",
                _ => {}
            }
        }
    }
    found.retain(|(path, _)| !path.is_empty());
    found
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests read files of their own")]
mod tests;
