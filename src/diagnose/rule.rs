//! A rule: one thing that stops an integration, as a row of data, and what looking for it gives.

use jiff::Timestamp;

use super::evidence::Evidence;
use crate::org::recorded::{Change, Hidden, Observed, SignIn};
use crate::org::refusal::Place::{self, Fact, Setting};

/// What a user may see and do with objects and fields.
pub(super) const ACCESS: &[Place] = &[
    Setting("Profile", "objectPermissions[*].allowRead"),
    Setting("Profile", "objectPermissions[*].allowCreate"),
    Setting("Profile", "objectPermissions[*].allowEdit"),
    Setting("Profile", "objectPermissions[*].allowDelete"),
    Setting("Profile", "objectPermissions[*].viewAllFields"),
    Setting("Profile", "objectPermissions[*].viewAllRecords"),
    Setting("Profile", "objectPermissions[*].modifyAllRecords"),
    Setting("PermissionSet", "objectPermissions[*].allowRead"),
    Setting("PermissionSet", "objectPermissions[*].allowCreate"),
    Setting("PermissionSet", "objectPermissions[*].allowEdit"),
    Setting("PermissionSet", "objectPermissions[*].allowDelete"),
    Setting("PermissionSet", "objectPermissions[*].viewAllFields"),
    Setting("PermissionSet", "objectPermissions[*].viewAllRecords"),
    Setting("PermissionSet", "objectPermissions[*].modifyAllRecords"),
    Setting("Profile", "fieldPermissions[*].readable"),
    Setting("PermissionSet", "fieldPermissions[*].readable"),
    Setting("Profile", "fieldPermissions[*].editable"),
    Setting("PermissionSet", "fieldPermissions[*].editable"),
    Fact("user.object[*].read"),
    Fact("user.field[*].read"),
    Fact("user.field[*].edit"),
];

/// What is said of an app whose file was changed, where no row says what of it.
pub const APP_CHANGED: &str = "the app was changed";

/// Where changes of the set-up are written down.
pub(super) const TRAIL: &str = "SetupAuditTrail";

/// One thing that stops an integration.
#[derive(Debug)]
pub struct Rule {
    /// This program's name for it.
    pub id: &'static str,
    /// In which order rules break ties, the first first.
    pub order: u8,
    /// What it is, as the end of "it stopped because ..".
    pub cause: &'static str,
    /// What is looked at, and what tells it from others.
    pub looks_at: &'static str,
    /// Who says so: a section of `docs/salesforce.md`.
    pub source: &'static str,
    /// Whether an org records that it happened. Of what it does not, nothing is more than
    /// consistent with what is seen.
    pub is_recorded: bool,
    /// Whether it ends a refresh token: who signs in without one loses none.
    pub of_token: bool,
    /// Whether nobody signs in while it is so.
    pub blocks: bool,
    /// Whether it stops calls, and who comes signs in all the same.
    pub of_calls: bool,
    /// Whether it may be as somebody wants it: then it is told only where it explains something or
    /// began in between.
    pub is_choice: bool,
    /// The refusals that it explains, by their ids.
    pub refusals: &'static [&'static str],
    /// The refusals that may come of it, and which it explains only where it began in between.
    pub may_refuse: &'static [&'static str],
    /// The words of sign-ins that it explains, in small letters and without `Failed:`; one that ends
    /// with `*` is a beginning.
    pub statuses: &'static [&'static str],
    /// The HTTP statuses of calls that it explains.
    pub http: &'static [u16],
    /// The settings and facts in which it lies.
    pub breaks: &'static [Place],
    /// The way out.
    pub way_out: WayOut,
    /// The rules of whose finding it is but what follows.
    pub follows: &'static [&'static str],
    /// Looks for it.
    pub look: fn(&Evidence<'_>) -> Look,
}

/// The way out.
#[derive(Clone, Copy, Debug)]
pub struct WayOut {
    /// What to do in the org by hand, if anything.
    pub by_hand: Option<&'static str>,
    /// On which page of Setup, by its name in templates.
    pub page: Option<&'static str>,
    /// What to do at the vendor, if anything.
    pub at_the_vendor: Option<&'static str>,
}

/// What looking for a thing gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// It is there.
    Hit(Found),
    /// It was there, and is not any more.
    Past(Found),
    /// It is not, and this says why.
    Out(String),
    /// It could not be seen.
    Unseen(Hidden),
    /// There is nothing in the org's state that would show it: only an error does.
    Nothing,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What shows it; never empty.
    pub proofs: Vec<Proof>,
    /// Since when, and by whom.
    pub began: Option<Began>,
    /// How well it fits, where nothing is recorded.
    pub fit: Fit,
    /// Whether the org shows that it began since it worked last, though no row says so.
    pub is_proven: bool,
    /// Whether what shows it may as well show another thing, and it was not seen which.
    pub is_open: bool,
    /// What shows that it was changed again, or is not so any more.
    pub over: Option<String>,
    /// Whether no row says that it was undone: then it counts only where sign-ins failed of it. A
    /// change of which nothing is seen may be about another.
    pub is_unsure: bool,
}

/// How well something fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It may be.
    Possible,
    /// It fits what is seen.
    Likely,
    /// All that would be seen is.
    VeryLikely,
}

/// A row, or a setting, that shows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Of which object, type of metadata, or resource.
    pub of: String,
    /// Its id, where it has one.
    pub id: Option<String>,
    /// Its time.
    pub time: Option<Timestamp>,
    /// What it says.
    pub words: String,
}

/// When something began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Began {
    /// When.
    pub time: Timestamp,
    /// By whom.
    pub by: Option<String>,
    /// What was done, in the org's words.
    pub what: String,
    /// The audit trail's name for it, where a row of it says so.
    pub action: Option<String>,
}

impl Proof {
    /// A state that stands in an object or a file.
    pub fn state(of: impl Into<String>, words: impl Into<String>) -> Self {
        Self { of: of.into(), id: None, time: None, words: words.into() }
    }

    /// A row of the audit trail.
    pub fn change(change: &Change) -> Self {
        let by = change.who().map(|by| format!(", by {by}")).unwrap_or_default();
        let words = format!("{} ({}){by}", change.display, change.action);
        Self {
            of: TRAIL.to_owned(),
            id: Some(change.id.clone()).filter(|id| !id.is_empty()),
            time: Some(change.time),
            words,
        }
    }

    /// A try to sign in, and how many like it there are.
    pub fn sign_in(row: &SignIn, count: usize) -> Self {
        let times = if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
        let from = row.address.as_deref().map(|from| format!(" from {from}")).unwrap_or_default();
        Self {
            of: "LoginHistory".to_owned(),
            id: Some(row.id.clone()).filter(|id| !id.is_empty()),
            time: Some(row.time),
            words: format!("{}: {}{from}{times}", row.application, row.status),
        }
    }
}

impl Began {
    /// What nobody did, or nobody knows who.
    pub fn by_itself(time: Timestamp, what: impl Into<String>) -> Self {
        Self { time, by: None, what: what.into(), action: None }
    }

    /// With a row of the audit trail.
    pub fn of(change: &Change) -> Self {
        Self {
            time: change.time,
            by: change.who(),
            what: change.display.clone(),
            action: Some(change.action.clone()),
        }
    }
}

impl Found {
    /// A state that fits.
    pub fn state(of: impl Into<String>, words: impl Into<String>) -> Self {
        Self::of(vec![Proof::state(of, words)])
    }

    /// What these show.
    pub fn of(proofs: Vec<Proof>) -> Self {
        Self {
            proofs,
            began: None,
            fit: Fit::Likely,
            is_proven: false,
            is_open: false,
            over: None,
            is_unsure: false,
        }
    }

    /// What shows it is a change.
    pub fn change(change: &Change) -> Self {
        Self { began: Some(Began::of(change)), ..Self::of(vec![Proof::change(change)]) }
    }

    /// The same, since a change.
    pub fn since(mut self, change: Option<&Change>) -> Self {
        if let Some(change) = change {
            self.proofs.push(Proof::change(change));
            self.began = Some(Began::of(change));
        }
        self
    }

    /// The same, which is not so any more.
    pub fn over(mut self, now: impl Into<String>) -> Self {
        self.over = Some(now.into());
        self
    }

    /// The same, which fits so well.
    pub fn fit(mut self, fit: Fit) -> Self {
        self.fit = fit;
        self
    }
}

impl Look {
    /// It is not, and why.
    pub fn out(why: impl Into<String>) -> Self {
        Self::Out(why.into())
    }

    /// It is not; where a change in between made it so, it was, and `undone` may say when that ended.
    pub fn out_since(why: &str, change: Option<&Change>, undone: Option<&Change>) -> Self {
        let Some(change) = change else { return Self::out(why) };
        let mut found = Found::change(change).over(why);
        found.proofs.extend(undone.map(Proof::change));
        found.is_unsure = undone.is_none();
        Self::Past(found)
    }

    /// It could not be seen; a change that made it so was.
    pub fn unseen_but(hidden: &Hidden, change: Option<&Change>) -> Self {
        match change {
            Some(change) => Self::Hit(Found::change(change)),
            None => Self::Unseen(hidden.clone()),
        }
    }

    /// What a flag that was observed comes to.
    pub fn of(flag: &Observed<bool>, is_hit: bool, out: &str, hit: impl FnOnce() -> Found) -> Self {
        match flag {
            Observed::Seen(flag) if *flag == is_hit => Self::Hit(hit()),
            Observed::Seen(_) => Self::out(out),
            Observed::NotObserved(hidden) => Self::Unseen(hidden.clone()),
        }
    }
}

impl Rule {
    /// Says whether the words of a sign-in are its own.
    pub fn has_status(&self, status: &str) -> bool {
        self.statuses.iter().any(|own| match own.strip_suffix('*') {
            Some(start) => status.starts_with(start),
            None => *own == status,
        })
    }

    /// Says whether it explains a refusal.
    pub fn has_refusal(&self, id: &str) -> bool {
        self.refusals.contains(&id)
    }
}
