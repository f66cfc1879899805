//! `openssl.cnf`: never a panic, includes of itself end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trustctl::host::format::openssl;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut include = |name: &str| match name {
        "/self" => vec![(name.to_string(), text.to_string())],
        _ => Vec::new(),
    };
    let conf = openssl::parse("/self", text, &mut include);
    for (_, entry) in conf.tls() {
        let _ = entry.command();
        let _ = openssl::security_level(&entry.value);
    }
});
