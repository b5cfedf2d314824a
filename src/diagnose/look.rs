//! What rules look for: small functions over the evidence, one for each thing.

pub(super) mod app;
pub(super) mod change;
pub(super) mod org;
pub(super) mod token;
pub(super) mod user;

use super::evidence::Evidence;
use super::rule::Look;

/// Of what only an error shows.
pub(super) fn nothing(_: &Evidence<'_>) -> Look {
    Look::Nothing
}
