//! The fast layer: what runs in under a minute without distribution roots (`make test-fast`).

mod architecture;
mod attacks;
mod audit;
mod certificates;
mod chains;
mod check;
mod daily;
mod diagnose;
mod environment;
mod exposure;
mod fleet;
mod hardening;
mod human;
mod manual;
#[path = "../pem/mod.rs"]
mod odd_pem;
mod paths;
mod pem;
#[path = "../random_chains/mod.rs"]
mod random_chains;
mod reach;
mod refusals;
mod statuses;
mod store;
mod store_links;
mod store_part;
mod store_trust;
mod store_undo;
mod stores;
mod terminal;
mod tls;
mod verdicts;
mod verify;
