//! Rules about the files of the store: what `update-ca-certificates` passes over or swallows without a word,
//! and who could change or not read it.

mod contents;
mod places;
mod remedies;

use super::{Family, Rule, Severity};
pub use contents::{damage, hides_its_certificates};

const MEASURED: &str = "update-ca-certificates(8), measured with 20210119 to 20250419";

/// The rules of this family.
pub const RULES: &[Rule] = &[
    Rule {
        id: "ignored-extension",
        severity: Severity::Warning,
        family: Family::Files,
        title: "a certificate that is not taken up because of its file name",
        explanation: "update-ca-certificates takes up only files whose names end in `.crt`, in lower case. A certificate in a \
                      file called `.pem`, `.cer` or `.CRT` is ignored without a message and with exit status 0, \
                      so the administrator believes that it is trusted.",
        remedy: "add it with `trustctl add FILE`, then delete the file",
        reference: MEASURED,
        check: contents::ignored_extension,
    },
    Rule {
        id: "several-certificates",
        severity: Severity::Warning,
        family: Family::Files,
        title: "several certificates in one file",
        explanation: "All certificates of the file go into the bundle, but `openssl rehash` makes no hash link for a file with \
                      more than one. Programs that read the bundle (curl, GnuTLS) trust them, programs that use the hash \
                      directory (OpenSSL, git, Ruby) trust none of them.",
        remedy: "replace the file: `trustctl add FILE` writes one file for each certificate",
        reference: MEASURED,
        check: contents::several_certificates,
    },
    Rule {
        id: "der-encoded",
        severity: Severity::Warning,
        family: Family::Files,
        title: "a binary (DER) certificate in a `.crt` file",
        explanation: "update-ca-certificates counts the file as added and copies its bytes into the bundle as they are. No \
                      program trusts the certificate, and the bundle has binary rubbish in it.",
        remedy: "add it with `trustctl add FILE`, which converts it, then delete the file",
        reference: MEASURED,
        check: contents::der_encoded,
    },
    Rule {
        id: "not-a-certificate",
        severity: Severity::Warning,
        family: Family::Files,
        title: "a `.crt` file in which programs find no certificate",
        explanation: "The file is empty, or holds a web page, a certificate request, UTF-16 text, a certificate whose markers or line ends are not PEM's, \
                      or something else. update-ca-certificates counts it as added and copies it into the bundle, where programs skip it: nothing new is \
                      trusted, although the administrator expects it.",
        remedy: "delete the file, and get the certificate itself from the CA's operator",
        reference: MEASURED,
        check: contents::not_a_certificate,
    },
    Rule {
        id: "private-key",
        severity: Severity::Error,
        family: Family::Files,
        title: "a private key in the trust store",
        explanation: "update-ca-certificates copies whole files into the bundle, which is world-readable. A private key in a \
                      `.crt` file is thus published to every user and every process of the host, with exit status 0. \
                      Anyone with the key of a CA can impersonate every server to all hosts that trust it.",
        remedy: "delete the file, run `trustctl refresh`, and replace the key: every user could read it",
        reference: MEASURED,
        check: contents::private_key,
    },
    Rule {
        id: "unparsable",
        severity: Severity::Error,
        family: Family::Files,
        title: "a damaged certificate that makes the bundle unusable",
        explanation: "A truncated PEM block, broken Base64, or Base64 of something that is not a certificate is copied into the \
                      bundle as it is. OpenSSL then refuses to load the whole bundle: curl, Python and everything else that \
                      reads it lose all trust, not only this certificate's. update-ca-certificates says `done`.",
        remedy: "delete the file or replace it by an intact copy, then run `trustctl refresh`",
        reference: MEASURED,
        check: contents::unparsable,
    },
    Rule {
        id: "byte-order-mark",
        severity: Severity::Warning,
        family: Family::Files,
        title: "a certificate that OpenSSL 1.1.1 does not see",
        explanation: "The file begins with a UTF-8 byte order mark. OpenSSL 3 skips it, OpenSSL 1.1.1 (Ubuntu 20.04, Debian 11) \
                      takes the first marker for text and skips the certificate.",
        remedy: "replace the file: `trustctl add FILE` writes it without the mark",
        reference: MEASURED,
        check: contents::byte_order_mark,
    },
    Rule {
        id: "trust-settings",
        severity: Severity::Note,
        family: Family::Files,
        title: "OpenSSL trust settings that most programs ignore",
        explanation: "A `TRUSTED CERTIFICATE` block carries settings for what the certificate is trusted or rejected. Only \
                      OpenSSL looks at them, and Go does not read the block at all.",
        remedy: "replace the file by the plain certificate: `trustctl add FILE` writes it without the settings",
        reference: "openssl-x509(1), \"Trust Options\"; measured",
        check: contents::trust_settings,
    },
    Rule {
        id: "dangling-link",
        severity: Severity::Warning,
        family: Family::Files,
        title: "a link that leads nowhere",
        explanation: "A link in the store points at a file that is gone, or in a circle. update-ca-certificates leaves such links \
                      after a local file was deleted, until something else changes, and ignores broken ones in the local folder.",
        remedy: "run `trustctl refresh`; delete a broken link in the local folder",
        reference: MEASURED,
        check: places::dangling_link,
    },
    Rule {
        id: "wrong-owner",
        severity: Severity::Error,
        family: Family::Files,
        title: "a part of the trust store that does not belong to root",
        explanation: "The owner of a file or folder of the store can change what every program on the host trusts, whatever \
                      its mode says.",
        remedy: "give it to root with `chown root:root PATH`, after comparing it with what should be there",
        reference: "ca-certificates: all parts of the store belong to root",
        check: places::wrong_owner,
    },
    Rule {
        id: "writable-store",
        severity: Severity::Error,
        family: Family::Files,
        title: "a part of the trust store that others than root may write",
        explanation: "Anyone who can write to a file or folder of the store can add a CA of their own and read all TLS traffic of the \
                      host. A folder that its group may write is reported only when the group has members: on Debian \
                      `/usr/local` belongs to the group `staff`, which is empty unless somebody was put into it.",
        remedy: "take the right away with `chmod go-w PATH`, after comparing it with what should be there",
        reference: "Debian Policy 9.1.2; ca-certificates postinst",
        check: places::writable_store,
    },
    Rule {
        id: "unreadable-store",
        severity: Severity::Warning,
        family: Family::Files,
        title: "a part of the trust store that ordinary users cannot read",
        explanation: "The bundle is built by root and works, but a hash link leads to the file itself: programs of ordinary users \
                      that use the hash directory do not find this certificate, and nobody can list a folder they may not read.",
        remedy: "make it readable with `chmod go+r PATH` (folders: `chmod go+rx PATH`)",
        reference: MEASURED,
        check: places::unreadable_store,
    },
    Rule {
        id: "shadows-vendor",
        severity: Severity::Warning,
        family: Family::Files,
        title: "a local file with the name of a vendor certificate",
        explanation: "Both get the same link in `/etc/ssl/certs`, and the local one takes it over. The vendor certificate \
                      disappears from the hash directory, and every run of update-ca-certificates reports changes for ever.",
        remedy: "rename the local file, then run `trustctl refresh`",
        reference: MEASURED,
        check: places::shadows_vendor,
    },
    Rule {
        id: "same-base-name",
        severity: Severity::Warning,
        family: Family::Files,
        title: "two local files with one link name",
        explanation: "Files of the same name in different folders, or names that differ only in blanks, commas and brackets, get one link \
                      in `/etc/ssl/certs`. Programs that use the hash directory trust only the last of them.",
        remedy: "rename one of the files, then run `trustctl refresh`",
        reference: MEASURED,
        check: places::same_base_name,
    },
    Rule {
        id: "duplicate-certificate",
        severity: Severity::Note,
        family: Family::Files,
        title: "one certificate in several files",
        explanation: "The certificate stands twice in the bundle. Nothing breaks, but deleting or deselecting one file does not \
                      take the trust away.",
        remedy: "keep one of the files and delete the other, then run `trustctl refresh`",
        reference: MEASURED,
        check: contents::duplicate_certificate,
    },
    Rule {
        id: "breaking-name",
        severity: Severity::Error,
        family: Family::Files,
        title: "a file name that makes update-ca-certificates fail",
        explanation: "A line break or a backslash in the name of a local file makes the script fail (a backslash up to Debian 12): \
                      from then on no change takes effect.",
        remedy: "rename the file",
        reference: MEASURED,
        check: places::breaking_name,
    },
    Rule {
        id: "stray-bundle",
        severity: Severity::Warning,
        family: Family::Files,
        title: "a half-made bundle left by a killed run",
        explanation: "The next run appends to the file: certificates appear twice, and ones that were removed since become trusted \
                      again. Go programs trust what is in it already now, since they read every file of the folder.",
        remedy: "delete the file, then run `trustctl refresh`",
        reference: MEASURED,
        check: places::stray_bundle,
    },
    Rule {
        id: "ignored-hook",
        severity: Severity::Warning,
        family: Family::Files,
        title: "a hook that is never run",
        explanation: "update-ca-certificates runs hooks through run-parts, which ignores names with a dot or other characters than \
                      letters, digits, `_` and `-`, and files that are not executable, without a word.",
        remedy: "give it a name without a dot and make it executable with `chmod 755 PATH`, or delete it",
        reference: "run-parts(8)",
        check: places::ignored_hook,
    },
];
