//! What the org has written down of the integration: weeks of nights on which it signed in, and what
//! came of the tries since (S 12).

use super::super::grant::Grant;
use super::super::history::{Approval, Calls, Login};
use super::super::state::Org;
use super::{APP, BEGAN, DAY, HOUR, KEY, MINUTE, Story, Tries, tries};

/// How long before last night the integration signed in last that the idle limit has ended.
const IDLE: u64 = 33 * DAY;

const SECOND: u64 = 1000;

/// How long a session lasts, in milliseconds.
const SESSION: u64 = 2 * HOUR;

/// When, after it should have signed in, the vendor tries again.
const TRIES: [u64; 3] = [0, 15 * MINUTE, 30 * MINUTE];

/// Where the vendor's calls come from, and where the person sits who lets the app in.
const VENDOR: &str = "192.0.2.44";
const OFFICE: &str = "198.51.100.24";

/// Who else calls the API.
const OTHER_APP: &str = "Beacon Analytics";

impl Org {
    /// Writes down what an org does.
    pub(super) fn write_down(&mut self, stories: &[Story], night: u64, now: u64) {
        let has = |story: Story| stories.contains(&story);
        let by_password = stories.iter().any(|story| story.has_password());
        let sub_type = if by_password { "OauthUsernamePassword" } else { "OauthRefreshToken" };
        // The first night on which nobody came any more, or was let in.
        let last = if has(Story::IdleLimit) { night - IDLE + DAY } else { night };
        let user = self.integration_user();
        let note = |org: &mut Self, time: u64, sub_type: &str, status: &str, from: &str| {
            let id = org.new_history_id("0Ya");
            org.history.logins.push(Login {
                id: id.clone(),
                user: user.clone(),
                time,
                sub_type: Some(sub_type.to_owned()),
                application: APP.to_owned(),
                status: status.to_owned(),
                source: Some(from.to_owned()),
            });
            id
        };
        if !by_password {
            note(self, night - BEGAN, "OauthWebServer", "Success", OFFICE);
        }
        let nights = (1..BEGAN / DAY).map(|number| night - BEGAN + number * DAY);
        for (number, time) in (0..).zip(nights.take_while(|time| *time < last)) {
            note(self, time + number * 7 % 50 * SECOND, sub_type, "Success", VENDOR);
        }
        // Of two that refresh at once one is let in, and the other ends it all.
        if stories == [Story::TokenReused] {
            note(self, night, sub_type, "Success", VENDOR);
        }
        let mut latest = None;
        for later in TRIES {
            match tries(stories) {
                Tries::Work => {
                    latest = Some(note(self, night + later, sub_type, "Success", VENDOR))
                }
                Tries::Fail(status) => drop(note(self, night + later, sub_type, status, VENDOR)),
                Tries::Unwritten => {}
            }
        }
        if has(Story::EvictedByApproval) {
            for time in approvals_before(night) {
                note(self, time, "OauthWebServer", "Success", OFFICE);
            }
        }
        self.history.logins.sort_by_key(|login| login.time);
        self.history.audit.sort_by_key(|row| row.time);
        let until = night + TRIES[TRIES.len() - 1];
        // A session that has not ended yet is there.
        if let Some(login) = latest.filter(|_| now < until + SESSION) {
            let token = self.new_session(&user, false);
            self.history.sessions.insert(token, login);
        }
        self.let_in(stories, &user, night, until);
        self.note_calls(stories, &user, night);
    }

    /// Writes down who has let the app in, and how often it was used. A try that fails counts too
    /// (S 12.3).
    fn let_in(&mut self, stories: &[Story], user: &str, night: u64, until: u64) {
        // With a password nothing is allowed that lasts; a token that is used again ends all that
        // came of the first (S 1.2).
        let is_none = |story: &Story| story.has_password() || *story == Story::TokenReused;
        if stories.iter().any(is_none) {
            return;
        }
        if stories.contains(&Story::EvictedByApproval) {
            for time in approvals_before(night) {
                self.approve(user, time, time, 1);
            }
            return;
        }
        let is_good = |login: &&Login| login.user == user && login.status == "Success";
        let good = self.history.logins.iter().filter(is_good).count();
        let bad = if tries(stories) == Tries::Work { 0 } else { TRIES.len() };
        let uses = u64::try_from(good + bad).unwrap_or_default();
        self.approve(user, night - BEGAN, until, uses);
    }

    fn approve(&mut self, user: &str, created: u64, used: u64, uses: u64) {
        let family = self.new_family();
        let token = format!("5Aep{}", self.new_secret());
        let (user, client) = (user.to_owned(), KEY.to_owned());
        self.grants.insert(token, Grant { user: user.clone(), client, spent: false, family });
        let approval = Approval { app: APP.to_owned(), user, created, used, uses };
        self.history.approvals.insert(family, approval);
    }

    /// Writes down the calls of the day, where it is those that fail.
    fn note_calls(&mut self, stories: &[Story], user: &str, night: u64) {
        if tries(stories) != Tries::Work {
            return;
        }
        let has = |story: Story| stories.contains(&story);
        let calls = |user: &str, app: &str, ip: &str, start: u64| Calls {
            user: user.to_owned(),
            app: app.to_owned(),
            ip: ip.to_owned(),
            start,
            every: 2 * SECOND,
            times: 0,
            entity: "Account".to_owned(),
            status: 200,
        };
        let of_app = |start: u64| calls(user, APP, VENDOR, start);
        let other = self.user("robin.alder@harbourlight.example.com");
        let other = other.map(|row| super::string(row, "Id").to_owned()).unwrap_or_default();
        let of_other = |start: u64| calls(&other, OTHER_APP, "203.0.113.9", start);
        let day = night / DAY * DAY;
        let mut runs = Vec::new();
        if has(Story::ApiLimit) {
            // All day long, until nothing is left for anybody.
            let every = MINUTE;
            runs.push(Calls { times: 1380, every, ..of_other(day + MINUTE) });
        } else {
            runs.push(Calls { times: 12, every: HOUR, ..of_other(day + HOUR) });
        }
        for later in TRIES {
            let start = night + later + 2 * SECOND;
            if has(Story::ApiLimit) {
                runs.push(Calls { times: 3, status: 403, ..of_app(start) });
                continue;
            }
            let entity = "Contact".to_owned();
            runs.push(Calls { times: 2, entity, ..of_app(start) });
            // A query that names a field which the user does not see (S 10.2).
            runs.push(Calls { times: 3, status: 400, ..of_app(start + 5 * SECOND) });
        }
        self.history.calls = runs;
    }
}

/// When somebody has let the app in five times: the afternoon before.
fn approvals_before(night: u64) -> impl Iterator<Item = u64> {
    let afternoon = night - 7 * HOUR;
    [0, 9, 26, 57, 95].into_iter().map(move |minutes| afternoon + minutes * MINUTE)
}
