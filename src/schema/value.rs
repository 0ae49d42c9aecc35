//! Values of one shape each: text → typed value, or a finding.

pub(crate) mod address;
pub(crate) mod byte_size;
pub(crate) mod duration;
pub(crate) mod header;
pub(crate) mod json_path;
pub(crate) mod pem;
pub(crate) mod status_codes;

pub use address::is_region;
pub use duration::{parse_duration, show_duration};
pub use json_path::JsonPath;
pub use status_codes::Expected;
