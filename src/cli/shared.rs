//! What commands share: which org, what is wanted of it, which part, and the road from plan to org.

pub(super) mod answer;
pub(super) mod arguments;
pub(super) mod baseline;
pub(super) mod clock;
pub(super) mod config;
pub(super) mod connect;
#[cfg(feature = "demo")]
pub(super) mod demo_org;
pub(super) mod edits;
pub(super) mod error;
pub(super) mod fail_on;
pub(super) mod fleet;
pub(super) mod format;
pub(super) mod goal;
pub(super) mod journal;
pub(super) mod known_orgs;
pub(super) mod last_words;
pub(super) mod library;
pub(super) mod load;
pub(super) mod plans;
pub(super) mod questions;
pub(super) mod refusal;
pub(super) mod road;
pub(super) mod rollout;
pub(super) mod saved;
pub(super) mod selection;
pub(super) mod shown;
mod system;
pub(super) mod ui;
pub(super) mod variables;
pub(super) mod vouched;
pub(super) mod waivers;
pub(super) mod wanted;
pub(super) mod way_in;
pub(super) mod way_out;
