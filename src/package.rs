//! What is sent to an org and what comes back from it as an archive.

pub mod archive;
