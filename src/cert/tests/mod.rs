//! Tests that need whole certificates.

mod certificate;
mod document;
mod judge;
mod openssl;
mod pkcs7;
mod sample;
