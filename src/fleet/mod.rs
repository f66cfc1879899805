//! The desired state of a host (`apply`, `export`), and reports of many hosts (`report`, `compare`). Pure: reads no file and no
//! clock.

pub mod compare;
pub mod desired;
pub mod differences;
pub mod export;
pub mod hosts;
pub mod reading;
pub mod report;
