use super::*;

/// The two authorities of the databases: "one" is trusted, "two" expressly is not.
fn of(name: &str) -> Database {
    let path = format!("{}/tests/data/nss/{name}.db", env!("CARGO_MANIFEST_DIR"));
    read(&std::fs::read(path).unwrap()).unwrap()
}

fn shown(database: &Database) -> Vec<(&str, Option<Trust>, Option<Trust>)> {
    database
        .entries
        .iter()
        .map(|entry| (entry.label.as_str(), entry.old, entry.new))
        .collect()
}

const ANCHOR: Option<Trust> = Some(Trust::Anchor);
const DISTRUSTED: Option<Trust> = Some(Trust::Distrusted);

#[test]
fn both_formats_are_read() {
    for name in ["bookworm", "trixie"] {
        assert_eq!(
            shown(&of(name)),
            [("one", ANCHOR, None), ("two", DISTRUSTED, None)],
            "{name}"
        );
    }
    assert_eq!(
        shown(&of("sid")),
        [("one", None, ANCHOR), ("two", None, DISTRUSTED)]
    );
    assert_eq!(
        shown(&of("m2")),
        [
            ("one", Some(Trust::Distrusted), ANCHOR),
            ("two", None, DISTRUSTED)
        ]
    );
    assert_eq!(
        shown(&of("m3")),
        [("one", ANCHOR, None), ("two", DISTRUSTED, ANCHOR)]
    );
    assert_eq!(shown(&of("ff140"))[0].1, ANCHOR);
}

#[test]
fn an_entry_of_trust_without_its_certificate_trusts_nothing() {
    let database = of("m1");
    assert_eq!(shown(&database), [("two", None, DISTRUSTED)]);
    assert_eq!(database.orphans, 1);
}

#[test]
fn the_answer_can_depend_on_who_asks() {
    let database = of("m3");
    let two = &database.entries[1];
    assert_eq!(two.trust(Reader::Old), DISTRUSTED);
    assert_eq!(two.trust(Reader::New), ANCHOR);
    assert_eq!(two.trust(Reader::Unknown), None);
    let one = &database.entries[0];
    assert_eq!(one.trust(Reader::Unknown), ANCHOR);
    let sid = of("sid");
    assert_eq!(sid.entries[0].trust(Reader::Old), Some(Trust::Nothing));
}

fn made(schema: &str) -> Vec<u8> {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(schema).unwrap();
    connection.serialize(MAIN_DB).unwrap().to_vec()
}

#[test]
fn what_is_no_database_of_nss_is_refused() {
    let endless =
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n) SELECT x AS a0 FROM n";
    let table = [
        "CREATE TABLE other(a0)".to_string(),
        format!("CREATE VIEW nssPublic AS {endless}"),
        "CREATE TABLE nssPublic(a0 GENERATED ALWAYS AS (zeroblob(1000000)), b)".to_string(),
    ];
    for schema in table {
        let read = read(&made(&schema));
        assert!(
            matches!(read, Err(Fault::Foreign | Fault::Damaged(_))),
            "{schema}: {read:?}"
        );
    }
    assert_eq!(read(b""), Err(Fault::Foreign));
    assert_eq!(read(&[0; 4096]), Err(Fault::Foreign));
    let plain = made(
        "CREATE TABLE nssPublic(id, a0, a11); INSERT INTO nssPublic VALUES(1, x'00000001', x'3000');",
    );
    assert_eq!(read(&plain).unwrap().entries.len(), 1);
}

#[test]
fn damage_is_a_fault_and_no_panic() {
    let path = format!("{}/tests/data/nss/m3.db", env!("CARGO_MANIFEST_DIR"));
    let whole = std::fs::read(path).unwrap();
    for end in (0..whole.len()).step_by(1021) {
        let _ = read(&whole[..end]);
    }
    for at in (0..whole.len()).step_by(397) {
        let mut broken = whole.clone();
        broken[at] ^= 0xff;
        let _ = read(&broken);
    }
}

#[test]
fn modules_and_profiles() {
    let modules = "library=\nname=NSS Internal PKCS #11 Module\nparameters=x\n\nlibrary=/usr/lib/x/p11-kit-trust.so\nname=p11\n";
    let found: Vec<&str> = libraries(modules).collect();
    assert_eq!(found, ["/usr/lib/x/p11-kit-trust.so"]);
    let ini = "[Install1]\nDefault=a\n\n[Profile1]\nName=x\nIsRelative=1\nPath=a.default\n[Profile0]\nIsRelative=0\nPath=/srv/p\n[General]\nPath=no\n";
    assert_eq!(
        profiles(ini),
        [
            ("a.default".to_string(), true),
            ("/srv/p".to_string(), false)
        ]
    );
}
