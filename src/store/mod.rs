//! What is on disk, as values: reading never stops at a broken file and never changes anything.

pub mod bundle;
pub mod conf;
pub mod foreign;
pub mod inventory;
pub mod layout;
pub mod links;
pub mod names;
pub mod nss;
pub mod policies;
pub mod provenance;
pub mod select;
pub mod walk;
