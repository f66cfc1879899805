//! Rules about sources, bundle, hash directory and Java keystore against each other: who trusts what nobody
//! asked for, and who does not trust what was asked for.

mod bundle;
mod conf;
mod folder;
mod java;

use super::{Family, Rule, Severity};
pub use folder::is_snakeoil;

const MEASURED: &str = "update-ca-certificates(8), measured with 20210119 to 20250419";

/// The rules of this family.
pub const RULES: &[Rule] = &[
    Rule {
        id: "empty-store",
        severity: Severity::Error,
        family: Family::Consistency,
        title: "an empty trust store",
        explanation: "There is no bundle, or no certificate in it, and the hash directory is empty too: no program on the host can \
                      verify any TLS server. Minimal images often lack the package ca-certificates.",
        remedy: "run `apt-get install ca-certificates`; where it is installed, select certificates again with `dpkg-reconfigure ca-certificates`",
        reference: MEASURED,
        check: bundle::empty_store,
    },
    Rule {
        id: "bundle-empty",
        severity: Severity::Error,
        family: Family::Consistency,
        title: "a bundle that is missing or has no certificate in it",
        explanation: "Programs that read the bundle (curl, GnuTLS, Go, Python's and Java's tools) can verify no TLS server, while those that use                       the hash directory can: a run of update-ca-certificates was cut off, or somebody deleted or emptied the file.",
        remedy: "run `trustctl refresh`",
        reference: MEASURED,
        check: bundle::bundle_empty,
    },
    Rule {
        id: "bundle-unloadable",
        severity: Severity::Error,
        family: Family::Consistency,
        title: "a bundle that programs cannot load",
        explanation: "Something in `/etc/ssl/certs/ca-certificates.crt` is damaged. OpenSSL refuses the whole file: curl fails with \
                      error 77, Python's ssl with an exception. Other programs silently lose what stands behind the damage.",
        remedy: "find the damaged source (rule `unparsable`), then run `trustctl refresh`",
        reference: MEASURED,
        check: bundle::bundle_unloadable,
    },
    Rule {
        id: "bundle-missing",
        severity: Severity::Error,
        family: Family::Consistency,
        title: "a certificate that is missing from the bundle",
        explanation: "A source is selected, but the bundle does not have it: curl, GnuTLS, Python and Go do not trust this CA. Two runs of \
                      update-ca-certificates at once lose certificates in nearly every case; so does a run that was killed.",
        remedy: "run `trustctl refresh`",
        reference: MEASURED,
        check: bundle::bundle_missing,
    },
    Rule {
        id: "foreign-in-bundle",
        severity: Severity::Warning,
        family: Family::Consistency,
        title: "a certificate in the bundle that no source accounts for",
        explanation: "Somebody edited the bundle, or a run was killed. Programs trust this CA now, and the next run of \
                      update-ca-certificates takes it away without a word.",
        remedy: "if it is wanted, run `trustctl adopt SHA256`; if not, `trustctl refresh --drop-foreign`",
        reference: MEASURED,
        check: bundle::foreign_in_bundle,
    },
    Rule {
        id: "bundle-twice",
        severity: Severity::Note,
        family: Family::Consistency,
        title: "a certificate that stands twice in the bundle",
        explanation: "The bundle has a certificate more often than the sources account for: a run of update-ca-certificates was killed or ran \
                      twice at once.",
        remedy: "run `trustctl refresh`",
        reference: MEASURED,
        check: bundle::bundle_twice,
    },
    Rule {
        id: "hash-missing",
        severity: Severity::Warning,
        family: Family::Consistency,
        title: "a certificate that is missing from the hash directory",
        explanation: "No hash link leads to a selected certificate: git, Ruby and everything else that uses OpenSSL's certificate folder \
                      does not trust it. This is what happens when a file's content is replaced under the same name: the script sees \
                      nothing new and keeps the old hash link.",
        remedy: "run `trustctl refresh`",
        reference: MEASURED,
        check: folder::hash_missing,
    },
    Rule {
        id: "foreign-in-hash-directory",
        severity: Severity::Warning,
        family: Family::Consistency,
        title: "a certificate that only the hash directory trusts",
        explanation: "A file was put straight into `/etc/ssl/certs`. Programs that use the hash directory trust it, and so do Go \
                      programs; the bundle does not have it, no list shows it, and `update-ca-certificates --fresh` leaves it there.",
        remedy: "if it is wanted, add it with `trustctl add`; delete the file and run `trustctl refresh`",
        reference: MEASURED,
        check: folder::foreign_in_hash_directory,
    },
    Rule {
        id: "foreign-for-go",
        severity: Severity::Warning,
        family: Family::Consistency,
        title: "a certificate that only Go programs trust",
        explanation: "Go reads the bundle and then every file in `/etc/ssl/certs`. A certificate in a file beside the bundle is a trusted \
                      root for docker, kubectl, terraform and all other Go programs, and for nobody else.",
        remedy: "if it is wanted, add it with `trustctl add`; delete the file",
        reference: "Go crypto/x509, root_linux.go and root_unix.go",
        check: folder::foreign_for_go,
    },
    Rule {
        id: "deselected-still-trusted",
        severity: Severity::Error,
        family: Family::Consistency,
        title: "a deselected CA that is still trusted",
        explanation: "The CA is switched off in `/etc/ca-certificates.conf`, but programs go on trusting it: the link of a name with blanks or \
                      brackets is not removed, and when nothing at all is left selected the old bundle stays as it was.",
        remedy: "run `trustctl refresh`; if nothing is selected at all, delete the bundle",
        reference: MEASURED,
        check: folder::deselected_still_trusted,
    },
    Rule {
        id: "conf-without-file",
        severity: Severity::Warning,
        family: Family::Consistency,
        title: "a line of ca-certificates.conf that selects nothing",
        explanation: "The line names a vendor certificate that is not there: the package was updated or removed, the name is wrong, or the \
                      line ends in a carriage return, which is then part of the name.",
        remedy: "correct or delete the line, then run `trustctl refresh`",
        reference: "update-ca-certificates(8)",
        check: conf::conf_without_file,
    },
    Rule {
        id: "conf-unfinished",
        severity: Severity::Warning,
        family: Family::Consistency,
        title: "a last line of ca-certificates.conf that is not read",
        explanation: "The file does not end with a line break, and update-ca-certificates does not read a line without one: the certificate is \
                      not selected, or not deselected.",
        remedy: "run `echo >> /etc/ca-certificates.conf`, then `trustctl refresh`",
        reference: MEASURED,
        check: conf::conf_unfinished,
    },
    Rule {
        id: "conf-missing",
        severity: Severity::Warning,
        family: Family::Consistency,
        title: "no selection of vendor certificates",
        explanation: "`/etc/ca-certificates.conf` is missing or selects nothing, though vendor certificates are installed. The next run of \
                      update-ca-certificates removes all of them from the hash directory.",
        remedy: "run `dpkg-reconfigure ca-certificates`",
        reference: MEASURED,
        check: conf::conf_missing,
    },
    Rule {
        id: "java-extra",
        severity: Severity::Warning,
        family: Family::Consistency,
        title: "a certificate that only Java trusts",
        explanation: "The Java keystore has a certificate that the store has not. For an entry that came from the store (its alias begins \
                      with `debian:`) this is an error: update-ca-certificates tells its hooks nothing when a local CA is removed, so \
                      Java goes on trusting it for ever.",
        remedy: "run `keytool -delete -cacerts -storepass changeit -alias ALIAS`",
        reference: "ca-certificates-java, jks-keystore.hook; measured",
        check: java::java_extra,
    },
    Rule {
        id: "java-missing",
        severity: Severity::Warning,
        family: Family::Consistency,
        title: "a certificate that Java does not trust",
        explanation: "The store has a certificate that the Java keystore has not: the hook of ca-certificates-java failed, or is switched off, or \
                      the content of a file was replaced under the same name.",
        remedy: "run `trustctl refresh`",
        reference: "ca-certificates-java, jks-keystore.hook; measured",
        check: java::java_missing,
    },
    Rule {
        id: "java-unusable",
        severity: Severity::Error,
        family: Family::Consistency,
        title: "a keystore in which Java finds no certificate",
        explanation: "Java opens its keystore without a password. A JKS lets it; a PKCS#12 file with a password shows it nothing, a damaged file neither: \
                      every TLS connection of every Java program fails with `the trustAnchors parameter must be non-empty` or the like. `keytool \
                      -importkeystore -deststoretype PKCS12` makes such a file.",
        remedy: "run `mv /etc/ssl/certs/java/cacerts /var/tmp/`, then `update-ca-certificates --fresh`",
        reference: "OpenJDK 17 and 21, measured",
        check: java::java_unusable,
    },
    Rule {
        id: "java-updates-off",
        severity: Severity::Warning,
        family: Family::Consistency,
        title: "a Java keystore that is no longer updated",
        explanation: "`cacerts_updates` is not `yes` in `/etc/default/cacerts`: Java neither learns of new CAs nor of removed ones.",
        remedy: "set `cacerts_updates=yes`, then run `update-ca-certificates --fresh`",
        reference: "/etc/default/cacerts of ca-certificates-java",
        check: java::java_updates_off,
    },
];
