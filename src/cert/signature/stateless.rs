//! SLH-DSA (FIPS 205, in certificates RFC 9909): twelve parameter sets, each a type of the crate.

use slh_dsa::{
    ParameterSet, Sha2_128f, Sha2_128s, Sha2_192f, Sha2_192s, Sha2_256f, Sha2_256s, Shake128f,
    Shake128s, Shake192f, Shake192s, Shake256f, Shake256s, Signature, VerifyingKey,
};

/// By the last arc of the object identifier. `None`: no such set, or no such key.
pub(super) fn slh_dsa(set: u8, key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    let check = match set {
        20 => holds::<Sha2_128s>,
        21 => holds::<Sha2_128f>,
        22 => holds::<Sha2_192s>,
        23 => holds::<Sha2_192f>,
        24 => holds::<Sha2_256s>,
        25 => holds::<Sha2_256f>,
        26 => holds::<Shake128s>,
        27 => holds::<Shake128f>,
        28 => holds::<Shake192s>,
        29 => holds::<Shake192f>,
        30 => holds::<Shake256s>,
        31 => holds::<Shake256f>,
        _ => return None,
    };
    check(key, message, signature)
}

fn holds<P: ParameterSet>(key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    let key = VerifyingKey::<P>::try_from(key).ok()?;
    let Ok(signature) = Signature::<P>::try_from(signature) else {
        return Some(false);
    };
    // RFC 9909 §3: the context is empty.
    Some(
        key.try_verify_with_context(message, b"", &signature)
            .is_ok(),
    )
}
