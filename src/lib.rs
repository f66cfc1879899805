//! `trustctl`: the system trust store of a Debian or Ubuntu host, read, checked, changed, proven, undone.
//!
//! Direction of dependencies (a module uses only what stands to its right; `tests/fast/architecture.rs` holds it):
//! `main → {complete, cli} → output → commands → {rules, change} → host → probe → store → verify → programs → cert → data →
//! config → system → error`.

pub mod cert;
pub mod change;
pub mod cli;
pub mod commands;
pub mod complete;
pub mod config;
pub mod data;
pub mod error;
pub mod fleet;
pub mod host;
pub mod output;
pub mod probe;
pub mod programs;
pub mod redact;
pub mod rules;
pub mod store;
pub mod system;
pub mod verify;
