//! Whether what was validated before is what a plan would deploy: told by the journal, or where
//! that does not know it by what the org says of it.

use std::collections::BTreeSet;

use crate::journal::{Entry, Stored};
use crate::metadata::ComponentId;
use crate::metadata::document::Document;
use crate::metadata::full_name::canonical_full_name;
use crate::metadata::lasting::org_time;
use crate::org::deploy::DeployStatus;
use crate::org::{Org, OrgError};
use crate::package::showable;
use crate::plan::Plan;

use super::stored;

/// How long a validation may be deployed quickly (S 6.4).
const VALIDATION_LASTS: jiff::SignedDuration = jiff::SignedDuration::from_hours(10 * 24);

/// Says whether a validation in the journal was of the same documents: of another it would bring
/// about something else, and overwrite what has changed since.
pub fn is_validated(entry: &Entry, plan: &Plan<'_>) -> bool {
    // Older versions kept keys and comments, which are not sent.
    let as_now = |held: &[Stored]| {
        let plain = |one: &Stored| {
            let document = |xml: &String| Document::parse(xml.clone().into_bytes()).ok();
            let id = ComponentId::new(&*one.type_name, &*one.full_name);
            let shown = |document: Document| {
                String::from_utf8_lossy(showable(&id, &document).bytes()).into_owned()
            };
            let xml = one.xml.as_ref().map(|xml| document(xml).map_or(xml.clone(), shown));
            Stored { xml, ..one.clone() }
        };
        held.iter().map(plain).collect::<Vec<_>>()
    };
    entry.check_only
        && as_now(&entry.before) == stored(&plan.targets, |target| &target.before)
        && as_now(&entry.after) == stored(&plan.targets, |target| &target.after)
}

/// What has changed in the org since a validation that this machine did not make, among what the
/// plan changes; none where the org says that nothing has. What was validated cannot be read back,
/// so what the org does not tell the time of counts as changed.
///
/// # Errors
/// The org cannot be asked.
pub async fn moved_since(
    org: &Org,
    status: &DeployStatus,
    plan: &Plan<'_>,
) -> Result<Option<String>, OrgError> {
    let Some(began) = status.started.as_deref().and_then(org_time) else {
        return Ok(Some(
            "nobody knows what has changed: the org does not say when it was".to_owned(),
        ));
    };
    let there: Vec<&ComponentId> = plan
        .targets
        .iter()
        .filter(|target| target.before.is_some())
        .map(|target| &target.id)
        .collect();
    let types: BTreeSet<&str> = there.iter().map(|id| id.type_name.as_str()).collect();
    for type_name in types {
        let listed = org.list(type_name).await?;
        for id in there.iter().filter(|id| id.type_name == type_name) {
            let one = listed.iter().find(|one| is_one_of(&one.id, id));
            let changed = one.and_then(|one| org_time(one.last_modified_date.as_deref()?));
            match changed {
                Some(changed) if changed < began => {}
                Some(_) => {
                    let by = one.and_then(|one| one.last_modified_by.as_deref());
                    let by = by.map(|by| format!(" (by {by})")).unwrap_or_default();
                    return Ok(Some(format!("{id} has changed{by}")));
                }
                None => {
                    return Ok(Some(format!(
                        "{id} may have changed: the org does not say when it did last"
                    )));
                }
            }
        }
    }
    Ok(None)
}

/// Why a deploy that the org knows is no validation of a plan.
pub fn unfit(status: &DeployStatus, plan: &Plan<'_>, now: jiff::Timestamp) -> Option<String> {
    if !status.check_only {
        return Some("is no validation: it was a deploy".to_owned());
    }
    if !status.done || !status.success {
        return Some(format!("has not succeeded ({})", status.status));
    }
    // An org that does not say when leaves it to itself to refuse.
    let completed = status.completed.as_deref().and_then(org_time);
    if let Some(completed) = completed
        && now.duration_since(completed) > VALIDATION_LASTS
    {
        return Some("is older than ten days".to_owned());
    }
    let planned = |id: &ComponentId| plan.targets.iter().any(|target| is_one_of(id, &target.id));
    let named = |id: &ComponentId| status.named.iter().any(|one| is_one_of(one, id));
    let other = status.named.iter().find(|id| !planned(id));
    let lacking = plan.targets.iter().find(|target| target.after.is_some() && !named(&target.id));
    match (other, lacking) {
        (Some(id), _) => Some(format!("is of another package: it holds {id}")),
        (None, Some(target)) => {
            Some(format!("is of another package: it does not hold {}", target.id))
        }
        (None, None) => None,
    }
}

/// Whether the org's name of a component is ours. What it calls the type of a settings file is not
/// documented.
pub(super) fn is_one_of(named: &ComponentId, ours: &ComponentId) -> bool {
    let is_type = named.type_name == ours.type_name
        || ours.type_name == "Settings" && named.type_name.ends_with("Settings");
    let canonical = |name: &str| canonical_full_name(&ours.type_name, name);
    is_type && canonical(&named.full_name) == canonical(&ours.full_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::document::Document;
    use crate::package::Target;

    #[test]
    fn a_validation_fits_the_plan_of_its_components_for_ten_days() {
        let xml = "<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\"/>";
        let target = |type_name: &str, name: &str| Target {
            id: ComponentId::new(type_name, name),
            before: None,
            after: Some(Document::parse(xml.as_bytes().to_vec()).unwrap()),
            spelled: None,
            said: Vec::new(),
        };
        let mut plan = Plan::default();
        plan.targets =
            vec![target("Profile", "System Administrator"), target("Settings", "Security")];
        let now: jiff::Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        let good = DeployStatus {
            done: true,
            success: true,
            check_only: true,
            completed: Some("2026-11-20T12:00:00.000+0000".to_owned()),
            named: [
                ComponentId::new("Profile", "Admin"),
                ComponentId::new("SecuritySettings", "Security"),
            ]
            .into(),
            ..DeployStatus::default()
        };
        assert_eq!(unfit(&good, &plan, now), None);
        let other = [ComponentId::new("Profile", "Admin"), ComponentId::new("Settings", "Mobile")];
        for (status, why) in [
            (DeployStatus { check_only: false, ..good.clone() }, "no validation"),
            (DeployStatus { success: false, ..good.clone() }, "not succeeded"),
            (
                DeployStatus {
                    completed: Some("2026-11-15T11:00:00.000Z".to_owned()),
                    ..good.clone()
                },
                "ten days",
            ),
            (DeployStatus { named: other.into(), ..good.clone() }, "it holds Settings:Mobile"),
            (DeployStatus { named: Default::default(), ..good.clone() }, "does not hold Profile"),
        ] {
            let found = unfit(&status, &plan, now).unwrap();
            assert!(found.contains(why), "{found}");
        }
    }
}
