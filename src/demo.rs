//! A make-believe org that speaks Salesforce's protocol over loopback HTTP, so that every command
//! can be tried and every failure tested.
//!
//! It holds the metadata and records of an invented company (`seed`) and does with them what
//! Salesforce is documented and seen to do (`retrieve`, `deploy`, `query`); what no source says is
//! marked at its place. The wire is thin: `route` finds whose a request is, `soap`, `rest` and
//! `oauth` turn it into a call on a value (`state`, which is made of `job`, `grant` and `catalog`),
//! and `server` alone knows sockets. It is a witness: it shares neither the reader nor the table of
//! types with what it is to judge.

mod assign;
mod audit;
mod catalog;
mod crud;
mod deploy;
mod eventlog;
mod faults;
mod form;
mod grant;
mod history;
mod id;
mod job;
mod licence;
mod name;
mod needs;
mod oauth;
mod objects;
mod orgs;
mod packaged;
mod page;
mod permissioned;
mod preauth;
mod query;
mod records;
mod refusal;
mod rest;
mod retrieve;
mod route;
mod schema;
mod seed;
mod server;
mod sight;
mod signins;
mod soap;
mod soql;
mod state;
mod store;
mod story;
mod time;
mod tree;
mod wire;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use faults::{Fault, FaultRule, Faults};
pub use form::Form;
pub use orgs::Orgs;
pub use server::{Running, serve};
pub use state::{org_id, org_ids};
pub use store::Store;
pub use story::{Mend, Story};

/// Why the demo org cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder of its state cannot be read or written.
    #[error("cannot use the demo org's folder `{}`", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        #[source]
        error: std::io::Error,
    },
    /// The folder holds something else, or half of it.
    #[error("the demo org's state in `{}` is damaged: {reason}", folder.display())]
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Too few files may be open at once to serve it.
    #[error("the demo org needs {} open files at once", server::FILES)]
    Files {
        /// What the system says.
        #[source]
        error: std::io::Error,
    },
    /// The port is taken or not allowed.
    #[error("cannot listen on {address}")]
    Port {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        error: std::io::Error,
    },
}

impl DemoError {
    fn folder(folder: &Path, error: std::io::Error) -> Self {
        Self::Folder { folder: folder.to_owned(), error }
    }
}
