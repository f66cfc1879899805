//! What is asked of a validation.

use super::der;
use super::profile::{PROFILES, Profile, Who};
use crate::programs::{Library, Release, Version};

/// What the leaf is to be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// A TLS server.
    #[default]
    Server,
    /// A TLS client.
    Client,
    /// No purpose is checked.
    Any,
}

impl Purpose {
    /// The word in options and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Any => "any",
        }
    }
}

/// A name the leaf must carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerName {
    /// A host name.
    Dns(String),
    /// An address: 4 or 16 octets.
    Ip(Vec<u8>),
    /// A mailbox.
    Email(String),
}

impl PeerName {
    /// An address from its text; `None` if it is none.
    pub fn ip(text: &str) -> Option<Self> {
        Some(match text.parse().ok()? {
            std::net::IpAddr::V4(address) => Self::Ip(address.octets().to_vec()),
            std::net::IpAddr::V6(address) => Self::Ip(address.octets().to_vec()),
        })
    }

    /// As a person writes it.
    pub fn describe(&self) -> String {
        match self {
            Self::Dns(name) | Self::Email(name) => name.clone(),
            Self::Ip(octets) => super::names::address(octets),
        }
    }
}

/// A certificate policy's identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyId(pub(crate) Vec<u8>);

impl PolicyId {
    /// From dotted text; `None` if it is no object identifier.
    pub fn from_dotted(text: &str) -> Option<Self> {
        der::undotted(text).map(Self)
    }
}

/// The inputs of RFC 5280 §6.1.1, and by whose rules to judge.
#[derive(Clone, Debug)]
pub struct Options {
    /// By whose rules.
    pub profile: &'static Profile,
    /// The release of the program that the profile stands for; `None`: the newest.
    pub release: Option<Release>,
    /// The moment to judge at, Unix seconds.
    pub time: i64,
    /// The moment lies a fraction of a second after `time`.
    pub fraction: bool,
    /// What the leaf is for.
    pub purpose: Purpose,
    /// Names the leaf must carry, all of them.
    pub names: Vec<PeerName>,
    /// Most intermediates allowed, self-issued ones not counted.
    pub max_depth: Option<usize>,
    /// The acceptable policies; empty: any.
    pub policies: Vec<PolicyId>,
    /// A policy must be left over at the end.
    pub require_explicit_policy: bool,
    /// Policy mappings are not followed.
    pub inhibit_policy_mapping: bool,
    /// anyPolicy stands for no policy.
    pub inhibit_any_policy: bool,
    /// The form of the certificates (RFC 5280 §4) decides as well, not their path alone (§6).
    pub strict: bool,
    /// The anchors are the host's own store: their form is only remarked upon.
    pub own_store: bool,
    /// Overrides the profile: anchors need not be self-signed.
    pub partial_chain: Option<bool>,
    /// Overrides the profile: OpenSSL's security level.
    pub security_level: Option<u8>,
}

impl Options {
    /// The default profile at this moment: a server, no name, any policy.
    pub fn at(time: i64) -> Self {
        Self {
            profile: &PROFILES[0],
            release: None,
            time,
            fraction: false,
            purpose: Purpose::Server,
            names: Vec::new(),
            max_depth: None,
            policies: Vec::new(),
            require_explicit_policy: false,
            inhibit_policy_mapping: false,
            inhibit_any_policy: false,
            strict: false,
            own_store: false,
            partial_chain: None,
            security_level: None,
        }
    }

    /// Anchors need not be self-signed.
    pub(crate) fn partial_chain(&self) -> bool {
        self.partial_chain.unwrap_or(self.profile.partial_chain)
    }

    /// Who asks by the Baseline Requirements asks for form; by RFC 5280 only if told to.
    pub(crate) fn decides_on_form(&self) -> bool {
        self.strict || self.profile.who == Who::WEBPKI
    }

    /// The release that judges; `None` under the profiles of standards.
    pub(crate) fn release(&self) -> Option<Release> {
        let name = self.profile.name;
        let asked = self.release.clone().filter(|asked| asked.program == name);
        asked.or_else(|| Release::newest(name))
    }

    /// What validates for the program, and its version.
    pub(crate) fn library(&self) -> Option<(Library, Version)> {
        self.release()
            .map(|release| (release.library, release.library_version))
    }

    /// The judge is a Go before 1.`minor`.
    pub(crate) fn go_before(&self, minor: u16) -> bool {
        self.profile.who == Who::GO
            && self
                .library()
                .is_some_and(|(_, version)| version < Version::new(1, minor))
    }

    /// OpenSSL's security level in force.
    pub(crate) fn security_level(&self) -> u8 {
        let own = || self.release().and_then(|release| release.security_level());
        self.security_level
            .or_else(own)
            .unwrap_or(self.profile.security_level)
    }
}
