//! What is known of orgs: `sfsetup.org-list/1`, `-display/1`, `-login/1`, `-logout/1`, and
//! `sfsetup.demo-reset/1` and `-break/1`. No document holds what signs in.

use serde::Serialize;

/// `sfsetup.org-list/1`.
#[derive(Debug, Serialize)]
pub struct Orgs {
    /// The logins.
    pub orgs: Vec<LoginRow>,
    /// Files of logins that cannot be read, and why.
    pub unreadable: Vec<String>,
}

/// A login.
#[derive(Debug, Serialize)]
pub struct LoginRow {
    /// The user's word for it.
    pub name: String,
    /// The org's id, once known.
    pub id: Option<String>,
    /// The org's address.
    pub instance_url: String,
    /// Whom it signs in, once known.
    pub username: Option<String>,
    /// What sort of thing signs in.
    pub credential: String,
}

/// `sfsetup.org-display/1`.
#[derive(Debug, Serialize)]
pub struct Displayed {
    /// What the user calls it.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its address.
    pub instance_url: String,
    /// How we came to it.
    pub source: String,
    /// Whom we are signed in as, where that is shown.
    pub username: Option<String>,
    /// The API version agreed on.
    pub api_version: String,
    /// How many requests are left today, where that is shown.
    pub requests_left: Option<i64>,
    /// Of how many a day.
    pub requests_a_day: Option<i64>,
}

/// `sfsetup.org-login/1`.
#[derive(Debug, Serialize)]
pub struct SignedIn {
    /// The login's name.
    pub name: String,
    /// The org's id.
    pub id: String,
    /// Its address.
    pub instance_url: String,
    /// Whom it signs in, where that is shown.
    pub username: Option<String>,
    /// Where its secret is: `keyring` or `file`.
    pub kept: &'static str,
    /// The login's file.
    pub file: String,
    /// The id of another org that went by this name until now.
    pub replaces: Option<String>,
}

/// `sfsetup.org-logout/1`.
#[derive(Debug, Serialize)]
pub struct SignedOut {
    /// The login's name.
    pub name: String,
    /// What became of its session at the org: `revoked`, `stays`, `none` where it has none that can
    /// be ended, `unknown` where that could not be tried.
    pub session: &'static str,
    /// Why it stays, or could not be ended.
    pub reason: Option<String>,
}

/// `sfsetup.demo-break/1`.
#[derive(Debug, Default, Serialize)]
pub struct Broken {
    /// The org that was broken, as `--org` names it; none where the stories are listed alone.
    pub org: Option<String>,
    /// When its integration stopped.
    pub stopped: Option<String>,
    /// The stories that were played, or all that there are.
    pub stories: Vec<Told>,
}

/// A story of `sfsetup.demo-break/1`.
#[derive(Debug, Serialize)]
pub struct Told {
    /// Its name.
    pub name: &'static str,
    /// What happens.
    pub happens: &'static str,
    /// Who can mend it: `package`, `by-hand`, `vendor`.
    pub mend: &'static str,
}

/// `sfsetup.demo-reset/1`.
#[derive(Debug, Default, Serialize)]
pub struct Reset {
    /// The orgs that are as new, as `--org` names them.
    pub orgs: Vec<String>,
}
