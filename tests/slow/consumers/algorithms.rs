//! Chains made anew for each kind of key and signature: as the key of the root, and as the key of the server.

use support::{KEYS, Leaf, leaf_by_openssl, own_by_openssl};

use crate::random_chains::Chain;

const HOST: &str = "www.example.com";
const RIGHTS: &str = "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n";
const USUAL: &str = "ec -pkeyopt ec_paramgen_curve:P-256";

fn der(pem: &str) -> Vec<u8> {
    // OpenSSL writes the parameters of a curve before some keys.
    let blocks = pem::parse_many(pem).unwrap();
    blocks.last().unwrap().contents().to_vec()
}

fn chain(root: &str, leaf: &Leaf) -> Chain {
    Chain {
        host: HOST.to_owned(),
        leaf: der(&leaf.pem),
        leaf_key: der(&leaf.key),
        helpers: Vec::new(),
        anchors: vec![der(root)],
        faults: Vec::new(),
    }
}

/// So many are made.
pub const COUNT: usize = 2 * KEYS.len();

/// Two chains for each of [`KEYS`], by what they are about.
pub fn chains() -> Vec<(String, Chain)> {
    let rights = ["keyUsage=critical,keyCertSign,cRLSign"];
    let (usual_ca, usual_key) = own_by_openssl("Corp Root", (USUAL, "sha256"), &rights);
    let both = |&(key, hash): &(&str, &str)| {
        let (ca, ca_key) = own_by_openssl("Odd Root", (key, hash), &rights);
        let below = leaf_by_openssl(&ca, &ca_key, HOST, USUAL, hash, RIGHTS);
        let server = leaf_by_openssl(&usual_ca, &usual_key, HOST, key, "sha256", RIGHTS);
        [
            (format!("signed by {key} with {hash}"), chain(&ca, &below)),
            (format!("server with {key}"), chain(&usual_ca, &server)),
        ]
    };
    KEYS.iter().flat_map(both).collect()
}
