//! What must hold before anything is sent: all that does not is said at once.

use std::collections::BTreeSet;

use crate::metadata::assignable::Assignable;
use crate::metadata::fact::{Access, Fact, FactAnswer};
use crate::metadata::right::{self, Right};
use crate::metadata::value::Value;

use crate::org::assign::LICENCE_ROW;
use crate::org::deploy::{AppUsers, DeployRow};
use crate::org::{Org, OrgError, OrgErrorKind};
use crate::package::Cause;
use crate::plan::Plan;
use crate::plan::assignment::{Assigned, Standing};

use super::queue;

/// What is in the way, and what an admin should know.
#[derive(Debug, Default)]
pub struct Preflight {
    /// Each of these stops the deploy.
    pub failures: Vec<String>,
    /// A deploy that is under way; it is among the failures.
    pub running: Option<DeployRow>,
    /// None of these does.
    pub notes: Vec<String>,
}

/// Fewer requests than this may not do for a deploy that is watched and verified.
const REQUESTS_NEEDED: i64 = 50;

/// Asks the org whether a plan can be carried out.
///
/// # Errors
/// The org cannot be asked at all; what it does not show to this user is a note.
pub async fn preflight(org: &Org, plan: &Plan<'_>) -> Result<Preflight, OrgError> {
    let mut preflight = Preflight::default();
    org.begin("checking that the deploy can be carried out");
    let outcome = check(org, plan, &mut preflight).await;
    org.end();
    outcome.map(|()| preflight)
}

async fn check(org: &Org, plan: &Plan<'_>, preflight: &mut Preflight) -> Result<(), OrgError> {
    rights(org, plan, preflight).await?;
    match org.requests_left().await {
        Ok((left, of)) if left < REQUESTS_NEEDED => {
            preflight.failures.push(format!(
                "the org has {left} of {of} API requests left for today, and a \
                               deploy may need {REQUESTS_NEEDED}"
            ));
        }
        Ok(_) => {}
        Err(error) if error.is_about_one_question() => preflight
            .notes
            .push(format!("how many API requests are left is not shown to this user ({error})")),
        Err(error) => return Err(error),
    }
    if let Err(row) = queue::free(org).await? {
        preflight.failures.push(format!(
            "{}: one runs at a time, wait until it is over",
            queue::in_the_way(&row)
        ));
        preflight.running = Some(row);
    }
    let unknown = or_none(org.unknown_permissions(&granted(plan, "userPermissions")).await)?;
    preflight.failures.extend(unknown.into_iter().map(|name| {
        // Who did not ask for it cannot leave it out.
        let advice = if is_asked_for(plan, &name) { " (leave it out with `--only`)" } else { "" };
        format!(
            "this org has no system permission `{name}`: its edition, a licence or a feature is \
             missing{advice}"
        )
    }));
    let without = or_none(org.fields_without_permission(&granted(plan, "fieldPermissions")).await)?;
    preflight.failures.extend(without.into_iter().map(|field| {
        format!(
            "`{field}` carries no field-level security: whoever reads the object sees it, so \
                 leave it out of the template"
        )
    }));
    licences(org, plan, preflight).await?;
    lock_out(org, plan, preflight).await
}

/// The licences behind what is given (S 4.3, 4.4): a seat may be gone since the plan was made, and a
/// way back was not held against them.
async fn licences(org: &Org, plan: &Plan<'_>, preflight: &mut Preflight) -> Result<(), OrgError> {
    if plan.assignments.is_empty() {
        return Ok(());
    }
    // A licence that is taken back frees a seat.
    let is_licence = |one: &&Assigned| one.rows.iter().any(|(object, _)| object == LICENCE_ROW);
    let taken = plan.withdrawals.iter().filter(is_licence).map(|one| &one.of);
    let all = plan.assignments.iter().chain(taken);
    let wanted: BTreeSet<(String, Assignable)> =
        all.map(|one| (one.user.clone(), one.what.clone())).collect();
    let limits = org.limits(&wanted).await?;
    for standing in plan.standings(&limits) {
        match standing {
            Standing::Refused(words) => preflight.failures.push(words),
            // What the plan shows need not be said again.
            Standing::Unknown(words) | Standing::Takes(words) => {
                if !plan.notes.contains(&words) {
                    preflight.notes.push(words);
                }
            }
            Standing::Clear => {}
        }
    }
    Ok(())
}

/// The keys of a section's entries in which something is granted, once each.
fn granted<'p>(plan: &'p Plan<'_>, section: &str) -> Vec<&'p str> {
    let keys =
        plan.changes.iter().filter(|change| change.to == Some(Value::Bool(true))).filter_map(
            |change| {
                let segment = &change.path.as_ref()?.segments()[0];
                if segment.name == section { segment.key.as_deref() } else { None }
            },
        );
    keys.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Says whether a step asks for a system permission.
fn is_asked_for(plan: &Plan<'_>, name: &str) -> bool {
    plan.changes.iter().any(|change| {
        let key = change.path.as_ref().and_then(|path| path.segments()[0].key.as_deref());
        matches!(change.cause, Cause::Step(_)) && key == Some(name)
    })
}

/// What the org does not show to this user, the deploy itself says.
fn or_none<T>(answer: Result<Vec<T>, OrgError>) -> Result<Vec<T>, OrgError> {
    match answer {
        Err(error) if error.is_about_one_question() => Ok(Vec::new()),
        answer => answer,
    }
}

/// The caller's own rights (S 1.4, 4.4).
async fn rights(org: &Org, plan: &Plan<'_>, preflight: &mut Preflight) -> Result<(), OrgError> {
    let user = match org.user().await {
        Ok(user) => user,
        // A session without the scope for it is told that it is not valid.
        Err(error) if error.is_about_one_question() || error.kind == OrgErrorKind::Auth => {
            preflight.notes.push(format!(
                "whom we are signed in as is not shown, so rights could not be checked ({error})"
            ));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let has_apps = plan.targets.iter().any(|target| right::is_of_app(&target.id.type_name));
    let mut needed: Vec<Right> = Vec::new();
    if !plan.package.is_empty() {
        needed.push(right::METADATA);
    }
    if has_apps {
        needed.push(right::CUSTOMIZE);
    }
    if !plan.assignments.is_empty() || !plan.withdrawals.is_empty() {
        needed.push(right::ASSIGN);
    }
    for (right, unseen) in lacking(org, &user.username, &needed).await? {
        match unseen {
            Some(reason) => preflight.notes.push(format!(
                "whether {} has {} was not observed: {reason}",
                user.username, right.words
            )),
            None => preflight
                .failures
                .push(format!("{} lacks the permission {}", user.username, right.words)),
        }
    }
    Ok(())
}

/// Returns the rights that a user lacks, and those of which it was not observed, with the reason.
///
/// # Errors
/// The org cannot be asked.
pub(crate) async fn lacking(
    org: &Org,
    username: &str,
    needed: &[Right],
) -> Result<Vec<(Right, Option<String>)>, OrgError> {
    let mut asked: Vec<(Fact, Option<String>)> = Vec::new();
    for name in needed.iter().flat_map(|right| right.any_of) {
        if let Ok(fact) = Fact::parse(&format!("user.permission[{name}]")) {
            asked.push((fact, Some(username.to_owned())));
        }
    }
    let facts = org.facts(&asked).await?;
    let mut lacking = Vec::new();
    for right in needed {
        let answers: Vec<FactAnswer> = asked
            .iter()
            .filter(|(fact, _)| match fact {
                Fact::Access(Access::Permission(name)) => right.any_of.contains(&name.as_str()),
                _ => false,
            })
            .map(|(fact, of)| facts.get(fact, of.as_deref()))
            .collect();
        if answers.contains(&FactAnswer::Known(Value::Bool(true))) {
            continue;
        }
        let unseen = answers.into_iter().find_map(|answer| match answer {
            FactAnswer::NotObserved(reason) => Some(reason.to_string()),
            FactAnswer::Known(_) => None,
        });
        lacking.push((*right, unseen));
    }
    Ok(lacking)
}

/// Whom "admin approved users" shuts out (S 8, trap 10).
async fn lock_out(org: &Org, plan: &Plan<'_>, preflight: &mut Preflight) -> Result<(), OrgError> {
    for change in &plan.changes {
        let path = change.path.as_ref().map(ToString::to_string).unwrap_or_default();
        let is_switched_on = match path.as_str() {
            "oauthConfig.isAdminApproved" => change.to == Some(Value::Bool(true)),
            "permittedUsersPolicyType" => change
                .to
                .as_ref()
                .is_some_and(|value| value.to_string() == "AdminApprovedPreAuthorized"),
            _ => false,
        };
        if !is_switched_on {
            continue;
        }
        let label = plan.targets.iter().find(|target| target.id == change.id).and_then(|target| {
            target.after.as_ref().and_then(|document| {
                document.root().child_text("label").map(std::borrow::Cow::into_owned)
            })
        });
        let app = label.unwrap_or_else(|| change.id.full_name.clone());
        let users = match org.users_of_app(&app).await? {
            AppUsers::Seen(count) => format!(
                "{} through it today (Setup > Connected Apps OAuth Usage), and a session may have \
                 to be opened again",
                if count == 1 {
                    "1 user signs in".to_owned()
                } else {
                    format!("{count} users sign in")
                }
            ),
            AppUsers::Hidden => "who uses it today is not shown to this user".to_owned(),
            AppUsers::Unread(why) => format!("who uses it today could not be read: {why}"),
        };
        preflight.notes.push(format!(
            "{}: from now on only users of its profiles and permission sets get in; {users}",
            change.id
        ));
    }
    Ok(())
}
