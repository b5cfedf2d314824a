//! Halving a retrieve that is too large or that one member makes fail, and putting the halves
//! together again.
//!
//! A profile holds only what was asked for in the same request (S 3.2): halves that have a profile
//! keep all companions.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use futures::StreamExt as _;

use super::job::{self, RetrieveAnswer, RetrieveFailure};
use crate::metadata::ComponentId;
use crate::metadata::manifest::Manifest;
use crate::org::error::{OrgError, OrgErrorKind};
use crate::org::{Event, Org};

/// How many halves are asked for at a time; an org works on few at once.
const AT_ONCE: usize = 3;
/// Halving ends here: 10 bad members of 1000 are found with about 100.
const MOST_RETRIEVES: usize = 128;

/// What all the retrieves brought together.
#[derive(Debug, Default)]
pub(super) struct RetrieveAnswers {
    /// The files, by path.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// What the org said about single components.
    pub(super) messages: Vec<String>,
    /// The members that make a retrieve fail, with the org's words.
    pub(super) bad: BTreeMap<ComponentId, String>,
}

#[derive(Clone, Debug)]
struct Batch {
    wanted: Vec<ComponentId>,
    companions: Manifest,
    /// Whether the companions were found to be good by themselves.
    checked: bool,
}

enum Step {
    Done(RetrieveAnswer),
    Bad(ComponentId, String),
    Split(Vec<Batch>, BTreeMap<ComponentId, String>),
}

/// Retrieves members with their companions, in one request where that will do.
pub(super) async fn retrieve(
    org: &Org,
    wanted: BTreeSet<ComponentId>,
    companions: &Manifest,
) -> Result<RetrieveAnswers, OrgError> {
    let mut results = RetrieveAnswers::default();
    let first = Batch {
        wanted: wanted.into_iter().collect(),
        companions: companions.clone(),
        checked: false,
    };
    let mut left = vec![first];
    left.retain(|batch| !batch.wanted.is_empty() || !batch.companions.types.is_empty());
    let mut retrieves = 0;
    while !left.is_empty() {
        retrieves += left.len();
        if retrieves > MOST_RETRIEVES {
            return Err(OrgError::new(
                OrgErrorKind::Refused,
                format!(
                    "the org refuses too many parts of the retrieve (gave up after \
                     {MOST_RETRIEVES})"
                ),
            ));
        }
        let steps: Vec<Result<Step, OrgError>> = futures::stream::iter(std::mem::take(&mut left))
            .map(|batch| step(org, batch))
            .buffered(AT_ONCE)
            .collect()
            .await;
        for outcome in steps {
            match outcome? {
                Step::Done(result) => {
                    results.files.extend(result.files);
                    results.messages.extend(result.messages);
                }
                Step::Bad(id, reason) => {
                    results.bad.insert(id, reason);
                }
                Step::Split(batches, bad) => {
                    results.bad.extend(bad);
                    left.extend(batches);
                }
            }
        }
    }
    results.messages.sort();
    results.messages.dedup();
    Ok(results)
}

async fn step(org: &Org, batch: Batch) -> Result<Step, OrgError> {
    let manifest = manifest_of(&batch);
    match job::retrieve(org, &manifest).await {
        Ok(result) => Ok(Step::Done(result)),
        Err(RetrieveFailure::Whole(error)) => Err(error),
        Err(RetrieveFailure::TooLarge(error)) => {
            tell_halving(org, &error);
            let batch = expand(org, batch).await?;
            match halve(&batch) {
                Some(halves) => Ok(Step::Split(halves, BTreeMap::new())),
                None => Err(error),
            }
        }
        Err(RetrieveFailure::Content(error)) => {
            tell_halving(org, &error);
            let reason = format!("the org says: {error}");
            // A bad companion would make every half fail, so they are tried by themselves first.
            if !batch.checked && !batch.companions.types.is_empty() && !batch.wanted.is_empty() {
                let bad = bad_companions(org, batch.companions.clone()).await?;
                let mut companions = batch.companions.clone();
                for id in bad.keys() {
                    remove(&mut companions, id);
                }
                let batch = Batch { companions, checked: true, ..batch };
                // With all of them good, the fault is among what is wanted: the same request again
                // would only fail again.
                let batches = match halve(&batch) {
                    Some(halves) if bad.is_empty() => halves,
                    _ if bad.is_empty() => return Ok(last(batch, reason)),
                    _ => vec![batch],
                };
                return Ok(Step::Split(batches, bad));
            }
            let batch = expand(org, batch).await?;
            Ok(match halve(&batch) {
                Some(halves) => Step::Split(halves, BTreeMap::new()),
                None => last(batch, reason),
            })
        }
    }
}

fn tell_halving(org: &Org, error: &OrgError) {
    org.wire.tell(Event::Retrying {
        what: "the retrieve, in parts".to_owned(),
        why: error.to_string(),
    });
}

/// The one member that is left is the bad one.
fn last(batch: Batch, reason: String) -> Step {
    let only = batch.wanted.into_iter().chain(members(&batch.companions)).next();
    match only {
        Some(id) => Step::Bad(id, reason),
        None => Step::Split(Vec::new(), BTreeMap::new()),
    }
}

/// The bad members with the org's words, once they are found; a future that calls itself must be
/// boxed.
type Bisected<'a> =
    Pin<Box<dyn Future<Output = Result<BTreeMap<ComponentId, String>, OrgError>> + Send + 'a>>;

/// Finds the companions that make a retrieve fail.
fn bad_companions(org: &Org, companions: Manifest) -> Bisected<'_> {
    Box::pin(async move {
        match job::retrieve(org, &companions).await {
            // Too large is no fault of one of them, and does not say that one is.
            Ok(_) | Err(RetrieveFailure::TooLarge(_)) => Ok(BTreeMap::new()),
            Err(RetrieveFailure::Whole(error)) => Err(error),
            Err(RetrieveFailure::Content(error)) => {
                let mut all = members(&companions);
                if all.len() < 2 {
                    let reason = format!("the org says: {error}");
                    return Ok(all.into_iter().map(|id| (id, reason.clone())).collect());
                }
                let second = all.split_off(all.len() / 2);
                let mut bad = bad_companions(org, manifest(&all)).await?;
                bad.extend(bad_companions(org, manifest(&second)).await?);
                Ok(bad)
            }
        }
    })
}

/// Names what `*` stands for, so that it can be halved.
async fn expand(org: &Org, mut batch: Batch) -> Result<Batch, OrgError> {
    let whole: Vec<&str> = batch
        .companions
        .types
        .iter()
        .filter(|(_, members)| members.contains("*"))
        .map(|(type_name, _)| type_name.as_str())
        .chain(batch.wanted.iter().filter(|id| id.full_name == "*").map(|id| id.type_name.as_str()))
        .collect();
    if whole.is_empty() || members(&batch.companions).len() + batch.wanted.len() > 1 {
        // Halving goes on without; a `*` is named once it stands alone.
        return Ok(batch);
    }
    let type_name = whole[0].to_owned();
    let listed = org.list(&type_name).await?;
    batch.companions.types.remove(&type_name);
    batch.wanted = listed
        .into_iter()
        .map(|entry| entry.id)
        // `*` does not stand for standard objects (S 3.2).
        .filter(|id| type_name != "CustomObject" || id.full_name.contains("__"))
        .collect();
    Ok(batch)
}

/// Cuts a batch in two; `None` when that cannot be done.
fn halve(batch: &Batch) -> Option<Vec<Batch>> {
    let has_profile = |ids: &[ComponentId]| ids.iter().any(|id| id.type_name == "Profile");
    if batch.wanted.len() > 1 {
        // Profiles go together as long as possible: every half that has one carries all companions.
        let mut wanted = batch.wanted.clone();
        wanted.sort_by_key(|id| id.type_name != "Profile");
        let second = wanted.split_off(wanted.len() / 2);
        let carries = !has_profile(&second);
        return Some(vec![
            Batch { wanted, ..batch.clone() },
            Batch {
                wanted: second,
                companions: if carries { Manifest::default() } else { batch.companions.clone() },
                checked: batch.checked,
            },
        ]);
    }
    let mut first = members(&batch.companions);
    if batch.wanted.len() == 1 {
        // A profile cannot be had in two pieces; anything else does not need its companions.
        if has_profile(&batch.wanted) || first.is_empty() {
            return None;
        }
        return Some(vec![
            Batch { companions: Manifest::default(), ..batch.clone() },
            Batch { wanted: Vec::new(), ..batch.clone() },
        ]);
    }
    if first.len() < 2 {
        return None;
    }
    let second = first.split_off(first.len() / 2);
    Some(
        [first, second]
            .iter()
            .map(|half| Batch {
                wanted: Vec::new(),
                companions: manifest(half),
                checked: batch.checked,
            })
            .collect(),
    )
}

fn members(manifest: &Manifest) -> Vec<ComponentId> {
    manifest
        .types
        .iter()
        .flat_map(|(type_name, members)| {
            members.iter().map(move |member| ComponentId::new(type_name, member))
        })
        .collect()
}

fn manifest(members: &[ComponentId]) -> Manifest {
    let mut manifest = Manifest::default();
    for id in members {
        add(&mut manifest, id);
    }
    manifest
}

fn manifest_of(batch: &Batch) -> Manifest {
    let mut manifest = batch.companions.clone();
    for id in &batch.wanted {
        add(&mut manifest, id);
    }
    manifest
}

fn add(manifest: &mut Manifest, id: &ComponentId) {
    manifest.types.entry(id.type_name.clone()).or_default().insert(id.full_name.clone());
}

fn remove(manifest: &mut Manifest, id: &ComponentId) {
    if let Some(members) = manifest.types.get_mut(&id.type_name) {
        members.remove(&id.full_name);
        if members.is_empty() {
            manifest.types.remove(&id.type_name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(wanted: &[(&str, &str)], companions: &[(&str, &str)]) -> Batch {
        let ids = |pairs: &[(&str, &str)]| -> Vec<ComponentId> {
            pairs.iter().map(|(t, n)| ComponentId::new(*t, *n)).collect()
        };
        Batch { wanted: ids(wanted), companions: manifest(&ids(companions)), checked: false }
    }

    #[test]
    fn every_half_with_a_profile_has_all_companions() {
        let batch = batch(
            &[("ConnectedApp", "A"), ("Profile", "P"), ("Profile", "Q"), ("Profile", "R")],
            &[("CustomObject", "Account"), ("CustomObject", "Contact")],
        );
        let halves = halve(&batch).unwrap();
        assert_eq!(halves.len(), 2);
        for half in &halves {
            assert_eq!(members(&half.companions).len(), 2);
        }
    }

    #[test]
    fn a_profile_is_never_retrieved_in_pieces() {
        let alone = batch(&[("Profile", "P")], &[("CustomObject", "A"), ("CustomObject", "B")]);
        assert!(halve(&alone).is_none());
    }

    #[test]
    fn halving_loses_nothing() {
        let all = batch(
            &[("ConnectedApp", "A"), ("PermissionSet", "B")],
            &[("CustomObject", "C"), ("CustomObject", "D"), ("CustomObject", "E")],
        );
        let mut left = vec![all];
        let mut seen = BTreeSet::new();
        while let Some(batch) = left.pop() {
            match halve(&batch) {
                Some(halves) => left.extend(halves),
                None => {
                    seen.extend(batch.wanted);
                    seen.extend(members(&batch.companions));
                }
            }
        }
        assert_eq!(seen.len(), 5);
    }
}
