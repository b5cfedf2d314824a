//! How many requests are on their way at a time: to one host, and to one org.
//!
//! Each org is a host of its own as a rule, but orgs may stand behind one gateway, and logins of many
//! are refreshed at one sign-in host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// So many requests are on their way to one org at a time. Salesforce lets so many long ones run at
/// once in a Developer Edition, and more in others (UNVERIFIED: its page on limits says it of
/// requests of 20 seconds and more); an integration has its own beside these.
const TO_ORG: usize = 5;

/// So many to one host, where nobody says how many.
const TO_HOST: usize = 100;

/// What lets requests through. Clones let through together.
#[derive(Clone, Debug)]
pub struct Gate {
    to_host: usize,
    hosts: Arc<Mutex<BTreeMap<String, Arc<Semaphore>>>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(TO_HOST)
    }
}

impl Gate {
    /// Lets so many through to one host at a time.
    pub fn new(to_host: usize) -> Self {
        let to_host = to_host.clamp(1, Semaphore::MAX_PERMITS);
        Self { to_host, hosts: Arc::default() }
    }

    /// The lane to an org at a host.
    pub(super) fn to_org(&self, host: &str) -> Lane {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Semaphore::new(self.to_host));
        let host = hosts.entry(host.to_owned()).or_insert_with(new).clone();
        Lane { host, org: Semaphore::new(TO_ORG) }
    }
}

/// The lane of one org's requests.
#[derive(Debug)]
pub(super) struct Lane {
    host: Arc<Semaphore>,
    org: Semaphore,
}

/// A request that was let through; the next one comes once it is dropped.
pub(super) struct Passage<'l> {
    _org: Option<SemaphorePermit<'l>>,
    _host: Option<SemaphorePermit<'l>>,
}

impl Lane {
    /// Waits until one more request may go.
    pub(super) async fn pass(&self) -> Passage<'_> {
        // Nobody closes a lane. An org waits for itself first: it holds no place at the host.
        let org = self.org.acquire().await.ok();
        Passage { _org: org, _host: self.host.acquire().await.ok() }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn so_many_pass_to_a_host_and_to_an_org() {
        let gate = Gate::new(7);
        let (one, other, far) = (gate.to_org("a"), gate.clone().to_org("a"), gate.to_org("b"));
        let mut held: Vec<_> = (0..TO_ORG).filter_map(|_| one.pass().now_or_never()).collect();
        assert_eq!(held.len(), TO_ORG);
        assert!(one.pass().now_or_never().is_none(), "the org has as many as it may");
        held.extend((0..2).filter_map(|_| other.pass().now_or_never()));
        assert_eq!(held.len(), 7);
        assert!(other.pass().now_or_never().is_none(), "so has the host");
        assert!(far.pass().now_or_never().is_some());
        held.pop();
        assert!(other.pass().now_or_never().is_some());
        assert!(Gate::new(0).to_org("a").pass().now_or_never().is_some(), "one at least");
    }
}
