//! What is on disk, as values: reading never stops at a broken file and never changes anything.

pub mod layout;
