//! `LoginHistory`: every try of a known user (S 13.2). Rows can be chosen by user and time and
//! little else, so that what of them is the app's is told here.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::rights::{HISTORY, Rights};
use super::{Observed, add_new, is_same_id, soql_time, without_field};
use crate::metadata::lasting::org_time;
use crate::org::http::soql_text;
use crate::org::{Org, OrgError};

/// What the row of a sign-in says that worked.
pub const SUCCESS: &str = "Success";
/// So many rows of the time that is asked for are read, the newest first.
const MOST: usize = 2000;

/// So often at most, where none of them worked.
const PAGES: usize = 5;
/// So many older ones are looked through for one that worked.
const OLDER: usize = 500;

/// A silence of this length may be a weekend: older sign-ins tell.
const LONG: SignedDuration = SignedDuration::from_hours(20);

/// What is said of a user, whatever asks for them.
const OF_THE_USER: [&str; 3] = ["user is frozen", "user is inactive", "password lockout"];

/// The flows in which a person sits at a browser, as `LoginSubType` calls them (S 13.2): they say
/// nothing of whether an integration gets in by itself.
const ATTENDED: [&str; 6] = [
    "OauthHybridUserAgent",
    "OauthHybridWebServer",
    "OauthOtpLogin",
    "OauthUserAgent",
    "OauthUserAgentIdToken",
    "OauthWebServer",
];

/// One try to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The row's id.
    pub id: String,
    /// When.
    pub time: Timestamp,
    /// The kind, as the org writes it: its label.
    pub kind: String,
    /// The flow, where the org says it.
    pub flow: Option<String>,
    /// The app, by its label.
    pub application: String,
    /// How it went, in the org's words.
    pub status: String,
    /// From which address.
    pub address: Option<String>,
}

/// The tries of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignIns {
    /// The newest first.
    pub rows: Vec<SignIn>,
    /// Whether there are older ones in the time that was asked for, which were not read.
    pub is_cut: bool,
}

impl SignIn {
    /// Says whether it worked.
    pub fn is_good(&self) -> bool {
        self.status.trim().eq_ignore_ascii_case(SUCCESS)
    }

    /// Says whether a person signed in, at a browser.
    pub fn is_attended(&self) -> bool {
        self.flow.as_deref().is_some_and(|flow| ATTENDED.contains(&flow))
    }

    /// Says whether it is the app's by its label.
    fn is_named(&self, names: &[String]) -> bool {
        names.iter().any(|name| name.eq_ignore_ascii_case(&self.application))
    }

    /// Says whether the org did not know which app asked: a wrong client id is no app's.
    fn is_nameless(&self) -> bool {
        let is_unknown = matches!(self.application.as_str(), "" | "N/A");
        is_unknown && !self.is_good() && self.is_by_oauth()
    }

    /// Says whether the user is kept out whoever asks.
    fn is_of_the_user(&self) -> bool {
        let status = self.status.to_lowercase();
        OF_THE_USER.iter().any(|words| status.ends_with(words))
    }

    /// Says whether another app signed the user in.
    fn is_of_another(&self, names: &[String]) -> bool {
        self.is_good() && self.is_by_oauth() && !self.is_named(names)
    }

    fn is_by_oauth(&self) -> bool {
        self.kind.starts_with("Remote Access")
    }
}

impl SignIns {
    /// Returns the app's tries, the newest first: those that bear its name, and of those that bear
    /// none what may be its own. One that comes from where another app of the user's does, and this
    /// one never, is the other's.
    pub fn of(&self, names: &[String]) -> Vec<&SignIn> {
        let own = self.addresses(|row| row.is_named(names));
        let others = self.addresses(|row| row.is_of_another(names));
        let is_anothers = |row: &SignIn| {
            row.address.as_deref().is_some_and(|at| !own.contains(at) && others.contains(at))
        };
        let is_it = |row: &&SignIn| {
            row.is_named(names) || row.is_of_the_user() || row.is_nameless() && !is_anothers(row)
        };
        self.rows.iter().filter(is_it).collect()
    }

    /// Says whether a try bears the app's name.
    pub fn has_named(&self, names: &[String]) -> bool {
        self.rows.iter().any(|row| row.is_named(names))
    }

    /// Returns an app of the user's of which tries that bear no name may be as well as this one's:
    /// nothing tells them apart.
    pub fn mistakable_for(&self, names: &[String]) -> Option<&str> {
        let own = self.addresses(|row| row.is_named(names));
        let mut nameless = self.of(names).into_iter().filter(|row| row.is_nameless());
        let is_open = |row: &SignIn| row.address.as_deref().is_none_or(|at| !own.contains(at));
        let is_shared = |row: &SignIn| {
            let at = row.address.as_deref();
            at.is_some_and(|at| self.addresses(|one| one.is_of_another(names)).contains(at))
        };
        nameless.find(|row| is_open(row) || is_shared(row))?;
        let another = self.rows.iter().find(|row| row.is_of_another(names))?;
        Some(&another.application)
    }

    fn addresses(&self, of: impl Fn(&SignIn) -> bool) -> BTreeSet<&str> {
        self.rows.iter().filter(|row| of(row)).filter_map(|row| row.address.as_deref()).collect()
    }

    /// Returns the app's that worked, the newest first: those that came by themselves, and where
    /// there are none those of a person.
    pub fn worked(&self, names: &[String]) -> Vec<&SignIn> {
        let good = || self.of(names).into_iter().filter(|row| row.is_good());
        let by_itself: Vec<&SignIn> = good().filter(|row| !row.is_attended()).collect();
        if by_itself.is_empty() { good().collect() } else { by_itself }
    }

    /// Returns when the last one worked that is the app's.
    pub fn last_success(&self, names: &[String]) -> Option<Timestamp> {
        self.worked(names).first().map(|row| row.time)
    }

    /// Returns when the first one failed after that, or ever.
    pub fn first_failure(&self, names: &[String]) -> Option<Timestamp> {
        let last = self.last_success(names);
        let failed = self.of(names).into_iter().filter(|row| !row.is_good());
        failed.map(|row| row.time).filter(|time| last.is_none_or(|last| *time > last)).min()
    }

    fn has_come_by_itself(&self, names: &[String]) -> bool {
        self.worked(names).first().is_some_and(|row| !row.is_attended())
    }
}

/// Reads the tries of a user since a time; where none of the app's worked in it, older ones too.
pub(super) async fn read(
    org: &Org,
    user: Option<&str>,
    names: &[String],
    since: Timestamp,
    rights: &Rights,
) -> Result<Observed<SignIns>, OrgError> {
    let Some(user) = user else {
        return Ok(Observed::unread("the user is not there, or is not shown"));
    };
    let newest = rows(org, user, &format!(">= {}", soql_time(since)), MOST).await;
    let mut all = match Observed::answer(newest, HISTORY)? {
        Observed::Seen(all) => all,
        Observed::NotObserved(hidden) => return Ok(Observed::NotObserved(hidden)),
    };
    // Who tries again and again, or another app of the user's, fills all that is read at once: when
    // it worked last is asked for by itself.
    if all.is_cut && !all.has_come_by_itself(names) {
        match last_of(org, user, since, names).await {
            Ok(Some(last)) => return around(org, user, since, last, all).await.map(Observed::Seen),
            Ok(None) => {}
            // Whether times may be counted so is UNVERIFIED.
            Err(error) if error.is_about_one_question() => {}
            Err(error) => return Err(error),
        }
    }
    for _ in 1..PAGES {
        let oldest = all.rows.last().map(|row| row.time);
        let Some(oldest) = oldest.filter(|_| all.is_cut && !all.has_come_by_itself(names)) else {
            break;
        };
        // Others may have come in the same second.
        let when = format!(">= {} AND LoginTime <= {}", soql_time(since), soql_time(oldest));
        match rows(org, user, &when, MOST).await {
            Ok(more) => {
                all.is_cut = more.is_cut;
                add_new(&mut all.rows, more.rows, |row| &row.id);
            }
            Err(error) if error.is_about_one_question() => break,
            Err(error) => return Err(error),
        }
    }
    // Others see their own rows alone, and are not told so.
    let is_own = rights.caller_id.as_deref().is_some_and(|caller| is_same_id(caller, user));
    let is_shown = is_own || rights.has(&["ManageUsers", "MonitorLoginHistory"]);
    if !is_shown && all.rows.is_empty() {
        return Ok(Observed::hidden(
            "the org shows no row, and who lacks the right is shown none of others",
            HISTORY,
        ));
    }
    // How often it comes shows only over more than one silence.
    let is_silent = || all.last_success(names).is_some_and(|last| is_long(org, last));
    if !all.is_cut && (!all.has_come_by_itself(names) || is_silent()) {
        match rows(org, user, &format!("< {}", soql_time(since)), OLDER).await {
            Ok(older) => {
                // Of how often it comes not all need be read.
                all.is_cut |= older.is_cut && !all.has_come_by_itself(names);
                all.rows.extend(older.rows);
            }
            Err(error) if error.is_about_one_question() => all.is_cut = true,
            Err(error) => return Err(error),
        }
    }
    Ok(Observed::Seen(all))
}

/// When the app signed in last, by counts.
async fn last_of(
    org: &Org,
    user: &str,
    since: Timestamp,
    names: &[String],
) -> Result<Option<Timestamp>, OrgError> {
    let soql = format!(
        "SELECT Application, Status, MAX(LoginTime) newest FROM LoginHistory WHERE UserId = {} AND \
         LoginTime >= {} GROUP BY Application, Status",
        soql_text(user),
        soql_time(since)
    );
    let rows = org.wire.query(&soql).await?;
    let of_row = |row: &Json| {
        let is_its = names.iter().any(|name| {
            row["Application"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name))
        });
        let is_good = row["Status"]
            .as_str()
            .is_some_and(|status| status.trim().eq_ignore_ascii_case(SUCCESS));
        (is_its && is_good).then(|| row["newest"].as_str().and_then(org_time)).flatten()
    };
    Ok(rows.iter().filter_map(of_row).max())
}

/// The rows around the last sign-in that worked: those before it, and the first after it, with the
/// newest of all.
async fn around(
    org: &Org,
    user: &str,
    since: Timestamp,
    last: Timestamp,
    newest: SignIns,
) -> Result<SignIns, OrgError> {
    let before = rows(org, user, &format!("<= {}", soql_time(last)), OLDER).await?;
    let after = format!(">= {} AND LoginTime > {}", soql_time(since), soql_time(last));
    let after = in_order(org, user, &after, OLDER, "ASC").await?;
    let mut rows = newest.rows;
    add_new(&mut rows, after.rows, |row| &row.id);
    add_new(&mut rows, before.rows, |row| &row.id);
    rows.sort_by_key(|row| std::cmp::Reverse(row.time));
    // Between the first that failed and the newest there are others; of these nothing depends.
    Ok(SignIns { rows, is_cut: false })
}

/// Says whether a time is so long ago that a silence since then is one of days.
fn is_long(org: &Org, last: Timestamp) -> bool {
    org.now().is_some_and(|now| now.duration_since(last) > LONG)
}

/// The newest rows of a time.
async fn rows(org: &Org, user: &str, when: &str, most: usize) -> Result<SignIns, OrgError> {
    in_order(org, user, when, most, "DESC").await
}

async fn in_order(
    org: &Org,
    user: &str,
    when: &str,
    most: usize,
    order: &str,
) -> Result<SignIns, OrgError> {
    let soql = |flow: &str| {
        format!(
            "SELECT Id, LoginTime, LoginType{flow}, Application, Status, SourceIp FROM \
             LoginHistory WHERE UserId = {} AND LoginTime {when} ORDER BY LoginTime {order} LIMIT \
             {most}",
            soql_text(user)
        )
    };
    let rows = without_field(org, &soql(", LoginSubType"), &soql("")).await?;
    let is_cut = rows.len() >= most;
    let mut rows: Vec<SignIn> = rows.iter().filter_map(sign_in).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.time));
    Ok(SignIns { rows, is_cut })
}

fn sign_in(row: &Json) -> Option<SignIn> {
    let text = |name: &str| row[name].as_str().map(str::to_owned);
    Some(SignIn {
        id: text("Id").unwrap_or_default(),
        time: org_time(row["LoginTime"].as_str()?)?,
        kind: text("LoginType").unwrap_or_default(),
        flow: text("LoginSubType").filter(|flow| !flow.is_empty()),
        application: text("Application").unwrap_or_default(),
        status: text("Status").unwrap_or_default(),
        address: text("SourceIp").filter(|address| !address.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_with_a_wrong_key_is_no_apps_and_may_be_ours() {
        let of = |application: &str, kind: &str, status: &str| SignIn {
            id: String::new(),
            time: Timestamp::UNIX_EPOCH,
            kind: kind.to_owned(),
            flow: None,
            application: application.to_owned(),
            status: status.to_owned(),
            address: None,
        };
        let names = ["Lamp Sync".to_owned()];
        let is_of = |row: SignIn| {
            let all = SignIns { rows: vec![row], is_cut: false };
            all.of(&names).len() == 1
        };
        assert!(is_of(of("lamp sync", "Remote Access 2.0", SUCCESS)));
        assert!(is_of(of("N/A", "Remote Access 2.0", "Failed: Missing Consumer Key")));
        assert!(!is_of(of("N/A", "Application", "Invalid Password")));
        assert!(!is_of(of("N/A", "Remote Access 2.0", SUCCESS)));
        assert!(!is_of(of("Other", "Remote Access 2.0", "Restricted IP")));
        // Of another app of the same user's, as its address tells; or nobody can say whose.
        let from = |application: &str, status: &str, address: &str| SignIn {
            address: Some(address.to_owned()),
            ..of(application, "Remote Access 2.0", status)
        };
        let mut all = SignIns {
            rows: vec![
                from("N/A", "Failed: Invalid Token", "192.0.2.9"),
                from("Lamp Sync", SUCCESS, "192.0.2.1"),
                from("Other", SUCCESS, "192.0.2.9"),
            ],
            is_cut: false,
        };
        assert_eq!((all.of(&names).len(), all.mistakable_for(&names)), (1, None));
        all.rows[0].address = Some("192.0.2.1".to_owned());
        assert_eq!((all.of(&names).len(), all.mistakable_for(&names)), (2, None));
        all.rows[0].address = Some("192.0.2.5".to_owned());
        assert_eq!((all.of(&names).len(), all.mistakable_for(&names)), (2, Some("Other")));
        // Who lets the app in at a browser is not the integration.
        let mut approval = from("Lamp Sync", SUCCESS, "192.0.2.7");
        approval.flow = Some("OauthWebServer".to_owned());
        all.rows = vec![approval, from("Lamp Sync", SUCCESS, "192.0.2.1")];
        assert_eq!(all.worked(&names)[0].address.as_deref(), Some("192.0.2.1"));
        all.rows.truncate(1);
        assert_eq!(all.worked(&names).len(), 1);
    }
}
