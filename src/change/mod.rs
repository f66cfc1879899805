//! The only way the store changes: plan (pure), stage, generation, publish, hooks, transaction.

mod announce;
pub mod exposure;
pub mod generation;
mod held;
pub mod hooks;
mod in_place;
mod java;
pub mod loaded;
pub mod model;
pub mod moves;
pub mod others;
mod part;
mod parts;
pub mod plan;
pub mod publish;
mod record;
mod recover;
mod refuse;
mod seen;
pub mod stage;
mod steps;
mod tools;
pub mod transaction;
pub mod trust;
pub mod undo;
