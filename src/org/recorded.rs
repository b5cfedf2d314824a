//! What an org has written down of an integration: sign-ins, grants, changes, the state of its user
//! and of its app, in few requests.
//!
//! Whose eyes look comes first: what the caller may not see is *not observed*, with the right that
//! would show it, and an empty list is believed only of who would be shown its rows (S 13.1).

mod app;
mod calls;
mod grants;
mod known;
mod rights;
mod sign_ins;
mod trail;
mod user;

use std::cell::RefCell;
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::refusal::{REQUESTS_USED_UP, Refusal};
use super::{Org, OrgError, Requests};
use crate::metadata::fact::FactAnswer;
use crate::metadata::unseen::UnseenKind;
use crate::metadata::value::Value;

pub use app::{AppKind, AppState, Blocked, IpRelaxation, RefreshPolicy};
pub use calls::{Calls, Kind as CallKind};
pub use grants::Grant;
pub use known::Known;
pub use sign_ins::{SUCCESS, SignIn, SignIns};
pub use trail::{Change, Trail};
pub use user::{Assignment, Locks, UserState};

/// Something that was looked at, or could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed<T> {
    /// The org shows it.
    Seen(T),
    /// It does not.
    NotObserved(Hidden),
}

/// Why something was not observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// Why, in words without an end.
    pub reason: String,
    /// The right that would show it, where a right would.
    pub right: Option<&'static str>,
}

impl Hidden {
    /// For a reason that no right mends.
    pub fn unread(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), right: None }
    }
}

impl<T> Observed<T> {
    /// Not observed, for want of a right.
    pub fn hidden(reason: impl Into<String>, right: &'static str) -> Self {
        Self::NotObserved(Hidden { reason: reason.into(), right: Some(right) })
    }

    /// Not observed, for a reason that no right mends.
    pub fn unread(reason: impl Into<String>) -> Self {
        Self::NotObserved(Hidden::unread(reason))
    }

    /// What an answer of the org comes to: where it refuses this one question for want of a right,
    /// that would show it.
    ///
    /// # Errors
    /// The org cannot be asked at all.
    fn answer(answer: Result<T, OrgError>, right: &'static str) -> Result<Self, OrgError> {
        match answer {
            Ok(seen) => Ok(Self::Seen(seen)),
            Err(error) if error.is_about_rights() => Ok(Self::hidden(in_short(&error), right)),
            Err(error) if error.is_about_one_question() => Ok(Self::unread(in_short(&error))),
            Err(error) => Err(error),
        }
    }

    /// What is made of what was seen.
    fn and_then<U>(self, make: impl FnOnce(T) -> Observed<U>) -> Observed<U> {
        match self {
            Self::Seen(seen) => make(seen),
            Self::NotObserved(hidden) => Observed::NotObserved(hidden),
        }
    }

    /// Returns what was seen.
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::NotObserved(_) => None,
        }
    }

    /// What was seen, to be kept.
    fn into_seen(self) -> Option<T> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::NotObserved(_) => None,
        }
    }

    /// Returns why nothing was.
    pub fn why_not(&self) -> Option<&Hidden> {
        match self {
            Self::Seen(_) => None,
            Self::NotObserved(hidden) => Some(hidden),
        }
    }
}

impl Observed<bool> {
    /// Says whether it was seen to be so.
    pub fn is_so(&self) -> bool {
        self.seen() == Some(&true)
    }

    /// Says whether it was seen not to be so.
    pub fn is_not_so(&self) -> bool {
        self.seen() == Some(&false)
    }

    /// Reads a flag out of the answer to a fact.
    fn of(answer: FactAnswer, right: &'static str) -> Self {
        match answer {
            FactAnswer::Known(Value::Bool(flag)) => Self::Seen(flag),
            FactAnswer::Known(_) => Self::unread("the org gives no yes or no"),
            FactAnswer::NotObserved(why) if why.kind == UnseenKind::NoRight => {
                Self::hidden(why.words, right)
            }
            FactAnswer::NotObserved(why) => Self::unread(why.words),
        }
    }
}

/// Of what and whom an org is asked, and how far back.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The app, by its API name or its label.
    pub app: String,
    /// The user, by their user name.
    pub user: String,
    /// From when on.
    pub since: Timestamp,
    /// The object, or the field `Object.Field`, of which it is asked whether the user may read it.
    pub read: Option<String>,
}

/// What an org has written down.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The names by which rows know the app.
    pub app_names: Vec<String>,
    /// Whether it is a sandbox.
    pub is_sandbox: Observed<bool>,
    /// Whether its edition has the API.
    pub has_api: Observed<bool>,
    /// How many of the day's API requests are left.
    pub requests: Observed<Requests>,
    /// The user.
    pub user: Observed<UserState>,
    /// Whether there is no such user, as who would be shown them sees.
    pub is_no_user: bool,
    /// Whether the user is frozen or locked out.
    pub locks: Observed<Locks>,
    /// Whether the user's password has expired.
    pub is_password_expired: Observed<bool>,
    /// Whether the user has API Enabled, from wherever.
    pub has_api_enabled: Observed<bool>,
    /// What it was asked whether the user may read, and whether they are given that.
    pub may_read: Option<(String, Observed<bool>)>,
    /// The user's assignments of permission sets and groups.
    pub assignments: Observed<Vec<Assignment>>,
    /// Whether the app is there.
    pub is_installed: Observed<bool>,
    /// Whether the user is let into the app beforehand.
    pub is_let_in: Observed<bool>,
    /// The app's policies.
    pub app: Observed<AppState>,
    /// The row by which the app is blocked; none where it is not.
    pub blocked: Observed<Option<Blocked>>,
    /// Whether API Access Control is on.
    pub api_access_control: Observed<bool>,
    /// Whether the user may use any app in spite of it.
    pub uses_any_app: Observed<bool>,
    /// Whether the org refuses the flow by user name and password.
    pub is_password_flow_blocked: Observed<bool>,
    /// The addresses from which the user's profile lets in; none are all.
    pub ranges: Observed<Vec<String>>,
    /// The hours in which it lets in; none are all.
    pub hours: Observed<Vec<String>>,
    /// The org's time zone, by which these count; asked for where there are some.
    pub zone: Observed<TimeZone>,
    /// Sign-ins.
    pub sign_ins: Observed<SignIns>,
    /// Grants of the app to the user.
    pub grants: Observed<Vec<Grant>>,
    /// Changes of the set-up.
    pub trail: Observed<Trail>,
    /// Calls of the API, of the last day that has a file.
    pub calls: Observed<Calls>,
    /// Where nothing of the app by this user is recorded: which apps and users are.
    pub known: Option<Known>,
    /// Where the org answers nobody's questions: what it says instead.
    pub refused: Option<Refused>,
}

/// What an org says to whoever asks it anything: nothing of what it has recorded is seen then, and
/// this alone.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The refusal.
    pub refusal: &'static Refusal,
    /// In the org's own words, with its code.
    pub said: String,
    /// Whether it answered nothing at all. One that stops answering half way may have come to that
    /// by our own questions: it is no proof of what was so before.
    pub is_from_the_first: bool,
}

impl Refused {
    /// What an org says that answers nobody, by its code and words; none where it says so of this
    /// question alone, or is merely busy and answers again.
    pub fn of(code: &str, said: &str, is_from_the_first: bool) -> Option<Self> {
        const CODES: &[&str] =
            &["ORG_IN_MAINTENANCE", "ORG_LOCKED", "REQUEST_LIMIT_EXCEEDED", "inactive_org"];
        let refusal = CODES.contains(&code).then(|| Refusal::find(code, said)).flatten()?;
        let is_whole = matches!(refusal.id, REQUESTS_USED_UP | "maintenance" | "inactive-org");
        is_whole.then(|| Self { refusal, said: said.to_owned(), is_from_the_first })
    }

    /// Says whether this is why something was not observed.
    pub fn is_why(&self, hidden: &Hidden) -> bool {
        hidden.reason == NO_QUESTION
            || self.said.ends_with(&format!("({})", hidden.reason.trim_start_matches(ANSWERS)))
    }

    /// The same of a failure in the midst of questions.
    fn half_way(error: &OrgError) -> Option<Self> {
        let code = error.code.as_deref()?;
        Self::of(code, &format!("{} ({code})", error.message), false)
    }
}

/// Whether an org has stopped to answer, while it was asked.
#[derive(Default)]
struct Cut(RefCell<Option<Refused>>);

impl Cut {
    /// What was read, or that it was not for want of an answer that can be read: one odd answer hides
    /// no others.
    fn read<T>(&self, read: Result<Observed<T>, OrgError>) -> Result<Observed<T>, OrgError> {
        use super::OrgErrorKind as Kind;
        match read {
            Err(error) => {
                let refused = Refused::half_way(&error);
                let is_odd = matches!(
                    error.kind,
                    Kind::Unavailable
                        | Kind::Limit
                        | Kind::Damaged
                        | Kind::Hostile
                        | Kind::Unexpected
                        | Kind::TimedOut
                );
                if refused.is_none() && !is_odd {
                    return Err(error);
                }
                self.0.replace_with(|known| known.take().or(refused));
                Ok(Observed::unread(in_short(&error)))
            }
            read => read,
        }
    }
}

impl Recorded {
    /// What is seen of an org that answers nobody's questions: what it says instead.
    pub fn of_refusal(app: Option<&str>, refused: Refused) -> Self {
        fn unread<T>() -> Observed<T> {
            Observed::unread(NO_QUESTION)
        }
        Self {
            app_names: app.into_iter().map(str::to_owned).collect(),
            is_sandbox: unread(),
            has_api: unread(),
            requests: unread(),
            user: unread(),
            is_no_user: false,
            locks: unread(),
            is_password_expired: unread(),
            has_api_enabled: unread(),
            may_read: None,
            assignments: unread(),
            is_installed: unread(),
            is_let_in: unread(),
            app: unread(),
            blocked: unread(),
            api_access_control: unread(),
            uses_any_app: unread(),
            is_password_flow_blocked: unread(),
            ranges: unread(),
            hours: unread(),
            zone: unread(),
            sign_ins: unread(),
            grants: unread(),
            trail: unread(),
            calls: unread(),
            known: None,
            refused: Some(refused),
        }
    }

    /// The same, with the sign-ins of one address alone.
    pub fn of_address(&self, address: &str) -> Self {
        let mut one = self.clone();
        if let Observed::Seen(all) = &mut one.sign_ins {
            all.rows.retain(|row| row.address.as_deref() == Some(address));
        }
        one
    }

    /// Says whether nothing that the org has recorded knows the app by its name.
    pub fn knows_no_such_app(&self) -> bool {
        let speaks = |change: &Change| {
            let text = change.display.to_lowercase();
            self.app_names.iter().any(|name| text.contains(&name.to_lowercase()))
        };
        self.is_installed.is_not_so()
            && self.known.as_ref().is_some_and(|known| !known.has_app(&self.app_names))
            && self.trail.seen().is_some_and(|trail| !trail.rows.iter().any(speaks))
    }

    /// The others who were seen with the app, where this user was seen never to have used it.
    pub fn other_users(&self) -> Vec<String> {
        let known = self.known.as_ref();
        known.map(|known| known.users_of(&self.app_names)).unwrap_or_default()
    }
}

/// Says whether the user was seen neither to have tried to sign in by the app, nor to have a grant.
fn is_unused(
    sign_ins: &Observed<SignIns>,
    grants: &Observed<Vec<Grant>>,
    names: &[String],
) -> bool {
    sign_ins.seen().is_some_and(|all| !all.has_named(names))
        && grants.seen().is_some_and(Vec::is_empty)
}

impl Org {
    /// Reads what the org has written down of an app and a user.
    ///
    /// # Errors
    /// The org cannot be asked at all. What it merely does not show is an answer.
    pub async fn recorded(&self, asked: &Asked) -> Result<Recorded, OrgError> {
        self.begin(&format!("reading what {} has recorded", self.identity().name));
        let read = self.read_recorded(asked).await;
        self.end();
        match read {
            Err(error) => match Refused::half_way(&error) {
                Some(refused) => Ok(Recorded::of_refusal(Some(&asked.app), refused)),
                None => Err(error),
            },
            read => read,
        }
    }

    async fn read_recorded(&self, asked: &Asked) -> Result<Recorded, OrgError> {
        let cut = Cut::default();
        let rights = match cut.read(rights::Rights::read(self, asked).await.map(Observed::Seen))? {
            Observed::Seen(rights) => rights,
            Observed::NotObserved(hidden) => rights::Rights::unread(&hidden.reason),
        };
        let user = cut.read(user::read(self, asked, &rights).await)?;
        let is_no_user = user == Observed::Seen(None);
        let user = user.and_then(|user| match user {
            Some(user) => Observed::Seen(user),
            None => Observed::unread(format!("there is no user `{}` in this org", asked.user)),
        });
        let id = user.seen().map(|user| user.id.clone());
        let id = id.as_deref();
        let app = app::read(self, asked, user.seen().and_then(|user| user.profile.as_deref()));
        let app = match cut.read(app.await.map(Observed::Seen))? {
            Observed::Seen(app) => app,
            Observed::NotObserved(hidden) => app::unread(&hidden),
        };
        let names = app.names(&asked.app);
        let has_hours = app.hours.seen().is_some_and(|hours| !hours.is_empty());
        let (locks, password, assignments, requests, sign_ins, grants, calls, zone) = futures::join!(
            user::locks(self, id, &rights),
            user::password(self, id),
            user::assignments(self, id, &rights),
            async { Observed::answer(self.requests_of(&names).await, rights::VIEW_SETUP) },
            sign_ins::read(self, id, &names, asked.since, &rights),
            grants::read(self, id, &names, &app, &rights),
            calls::read(self, id, &names, &rights),
            self.zone(has_hours),
        );
        let (locks, is_password_expired) = (cut.read(locks)?, cut.read(password)?);
        let (assignments, requests) = (cut.read(assignments)?, cut.read(requests)?);
        let (sign_ins, grants) = (cut.read(sign_ins)?, cut.read(grants)?);
        let (calls, zone) = (cut.read(calls)?, cut.read(zone)?);
        let last_good = sign_ins.seen().and_then(|all| all.last_success(&names));
        let from = last_good.map_or(asked.since, |last| last.min(asked.since));
        let first_bad = sign_ins.seen().and_then(|all| all.first_failure(&names));
        let trail = cut.read(trail::read(self, from, first_bad, &rights).await)?;
        let is_unused = id.is_none() || is_unused(&sign_ins, &grants, &names);
        let known = match is_unused {
            true => cut.read(self.known_apps().await.map(Observed::Seen))?.into_seen(),
            false => None,
        };
        let app::Looked { state, blocked, password_flow, ranges, hours } = app;
        Ok(Recorded {
            app_names: names,
            is_sandbox: rights.is_sandbox,
            has_api: rights.has_api,
            requests,
            user,
            is_no_user,
            locks,
            is_password_expired,
            has_api_enabled: rights.has_api_enabled,
            may_read: rights.may_read,
            assignments,
            is_installed: rights.is_installed,
            is_let_in: rights.is_let_in,
            app: state,
            blocked,
            api_access_control: rights.api_access_control,
            uses_any_app: rights.uses_any_app,
            is_password_flow_blocked: password_flow,
            ranges,
            hours,
            zone,
            sign_ins,
            grants,
            trail,
            calls,
            known,
            refused: cut.0.into_inner(),
        })
    }
}

impl Org {
    /// Asks for the org's time zone, where it matters.
    async fn zone(&self, matters: bool) -> Result<Observed<TimeZone>, OrgError> {
        if !matters {
            return Ok(Observed::unread("nothing depends on it"));
        }
        let rows = self.wire.query("SELECT TimeZoneSidKey FROM Organization").await;
        Ok(Observed::answer(rows, rights::VIEW_SETUP)?.and_then(|rows| {
            let name = rows.first().and_then(|row| row["TimeZoneSidKey"].as_str());
            match name.map(TimeZone::get) {
                Some(Ok(zone)) => Observed::Seen(zone),
                Some(Err(_)) => Observed::unread("this machine does not know the org's time zone"),
                None => Observed::hidden("the org does not say it", rights::VIEW_SETUP),
            }
        }))
    }
}

/// Of an org that answers none.
const NO_QUESTION: &str = "the org answers no question";

/// What stands before what an org said.
const ANSWERS: &str = "the org answers ";

/// What an org said in place of rows: its code, since its words repeat the query.
fn in_short(error: &OrgError) -> String {
    match &error.code {
        Some(code) => format!("{ANSWERS}{code}"),
        None => error.message.clone(),
    }
}

/// Asks, and where the org does not show a field of it asks without that.
async fn without_field(org: &Org, whole: &str, without: &str) -> Result<Vec<Json>, OrgError> {
    match org.wire.query(whole).await {
        Err(error) if error.code.as_deref() == Some("INVALID_FIELD") => {
            org.wire.query(without).await
        }
        rows => rows,
    }
}

/// Adds rows of another answer that are not there yet, by their ids; one without an id is another.
fn add_new<T>(rows: &mut Vec<T>, more: Vec<T>, id: fn(&T) -> &str) {
    let known: BTreeSet<String> = rows.iter().map(|row| id(row).to_owned()).collect();
    let is_new = |row: &T| id(row).is_empty() || !known.contains(id(row));
    rows.extend(more.into_iter().filter(is_new));
}

/// A time as SOQL writes it.
fn soql_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Says whether a text may stand in an address as it is.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Says whether two names are one: rows have labels where API names stand elsewhere, of which a space
/// is a `_`.
fn is_same_name(one: &str, other: &str) -> bool {
    one.replace('_', " ").eq_ignore_ascii_case(&other.replace('_', " "))
}

/// Says whether two ids name one row: one of them may lack the suffix of three.
fn is_same_id(one: &str, other: &str) -> bool {
    one.len() >= 15
        && other.len() >= 15
        && one.is_char_boundary(15)
        && other.is_char_boundary(15)
        && one[..15] == other[..15]
}
