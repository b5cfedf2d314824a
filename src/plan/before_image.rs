//! From what was there before a deploy to the changes that lead back: limited to what the deploy
//! changed.

use crate::metadata::document::Document;
use crate::metadata::path::FieldPath;
use crate::metadata::registry::{self, MetadataType, Portability};
use crate::metadata::settings::{Difference, Settings, alike, between, settings};
use crate::metadata::value::{Value, same};
use crate::metadata::{ComponentId, ComponentSet};
use crate::package::{Cause, Change, own, showable};

use super::refusal::refuse_removal;
use super::{Basis, Plan};

/// One component before a deploy and after it, as the deploy meant it.
#[derive(Clone, Debug)]
pub struct Image {
    /// The component.
    pub id: ComponentId,
    /// What was there; none for nothing.
    pub before: Option<Document>,
    /// What was to be there; none for nothing.
    pub after: Option<Document>,
    /// What the org showed right after, of what was made; none where it was not looked at.
    pub settled: Option<Document>,
}

/// How something that a deploy changed stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As before the deploy.
    Before,
    /// As the deploy left it.
    After,
    /// Neither: this is there.
    Other(Option<Value>),
}

/// One thing that a deploy changed, and how it stands now.
#[derive(Clone, Debug)]
pub struct Stands {
    /// The component.
    pub id: ComponentId,
    /// Where in it; none for the whole component.
    pub path: Option<FieldPath>,
    /// What was there before.
    pub before: Option<Value>,
    /// What the deploy made of it.
    pub after: Option<Value>,
    /// How it stands.
    pub standing: Standing,
}

/// Says of each thing that a deploy changed how it stands in what an org holds now.
pub fn standings(images: &[Image], now: &ComponentSet) -> Vec<Stands> {
    let mut all = Vec::new();
    for Image { id, before, after, .. } in images {
        let there = own(now, id).map(|component| &component.document);
        let (Some(before), Some(after)) = (before, after) else {
            let is_as_before = there.is_some() == before.is_some();
            all.push(Stands {
                id: id.clone(),
                path: None,
                before: before.as_ref().map(|_| Value::Present),
                after: after.as_ref().map(|_| Value::Present),
                standing: if is_as_before { Standing::Before } else { Standing::After },
            });
            continue;
        };
        let row = registry::find_component(&id.type_name, &id.full_name);
        let row = row.unwrap_or(&registry::UNKNOWN);
        let ([was, is], held) = match there {
            Some(there) => {
                let [was, is, held] = alike(row, [before, after, there]);
                ([was, is], Some(held))
            }
            None => (alike(row, [before, after]), None),
        };
        for (path, before, after) in between(&was, &is) {
            let standing = standing(held.as_ref(), &path, before.as_ref(), after.as_ref());
            all.push(Stands { id: id.clone(), path: Some(path), before, after, standing });
        }
    }
    all
}

fn standing(
    held: Option<&Settings>,
    path: &FieldPath,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Standing {
    let Some(held) = held else { return Standing::Other(None) };
    let value = held.get(path);
    let is_same = |other: Option<&Value>| match (value, other) {
        (Some(one), Some(other)) => same(one, other),
        (one, other) => one.is_none() && other.is_none(),
    };
    if is_same(after) {
        Standing::After
    } else if is_same(before) {
        Standing::Before
    } else {
        Standing::Other(value.cloned())
    }
}

/// Fills a plan with the changes that lead back.
pub(super) fn fill(plan: &mut Plan<'_>, images: &[Image], basis: &Basis<'_>) {
    for image in images {
        plan.moved.extend(moved_in_new(image, basis.components));
        plan.whole_back(image, basis.components);
    }
    let mut already = 0;
    for Stands { id, path, before, after, standing } in standings(images, basis.components) {
        let Some(path) = path else {
            already += usize::from(standing == Standing::Before);
            continue;
        };
        let now = match standing {
            Standing::Before => {
                already += 1;
                continue;
            }
            Standing::After => after,
            Standing::Other(now) => {
                plan.moved.push(format!(
                    "{id} {path} was set to {} by the deploy and is {} now",
                    shown(after.as_ref()),
                    shown(now.as_ref())
                ));
                now
            }
        };
        plan.setting_back(id, path, now, before);
    }
    if already > 0 {
        let are = match already {
            1 => "1 setting is as it was".to_owned(),
            count => format!("{count} settings are as they were"),
        };
        plan.notes.push(format!("{are} before the deploy already"));
    }
}

impl Plan<'_> {
    fn setting_back(
        &mut self,
        id: ComponentId,
        path: FieldPath,
        now: Option<Value>,
        before: Option<Value>,
    ) {
        let row = registry::find_component(&id.type_name, &id.full_name);
        // A flag that is not there is its default, and is never taken out of an entry.
        let said = |value: Option<Value>| value.or_else(|| row?.flag_default(&path));
        let (from, to) = (said(now), said(before));
        if let (Some(row), None) = (row, &to)
            && let Err(reason) = refuse_removal(row, &path)
        {
            self.doors.push(format!("{id} {path}: {reason}"));
            return;
        }
        self.changes.push(Change { id, path: Some(path), from, to, cause: Cause::State });
    }

    /// A component that the deploy made is deleted; one that it deleted is made again.
    fn whole_back(&mut self, image: &Image, now: &ComponentSet) {
        let Image { id, before, after, .. } = image;
        match (before, after, own(now, id)) {
            (None, Some(_), Some(_)) => self.changes.push(Change {
                id: id.clone(),
                path: None,
                from: Some(Value::Present),
                to: None,
                cause: Cause::State,
            }),
            (Some(before), None, None) => {
                self.make(id.clone(), before.clone(), Cause::State);
            }
            _ => {}
        }
    }
}

/// What somebody has changed since in a component that the deploy made, or put into it, and that
/// deleting it would lose. What the org adds of itself was there right after the deploy.
fn moved_in_new(image: &Image, now: &ComponentSet) -> Vec<String> {
    let Image { id, before: None, after: Some(after), settled } = image else { return Vec::new() };
    let Some(there) = own(now, id) else { return Vec::new() };
    let row = registry::find_component(&id.type_name, &id.full_name);
    let row = row.unwrap_or(&registry::UNKNOWN);
    let held = settings(row, &there.document);
    let is_moved = |(path, value): &(FieldPath, Value)| {
        !held.get(path).is_some_and(|there| same(there, value))
    };
    let sent = settings(row, after);
    let moved = sent.iter().map(|(path, value)| (path.clone(), value.clone())).filter(is_moved);
    let moved = moved.map(|(path, value)| {
        let is = shown(held.get(&path));
        format!("{id} {path} was set to `{value}` by the deploy and is {is} now")
    });
    // Keys are not kept, so that they are not compared either.
    let added = added_since(row, settled.as_ref(), after, &showable(id, &there.document));
    let added = added.into_iter().filter(|(path, ..)| !sent.contains_key(path));
    let added = added.map(|(path, was, is)| {
        let (was, is) = (shown(was.as_ref()), shown(is.as_ref()));
        format!("{id} {path} was {was} after the deploy and is {is} now")
    });
    moved.chain(added).collect()
}

/// What is in a component that was made beyond what was there right after. Where nobody looked, what
/// was sent counts of a permission set, to which an org adds nothing (S 4.1).
fn added_since(
    row: &MetadataType,
    settled: Option<&Document>,
    sent: &Document,
    there: &Document,
) -> Vec<Difference> {
    let then = match settled {
        Some(settled) => settled,
        None if row.name == "PermissionSet" => sent,
        None => return Vec::new(),
    };
    let [then, held] = alike(row, [then, there]);
    let is_said = |(path, was, is): &Difference| {
        let field = row.resolve(path).ok().flatten().map(|resolved| resolved.field);
        let is_org_s = field.is_some_and(|field| field.portability == Portability::Never);
        // A flag that is off says no more than none.
        let is_off = |value: &Option<Value>| matches!(value, None | Some(Value::Bool(false)));
        !(is_org_s || is_off(was) && is_off(is))
    };
    between(&then, &held).into_iter().filter(is_said).collect()
}

/// A value as sentences show it.
pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "absent".to_owned(), |value| format!("`{value}`"))
}
