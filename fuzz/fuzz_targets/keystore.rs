//! A Java keystore: never a panic, never more work than allowed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trustctl::host::keystore;

fuzz_target!(|bytes: &[u8]| {
    let _ = keystore::read(bytes, keystore::DEFAULT_PASSWORD);
});
