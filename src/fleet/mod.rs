//! Many hosts: the desired state of one (`apply`, `export`). Pure: reads no file and no clock.

pub mod compare;
pub mod desired;
pub mod export;
