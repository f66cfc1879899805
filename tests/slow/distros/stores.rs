//! Stores beside the system's on a live host: a JDK of its own under `/opt`, a user's database of NSS, logins.

use support::{Ca, Cell};

const INPUT: &str = "/root/corp.crt";
const DATABASE: &str = "/home/ann/.pki/nssdb";

fn cell(root: &str) -> Cell {
    let cell = Cell::new(root);
    // A vendor's JDK: its own keystore, a file.
    let copy = "useradd --create-home ann && cp -a \"$(readlink -f /usr/lib/jvm/default-java)\" /opt/jdk && \
                cd /opt/jdk/lib/security && rm cacerts && cp /etc/ssl/certs/java/cacerts cacerts";
    cell.sh(copy).exits(0);
    cell
}

/// What certutil of the cell, as the user, says of trust in certificates that trustctl put there.
fn listed(cell: &Cell) -> String {
    let run = cell.sh(&format!(
        "runuser -u ann -- certutil -L -d sql:{DATABASE} | grep trustctl- || :"
    ));
    run.exits(0).stdout
}

#[track_caller]
fn java_has(cell: &Cell, ca: &Ca) -> bool {
    let keytool =
        "/opt/jdk/bin/keytool -list -keystore /opt/jdk/lib/security/cacerts -storepass changeit";
    let run = cell.sh(&format!("{keytool} 2>&1 | tr -d ': \\n'")).exits(0);
    run.stdout.to_lowercase().contains(&ca.sha256())
}

#[test]
fn a_change_reaches_a_jdk_a_user_and_logins_and_takes_itself_back() {
    for root in ["bullseye-java", "bookworm-java", "trixie-java"] {
        let (cell, ca) = (cell(root), Ca::new("Corp"));
        cell.write(INPUT, ca.pem());
        let run = cell.trustctl(["add", "--yes", "--to", "java,nss:ann,env", INPUT]);
        assert_eq!(run.code, 0, "{root}: {run}");
        assert!(java_has(&cell, &ca), "{root}");
        assert!(listed(&cell).contains("C,,"), "{root}: {}", listed(&cell));
        let owners =
            cell.sh("find /home/ann -not -user ann; stat -c %U /opt/jdk/lib/security/cacerts");
        assert_eq!(owners.exits(0).stdout, "root\n", "{root}");
        let login = cell.sh("su - ann -c 'echo $NODE_EXTRA_CA_CERTS'").exits(0);
        assert_eq!(
            login.stdout, "/etc/ssl/certs/ca-certificates.crt\n",
            "{root}"
        );
        let again = cell.trustctl(["add", "--yes", "--to", "java,nss:ann,env", INPUT]);
        assert!(again.has("nothing to do"), "{root}: {again}");

        let run = cell.trustctl(["remove", "--yes", "Corp"]);
        assert_eq!(run.code, 0, "{root}: {run}");
        assert!(!java_has(&cell, &ca) && listed(&cell).is_empty(), "{root}");
        cell.trustctl(["rollback", "--yes"]).exits(0);
        assert!(
            java_has(&cell, &ca) && listed(&cell).contains("C,,"),
            "{root}"
        );
        cell.trustctl(["rollback", "0", "--yes"]).exits(0);
        assert!(!java_has(&cell, &ca) && listed(&cell).is_empty(), "{root}");
        let login = cell.sh("su - ann -c 'echo $NODE_EXTRA_CA_CERTS'").exits(0);
        assert_eq!(login.stdout, "\n", "{root}");
    }
}

#[test]
fn what_a_user_has_in_the_way_is_left_as_it_is_and_said() {
    let (cell, ca) = (cell("bookworm-java"), Ca::new("Corp"));
    cell.write(INPUT, ca.pem());
    // With a password certutil would leave the certificate behind without trust.
    cell.sh(&format!(
        "runuser -u ann -- sh -c 'mkdir -p {DATABASE} && echo secret-1 >/home/ann/pw && certutil -N -d sql:{DATABASE} -f /home/ann/pw'"
    ))
    .exits(0);
    let run = cell.trustctl(["add", "--yes", "--to", "nss:ann", INPUT]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains(DATABASE), "{run}");
    assert_eq!(listed(&cell), "");
    cell.trustctl(["remove", "--yes", "Corp"]);
    // A link out of the home is reached with the user's rights only, which do not suffice.
    cell.sh("rm -r /home/ann/.pki && mkdir -p /root/nssdb && chmod 700 /root && ln -s /root /home/ann/.pki")
        .exits(0);
    let run = cell.trustctl(["add", "--yes", "--to", "nss:ann", INPUT]);
    assert_eq!(run.code, 1, "{run}");
    assert_eq!(cell.sh("ls -A /root/nssdb").exits(0).stdout, "");
    let run = cell.trustctl(["add", "--yes", "--to", "nss:nobody-here", INPUT]);
    assert_eq!(run.code, 2, "{run}");
}
