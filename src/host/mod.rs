//! See the design: filled by its own commits.
