//! The one integration test binary.

mod org;
