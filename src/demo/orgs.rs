//! The orgs behind one server: one, or many that differ a little. Of many the one is meant whose id
//! the caller's access token begins with, as Salesforce's own do.
//!
//! Of many each is made when somebody comes to it, and forgotten again while it is as it was made:
//! a thousand cost no more than those that are being asked, and those that were changed.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::state::{Org, org_id, secret_text};
use super::store::{Store, chance};

/// How many that are as new are kept beside those that were changed.
const KEPT: usize = 64;

/// What a server serves.
pub struct Orgs {
    first: Arc<Store>,
    many: Option<Many>,
    latency: Duration,
}

/// Many orgs; the first is made already.
struct Many {
    /// What their secrets are made from.
    chance: String,
    names: Vec<String>,
    /// Their numbers, by the ids of 15 characters.
    by_id: HashMap<String, usize>,
    made: Mutex<BTreeMap<usize, Arc<Store>>>,
    set_up: Box<dyn Fn(Store) -> Store + Send + Sync>,
}

impl fmt::Debug for Orgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = self.many.as_ref().map_or(1, |many| many.names.len());
        f.debug_struct("Orgs").field("many", &many).finish_non_exhaustive()
    }
}

impl From<Store> for Orgs {
    fn from(store: Store) -> Self {
        Self { first: Arc::new(store), many: None, latency: Duration::ZERO }
    }
}

impl Orgs {
    /// Makes so many orgs, at least one, which live as long as the value: `o0001` and on. `set_up`
    /// says how each behaves.
    pub fn many(count: usize, set_up: impl Fn(Store) -> Store + Send + Sync + 'static) -> Self {
        let names: Vec<String> = (1..=count.max(1)).map(|number| format!("o{number:04}")).collect();
        let id = |name: &String| org_id(Some(name))[..15].to_owned();
        let by_id = names.iter().enumerate().map(|(index, name)| (id(name), index)).collect();
        let many = Many {
            chance: chance(),
            names,
            by_id,
            made: Mutex::default(),
            set_up: Box::new(set_up),
        };
        Self { first: Arc::new(many.make(0)), many: Some(many), latency: Duration::ZERO }
    }

    /// Answers each call so much later; calls that come at once wait at once.
    #[must_use]
    pub fn with_latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    pub(crate) fn latency(&self) -> Duration {
        self.latency
    }

    /// The org that is meant where no other is; the only one, where there are not many.
    pub(crate) fn first(&self) -> &Store {
        &self.first
    }

    /// The many orgs: the name of each, and an access token of its administrator.
    pub fn ways_in(&self) -> impl Iterator<Item = (&str, String)> {
        self.many.iter().flat_map(|many| {
            many.names.iter().map(|name| {
                let id = org_id(Some(name));
                (name.as_str(), format!("{}!{}", &id[..15], many.secret(name)))
            })
        })
    }

    /// The org whose access token this is, with its name where there are many. Whoever comes
    /// without one, or with one of none of them, meets the first.
    pub(crate) fn of(&self, token: Option<&str>) -> (Option<&str>, Arc<Store>) {
        let Some(many) = &self.many else { return (None, Arc::clone(&self.first)) };
        let id = token.and_then(|token| token.get(..15));
        let index = id.and_then(|id| many.by_id.get(id)).copied().unwrap_or_default();
        let store = if index == 0 { Arc::clone(&self.first) } else { many.get(index) };
        (Some(&many.names[index]), store)
    }
}

impl Many {
    fn secret(&self, name: &str) -> String {
        secret_text(&[&self.chance, "one of many", name])
    }

    fn make(&self, index: usize) -> Store {
        let name = &self.names[index];
        let org = Org::one_of_many(&self.secret(name), name, index + 1);
        (self.set_up)(Store::of_memory(org))
    }

    fn get(&self, index: usize) -> Arc<Store> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = made.get(&index) {
            return Arc::clone(store);
        }
        if made.len() >= KEPT {
            // Nobody holds what is held here alone: who comes for it comes through this lock.
            made.retain(|_, store| Arc::strong_count(store) > 1 || !store.is_as_new());
        }
        let store = Arc::new(self.make(index));
        made.insert(index, Arc::clone(&store));
        store
    }
}

/// What is otherwise in org number N than in `demo`: the change at place K where bit K of N is set,
/// counted from zero.
pub(crate) const DRIFT: &[(&str, &str, &str, &str)] = &[
    (
        "ExtlClntAppGlobalOauthSettings",
        "Ampersand_ECA_glbloauth",
        "<isClientCredentialsFlowEnabled>false<",
        "<isClientCredentialsFlowEnabled>true<",
    ),
    (
        "ExtlClntAppOauthConfigurablePolicies",
        "Ampersand_ECA_oauthPlcy",
        "<ipRelaxationPolicyType>Enforce<",
        "<ipRelaxationPolicyType>Bypass<",
    ),
    ("ExtlClntAppOauthSettings", "Ampersand_ECA_oauth", ">Api, RefreshToken<", ">RefreshToken<"),
    ("ConnectedApp", "Ampersand", "<ipRelaxation>ENFORCE<", "<ipRelaxation>BYPASS<"),
    ("ConnectedApp", "Ampersand", "<refreshTokenPolicy>zero<", "<refreshTokenPolicy>infinite<"),
    ("PermissionSet", "Ampersand_Access", "<viewAllRecords>true<", "<viewAllRecords>false<"),
];

impl Org {
    /// Makes the org of a number of many, as it is at first.
    fn one_of_many(secret: &str, name: &str, number: usize) -> Self {
        let mut org = Self::named(secret, Some(name));
        let of_number = DRIFT.iter().enumerate().filter(|(place, _)| number >> place & 1 == 1);
        for (_, (type_name, full_name, from, to)) in of_number {
            let key = ((*type_name).to_owned(), (*full_name).to_owned());
            if let Some(stored) = org.components.get_mut(&key) {
                stored.content = stored.content.replacen(from, to, 1);
            }
        }
        org
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tree::Node;
    use super::*;

    #[test]
    fn each_org_has_its_own_drift_and_is_written_as_an_org_writes_it() {
        let contents = |number: usize| {
            let org = Org::one_of_many("x", "o0001", number);
            for ((type_name, _), stored) in &org.components {
                if type_name != "ApexClass" {
                    assert_eq!(Node::parse(&stored.content).unwrap().to_file(), stored.content);
                }
            }
            org.components.into_values().map(|stored| stored.content).collect::<Vec<_>>()
        };
        let kinds: BTreeSet<_> = (0..1 << DRIFT.len()).map(contents).collect();
        assert_eq!(kinds.len(), 1 << DRIFT.len());
        assert_eq!(contents(3), contents(3 + (1 << DRIFT.len())));
    }

    #[test]
    fn an_org_is_found_by_its_token_and_forgotten_while_it_is_as_new() {
        let orgs = Orgs::many(300, |store| store);
        let ways: Vec<(String, String)> =
            orgs.ways_in().map(|(name, token)| (name.to_owned(), token)).collect();
        assert_eq!((ways.len(), ways[299].0.as_str()), (300, "o0300"));
        let knows = |store: &Store, token: &str| {
            store.with(|state, _| state.org.sessions.contains_key(token)).unwrap()
        };
        let changed = 7;
        for (index, (name, token)) in ways.iter().enumerate() {
            let (found, store) = orgs.of(Some(token));
            assert_eq!(found, Some(name.as_str()));
            assert!(knows(&store, token), "{name}");
            if index == changed {
                store.with(|state, _| state.dirty = true).unwrap();
            }
        }
        let is_made = |index: usize| {
            let made = orgs.many.as_ref().unwrap().made.lock().unwrap();
            assert!(made.len() <= KEPT, "{}", made.len());
            made.contains_key(&index)
        };
        assert!(is_made(changed) && is_made(299) && !is_made(8));
        // It comes back as the same.
        assert!(knows(&orgs.of(Some(&ways[8].1)).1, &ways[8].1));
        for stranger in [None, Some(""), Some("00Dü"), Some("00D000000000000!x")] {
            assert_eq!(orgs.of(stranger).0, Some("o0001"));
        }
    }
}
