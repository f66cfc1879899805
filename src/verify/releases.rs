//! What releases of programs do differently, one question each. Each was put to the real programs of the versions that
//! are named; where it turned between two of them is known from their makers, or the older one is alone.

use super::options::Options;
use super::profile::Who;
use crate::programs::{Library, Version};

impl Options {
    /// The judge is a Go that lets no wildcard pass part of which is excluded (CVE-2025-61727). Measured: 1.24.11 and
    /// 1.25.5 do, 1.23.9 and 1.25.0 don't.
    pub(crate) fn go_excludes_wildcards(&self) -> bool {
        let excludes = |version| {
            version >= Version::with(1, 25, 5)
                || (version >= Version::with(1, 24, 11) && version < Version::new(1, 25))
        };
        self.profile.who == Who::GO && self.library().is_some_and(|(_, version)| excludes(version))
    }

    /// The judge is a JDK before this one.
    pub(crate) fn java_before(&self, major: u16) -> bool {
        self.profile.who == Who::JAVA
            && self
                .library()
                .is_some_and(|(_, version)| version < Version::new(major, 0))
    }

    /// The judge is a JDK to which a DNS constraint with a leading dot stands for nothing, and an empty one too
    /// (JDK-8311546). Measured: 11.0.13, 17.0.9 and 21.0.4; 17.0.15 and 21.0.8 read them.
    pub(crate) fn java_reads_no_leading_dot(&self) -> bool {
        let old = |version| {
            version < Version::with(11, 0, 25) && version >= Version::new(9, 0)
                || version < Version::with(17, 0, 13) && version >= Version::new(12, 0)
                || version < Version::with(21, 0, 5) && version >= Version::new(18, 0)
        };
        self.profile.who == Who::JAVA && self.library().is_some_and(|(_, version)| old(version))
    }

    /// The judge validates through an OpenSSL from this one on.
    pub(crate) fn openssl_since(&self, major: u16, minor: u16) -> bool {
        self.library().is_some_and(|(library, version)| {
            library == Library::OpenSsl && version >= Version::new(major, minor)
        })
    }

    /// The judge is an OpenSSL before 3.0. Measured with 1.1.1w and 3.0.20: it reads no SmtpUTF8Mailbox and no constraint of
    /// an otherName, refuses a `minimum` that is written down, and does not know id-pkix-ocsp-nocheck as critical.
    pub(crate) fn openssl_is_old(&self) -> bool {
        let library = self.library();
        library.is_some_and(|(library, version)| {
            library == Library::OpenSsl && version < Version::new(3, 0)
        })
    }

    /// The judge is a GnuTLS that compares names with constraints byte for byte and takes a common name of the type
    /// IA5String. Measured with 3.7.1; 3.7.9 as Debian 12 has it does neither.
    pub(crate) fn gnutls_is_old(&self) -> bool {
        self.profile.who == Who::GNUTLS
            && self
                .library()
                .is_some_and(|(_, version)| version < Version::with(3, 7, 2))
    }

    /// The judge is a JDK that takes addresses of IPv6 that stand for one of IPv4 as that, and excludes a wildcard with any
    /// host that it stands for. Measured with 21.0.13; 17.0.19, 21.0.8 and 25.0.2 do neither.
    pub(crate) fn java_is_of_2026(&self) -> bool {
        let range = Version::with(21, 0, 9)..Version::new(22, 0);
        self.profile.who == Who::JAVA
            && self
                .library()
                .is_some_and(|(_, version)| range.contains(&version))
    }

    /// The judge is a curl that takes no dot at the end of a certificate's name. Measured with 7.74; 7.88 takes it.
    pub(crate) fn curl_takes_no_final_dot(&self) -> bool {
        self.profile.who == Who::CURL
            && self
                .release()
                .is_some_and(|release| release.version < Version::new(7, 75))
    }

    /// The judge is a Node.js that lets no wildcard stand for an internationalized label. Measured: 24.17 and Debian's 20.19.2,
    /// which has fixes of later releases; 20.18, 22.20, 24.16 and 26.7 do.
    pub(crate) fn node_keeps_wildcards_ascii(&self) -> bool {
        let Some(node) = self.release().filter(|release| release.program == "node") else {
            return false;
        };
        let (own, debian) = (
            Version::new(24, 17)..Version::new(25, 0),
            Version::new(20, 19)..Version::new(21, 0),
        );
        own.contains(&node.version) || (node.is_of_distribution() && debian.contains(&node.version))
    }
}
