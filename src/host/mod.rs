//! Facts about the machine as values: releases, packages, TLS libraries, Java, users, and what other
//! programs' configuration says about trust. Everything is read through a root; nothing is run.

pub mod apt;
pub mod budget;
pub mod consumers;
pub mod copies;
pub mod dpkg;
pub mod format;
pub mod identity;
pub mod installed;
pub mod keystore;
pub mod loader;
pub mod names;
pub mod openssl;
pub mod places;
pub mod processes;
pub mod projects;
pub mod reach;
pub mod release;
pub mod sources;
pub mod spoken;
pub mod tree;
pub mod users;
