//! A file: never a panic, and what is read can be written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trustctl::cert::{Source, judge, read};

fuzz_target!(|bytes: &[u8]| {
    let document = read(bytes);
    let items = Source::new(bytes).items().count();
    assert_eq!(items, document.blocks.len() + document.problems.len());
    for block in &document.blocks {
        let _ = judge::block(block);
    }
    for (_, certificate) in document.certificates() {
        let again = read(certificate.to_pem().as_bytes());
        assert!(again.certificates().map(|(_, found)| found).eq([certificate]));
    }
});
