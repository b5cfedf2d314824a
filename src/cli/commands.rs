//! One file a command; none knows another.

pub(super) mod config;
#[cfg(feature = "demo")]
pub(super) mod demo;
pub(super) mod deploy;
pub(super) mod diff;
pub(super) mod doctor;
pub(super) mod explain;
pub(super) mod git_diff;
pub(super) mod init;
pub(super) mod merge;
pub(super) mod org;
pub(super) mod package;
pub(super) mod plan;
pub(super) mod rollback;
pub(super) mod snapshot;
pub(super) mod template;
pub(super) mod trend;
pub(super) mod waive;
pub(super) mod why;
