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
mod packaged;
mod page;
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
mod time;
mod tree;
mod wire;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use faults::{Fault, FaultRule, Faults};
pub use form::Form;
pub use server::{Running, serve};
pub use state::org_id;
pub use store::Store;

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

/// Proposes values for the parameters of a shipped template, such as `ampersand`, that fit the demo
/// org; a list's elements are separated by commas. `None` for a template that the demo org knows
/// nothing of.
pub fn proposed_parameters(template: &str) -> Option<Vec<(String, String)>> {
    const INTEGRATION: &str = "warehouse.sync@harbourlight.example.com";
    const PERSON: &str = "ampersand.integration@harbourlight.example.com";
    const MAIL: &str = "it@harbourlight.example.com";
    let values: &[(&str, &str)] = match template {
        "ampersand" => &[
            ("app_kind", "connected-app"),
            ("app", "Ampersand"),
            ("user_kind", "human"),
            ("user", PERSON),
            ("profile", "Ampersand Integration"),
            ("permission_set", "Ampersand_Access"),
            ("read", "Account,Contact,Opportunity"),
            ("write", "Campaign,Lead"),
        ],
        "ampersand-jwt" => &[("contact_email", MAIL), ("user", PERSON)],
        "appflow"
        | "marketo"
        | "entra-provisioning"
        | "okta-provisioning"
        | "defender-for-cloud-apps" => &[("user", PERSON)],
        "account-engagement" => &[("user", PERSON), ("fields", "Account.Industry,Account.Phone")],
        "chili-piper" => {
            &[("user", PERSON), ("campaigns", "true"), ("opportunities", "true"), ("cases", "true")]
        }
        "client-credentials" => &[
            ("contact_email", MAIL),
            ("callback", "https://vendor.example.com/callback"),
            ("user", INTEGRATION),
        ],
        "crewai" | "packaged-eca" => &[("app", "Ampersand_ECA")],
        "fivetran" => &[("app_kind", "local-app"), ("contact_email", MAIL), ("user", INTEGRATION)],
        "gong" => {
            &[("user", PERSON), ("activities", "true"), ("deals", "true"), ("engage", "true")]
        }
        "jwt-bearer" => &[
            ("contact_email", MAIL),
            ("callback", "https://vendor.example.com/callback"),
            ("user", PERSON),
        ],
        "zapier" => &[("contact_email", MAIL)],
        "zendesk" => &[("user", PERSON), ("ticket_view", "true")],
        _ => return None,
    };
    Some(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}
