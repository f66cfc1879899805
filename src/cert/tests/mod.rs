//! Tests that need whole certificates.

mod armour;
mod certificate;
mod document;
mod extensions;
mod joined;
mod judge;
mod kind;
pub(crate) mod openssl;
mod pkcs7;
pub(crate) mod sample;
mod self_signed;
