//! sfsetup: an integration vendor's set-up page as a template, checked against an org and fixed.
//!
//! A page-long map of the crate. Who may import whom runs from left to right and is kept by a test
//! (`tests/it/layers.rs`):
//!
//! `metadata <- template <- diff <- package <- plan <- org <- snapshot, journal <- apply <- diagnose
//! <- fleet, trend <- report <- results <- cli <- main`
//!
//! - [`metadata`]: what an org is made of. Documents as bytes with paths, their settings and
//!   permissions, two states held against each other, and the table of metadata types.
//! - [`template`]: what an integration's documentation asks for.
//! - [`diff`]: the two held against one another; every want ends as one finding.
//! - [`package`]: from changes to the smallest deployable files; knows metadata alone.
//! - [`plan`]: changes, files and the proof that they do what they should; saved and loaded.
//! - [`org`]: one connection to an org: sign-in, retrieve, facts, deploy; knows metadata alone.
//! - [`snapshot`]: components on disk, in folders and in zips.
//! - [`journal`]: what was deployed, where, and what was there before.
//! - [`apply`]: a plan carried out, watched, found again after a cut, and taken back.
//! - [`diagnose`]: why an integration stopped, by rules over what an org has recorded.
//! - [`fleet`]: one piece of work over many orgs, so many at a time.
//! - [`trend`]: drift over time, from looks at many orgs; pure too.
//! - [`report`]: diffs, plans and templates as text, JSON, pages and comments.
//! - [`results`]: answers of many orgs kept in a database or an object storage (feature `store`).
//! - `demo`: a make-believe org that speaks the real protocol, for trying things and for tests
//!   (feature `demo`).
//! - [`cli`]: the command line; the only part that prints, asks and advises.
//!
//! `metadata`, `template`, `diff`, `package`, `plan` and `diagnose` are pure: no clock, environment, files or
//! printing.

pub mod apply;
pub mod cli;
#[cfg(feature = "demo")]
pub mod demo;
pub mod diagnose;
pub mod diff;
pub mod fleet;
pub mod journal;
pub mod metadata;
pub mod org;
pub mod package;
pub mod plan;
pub mod report;
pub mod results;
pub mod snapshot;
pub mod template;
pub mod trend;
