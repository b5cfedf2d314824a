//! The integration as the vendor's page asks for it, whatever was done to the org before.

use super::super::state::{Org, Row, string};
use super::change::key;
use super::{APP, BEGAN, FIELD, KEY, PROFILE, SET, USER};

/// What the vendor's page asks of objects, beyond what the profile has at first.
const RIGHTS: &[(&str, &[&str])] = &[
    ("Account", &["viewAllFields", "viewAllRecords"]),
    ("Campaign", &["modifyAllRecords", "viewAllFields", "viewAllRecords"]),
    ("Contact", &["viewAllFields"]),
    ("Lead", &["allowDelete", "modifyAllRecords", "viewAllFields", "viewAllRecords"]),
];

impl Org {
    /// Puts the integration in order, and forgets what the org has written down of it and of
    /// changes: each story begins with weeks in which all was well.
    pub(super) fn put_in_order(&mut self, night: u64) {
        let first = Self::seeded("");
        if self.undo_refresh() {
            let grants = first.records.get("OauthToken").cloned().unwrap_or_default();
            self.records.insert("OauthToken".to_owned(), grants);
        }
        let began = night.saturating_sub(BEGAN);
        for name in [
            key("ConnectedApp", APP),
            key("PermissionSet", SET),
            key("Profile", PROFILE),
            key("Settings", "ConnectedApp"),
            key("Settings", "OauthOidc"),
        ] {
            let known = self.components.remove(&name);
            let Some(mut stored) = known.or_else(|| first.components.get(&name).cloned()) else {
                continue;
            };
            stored.created = stored.created.min(began);
            stored.modified = stored.modified.min(began);
            self.components.insert(name, stored);
        }
        self.components.retain(|(type_name, _), _| type_name != "BlacklistedConsumer");
        self.taken_away.remove(KEY);
        self.forget_integration();
        self.at(began, |org| {
            org.app_in_order();
            org.user_in_order(&first);
        });
        // What was changed on the way here nobody has changed.
        self.history.audit.clear();
    }

    fn app_in_order(&mut self) {
        self.edit("ConnectedApp", APP, |app| {
            app.remove("permissionSetName");
            app.remove("profileName");
            for group in &mut app.children {
                match group.name.as_str() {
                    "oauthConfig" => {
                        group.set("isAdminApproved", "false");
                        group.set("isRefreshTokenRotationEnabled", "false");
                        group.remove("isEnforceRefreshTokenTTL");
                        group.set("consumerKey", KEY);
                    }
                    "oauthPolicy" => {
                        group.set("ipRelaxation", "BYPASS");
                        group.set("refreshTokenPolicy", "infinite");
                    }
                    _ => {}
                }
            }
        });
        self.edit("Settings", "ConnectedApp", |settings| {
            settings.set("enableAdminApprovedAppsOnly", "false");
        });
        self.edit("Settings", "OauthOidc", |settings| {
            settings.set("blockOAuthUnPwFlow", "true");
        });
    }

    fn user_in_order(&mut self, first: &Self) {
        let user = self.integration_user();
        self.edit("Profile", PROFILE, |profile| {
            profile.remove("loginHours");
            for entry in &mut profile.children {
                let object = entry.get("object").unwrap_or_default();
                let rights = RIGHTS.iter().find(|(name, _)| *name == object);
                for flag in rights.into_iter().flat_map(|(_, flags)| *flags) {
                    entry.set(flag, "true");
                }
                if entry.get("field") == Some(FIELD) {
                    entry.set("readable", "true");
                }
            }
        });
        self.history.frozen.remove(&user);
        self.history.expired.remove(&user);
        for row in self.records.get_mut("User").into_iter().flatten() {
            if string(row, "Username") == USER {
                row.insert("IsActive".to_owned(), true.into());
                row.insert("Profile".to_owned(), PROFILE.into());
            }
        }
        // The set is theirs for good.
        let is_its =
            |row: &Row| string(row, "AssigneeId") == user && string(row, "PermissionSet") == SET;
        let of = |org: &Self| org.records.get("PermissionSetAssignment").cloned();
        let known = of(first).and_then(|rows| rows.into_iter().find(is_its));
        let rows = self.records.entry("PermissionSetAssignment".to_owned()).or_default();
        rows.retain(|row| !is_its(row));
        rows.extend(known);
    }

    /// Forgets the integration's sign-ins and what came of them.
    fn forget_integration(&mut self) {
        let user = self.integration_user();
        let families: Vec<u64> = self
            .grants
            .values()
            .filter(|grant| grant.client == KEY)
            .map(|grant| grant.family)
            .collect();
        families.into_iter().for_each(|family| self.end_family(family));
        if let Some(rows) = self.records.get_mut("OauthToken") {
            rows.retain(|row| string(row, "AppName") != APP);
        }
        let history = &mut self.history;
        history.approvals.retain(|_, approval| approval.app != APP);
        let is_its =
            |id: &String| history.logins.iter().any(|one| one.id == *id && one.user == user);
        let ended: Vec<String> = history
            .sessions
            .iter()
            .filter(|(_, login)| is_its(login))
            .map(|(token, _)| token.clone())
            .collect();
        for token in ended {
            self.sessions.remove(&token);
            self.history.sessions.remove(&token);
        }
        self.history.logins.retain(|login| login.user != user);
        self.history.calls.clear();
        self.history.is_used_up = false;
    }
}
