//! Tests that need whole certificates.

mod armour;
mod certificate;
mod document;
mod extensions;
mod judge;
mod openssl;
mod pkcs7;
pub(crate) mod sample;
