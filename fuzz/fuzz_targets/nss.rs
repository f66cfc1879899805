//! A database of a browser: never a panic, never more work than allowed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trustctl::store::nss;

fuzz_target!(|bytes: &[u8]| {
    let _ = nss::read(bytes);
});
