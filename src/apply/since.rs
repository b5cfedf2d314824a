//! What others have done with what a deploy made, beside what its metadata shows: given it to users,
//! or changed what nobody can see. Deleting it would lose that.

use crate::journal::{Entry, Settled};
use crate::metadata::ComponentId;
use crate::metadata::document::Document;
use crate::metadata::lasting::org_time;
use crate::org::{Org, OrgError};
use crate::plan::before_image::Image;

use super::stored_one;
use super::validation::is_one_of;

/// So many users are named.
const NAMED: usize = 5;

/// Says what others have done since with what an entry's deploy made, one line each.
///
/// # Errors
/// The org cannot be asked any more.
pub async fn done_since(
    org: &Org,
    entry: &Entry,
    images: &[Image],
) -> Result<Vec<String>, OrgError> {
    let mut lines = Vec::new();
    // What the deploy gave itself is taken back with it; a row that may be another's is another's.
    let is_ours = |id: &ComponentId, user: &str| {
        id.type_name == "PermissionSet"
            && entry.assigned.iter().any(|one| {
                one.doubts.is_empty()
                    && one.of.what.is_set(&id.full_name)
                    && one.of.user.eq_ignore_ascii_case(user)
            })
    };
    for image in images.iter().filter(|one| one.before.is_none() && one.after.is_some()) {
        let id = &image.id;
        match org.holders(id).await {
            Ok(mut holders) => {
                holders.retain(|user| !is_ours(id, user));
                lines.extend(given(id, &holders));
            }
            Err(error) if error.is_about_one_question() || error.is_about_rights() => {
                lines.push(format!("whether somebody has {id} cannot be seen: {error}"));
            }
            Err(error) => return Err(error),
        }
        lines.extend(changed_since(org, entry, id).await?);
    }
    Ok(lines)
}

/// Says to whom a component is given.
fn given(id: &ComponentId, users: &[String]) -> Option<String> {
    let named: Vec<String> = users.iter().take(NAMED).map(|user| format!("`{user}`")).collect();
    let more = match users.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let verb = if id.type_name == "Profile" { "is the profile of" } else { "was given to" };
    (!named.is_empty()).then(|| format!("{id} {verb} {}{more} since", named.join(", ")))
}

/// Says whether what cannot be seen whole was changed since the deploy, by the org's clock.
async fn changed_since(
    org: &Org,
    entry: &Entry,
    id: &ComponentId,
) -> Result<Option<String>, OrgError> {
    let is_it =
        |one: &&Settled| one.file.type_name == id.type_name && one.file.full_name == id.full_name;
    let settled = entry.settled.iter().find(is_it);
    let Some(then) = settled.and_then(|one| org_time(one.changed.as_deref()?)) else {
        return Ok(None);
    };
    let listed = org.list(&id.type_name).await?;
    let Some(one) = listed.iter().find(|one| is_one_of(&one.id, id)) else { return Ok(None) };
    let date = one.last_modified_date.as_deref().unwrap_or_default();
    if org_time(date).is_none_or(|now| now <= then) {
        return Ok(None);
    }
    let by = one.last_modified_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    Ok(Some(format!(
        "{id} was changed{by} since ({date}), and a look shows not all that is in a profile"
    )))
}

/// What a deploy made as the org shows it right after, for its entry. Of a profile a look shows what
/// was asked for alone (S 3.2), so that the time of its last change is kept too.
pub async fn settled(org: &Org, made: &[(ComponentId, Document)]) -> Vec<Settled> {
    let profiles = match made.iter().any(|(id, _)| id.type_name == "Profile") {
        // Without it a rollback goes by what it sees.
        true => org.list("Profile").await.unwrap_or_default(),
        false => Vec::new(),
    };
    let settle = |(id, document): &(ComponentId, Document)| Settled {
        file: stored_one(id, Some(document)),
        changed: profiles
            .iter()
            .find(|one| is_one_of(&one.id, id))
            .and_then(|one| one.last_modified_date.clone()),
    };
    made.iter().map(settle).collect()
}
