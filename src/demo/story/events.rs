//! What is done to the org in a story, when, and by whom. What the audit trail says of it follows
//! from the change itself (`audit`), so that what has no row there leaves none.

use serde_json::Value;

use super::super::audit;
use super::super::state::{Org, Stored, string, timestamp};
use super::super::tree::Node;
use super::change::key;
use super::{APP, BEGAN, DAY, FIELD, HOUR, KEY, MINUTE, NAME, PROFILE, SET, Story, USER};

/// The hours in which the profile's users may log in from now on, in minutes after midnight: six in
/// the morning to eight in the evening.
const HOURS: (&str, &str) = ("360", "1200");

const DAYS: &[&str] =
    &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Org {
    /// Sets a value in one of the groups of the app's file.
    fn set_of_app(&mut self, group: &str, field: &str, value: &str) {
        self.edit("ConnectedApp", APP, |app| {
            let groups = app.children.iter_mut().filter(|child| child.name == group);
            groups.for_each(|found| found.set(field, value));
        });
    }

    fn set_of_user(&mut self, field: &str, value: Value) {
        for row in self.records.get_mut("User").into_iter().flatten() {
            if string(row, "Username") == USER {
                row.insert(field.to_owned(), value.clone());
            }
        }
    }

    /// Puts a row on the audit trail that does not follow from a component.
    fn told(&mut self, action: &str, section: &str, display: String, time: u64) {
        let admin = self.catalog.admin.clone();
        self.note_changes(vec![audit::change(action, section, display)], &admin, time);
    }

    /// Does what happens in a story: `change` is when an admin changes what they do.
    pub(super) fn happen(&mut self, story: Story, night: u64, change: u64) {
        match story {
            Story::RefreshPolicyZero => self.at(change, |org| {
                org.set_of_app("oauthPolicy", "refreshTokenPolicy", "zero");
            }),
            // Metadata goes on showing the policy that the limit overrides (S 10.3).
            Story::IdleLimit => self.at(night - 50 * DAY, |org| {
                org.set_of_app("oauthConfig", "isEnforceRefreshTokenTTL", "true");
            }),
            Story::IpEnforced => self.at(change, |org| {
                org.set_of_app("oauthPolicy", "ipRelaxation", "ENFORCE");
            }),
            Story::UserFrozen => {
                let user = self.integration_user();
                self.history.frozen.insert(user);
                let words = format!("Froze user {NAME} ({USER})");
                self.told("frozeuser", "Manage Users", words, change);
            }
            Story::UserInactive => {
                self.set_of_user("IsActive", false.into());
                let words = format!("Deactivated user {NAME} ({USER})");
                self.told("deactivateduser", "Manage Users", words, change);
            }
            Story::PasswordExpired => {
                let user = self.integration_user();
                self.history.expired.insert(user);
                self.allow_password_flow(night);
            }
            // The past is that it was allowed.
            Story::PasswordFlowBlocked => {
                self.allow_password_flow(night);
                self.at(change, |org| {
                    org.edit("Settings", "OauthOidc", |settings| {
                        settings.set("blockOAuthUnPwFlow", "true");
                    });
                });
            }
            Story::AssignmentExpired => self.assignment_ends(night),
            Story::AppBlocked => {
                self.at(change, |org| org.block(false, change));
                let words = format!("Blocked Connected App {APP}");
                self.told("blockConnectedApplication", "Connected Apps", words, change);
            }
            Story::ApiAccessControl => self.at(change, |org| {
                org.edit("Settings", "ConnectedApp", |settings| {
                    settings.set("enableAdminApprovedAppsOnly", "true");
                });
                org.block(true, change);
            }),
            Story::NotInstalled => {
                self.components.remove(&key("ConnectedApp", APP));
                self.taken_away.insert(KEY.to_owned(), APP.to_owned());
                let words = format!("Uninstalled Connected App {APP} from Salesforce");
                self.told("deleteConnectedApplication", "Connected Apps", words, change);
            }
            // Of a rotation its first half has an action, of its second none is known.
            Story::SecretRotated => {
                *self.rotated.entry(KEY.to_owned()).or_default() += 1;
                let words = format!("Generated staged credential for {APP}");
                let section = "Oauth Staged Credential";
                self.told("generateOauthStagedCredential", section, words, change);
            }
            Story::ApiLimit => self.history.is_used_up = true,
            Story::FieldAccess => self.at(change, |org| {
                org.edit("Profile", PROFILE, |profile| {
                    for entry in &mut profile.children {
                        if entry.get("object") == Some("Account") {
                            entry.set("viewAllFields", "false");
                        }
                        if entry.get("field") == Some(FIELD) {
                            entry.set("readable", "false");
                        }
                    }
                });
            }),
            Story::LoginHours => self.at(change, |org| {
                let of_day = |day: &&str| {
                    let (start, end) = HOURS;
                    [Node::text(format!("{day}End"), end), Node::text(format!("{day}Start"), start)]
                };
                let mut hours: Vec<Node> = DAYS.iter().flat_map(of_day).collect();
                hours.sort_by(|one, other| one.name.cmp(&other.name));
                org.edit("Profile", PROFILE, |profile| {
                    profile.children.push(Node::group("loginHours", hours));
                });
            }),
            Story::TokenReused => self.at(night - 40 * DAY, |org| {
                org.set_of_app("oauthConfig", "isRefreshTokenRotationEnabled", "true");
            }),
            Story::EvictedByApproval | Story::SandboxRefreshed => {}
        }
    }

    fn allow_password_flow(&mut self, night: u64) {
        self.at(night - BEGAN, |org| {
            org.edit("Settings", "OauthOidc", |settings| {
                settings.set("blockOAuthUnPwFlow", "false");
            });
        });
    }

    /// The app lets in by the set alone, and the user has the set until last night: what is dated
    /// ends with no change to the app.
    fn assignment_ends(&mut self, night: u64) {
        self.at(night - 60 * DAY, |org| {
            org.set_of_app("oauthConfig", "isAdminApproved", "true");
            org.edit("ConnectedApp", APP, |app| {
                app.children.push(Node::text("permissionSetName", "Ampersand Access"));
            });
        });
        let user = self.integration_user();
        let given = night - 30 * DAY - 2 * HOUR;
        let ends = night - 14 * MINUTE;
        let mut of_user = Vec::new();
        for row in self.records.get_mut("PermissionSetAssignment").into_iter().flatten() {
            if string(row, "AssigneeId") == user && string(row, "PermissionSet") == SET {
                row.insert("ExpirationDate".to_owned(), timestamp(ends, "+0000").into());
                row.insert("SystemModstamp".to_owned(), timestamp(given, "+0000").into());
                of_user.push(row.clone());
            }
        }
        let changes = of_user
            .iter()
            .filter_map(|row| audit::of_row(self, "PermissionSetAssignment", row, true))
            .collect();
        let admin = self.catalog.admin.clone();
        self.note_changes(changes, &admin, given);
    }

    /// Blocks the app: by a person, or because nobody has approved it for API Access Control. What
    /// the flag says is read from its name (S 12.7). Where a person has blocked it that stays.
    fn block(&mut self, is_by_control: bool, created: u64) {
        let flag = "blockedByApiWhitelisting";
        let name = key("BlacklistedConsumer", APP);
        if self.component(&name.0, &name.1).is_some_and(|known| !known.flag(flag)) {
            return;
        }
        let content = Node::group(
            "BlacklistedConsumer",
            vec![
                Node::text(flag, is_by_control.to_string()),
                Node::text("consumerKey", KEY),
                Node::text("consumerName", APP),
                Node::text("masterLabel", APP),
            ],
        );
        let stored = Stored {
            content: content.to_file(),
            created,
            modified: created,
            modified_by: String::new(),
        };
        self.components.insert(name, stored);
    }
}
