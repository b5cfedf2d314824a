//! What each story leaves: for every time of day, alone and with each other.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::oauth;
use super::super::state::SEED_TIME;
use super::super::tree::Node;
use super::super::wire::Request;
use super::*;

/// Times of day at which somebody may break the org.
const TIMES: [u64; 4] = [1000, HOUR / 2, 12 * HOUR, DAY - 1000];

fn now(time: u64) -> u64 {
    SEED_TIME / DAY * DAY + 270 * DAY + time
}

fn played(stories: &[Story], time: u64) -> State {
    let mut state = State::new(Org::seeded("x"), 0);
    state.play(stories, now(time));
    state
}

/// A section of the page of facts.
fn section(heading: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/salesforce.md")).unwrap();
    let start = page.find(heading).unwrap();
    let rest = &page[start + heading.len()..];
    rest.split("\n### ").next().unwrap().to_owned()
}

#[test]
fn nothing_is_written_down_that_no_source_names() {
    let (statuses, actions) = (section("### 12.2 "), section("### 12.5 "));
    let known = |page: &str, word: &str| page.contains(&format!("`{word}`"));
    assert!(known(&statuses, "User is frozen") && !known(&statuses, "App is blocked"));
    for one in Story::ALL {
        for other in Story::ALL {
            let times = if one == other { &TIMES[..] } else { &TIMES[..1] };
            for &time in times {
                let org = played(&[one, other], time).org;
                let history = &org.history;
                for login in &history.logins {
                    assert!(known(&statuses, &login.status), "{one:?}: {}", login.status);
                    assert!(login.time <= now(time) && login.time > now(time) - 180 * DAY);
                }
                for row in &history.audit {
                    assert!(known(&actions, &row.change.action), "{one:?}: {:?}", row.change);
                    assert!(row.time <= now(time) && row.time > now(time) - 180 * DAY);
                }
                let sorted = |times: Vec<u64>| times.is_sorted();
                assert!(sorted(history.logins.iter().map(|login| login.time).collect()));
                assert!(sorted(history.audit.iter().map(|row| row.time).collect()));
                for (name, stored) in &org.components {
                    if name.0 != "ApexClass" {
                        let node = Node::parse(&stored.content).unwrap();
                        assert_eq!(node.to_file(), stored.content, "{one:?}: {name:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn good_nights_end_when_the_story_begins() {
    for story in Story::ALL {
        let state = played(&[story], 12 * HOUR);
        let night = last_night(now(12 * HOUR));
        let rows = &state.org.history.logins;
        if story == Story::SandboxRefreshed {
            assert!(rows.is_empty() && state.org.history.audit.is_empty());
            continue;
        }
        let good = rows.iter().filter(|row| row.status == "Success" && row.time < night);
        assert!(good.count() >= 28, "{story:?}");
        let since: BTreeSet<&str> =
            rows.iter().filter(|row| row.time >= night).map(|row| row.status.as_str()).collect();
        let expected = match story.tries() {
            Tries::Work => BTreeSet::from(["Success"]),
            Tries::Fail(status) => BTreeSet::from([status]),
            // One of two that refresh at once is let in.
            Tries::Unwritten if story == Story::TokenReused => BTreeSet::from(["Success"]),
            Tries::Unwritten => BTreeSet::new(),
        };
        assert_eq!(since, expected, "{story:?}");
    }
}

#[test]
fn a_story_is_all_that_is_wrong_whatever_was_played_before() {
    let told = |state: &State| {
        let org = &state.org;
        let text = |key: &super::super::name::Key| org.components[key].content.clone();
        let files: Vec<_> = org.components.keys().map(|key| (key.clone(), text(key))).collect();
        let logins = org.history.logins.iter();
        let logins: Vec<_> =
            logins.map(|row| (row.time, row.status.clone(), row.sub_type.clone())).collect();
        let audit: Vec<_> = org.history.audit.iter().map(|row| row.change.clone()).collect();
        let grants = org.approval_rows();
        (files, logins, audit, grants, org.records.clone(), org.catalog.org_id.clone())
    };
    for story in Story::ALL {
        let mut state = played(&Story::ALL, HOUR);
        state.play(&[story], now(HOUR));
        assert!(told(&state) == told(&played(&[story], HOUR)), "{story:?}");
    }
}

/// What the token endpoint says to the vendor, who has the refresh token and the first secret.
fn vendor_is_told(state: &mut State, time: u64) -> String {
    let mine = state.org.grants.iter().find(|(_, grant)| grant.client == KEY && !grant.spent);
    let token = mine.map_or("gone", |(token, _)| token).to_owned();
    let body = format!(
        "grant_type=refresh_token&refresh_token={token}&client_id={KEY}\
         &client_secret=demo-ampersand-secret"
    );
    let request =
        Request { method: "POST".to_owned(), body: body.into_bytes(), ..Request::default() };
    let reply = oauth::answer(state, &request, "token", now(time));
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    body["error_description"].as_str().unwrap_or("a token").to_owned()
}

#[test]
fn a_client_meets_what_the_story_says() {
    for (story, words) in [
        (Story::RefreshPolicyZero, "expired access/refresh token"),
        (Story::IdleLimit, "expired access/refresh token"),
        (Story::UserFrozen, "inactive user"),
        (Story::UserInactive, "inactive user"),
        (Story::AssignmentExpired, "expired access/refresh token"),
        (Story::AppBlocked, "this app is blocked by admin"),
        (Story::ApiAccessControl, "this app is blocked by admin"),
        (Story::NotInstalled, "app must be installed into org"),
        (Story::SecretRotated, "invalid client credentials"),
        (Story::TokenReused, "expired access/refresh token"),
        (Story::SandboxRefreshed, "expired access/refresh token"),
        (Story::ApiLimit, "a token"),
        (Story::FieldAccess, "a token"),
    ] {
        let mut state = played(&[story], 12 * HOUR);
        let rows = state.org.history.logins.len();
        assert_eq!(vendor_is_told(&mut state, 12 * HOUR), words, "{story:?}");
        // What it is told then stands in the history as it does of last night.
        let row = state.org.history.logins.get(rows).map(|row| row.status.as_str());
        let expected = match story.tries() {
            Tries::Work => Some("Success"),
            Tries::Fail(status) => Some(status),
            Tries::Unwritten => None,
        };
        assert_eq!(row, expected, "{story:?}");
    }
}

#[test]
fn of_two_at_once_one_is_written_down_and_both_are_so() {
    let state = played(&[Story::IpEnforced, Story::UserFrozen], 12 * HOUR);
    let org = &state.org;
    let user = org.integration_user();
    assert!(org.is_frozen(&user));
    let app = org.component("ConnectedApp", APP).unwrap();
    assert_eq!(app.child("oauthPolicy").unwrap().get("ipRelaxation"), Some("ENFORCE"));
    let last = org.history.logins.last().unwrap();
    assert_eq!(last.status, "User is frozen");
    let actions: Vec<&str> =
        org.history.audit.iter().map(|row| row.change.action.as_str()).collect();
    assert_eq!(actions, ["changeIpRelaxationPolicy", "frozeuser"]);
    // What changed the app last is told, though another story tells of longer ago.
    let app = |stories: &[Story]| {
        let org = played(stories, 12 * HOUR).org;
        org.components[&change::key("ConnectedApp", APP)].modified
    };
    let night = last_night(now(12 * HOUR));
    assert_eq!(app(&[Story::RefreshPolicyZero, Story::IdleLimit]), night - BEFORE);
    assert_eq!(app(&[Story::IdleLimit]), night - 50 * DAY);
    // What is not written down does not hide what is.
    assert_eq!(tries(&[Story::AppBlocked, Story::LoginHours]), Tries::Fail("Restricted time"));
    assert_eq!(tries(&[Story::ApiLimit, Story::AppBlocked]), Tries::Unwritten);
}

#[test]
fn what_api_access_control_blocks_is_blocked_while_it_is_on() {
    let blocked = |state: &State| state.org.of_type("BlacklistedConsumer").count();
    for (type_name, name, field, value) in [
        ("Settings", "ConnectedApp", "enableAdminApprovedAppsOnly", "false"),
        ("ConnectedApp", APP, "isAdminApproved", "true"),
    ] {
        let mut state = played(&[Story::ApiAccessControl], 12 * HOUR);
        state.org.forget_blocked();
        assert_eq!(blocked(&state), 1);
        state.org.edit(type_name, name, |node| {
            match node.children.iter_mut().find(|child| child.name == "oauthConfig") {
                Some(config) => config.set(field, value),
                None => node.set(field, value),
            }
        });
        state.org.forget_blocked();
        assert_eq!(blocked(&state), 0, "{name}");
    }
    let mut state = played(&[Story::AppBlocked], 12 * HOUR);
    state.org.forget_blocked();
    assert_eq!(blocked(&state), 1, "whom a person has blocked");
}

#[test]
fn a_session_of_last_night_is_there_until_it_ends() {
    let sessions = |time: u64| {
        let org = played(&[Story::FieldAccess], time).org;
        let user = org.integration_user();
        org.sessions.values().filter(|of| **of == user).count()
    };
    assert_eq!((sessions(HOUR), sessions(12 * HOUR)), (1, 0));
}
