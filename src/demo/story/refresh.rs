//! A sandbox that is refreshed.

use super::super::history::History;
use super::super::state::{Org, org_after_refresh};

impl Org {
    /// Makes the org what a refresh leaves of a sandbox: another id, the apps and people, and
    /// nothing that lets anybody in, or that tells of before (S 10.3).
    pub(super) fn refresh_sandbox(&mut self) {
        let (frozen, expired) = (&self.history.frozen, &self.history.expired);
        self.history = History {
            frozen: frozen.clone(),
            expired: expired.clone(),
            is_used_up: self.history.is_used_up,
            count: self.history.count,
            ..Default::default()
        };
        self.grants.clear();
        self.families.clear();
        self.deploys.clear();
        self.records.remove("OauthToken");
        self.become_org(org_after_refresh(&self.catalog.org_id));
    }

    /// Gives the org the id back that it had before it was refreshed; returns whether it was.
    pub(super) fn undo_refresh(&mut self) -> bool {
        let Some(id) = self.refreshed_from.take() else { return false };
        self.become_org(id);
        true
    }

    /// Gives the org another id; the sessions of the old one are none of it.
    fn become_org(&mut self, id: String) {
        let old = std::mem::replace(&mut self.catalog.org_id, id.clone());
        if id == org_after_refresh(&old) {
            self.refreshed_from = Some(old.clone());
        }
        for row in self.records.get_mut("Organization").into_iter().flatten() {
            row.insert("Id".to_owned(), id.clone().into());
        }
        // An external client app bears the id of its org (S 2.2, 2.4).
        for stored in self.components.values_mut() {
            stored.content = stored.content.replace(&old, &id);
        }
        self.sessions.clear();
        self.renew_own_session();
    }
}
