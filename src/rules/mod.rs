//! See the design: filled by its own commits.

pub mod diagnosis;
