//! Facts about programs, by version: tables that everybody asks. Pure.

pub mod hellos;
pub mod messages;
pub mod no_proxy;
