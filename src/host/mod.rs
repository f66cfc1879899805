//! Facts about the machine as values, read through a root; nothing is run.

pub mod openssl;
