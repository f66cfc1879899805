//! What programs say of a cause, in their own words, so that who has read the message finds it again. Pure.
//!
//! Measured with OpenSSL 3.0, curl 7.88, Python 3.11, pip 23.0, GnuTLS 3.7, git 2.39 (with GnuTLS), Go 1.24, Node.js 20, npm 10
//! and Java 17.

/// The part of a message that is the same everywhere: by the code of a conclusion, then by program.
const MESSAGES: &[(&str, &[(&str, &str)])] = &[
    (
        "unknown-issuer",
        &[
            ("openssl", "unable to get local issuer certificate"),
            (
                "curl",
                "SSL certificate problem: unable to get local issuer certificate",
            ),
            (
                "python",
                "certificate verify failed: unable to get local issuer certificate",
            ),
            (
                "pip",
                "certificate verify failed: unable to get local issuer certificate",
            ),
            ("gnutls", "The certificate issuer is unknown"),
            ("git", "server certificate verification failed"),
            ("go", "x509: certificate signed by unknown authority"),
            ("node", "unable to verify the first certificate"),
            ("npm", "unable to verify the first certificate"),
            ("java", "PKIX path building failed"),
        ],
    ),
    (
        "self-signed",
        &[
            ("openssl", "self-signed certificate"),
            ("curl", "SSL certificate problem: self-signed certificate"),
            (
                "python",
                "certificate verify failed: self-signed certificate",
            ),
            ("pip", "certificate verify failed: self-signed certificate"),
            ("gnutls", "The certificate issuer is unknown"),
            ("git", "server certificate verification failed"),
            ("go", "x509: certificate signed by unknown authority"),
            ("node", "DEPTH_ZERO_SELF_SIGNED_CERT"),
            ("npm", "DEPTH_ZERO_SELF_SIGNED_CERT"),
            ("java", "PKIX path building failed"),
        ],
    ),
    (
        "wrong-name",
        &[
            ("openssl", "hostname mismatch"),
            (
                "curl",
                "no alternative certificate subject name matches target host name",
            ),
            ("python", "Hostname mismatch, certificate is not valid for"),
            ("pip", "Hostname mismatch, certificate is not valid for"),
            (
                "gnutls",
                "The name in the certificate does not match the expected",
            ),
            ("git", "does not match target host name"),
            ("go", "x509: certificate is valid for"),
            ("node", "ERR_TLS_CERT_ALTNAME_INVALID"),
            ("npm", "ERR_TLS_CERT_ALTNAME_INVALID"),
            ("java", "No subject alternative DNS name matching"),
        ],
    ),
    (
        "expired-leaf",
        &[
            ("openssl", "certificate has expired"),
            ("curl", "SSL certificate problem: certificate has expired"),
            (
                "python",
                "certificate verify failed: certificate has expired",
            ),
            ("pip", "certificate verify failed: certificate has expired"),
            ("gnutls", "The certificate chain uses expired certificate"),
            ("git", "server certificate verification failed"),
            ("go", "x509: certificate has expired or is not yet valid"),
            ("node", "CERT_HAS_EXPIRED"),
            ("npm", "CERT_HAS_EXPIRED"),
            ("java", "validity check failed"),
        ],
    ),
    (
        "legacy-renegotiation",
        &[
            ("openssl", "unsafe legacy renegotiation disabled"),
            ("curl", "unsafe legacy renegotiation disabled"),
            ("python", "unsafe legacy renegotiation disabled"),
            ("pip", "unsafe legacy renegotiation disabled"),
            ("node", "unsafe legacy renegotiation disabled"),
            ("npm", "unsafe legacy renegotiation disabled"),
        ],
    ),
    (
        "revoked",
        &[
            ("gnutls", "The certificate chain is revoked"),
            ("git", "server certificate verification failed"),
        ],
    ),
    (
        "staple-refused",
        &[("git", "server certificate verification failed")],
    ),
    (
        "staple-missing",
        &[
            (
                "gnutls",
                "The certificate requires the server to include an OCSP status in its response, but the OCSP status is missing",
            ),
            ("git", "server certificate verification failed"),
        ],
    ),
    ("no-common-group", REFUSED),
    ("no-common-signature", REFUSED),
    ("no-common-cipher", REFUSED),
    ("old-cipher", REFUSED),
    ("handshake-refused", REFUSED),
    ("signs-with-sha1", REFUSED),
];

/// The alert 40 of a server that finds nothing in common.
const REFUSED: &[(&str, &str)] = &[
    ("openssl", "alert handshake failure"),
    ("curl", "alert handshake failure"),
    ("python", "alert handshake failure"),
    ("pip", "alert handshake failure"),
    ("gnutls", "A TLS fatal alert has been received"),
    ("git", "gnutls_handshake() failed"),
    ("go", "remote error: tls: handshake failure"),
    ("node", "alert handshake failure"),
    ("npm", "alert handshake failure"),
    ("java", "Received fatal alert: handshake_failure"),
];

/// What a program, or a tool, says where a diagnosis comes to this code.
pub fn says(program: &str, code: &str) -> Option<&'static str> {
    let (_, messages) = MESSAGES.iter().find(|(known, _)| *known == code)?;
    let (_, message) = messages.iter().find(|(known, _)| *known == program)?;
    Some(message)
}
