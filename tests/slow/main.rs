//! The slow layers: real distributions, faults, public suites, the package; one module for each (`make test`).

mod arm64;
mod audit_distros;
mod batch;
mod conformance;
mod conformance_badinput;
mod consumers;
mod diagnose_distros;
mod distros;
mod faults;
mod fleet;
#[path = "../pem/mod.rs"]
mod odd_pem;
mod package;
mod parts;
mod pem;
mod promises;
#[path = "../random_chains/mod.rs"]
mod random_chains;
mod reach;
mod readers;
mod refresh_tool;
mod sid;
mod store_size;
mod writers;
