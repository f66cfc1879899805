//! What each program's first message offers, as captured of the program itself with the server name `localhost`
//! (`tests/slow/diagnose_distros/hellos.rs` captures those of the distributions again). Numbers are those of IANA's registries for TLS.

use super::{Offer, Takes};

/// At Debian's and Ubuntu's security level 2 (SSL_CTX_set_security_level(3)); OpenSSL 3 wants RFC 5746.
const OPENSSL: Takes = Takes {
    minimum: 0x0303,
    prime: 2048,
    renegotiation: true,
};
const OPENSSL_1_1: Takes = Takes {
    renegotiation: false,
    ..OPENSSL
};
const GNUTLS: Takes = Takes {
    minimum: 0x0301,
    prime: 1008,
    renegotiation: false,
};
const JAVA: Takes = Takes {
    minimum: 0x0303,
    prime: 1024,
    renegotiation: false,
};
/// Go and rustls never take part in an exchange with a prime of the server's.
const GO: Takes = Takes {
    minimum: 0x0303,
    prime: u32::MAX,
    renegotiation: false,
};
const RUSTLS: Takes = GO;

const OPENSSL_1_1_1_CIPHERS: &[u16] = &[
    0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f, 0x009e,
    0xc024, 0xc028, 0x006b, 0xc023, 0xc027, 0x0067, 0xc00a, 0xc014, 0x0039, 0xc009, 0xc013, 0x0033,
    0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f, 0x00ff,
];
const OPENSSL_1_1_1_GROUPS: &[u16] = &[0x001d, 0x0017, 0x001e, 0x0019, 0x0018];
const OPENSSL_1_1_1_SCHEMES: &[u16] = &[
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401,
    0x0501, 0x0601, 0x0303, 0x0301, 0x0302, 0x0402, 0x0502, 0x0602,
];
const OPENSSL_1_1_1_EXTENSIONS: &[u16] = &[
    0x0000, 0x000b, 0x000a, 0x0023, 0x0016, 0x0017, 0x000d, 0x002b, 0x002d, 0x0033,
];
const OPENSSL_3_0_GROUPS: &[u16] = &[
    0x001d, 0x0017, 0x001e, 0x0019, 0x0018, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104,
];
const OPENSSL_3_5_CIPHERS: &[u16] = &[
    0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f, 0x009e,
    0xc024, 0xc028, 0x006b, 0xc023, 0xc027, 0x0067, 0xc00a, 0xc014, 0x0039, 0xc009, 0xc013, 0x0033,
    0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f,
];
const OPENSSL_3_5_GROUPS: &[u16] = &[
    0x11ec, 0x001d, 0x0017, 0x001e, 0x0018, 0x0019, 0x0100, 0x0101,
];
const OPENSSL_3_5_SCHEMES: &[u16] = &[
    0x0905, 0x0906, 0x0904, 0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x081a, 0x081b, 0x081c, 0x0809,
    0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0302, 0x0402,
    0x0502, 0x0602,
];
const OPENSSL_3_5_EXTENSIONS: &[u16] = &[
    0xff01, 0x0000, 0x000b, 0x000a, 0x0023, 0x0016, 0x0017, 0x000d, 0x002b, 0x002d, 0x0033, 0x001b,
];
const CURL_1_1_1_EXTENSIONS: &[u16] = &[
    0x0000, 0x000b, 0x000a, 0x3374, 0x0010, 0x0016, 0x0017, 0x0031, 0x000d, 0x002b, 0x002d, 0x0033,
    0x0015,
];
const CURL_3_0_EXTENSIONS: &[u16] = &[
    0x0000, 0x000b, 0x000a, 0x0010, 0x0016, 0x0017, 0x0031, 0x000d, 0x002b, 0x002d, 0x0033, 0x0015,
];
const CURL_3_5_EXTENSIONS: &[u16] = &[
    0xff01, 0x0000, 0x000b, 0x000a, 0x0010, 0x0016, 0x0017, 0x0031, 0x000d, 0x002b, 0x002d, 0x0033,
    0x001b,
];
const PYTHON_1_1_1_EXTENSIONS: &[u16] = &[
    0x0000, 0x000b, 0x000a, 0x0023, 0x0010, 0x0016, 0x0017, 0x000d, 0x002b, 0x002d, 0x0033, 0x0015,
];
const GNUTLS_3_7_CIPHERS: &[u16] = &[
    0x1302, 0x1303, 0x1301, 0x1304, 0xc02c, 0xcca9, 0xc0ad, 0xc00a, 0xc02b, 0xc0ac, 0xc009, 0xc030,
    0xcca8, 0xc014, 0xc02f, 0xc013, 0x009d, 0xc09d, 0x0035, 0x009c, 0xc09c, 0x002f, 0x009f, 0xccaa,
    0xc09f, 0x0039, 0x009e, 0xc09e, 0x0033,
];
const GNUTLS_3_7_GROUPS: &[u16] = &[
    0x0017, 0x0018, 0x0019, 0x001d, 0x001e, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104,
];
const GNUTLS_3_7_SCHEMES: &[u16] = &[
    0x0401, 0x0809, 0x0804, 0x0403, 0x0807, 0x0501, 0x080a, 0x0805, 0x0503, 0x0808, 0x0601, 0x080b,
    0x0806, 0x0603, 0x0201, 0x0203,
];
const GNUTLS_3_7_EXTENSIONS: &[u16] = &[
    0x0005, 0x000a, 0x000b, 0x000d, 0x0016, 0x0017, 0x0023, 0x0033, 0x002b, 0xff01, 0x0000, 0x002d,
    0x001c,
];
const GO_1_15_CIPHERS: &[u16] = &[
    0xc02f, 0xc030, 0xc02b, 0xc02c, 0xcca8, 0xcca9, 0xc013, 0xc009, 0xc014, 0xc00a, 0x009c, 0x009d,
    0x002f, 0x0035, 0xc012, 0x000a, 0x1301, 0x1303, 0x1302,
];
const GO_1_18_CIPHERS: &[u16] = &[
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0x009c, 0x009d,
    0x002f, 0x0035, 0xc012, 0x000a, 0x1301, 0x1302, 0x1303,
];
const GO_1_18_GROUPS: &[u16] = &[0x001d, 0x0017, 0x0018, 0x0019];
const GO_1_18_SCHEMES: &[u16] = &[
    0x0804, 0x0403, 0x0807, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0503, 0x0603, 0x0201, 0x0203,
];
const GO_1_18_EXTENSIONS: &[u16] = &[
    0x0000, 0x0005, 0x000a, 0x000b, 0x000d, 0xff01, 0x0010, 0x0012, 0x002b, 0x0033,
];
const GO_1_22_CIPHERS: &[u16] = &[
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0xc012, 0x1301,
    0x1302, 0x1303,
];
const GO_1_22_EXTENSIONS: &[u16] = &[
    0x0000, 0x0005, 0x000a, 0x000b, 0x000d, 0xff01, 0x0017, 0x0010, 0x0012, 0x002b, 0x0033,
];
const GO_1_24_CIPHERS: &[u16] = &[
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0x1301, 0x1302,
    0x1303,
];
const GO_1_24_GROUPS: &[u16] = &[0x11ec, 0x001d, 0x0017, 0x0018, 0x0019];
const GO_1_24_EXTENSIONS: &[u16] = &[
    0x0000, 0x000b, 0xff01, 0x0017, 0x0012, 0x0005, 0x000a, 0x000d, 0x0010, 0x002b, 0x0033,
];
const GO_1_27_GROUPS: &[u16] = &[0x11ec, 0x11eb, 0x11ed, 0x001d, 0x0017, 0x0018, 0x0019];
const GO_1_27_SCHEMES: &[u16] = &[
    0x0904, 0x0905, 0x0906, 0x0804, 0x0403, 0x0807, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0503,
    0x0603,
];
const GO_1_27_EXTENSIONS: &[u16] = &[
    0x0000, 0x000b, 0xff01, 0x0017, 0x0012, 0x0005, 0x000a, 0x000d, 0x0032, 0x0010, 0x002b, 0x0033,
];
const JAVA_11_CIPHERS: &[u16] = &[
    0x1302, 0x1301, 0x1303, 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xcca8, 0xc02f, 0x009f, 0xccaa, 0x00a3,
    0x009e, 0x00a2, 0xc024, 0xc028, 0xc023, 0xc027, 0x006b, 0x006a, 0x0067, 0x0040, 0xc02e, 0xc032,
    0xc02d, 0xc031, 0xc026, 0xc02a, 0xc025, 0xc029, 0xc00a, 0xc014, 0xc009, 0xc013, 0x0039, 0x0038,
    0x0033, 0x0032, 0xc005, 0xc00f, 0xc004, 0xc00e, 0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f,
    0x00ff,
];
const JAVA_11_GROUPS: &[u16] = &[
    0x001d, 0x0017, 0x0018, 0x0019, 0x001e, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104,
];
const JAVA_11_SCHEMES: &[u16] = &[
    0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
    0x0402, 0x0303, 0x0301, 0x0302, 0x0203, 0x0201, 0x0202,
];
const JAVA_11_EXTENSIONS: &[u16] = &[
    0x0000, 0x0005, 0x000a, 0x000b, 0x000d, 0x0032, 0x0011, 0x0017, 0x002b, 0x002d, 0x0033,
];
const JAVA_17_CIPHERS: &[u16] = &[
    0x1302, 0x1301, 0x1303, 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xcca8, 0xc02f, 0x009f, 0xccaa, 0x00a3,
    0x009e, 0x00a2, 0xc024, 0xc028, 0xc023, 0xc027, 0x006b, 0x006a, 0x0067, 0x0040, 0xc00a, 0xc014,
    0xc009, 0xc013, 0x0039, 0x0038, 0x0033, 0x0032, 0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f,
    0x00ff,
];
const JAVA_17_0_18_CIPHERS: &[u16] = &[
    0x1302, 0x1301, 0x1303, 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xcca8, 0xc02f, 0x009f, 0xccaa, 0x00a3,
    0x009e, 0x00a2, 0xc024, 0xc028, 0xc023, 0xc027, 0x006b, 0x006a, 0x0067, 0x0040, 0xc00a, 0xc014,
    0xc009, 0xc013, 0x0039, 0x0038, 0x0033, 0x0032, 0x00ff,
];
const JAVA_17_0_18_SCHEMES: &[u16] = &[
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401,
    0x0501, 0x0601, 0x0402, 0x0303, 0x0301, 0x0302,
];
const JAVA_17_SCHEMES: &[u16] = &[
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401,
    0x0501, 0x0601, 0x0402, 0x0303, 0x0301, 0x0302, 0x0203, 0x0201, 0x0202,
];
const JAVA_17_EXTENSIONS: &[u16] = &[
    0x0000, 0x0005, 0x000a, 0x000b, 0x0011, 0x0017, 0x0023, 0x000d, 0x002b, 0x002d, 0x0032, 0x0033,
];
const NODE_3_0_CIPHERS: &[u16] = &[
    0x1302, 0x1303, 0x1301, 0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0xc027, 0x0067, 0xc028, 0x006b,
    0x00a3, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc0af, 0xc0ad, 0xc0a3, 0xc09f, 0xc05d, 0xc061, 0xc057,
    0xc053, 0x00a2, 0xc0ae, 0xc0ac, 0xc0a2, 0xc09e, 0xc05c, 0xc060, 0xc056, 0xc052, 0xc024, 0x006a,
    0xc023, 0x0040, 0xc00a, 0xc014, 0x0039, 0x0038, 0xc009, 0xc013, 0x0033, 0x0032, 0x009d, 0xc0a1,
    0xc09d, 0xc051, 0x009c, 0xc0a0, 0xc09c, 0xc050, 0x003d, 0x003c, 0x0035, 0x002f, 0x00ff,
];
const NODE_3_5_CIPHERS: &[u16] = &[
    0x1302, 0x1303, 0x1301, 0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0xc027, 0x0067, 0xc028, 0x006b,
    0x00a3, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc0ad, 0xc09f, 0xc05d, 0xc061, 0xc057, 0xc053, 0x00a2,
    0xc0ac, 0xc09e, 0xc05c, 0xc060, 0xc056, 0xc052, 0xc024, 0x006a, 0xc023, 0x0040, 0xc00a, 0xc014,
    0x0039, 0x0038, 0xc009, 0xc013, 0x0033, 0x0032, 0x009d, 0xc09d, 0xc051, 0x009c, 0xc09c, 0xc050,
    0x003d, 0x003c, 0x0035, 0x002f,
];
const NODE_3_5_EXTENSIONS: &[u16] = &[
    0xff01, 0x0000, 0x000b, 0x000a, 0x0023, 0x0016, 0x0017, 0x000d, 0x002b, 0x002d, 0x0033,
];
const WEBPKI_RS_0_23_CIPHERS: &[u16] = &[
    0x1302, 0x1301, 0x1303, 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xc02f, 0xcca8, 0x00ff,
];
const WEBPKI_RS_0_23_GROUPS: &[u16] = &[0x11ec, 0x001d, 0x0017, 0x0018];
const WEBPKI_RS_0_23_SCHEMES: &[u16] = &[
    0x0503, 0x0403, 0x0603, 0x0807, 0x0806, 0x0805, 0x0804, 0x0601, 0x0501, 0x0401, 0x0904, 0x0905,
    0x0906,
];
const WEBPKI_RS_0_23_EXTENSIONS: &[u16] = &[
    0x0000, 0x0023, 0x000b, 0x0005, 0x0010, 0x002d, 0x000a, 0x000d, 0x0017, 0x002b, 0x0033,
];

/// Java without RSA key exchange and without SHA-1 in the handshake.
const fn later_java(version: &'static str, captured: &'static str) -> Offer {
    Offer {
        consumer: "java",
        version,
        captured,
        size: 440,
        versions: &[0x0304, 0x0303],
        ciphers: JAVA_17_0_18_CIPHERS,
        groups: JAVA_11_GROUPS,
        shares: &[0x001d, 0x0017],
        schemes: JAVA_17_0_18_SCHEMES,
        extensions: JAVA_17_EXTENSIONS,
        takes: JAVA,
    }
}

/// One row for each program and version whose messages differ, older versions first.
pub const OFFERS: &[Offer] = &[
    Offer {
        consumer: "openssl",
        version: "1.1.1",
        captured: "OpenSSL 1.1.1w of Debian 11",
        size: 301,
        versions: &[0x0304, 0x0303],
        ciphers: OPENSSL_1_1_1_CIPHERS,
        groups: OPENSSL_1_1_1_GROUPS,
        shares: &[0x001d],
        schemes: OPENSSL_1_1_1_SCHEMES,
        extensions: OPENSSL_1_1_1_EXTENSIONS,
        takes: OPENSSL_1_1,
    },
    Offer {
        consumer: "openssl",
        version: "3.0",
        captured: "OpenSSL 3.0.20 of Debian 12",
        size: 315,
        versions: &[0x0304, 0x0303, 0x0302, 0x0301],
        ciphers: OPENSSL_1_1_1_CIPHERS,
        groups: OPENSSL_3_0_GROUPS,
        shares: &[0x001d],
        schemes: OPENSSL_1_1_1_SCHEMES,
        extensions: OPENSSL_1_1_1_EXTENSIONS,
        takes: OPENSSL,
    },
    Offer {
        consumer: "openssl",
        version: "3.5",
        captured: "OpenSSL 3.5.9 of Debian 13",
        size: 1551,
        versions: &[0x0304, 0x0303],
        ciphers: OPENSSL_3_5_CIPHERS,
        groups: OPENSSL_3_5_GROUPS,
        shares: &[0x11ec, 0x001d],
        schemes: OPENSSL_3_5_SCHEMES,
        extensions: OPENSSL_3_5_EXTENSIONS,
        takes: OPENSSL,
    },
    Offer {
        consumer: "curl",
        version: "1.1.1",
        captured: "curl 7.74.0 of Debian 11",
        size: 517,
        versions: &[0x0304, 0x0303],
        ciphers: OPENSSL_1_1_1_CIPHERS,
        groups: OPENSSL_1_1_1_GROUPS,
        shares: &[0x001d],
        schemes: OPENSSL_1_1_1_SCHEMES,
        extensions: CURL_1_1_1_EXTENSIONS,
        takes: OPENSSL_1_1,
    },
    Offer {
        consumer: "curl",
        version: "3.0",
        captured: "curl 7.88.1 of Debian 12",
        size: 517,
        versions: &[0x0304, 0x0303, 0x0302, 0x0301],
        ciphers: OPENSSL_1_1_1_CIPHERS,
        groups: OPENSSL_3_0_GROUPS,
        shares: &[0x001d],
        schemes: OPENSSL_1_1_1_SCHEMES,
        extensions: CURL_3_0_EXTENSIONS,
        takes: OPENSSL,
    },
    Offer {
        consumer: "curl",
        version: "3.5",
        captured: "curl 8.14.1 of Debian 13",
        size: 1569,
        versions: &[0x0304, 0x0303],
        ciphers: OPENSSL_3_5_CIPHERS,
        groups: OPENSSL_3_5_GROUPS,
        shares: &[0x11ec, 0x001d],
        schemes: OPENSSL_3_5_SCHEMES,
        extensions: CURL_3_5_EXTENSIONS,
        takes: OPENSSL,
    },
    Offer {
        consumer: "python",
        version: "1.1.1",
        captured: "Python 3.9.2 of Debian 11",
        size: 517,
        versions: &[0x0304, 0x0303],
        ciphers: OPENSSL_1_1_1_CIPHERS,
        groups: OPENSSL_1_1_1_GROUPS,
        shares: &[0x001d],
        schemes: OPENSSL_1_1_1_SCHEMES,
        extensions: PYTHON_1_1_1_EXTENSIONS,
        takes: OPENSSL_1_1,
    },
    Offer {
        consumer: "python",
        version: "3.0",
        captured: "Python 3.11.2 of Debian 12",
        size: 517,
        versions: &[0x0304, 0x0303, 0x0302, 0x0301],
        ciphers: OPENSSL_1_1_1_CIPHERS,
        groups: OPENSSL_3_0_GROUPS,
        shares: &[0x001d],
        schemes: OPENSSL_1_1_1_SCHEMES,
        extensions: PYTHON_1_1_1_EXTENSIONS,
        takes: OPENSSL,
    },
    Offer {
        consumer: "gnutls",
        version: "3.7",
        captured: "gnutls-cli 3.7.1 of Debian 11 and 3.7.9 of Debian 12",
        size: 391,
        versions: &[0x0304, 0x0303, 0x0302, 0x0301],
        ciphers: GNUTLS_3_7_CIPHERS,
        groups: GNUTLS_3_7_GROUPS,
        shares: &[0x0017, 0x001d],
        schemes: GNUTLS_3_7_SCHEMES,
        extensions: GNUTLS_3_7_EXTENSIONS,
        takes: GNUTLS,
    },
    Offer {
        consumer: "go",
        version: "1.15",
        captured: "Go 1.15.15 of Debian 11",
        size: 279,
        versions: &[0x0304, 0x0303, 0x0302, 0x0301],
        ciphers: GO_1_15_CIPHERS,
        groups: GO_1_18_GROUPS,
        shares: &[0x001d],
        schemes: GO_1_18_SCHEMES,
        extensions: GO_1_18_EXTENSIONS,
        takes: Takes {
            minimum: 0x0301,
            ..GO
        },
    },
    Offer {
        consumer: "go",
        version: "1.18",
        captured: "Go 1.19; that TLS 1.2 is the lowest from 1.18 on: its release notes",
        size: 275,
        versions: &[0x0304, 0x0303],
        ciphers: GO_1_18_CIPHERS,
        groups: GO_1_18_GROUPS,
        shares: &[0x001d],
        schemes: GO_1_18_SCHEMES,
        extensions: GO_1_18_EXTENSIONS,
        takes: GO,
    },
    Offer {
        consumer: "go",
        version: "1.22",
        captured: "Go 1.22.10",
        size: 269,
        versions: &[0x0304, 0x0303],
        ciphers: GO_1_22_CIPHERS,
        groups: GO_1_18_GROUPS,
        shares: &[0x001d],
        schemes: GO_1_18_SCHEMES,
        extensions: GO_1_22_EXTENSIONS,
        takes: GO,
    },
    Offer {
        consumer: "go",
        version: "1.24",
        captured: "Go 1.24.11",
        size: 1489,
        versions: &[0x0304, 0x0303],
        ciphers: GO_1_24_CIPHERS,
        groups: GO_1_24_GROUPS,
        shares: &[0x11ec, 0x001d],
        schemes: GO_1_18_SCHEMES,
        extensions: GO_1_24_EXTENSIONS,
        takes: GO,
    },
    Offer {
        consumer: "go",
        version: "1.27",
        captured: "Go 1.27.3",
        size: 1531,
        versions: &[0x0304, 0x0303],
        ciphers: GO_1_24_CIPHERS,
        groups: GO_1_27_GROUPS,
        shares: &[0x11ec, 0x001d],
        schemes: GO_1_27_SCHEMES,
        extensions: GO_1_27_EXTENSIONS,
        takes: GO,
    },
    Offer {
        consumer: "java",
        version: "11",
        captured: "OpenJDK 11.0.13",
        size: 401,
        versions: &[0x0304, 0x0303],
        ciphers: JAVA_11_CIPHERS,
        groups: JAVA_11_GROUPS,
        shares: &[0x001d],
        schemes: JAVA_11_SCHEMES,
        extensions: JAVA_11_EXTENSIONS,
        takes: JAVA,
    },
    Offer {
        consumer: "java",
        version: "17",
        captured: "OpenJDK 17.0.15",
        size: 458,
        versions: &[0x0304, 0x0303],
        ciphers: JAVA_17_CIPHERS,
        groups: JAVA_11_GROUPS,
        shares: &[0x001d, 0x0017],
        schemes: JAVA_17_SCHEMES,
        extensions: JAVA_17_EXTENSIONS,
        takes: JAVA,
    },
    later_java(
        "17.0.18",
        "OpenJDK 17.0.19 of Debian 12; that it begins with 17.0.18: JDK-8245545, JDK-8340321",
    ),
    Offer {
        consumer: "java",
        version: "21",
        captured: "OpenJDK 21.0.8",
        size: 458,
        versions: &[0x0304, 0x0303],
        ciphers: JAVA_17_CIPHERS,
        groups: JAVA_11_GROUPS,
        shares: &[0x001d, 0x0017],
        schemes: JAVA_17_SCHEMES,
        extensions: JAVA_17_EXTENSIONS,
        takes: JAVA,
    },
    later_java(
        "21.0.10",
        "OpenJDK 21.0.13 of Debian 13; that it begins with 21.0.10: JDK-8245545, JDK-8340321",
    ),
    later_java("25", "OpenJDK 25.0.2"),
    Offer {
        consumer: "node",
        version: "3.0",
        captured: "Node.js 20.20.2, and 18.20.4 of Debian 12",
        size: 367,
        versions: &[0x0304, 0x0303],
        ciphers: NODE_3_0_CIPHERS,
        groups: OPENSSL_3_0_GROUPS,
        shares: &[0x001d],
        schemes: OPENSSL_1_1_1_SCHEMES,
        extensions: OPENSSL_1_1_1_EXTENSIONS,
        takes: OPENSSL,
    },
    Offer {
        consumer: "node",
        version: "3.5",
        captured: "Node.js 22.20.0; 20.19.2 of Debian 13 compresses certificates besides",
        size: 1586,
        versions: &[0x0304, 0x0303],
        ciphers: NODE_3_5_CIPHERS,
        groups: OPENSSL_3_5_GROUPS,
        shares: &[0x11ec, 0x001d],
        schemes: OPENSSL_3_5_SCHEMES,
        extensions: NODE_3_5_EXTENSIONS,
        takes: OPENSSL,
    },
    Offer {
        consumer: "webpki-rs",
        version: "0.23",
        captured: "rustls 0.23 (uv 0.13.9)",
        size: 1484,
        versions: &[0x0304, 0x0303],
        ciphers: WEBPKI_RS_0_23_CIPHERS,
        groups: WEBPKI_RS_0_23_GROUPS,
        shares: &[0x11ec, 0x001d],
        schemes: WEBPKI_RS_0_23_SCHEMES,
        extensions: WEBPKI_RS_0_23_EXTENSIONS,
        takes: RUSTLS,
    },
];
