//! A file of settings of any program, chosen by the first byte: never a panic, and every setting has a line of the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trustctl::host::places::{SYSTEM, USER};
use trustctl::host::projects::FILES;
use trustctl::host::sources::{commanded, parse};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let kinds: Vec<_> = SYSTEM.iter().chain(USER).chain(FILES).map(|(_, kind)| *kind).collect();
    let kind = kinds[usize::from(*first) % kinds.len()];
    let lines = text.split('\n').count();
    for setting in parse(kind, text) {
        assert!((1..=lines).contains(&setting.line), "{kind:?} {setting:?}");
    }
    for said in commanded(kind, text) {
        assert!((1..=lines).contains(&said.setting.line), "{kind:?} {said:?}");
    }
});
