//! What can be wrong with a path, in one table: stable code, who refuses it where, and the source.

use super::options::{Options, Purpose};
use super::profile::{Profile, Who};

/// How much a fault weighs for the profile at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The path does not hold.
    Error,
    /// Whether the path holds can't be told here.
    Undecided,
    /// The path holds, the certificate breaks a rule.
    Warning,
}

impl Severity {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Undecided => "undecided",
            Self::Warning => "warning",
        }
    }
}

/// Where in the path a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The certificate that was asked about.
    Leaf,
    /// A CA between leaf and anchor.
    Intermediate,
    /// The last one, trusted as given.
    Anchor,
}

/// What kind of rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    /// Path validation itself.
    Path,
    /// The form of one certificate: it decides with `--strict` alone, never without a purpose or for an anchor of the
    /// host's own store; otherwise it is shown.
    Form,
    /// A way of one program: not mentioned under other profiles.
    Habit,
}

struct Row {
    code: Code,
    name: &'static str,
    meaning: &'static str,
    nature: Nature,
    leaf: Who,
    intermediate: Who,
    anchor: Who,
    reference: &'static str,
}

macro_rules! faults {
    ($(#[doc = $meaning:literal] $code:ident $name:literal $nature:ident [$leaf:expr, $intermediate:expr, $anchor:expr] $reference:literal;)*) => {
        /// Every fault, most telling first: reasons are reported in this order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $meaning] $code,)* }

        static TABLE: &[Row] = &[$(Row {
            code: Code::$code, name: $name, meaning: $meaning, nature: Nature::$nature,
            leaf: $leaf, intermediate: $intermediate, anchor: $anchor, reference: $reference,
        },)*];
    };
}

const ALL: Who = Who::ALL;
const NONE: Who = Who::NOBODY;
const STRICT: Who = Who::STRICT;
const RFC: Who = Who::RFC5280;
const CABF: Who = Who::WEBPKI;
const OPENSSL: Who = Who::LIBCRYPTO;
const PYTHON_STRICT: Who = Who::PYTHON_STRICT;
const GO: Who = Who::GO;
const GNUTLS: Who = Who::GNUTLS;
const JAVA: Who = Who::JAVA;
const RUSTLS: Who = Who::RUSTLS;
/// Judges that read an anchor as a name and a key; the JDK looks at its right to issue, too.
const KEY_ONLY: Who = JAVA.and(RUSTLS);

faults! {
    /// The bytes are no certificate.
    Malformed "malformed" Path [ALL, ALL, ALL] "RFC 5280 §4.1";
    /// No anchor, and no certificate at hand, carries the issuer's name.
    UnknownIssuer "unknown-issuer" Path [ALL, ALL, ALL] "RFC 5280 §6.1";
    /// The leaf is self-signed and no anchor.
    SelfSigned "self-signed" Path [ALL, ALL, ALL] "RFC 5280 §6.1";
    /// The path ends in a self-signed certificate that is not an anchor.
    UntrustedRoot "untrusted-root" Path [ALL, ALL, ALL] "RFC 5280 §6.1";
    /// The only anchor on the path is an intermediate, and this program wants a root.
    AnchorNotRoot "anchor-not-root" Path [ALL, ALL, ALL] "openssl-verification-options(1), -partial_chain";
    /// The signature is not by the issuer's key.
    SignatureInvalid "signature-invalid" Path [ALL, ALL, ALL] "RFC 5280 §6.1.3(a)(1)";
    /// A part of the certificate that this program can't read.
    Unreadable "unreadable" Habit [GO.and(KEY_ONLY), GO.and(KEY_ONLY), GO.and(KEY_ONLY)] "its parser";
    /// The program can't check a signature of this kind with this key.
    SignatureUnsupported "signature-unsupported" Habit [ALL, ALL, ALL] "RFC 5280 §6.1.3(a)(1)";
    /// Nothing here can check the signature: whether the path holds can't be told.
    Undecided "undecided" Path [ALL, ALL, ALL] "RFC 5280 §6.1.3(a)(1)";
    /// The two algorithm fields differ.
    AlgorithmMismatch "algorithm-mismatch" Path [ALL.but(JAVA), ALL.but(JAVA), STRICT.and(GO).and(GNUTLS).and(OPENSSL)] "RFC 5280 §4.1.1.2";
    /// After `notAfter`.
    Expired "expired" Path [ALL, ALL, ALL.but(KEY_ONLY)] "RFC 5280 §6.1.3(a)(2)";
    /// Before `notBefore`.
    NotYetValid "not-yet-valid" Path [ALL, ALL, ALL.but(KEY_ONLY)] "RFC 5280 §6.1.3(a)(2)";
    /// A revocation list has the certificate.
    Revoked "revoked" Path [ALL, ALL, ALL] "RFC 5280 §6.3.3";
    /// No revocation list tells that the certificate is not revoked, as was asked.
    RevocationUnknown "revocation-unknown" Path [ALL.but(GNUTLS), ALL.but(GNUTLS), ALL.but(GNUTLS)] "RFC 5280 §6.1.3(a)(3)";
    /// No name of the certificate is the one asked for.
    WrongName "wrong-name" Path [ALL, NONE, NONE] "RFC 9525 §6";
    /// There is no alternative name to compare with.
    NoAltName "no-alt-name" Path [CABF, NONE, NONE] "RFC 9525 §6.3; CA/Browser Forum BR 7.1.2.7.12";
    /// A DNS name of the leaf is an IP address in text.
    NameNotDns "name-not-dns" Form [STRICT, NONE, NONE] "RFC 5280 §4.2.1.6";
    /// An issuer is not marked as CA.
    NotCa "not-ca" Path [NONE, ALL, STRICT.and(GO).and(PYTHON_STRICT).and(JAVA)] "RFC 5280 §6.1.4(k)";
    /// An issuer says explicitly that it is not a CA.
    DeniesCa "denies-ca" Path [NONE, NONE, ALL.but(KEY_ONLY)] "RFC 5280 §6.1.4(k)";
    /// An issuer's key usage lacks `keyCertSign`.
    MayNotSign "may-not-sign" Path [NONE, ALL.but(RUSTLS), ALL.but(RUSTLS)] "RFC 5280 §6.1.4(n)";
    /// More intermediates below a CA than it allows.
    PathTooLong "path-too-long" Path [NONE, ALL, ALL.but(KEY_ONLY)] "RFC 5280 §6.1.4(l)";
    /// The same, if self-issued certificates are counted.
    PathTooLongSelfIssued "path-too-long-self-issued" Habit [NONE, GO.and(GNUTLS).and(RUSTLS), GO.and(GNUTLS)] "RFC 5280 §4.2.1.9 doesn't count them, this program does";
    /// Longer than asked for.
    TooDeep "too-deep" Path [ALL, ALL, ALL] "RFC 5280 §6.1.1";
    /// The extended key usage excludes the purpose.
    WrongPurpose "wrong-purpose" Path [ALL, ALL.but(JAVA), ALL.but(KEY_ONLY).but(GNUTLS)] "RFC 5280 §4.2.1.12";
    /// The key usage excludes the purpose.
    WrongUsage "wrong-usage" Habit [OPENSSL.and(JAVA), NONE, NONE] "RFC 5280 §4.2.1.3";
    /// A critical extension that this profile does not process.
    CriticalExtension "critical-extension" Path [ALL, ALL, ALL.but(KEY_ONLY)] "RFC 5280 §6.1.4(o), §6.1.5(f)";
    /// A name lies outside what a CA above it permits.
    NotPermitted "name-not-permitted" Path [ALL, ALL, ALL] "RFC 5280 §6.1.3(b)";
    /// A name lies in what a CA above it excludes.
    Excluded "name-excluded" Path [ALL, ALL, ALL] "RFC 5280 §6.1.3(c)";
    /// Some names that a wildcard stands for are excluded.
    WildcardExcluded "wildcard-excluded" Path [STRICT.and(GO).and(RUSTLS), STRICT.and(GO).and(RUSTLS), NONE] "RFC 5280 §6.1.3(c)";
    /// A constrained kind of name that can't be judged.
    ConstraintUnsupported "constraint-unsupported" Path [ALL, ALL, ALL] "RFC 5280 §4.2.1.10";
    /// A constraint that is malformed.
    ConstraintMalformed "constraint-malformed" Path [NONE, ALL, ALL] "RFC 5280 §4.2.1.10";
    /// A constrained name that is malformed.
    ConstrainedNameMalformed "constrained-name-malformed" Path [ALL, ALL, ALL] "RFC 5280 §4.2.1.10";
    /// Names times constraints exceed the budget.
    TooManyNames "too-many-names" Path [ALL, ALL, ALL] "RFC 5280 §6.1.3(b)";
    /// No policy is left where one is required.
    NoPolicy "no-policy" Path [ALL, ALL, ALL] "RFC 5280 §6.1.5";
    /// A mapping to or from anyPolicy.
    AnyPolicyMapped "any-policy-mapped" Path [NONE, ALL, NONE] "RFC 5280 §6.1.4(a)";
    /// A key that this program can't read, so that it can't read the certificate.
    KeyUnsupported "key-unsupported" Habit [ALL, ALL, ALL] "its parser";
    /// A key that a server can't use with this client: no signature algorithm or group for it is offered.
    NotOffered "not-offered" Habit [OPENSSL.but(Who::OPENSSL), NONE, NONE] "RFC 8446 §4.2.3, §4.2.7";
    /// A key too small for this profile.
    WeakKey "weak-key" Path [ALL, ALL, ALL] "CA/Browser Forum BR 6.1.5; openssl-security-level(7)";
    /// A signature too weak for this profile.
    WeakSignature "weak-signature" Path [ALL, ALL, NONE] "CA/Browser Forum BR 7.1.3.2; openssl-security-level(7)";
    /// An extension that is there and can't be read.
    ExtensionMalformed "extension-malformed" Path [ALL, ALL, ALL] "RFC 5280 §4.2";
    /// An extension that is there twice.
    ExtensionRepeated "extension-repeated" Path [ALL, ALL, ALL] "RFC 5280 §4.2";
    /// A certificate policy that is there twice.
    PolicyRepeated "policy-repeated" Path [STRICT.and(GO), STRICT.and(GO), STRICT.and(GO)] "RFC 5280 §4.2.1.4";
    /// Extensions in a certificate that is not version 3.
    ExtensionsBeforeV3 "extensions-before-v3" Path [STRICT.and(GNUTLS).and(JAVA).and(PYTHON_STRICT), STRICT.and(GNUTLS).and(JAVA).and(PYTHON_STRICT).and(GO), STRICT.and(GNUTLS).and(JAVA).and(PYTHON_STRICT)] "RFC 5280 §4.1.2.9";
    /// Unique identifiers in a certificate of version 1.
    UniqueIdInV1 "unique-id-in-v1" Path [STRICT.and(GNUTLS).and(JAVA), STRICT.and(GNUTLS).and(JAVA), STRICT.and(GNUTLS).and(JAVA)] "RFC 5280 §4.1.2.8";
    /// The issuer's name is empty.
    EmptyIssuer "empty-issuer" Form [STRICT.and(PYTHON_STRICT), STRICT, STRICT] "RFC 5280 §4.1.2.4";
    /// A CA without a name.
    EmptyCaSubject "empty-ca-subject" Form [NONE, STRICT.and(GNUTLS).and(JAVA), STRICT.and(GNUTLS).and(JAVA)] "RFC 5280 §4.1.2.6";
    /// A negative serial number.
    SerialNegative "serial-negative" Form [STRICT.and(GO), STRICT.and(GO), GO] "RFC 5280 §4.1.2.2";
    /// Serial number zero.
    SerialZero "serial-zero" Form [STRICT, STRICT, NONE] "RFC 5280 §4.1.2.2";
    /// A serial number of more than 20 octets.
    SerialTooLong "serial-too-long" Form [STRICT, STRICT, STRICT] "RFC 5280 §4.1.2.2";
    /// No authority key identifier with a key identifier.
    AuthorityKeyMissing "authority-key-missing" Form [STRICT.and(PYTHON_STRICT), STRICT.and(PYTHON_STRICT), NONE] "RFC 5280 §4.2.1.1";
    /// The same in an anchor that is not self-signed.
    AnchorAuthorityKeyMissing "anchor-authority-key-missing" Form [NONE, NONE, STRICT] "RFC 5280 §4.2.1.1";
    /// A critical authority key identifier.
    AuthorityKeyCritical "authority-key-critical" Form [STRICT.and(GO), STRICT.and(GO), STRICT.and(GO)] "RFC 5280 §4.2.1.1";
    /// The authority key identifier is not the issuer's subject key identifier.
    AuthorityKeyMismatch "authority-key-mismatch" Form [NONE, NONE, NONE] "RFC 5280 §4.2.1.1";
    /// The authority key identifier is not the anchor's, by which the JDK looks for anchors.
    AnchorKeyMismatch "anchor-key-mismatch" Habit [JAVA, JAVA, NONE] "JDK `PKIXCertPathValidator`";
    /// An anchor out of its time, where the JDK looks for a path itself.
    AnchorOutOfTime "anchor-out-of-time" Habit [NONE, NONE, JAVA] "JDK `ForwardBuilder`";
    /// Features of TLS that the issuer promises for all that it issues are missing.
    FeatureMissing "feature-missing" Habit [GNUTLS, GNUTLS, NONE] "RFC 7633 §4.2.2";
    /// A CA without subject key identifier.
    SubjectKeyMissing "subject-key-missing" Form [NONE, STRICT.and(PYTHON_STRICT), STRICT.and(PYTHON_STRICT)] "RFC 5280 §4.2.1.2";
    /// A critical subject key identifier.
    SubjectKeyCritical "subject-key-critical" Form [STRICT.and(GO), STRICT.and(GO), STRICT.and(GO)] "RFC 5280 §4.2.1.2";
    /// A critical authority information access.
    AuthorityInfoCritical "authority-info-critical" Form [STRICT.and(GO), STRICT.and(GO), STRICT.and(GO)] "RFC 5280 §4.2.2.1";
    /// basicConstraints of a CA is not critical.
    BasicNotCritical "basic-not-critical" Form [PYTHON_STRICT, STRICT.and(PYTHON_STRICT), STRICT.and(PYTHON_STRICT)] "RFC 5280 §4.2.1.9";
    /// A path length without CA or without `keyCertSign`.
    StrayPathLength "stray-path-length" Form [STRICT.and(PYTHON_STRICT), STRICT.and(PYTHON_STRICT), STRICT.and(PYTHON_STRICT)] "RFC 5280 §4.2.1.9";
    /// `keyCertSign` in a certificate that is not a CA.
    StraySigning "stray-signing" Form [STRICT.and(PYTHON_STRICT), NONE, NONE] "RFC 5280 §4.2.1.9";
    /// A CA without key usage.
    UsageMissing "usage-missing" Form [NONE, PYTHON_STRICT, PYTHON_STRICT] "RFC 5280 §4.2.1.3";
    /// Key usage without any bit.
    UsageEmpty "usage-empty" Form [STRICT, STRICT, STRICT] "RFC 5280 §4.2.1.3";
    /// Name constraints are not critical.
    ConstraintsNotCritical "constraints-not-critical" Form [NONE, RFC, RFC] "RFC 5280 §4.2.1.10; CA/Browser Forum BR 7.1.2.5.2 allows it";
    /// Name constraints outside a CA.
    StrayConstraints "stray-constraints" Form [STRICT, NONE, NONE] "RFC 5280 §4.2.1.10";
    /// Name constraints with nothing in them.
    ConstraintsEmpty "constraints-empty" Form [GO, STRICT.and(GO), STRICT.and(GO)] "RFC 5280 §4.2.1.10; CA/Browser Forum BR 7.1.2.5.2";
    /// A DNS constraint with a leading dot.
    ConstraintLeadingDot "constraint-leading-dot" Form [NONE, STRICT, STRICT] "RFC 5280 §4.2.1.10";
    /// `minimum` or `maximum` in a subtree.
    ConstraintBounded "constraint-bounded" Form [NONE, STRICT, STRICT] "RFC 5280 §4.2.1.10";
    /// Policy constraints are not critical.
    PolicyConstraintsNotCritical "policy-constraints-not-critical" Form [NONE, STRICT, STRICT] "RFC 5280 §4.2.1.11";
    /// inhibitAnyPolicy is not critical.
    InhibitAnyNotCritical "inhibit-any-not-critical" Form [NONE, STRICT, STRICT] "RFC 5280 §4.2.1.14";
    /// An empty subject needs a critical alternative name.
    AltNameNotCritical "alt-name-not-critical" Form [STRICT.and(JAVA).and(PYTHON_STRICT), STRICT, STRICT] "RFC 5280 §4.2.1.6";
    /// An alternative name that is not in preferred name syntax, or has a wrong length.
    AltNameMalformed "alt-name-malformed" Form [STRICT, STRICT, NONE] "RFC 5280 §4.2.1.6";
    /// An extended key usage without purposes.
    PurposesEmpty "purposes-empty" Form [STRICT, STRICT, STRICT] "RFC 5280 §4.2.1.12";
    /// A certificate that is not version 3.
    OldVersion "old-version" Form [CABF.and(RUSTLS), CABF.and(RUSTLS), NONE] "RFC 5280 §4.1.2.1; CA/Browser Forum BR 7.1.1";
    /// A time in the wrong one of the two encodings.
    TimeEncoding "time-encoding" Form [NONE, NONE, NONE] "RFC 5280 §4.1.2.5";
    /// A curve written out instead of named.
    ExplicitCurve "explicit-curve" Path [ALL.but(RUSTLS), ALL, ALL.but(JAVA)] "RFC 5480 §2.1.1; CA/Browser Forum BR 7.1.3.1.2";
    /// The leaf is a CA.
    LeafIsCa "leaf-is-ca" Form [CABF.and(RUSTLS), NONE, NONE] "CA/Browser Forum BR 7.1.2.7.8";
    /// A key type that subscribers and CAs may not have.
    KeyForbidden "key-forbidden" Form [CABF, CABF, CABF] "CA/Browser Forum BR 6.1.5";
    /// An RSA modulus that is not a multiple of 8 bits long.
    ModulusOdd "modulus-not-octets" Form [CABF, CABF, CABF] "CA/Browser Forum BR 6.1.5";
    /// The common name is none of the alternative names.
    CommonNameNotInAltNames "common-name-not-in-alt-names" Form [CABF, NONE, NONE] "CA/Browser Forum BR 7.1.4.3";
    /// A common name beside wildcards only, which it can't be a copy of.
    CommonNameStray "common-name-stray" Form [NONE, NONE, NONE] "CA/Browser Forum BR 7.1.4.3";
    /// A wildcard over a whole public suffix.
    WildcardSuffix "wildcard-public-suffix" Form [CABF, NONE, NONE] "CA/Browser Forum BR 3.2.2.6";
    /// The alternative name is critical though there is a subject.
    AltNameCritical "alt-name-critical" Form [CABF, NONE, NONE] "CA/Browser Forum BR 7.1.2.7.12";
    /// The leaf has no extended key usage.
    PurposesMissing "purposes-missing" Form [CABF, NONE, NONE] "CA/Browser Forum BR 7.1.2.7.6";
    /// The leaf's extended key usage is critical.
    PurposesCritical "purposes-critical" Form [CABF, NONE, NONE] "CA/Browser Forum BR 7.1.2.7.6";
    /// The leaf may be used for any purpose.
    AnyPurpose "any-purpose" Form [CABF, NONE, NONE] "CA/Browser Forum BR 7.1.2.7.10";
    /// A root with an extended key usage.
    RootPurposes "root-purposes" Form [NONE, NONE, CABF] "CA/Browser Forum BR 7.1.2.1.2";
    /// An authority key identifier without key identifier, or with issuer or serial number.
    AuthorityKeyForm "authority-key-form" Form [CABF, CABF, CABF] "CA/Browser Forum BR 7.1.2.1.3, 7.1.2.11.1";
    /// A root's authority key identifier is not its own subject key identifier.
    RootAuthorityKey "root-authority-key" Form [NONE, NONE, CABF] "CA/Browser Forum BR 7.1.2.1.3";
    /// Authority information access that can't be read.
    AuthorityInfoMalformed "authority-info-malformed" Form [CABF, CABF, NONE] "RFC 5280 §4.2.2.1";
    /// The search was given up.
    Budget "budget" Path [ALL, ALL, ALL] "RFC 4158 §5.2";
    /// A defect of this program.
    Internal "internal" Path [ALL, ALL, ALL] "trustctl(8)";
}

impl Code {
    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The stable name in reports.
    pub fn code(self) -> &'static str {
        self.row().name
    }

    /// What it means, in a sentence.
    pub fn meaning(self) -> &'static str {
        self.row().meaning.trim_ascii()
    }

    /// The standard, manual page or source that says so.
    pub fn reference(self) -> &'static str {
        self.row().reference
    }

    /// What it weighs at a place; `None`: nothing worth mentioning.
    pub(crate) fn severity(self, role: Role, options: &Options) -> Option<Severity> {
        let profile = options.profile;
        let row = self.row();
        if self.is_undecided(profile) {
            return Some(Severity::Undecided);
        }
        let refused_by = match role {
            Role::Leaf => row.leaf,
            Role::Intermediate => row.intermediate,
            Role::Anchor => row.anchor,
        };
        let refused_by = match self.without_tls(role) {
            Some(refused) if profile.who == Who::JAVA && options.purpose == Purpose::Any => refused,
            _ => refused_by,
        };
        let wildcard = self == Self::WildcardExcluded && profile.who == Who::GO;
        if self
            .since_go()
            .is_some_and(|minor| options.go_before(minor))
            || (wildcard && !options.go_excludes_wildcards())
        {
            return None;
        }
        let form = profile.is_strict() && (row.nature == Nature::Form || self.is_form_of(role));
        // The administrator has trusted what is in the host's store as it stands (RFC 5280 §6.1.1(d)). Without a
        // purpose it is path validation alone that is asked for (§6), not the profile of issuance (§4).
        let excused = form
            && (!options.decides_on_form()
                || options.purpose == Purpose::Any
                || (options.own_store && role == Role::Anchor));
        if refused_by.has(profile.who) && !excused {
            return Some(Severity::Error);
        }
        form.then_some(Severity::Warning)
    }

    /// Since which Go 1.x it refuses this.
    fn since_go(self) -> Option<u16> {
        match self {
            Self::SerialNegative
            | Self::SubjectKeyCritical
            | Self::AuthorityKeyCritical
            | Self::AuthorityInfoCritical => Some(23),
            Self::PolicyRepeated => Some(24),
            Self::ExtensionsBeforeV3 => Some(17),
            _ => None,
        }
    }

    /// Not a refusal, but what can't be told: a program gives up where it does, a standard never does.
    fn is_undecided(self, profile: &Profile) -> bool {
        self == Self::Undecided || (self == Self::Budget && profile.is_strict())
    }

    /// What path validation does not look at in an anchor, which is a name and a key (RFC 5280 §6.1.1(d)).
    fn is_form_of(self, role: Role) -> bool {
        role == Role::Anchor
            && matches!(
                self,
                Self::NotCa | Self::ExtensionsBeforeV3 | Self::UniqueIdInV1
            )
    }

    /// What libcrypto asks of a leaf only if there is an issuer: the strict checks, and named curves.
    pub(crate) fn is_of_longer_paths(self) -> bool {
        let leaf = self.row().leaf;
        let strict = leaf.has(PYTHON_STRICT) && !leaf.has(Who::PYTHON);
        strict || self == Self::ExplicitCurve
    }

    /// What only the JDK's TLS layer (`PKIXValidator`) judges otherwise than its bare PKIX validator.
    fn without_tls(self, role: Role) -> Option<Who> {
        match (self, role) {
            (Self::NotCa | Self::MayNotSign | Self::DeniesCa, Role::Anchor)
            | (Self::AnchorKeyMismatch, _) => Some(Who::NOBODY),
            (Self::Expired | Self::NotYetValid, Role::Anchor) => Some(Who::JAVA),
            _ => None,
        }
    }

    /// All codes, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.code)
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// Which certificate of the path, the leaf being 0; `None`: the path as a whole.
    pub at: Option<usize>,
    /// In words, about this certificate.
    pub message: String,
}

impl Fault {
    /// The part of the verdict that it belongs to. What is only shown is a matter of form.
    pub fn part(&self) -> Part {
        match self.severity {
            Severity::Undecided => Part::Undecided,
            Severity::Warning => Part::Form,
            Severity::Error if self.code.row().nature == Nature::Form => Part::Form,
            Severity::Error => Part::Path,
        }
    }
}

/// The parts of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Path validation, which decides.
    Path,
    /// The form of the certificates, which is shown and decides if asked for.
    Form,
    /// What can't be told.
    Undecided,
}

impl Part {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Form => "form",
            Self::Undecided => "undecided",
        }
    }
}

/// More than this many faults on one path tell nothing more.
const MOST: usize = 64;

/// Collects faults of one path under one profile.
#[derive(Debug)]
pub(crate) struct Faults<'p> {
    options: &'p Options,
    pub(crate) list: Vec<Fault>,
}

impl<'p> Faults<'p> {
    pub(crate) fn new(options: &'p Options) -> Self {
        Self {
            options,
            list: Vec::new(),
        }
    }

    /// Notes a fault if it means anything to the profile; the message is made only then.
    pub(crate) fn note(
        &mut self,
        code: Code,
        role: Role,
        at: usize,
        message: impl FnOnce() -> String,
    ) {
        let Some(severity) = code.severity(role, self.options) else {
            return;
        };
        if self.list.len() < MOST {
            self.list.push(Fault {
                code,
                severity,
                at: Some(at),
                message: message(),
            });
        }
    }
}

#[cfg(test)]
mod tests;
