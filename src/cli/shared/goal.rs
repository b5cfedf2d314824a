//! What is to be brought about, looked at and planned alike on every road: a template's steps, a
//! baseline, what was there before a deploy.

mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use crate::apply::look::{all_read, examine, look_up, read_again, read_images};
use crate::apply::since::done_since;
use crate::diff::{
    Diff, Finding, Source, State, diff, emptied, idle_exceptions, locate, name_parts,
};
use crate::journal::Entry;
use crate::metadata::assignable::OrgLimits;
use crate::metadata::change_event::CHANNEL_MEMBER;
use crate::metadata::decomposed::Part;
use crate::metadata::document::Document;
use crate::metadata::fact::FactValues;
use crate::metadata::names::{Lacked, Name, NameStatus};
use crate::metadata::path::FieldPath;
use crate::metadata::permission::Dependency;
use crate::metadata::registry::nearest::is_slip;
use crate::metadata::registry::{self, ApiVersion};
use crate::metadata::settings::settings;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::{ComponentId, ComponentSet, Requested};
use crate::org::{Org, OrgError, Values};
use crate::plan::before_image::Image;
use crate::plan::saved::{SavedBaseline, SavedWaiver, SavedWanted};
use crate::plan::{Basis, Desired, Look, Plan, plan};
use crate::snapshot;
use crate::snapshot::drift::compare;
use crate::snapshot::side::Side;
use crate::template::ExpandedStep;

use super::baseline::{self, OfOrg};
use super::clock;
use super::error::CommandError;
use super::selection::Selection;
use super::ui::Ui;
use super::waivers::{self, Waivers};
use super::wanted::Wanted;
use super::way_out;
pub(crate) use files::of_files;

/// What is to be brought about.
pub(crate) enum Goal<'g> {
    /// What the steps of templates want.
    Steps {
        wanted: &'g Wanted,
        steps: &'g [ExpandedStep<'g>],
        only: &'g Selection,
        waivers: &'g Waivers,
        /// Whether entries of profiles that nobody could see are set all the same.
        is_blind: bool,
    },
    /// What a baseline has.
    Baseline { side: &'g Side, saved: SavedBaseline, only: &'g Selection, waivers: &'g Waivers },
    /// What was there before a deploy.
    BeforeImage { entry: &'g Entry, images: Vec<Image> },
}

/// By what a plan is to be brought about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// A deploy, which also asks by REST for what is no metadata.
    Deploy,
    /// A package alone.
    Package,
    /// The files that were read, edited.
    Files,
}

/// What was looked at, in an org or in files.
pub(crate) struct Seen {
    /// The components, as far as they matter; of a side that was held against a baseline they are
    /// read once somebody asks.
    components: OnceLock<ComponentSet>,
    against: Option<AgainstBaseline>,
    facts: FactValues,
    graph: Vec<Dependency>,
    limits: OrgLimits,
    version: ApiVersion,
    is_online: bool,
    same_org: bool,
    /// Files that are no metadata, each with line and column; and types that could not be listed.
    broken: Vec<String>,
    /// Some component's file, which shows how a folder is laid out.
    pub(crate) model: Option<String>,
    /// What the reader should know of files that a template was held against.
    notes: Vec<String>,
    /// What others have done since with what a deploy made, beside its metadata; one line each.
    since: Vec<String>,
    /// The files of components that stand in several.
    parts: BTreeMap<ComponentId, Vec<Part>>,
}

/// A side that was held against a baseline, and what differs.
struct AgainstBaseline {
    side: Side,
    found: Diff<'static>,
}

impl Seen {
    /// The components, as far as they matter: all that a plan may change.
    pub(crate) fn components(&self) -> &ComponentSet {
        self.components.get_or_init(|| match &self.against {
            Some(AgainstBaseline { side, found }) => {
                let touched = found.findings.iter().filter_map(|one| one.subject.component());
                let touched: BTreeSet<&ComponentId> = touched.collect();
                side.read(&|id| touched.contains(id))
            }
            None => ComponentSet::new(Requested::Unknown),
        })
    }

    /// What is known of facts.
    pub(crate) fn facts(&self) -> &FactValues {
        &self.facts
    }

    /// The files of a component that stands in several; none for any other.
    ///
    /// # Errors
    /// They cannot be read.
    pub(crate) fn parts(&self, id: &ComponentId) -> Result<Vec<Part>, snapshot::ReadError> {
        match &self.against {
            Some(against) => parts_of(&against.side, id),
            None => Ok(self.parts.get(id).cloned().unwrap_or_default()),
        }
    }

    /// What was found of what a plan is made from.
    pub(crate) fn findings<'f>(&'f self, plan: &'f Plan<'_>) -> &'f [Finding<'f>] {
        self.against.as_ref().map_or(&plan.diff.findings, |against| &against.found.findings)
    }

    fn of_org(org: &Org, components: ComponentSet) -> Self {
        Self {
            components: components.into(),
            against: None,
            facts: FactValues::new(Unseen::new(UnseenKind::NotAsked, "not asked for")),
            graph: Vec::new(),
            limits: OrgLimits::default(),
            version: org.api_version(),
            is_online: true,
            same_org: true,
            broken: Vec::new(),
            model: None,
            notes: Vec::new(),
            since: Vec::new(),
            parts: BTreeMap::new(),
        }
    }

    /// Adds what could not be read to what is told at the end, after the rest.
    fn add_broken(&mut self, lines: Vec<String>) {
        if let Some(against) = &mut self.against {
            against.found.broken.extend(lines.iter().cloned());
        }
        self.broken.extend(lines);
    }

    /// Files that are no metadata, as one error; what else there is was looked at all the same.
    ///
    /// # Errors
    /// There are some.
    pub(crate) fn all_read(&self) -> Result<(), CommandError> {
        CommandError::broken(&self.broken).map_or(Ok(()), Err)
    }

    fn basis(&self, means: Means) -> Basis<'_> {
        Basis {
            components: self.components(),
            facts: &self.facts,
            graph: &self.graph,
            version: self.version,
            is_online: self.is_online,
            is_by_rest: self.is_online && means == Means::Deploy,
            same_org: self.same_org,
            is_in_place: means == Means::Files,
            is_blind: false,
            limits: &self.limits,
        }
    }
}

impl<'g> Goal<'g> {
    /// Looks at what an org holds of it; with `to_change` also at what decides which permissions
    /// must come along.
    ///
    /// # Errors
    /// The org cannot be asked.
    pub(crate) async fn look(
        &self,
        ui: &Ui,
        org: &Org,
        name: &str,
        to_change: bool,
    ) -> Result<Seen, CommandError> {
        self.look_after(ui, org, name, to_change, None).await
    }

    /// As [`look`](Self::look), after a plan was carried out where there is one.
    async fn look_after(
        &self,
        ui: &Ui,
        org: &Org,
        name: &str,
        to_change: bool,
        done: Option<&Plan<'_>>,
    ) -> Result<Seen, CommandError> {
        let failed = |error| CommandError::org(name, &error);
        match self {
            Self::Steps { steps, wanted, .. } => {
                let given = |name: &Name| wanted.parameters_of(name);
                let mut values = Values::default();
                // Once a plan was carried out, its values were there.
                if done.is_none() {
                    let (known, told) = look_up(org, steps, &given).await.map_err(failed)?;
                    told.iter().for_each(|words| ui.warn(words));
                    values = known;
                }
                let examined = examine(org, steps, to_change, done, &values).await;
                let mut examined = examined.map_err(failed)?;
                examined.components.names.given_by(given);
                for message in &examined.messages {
                    ui.detail(&format!("the org says: {message}"));
                }
                Ok(Seen {
                    broken: damaged(&examined.components.not_observed, &|_| true),
                    facts: examined.facts,
                    graph: examined.graph,
                    limits: examined.limits,
                    notes: examined.components.labels_in_words().collect(),
                    ..Seen::of_org(org, examined.components)
                })
            }
            Self::Baseline { side, saved, only, waivers } => {
                let OfOrg { side: now, failed } = baseline::of_org(org, name, side).await?;
                let mut broken = damaged(&now.not_observed, &|id| only.setting(id, None));
                broken.extend(failed);
                let mut seen = against(now, side, saved, only, waivers)?;
                seen.add_broken(broken);
                Ok(Seen { version: org.api_version(), is_online: true, ..seen })
            }
            Self::BeforeImage { images, entry } => {
                let components = read_images(org, images).await.map_err(failed)?;
                let since = done_since(org, entry, images).await.map_err(failed)?;
                Ok(Seen { since, ..Seen::of_org(org, components) })
            }
        }
    }

    /// Looks at what files hold of it; facts are not to be had there.
    ///
    /// # Errors
    /// The files cannot be read.
    pub(crate) fn look_at_files(&self, ui: &Ui, from: &Path) -> Result<Seen, CommandError> {
        match self {
            Self::Steps { steps, wanted, .. } => {
                of_files(ui, steps, from, &|name| wanted.parameters_of(name))
            }
            Self::Baseline { side, saved, only, waivers } => {
                against(baseline::open(ui, from)?, side, saved, only, waivers)
            }
            Self::BeforeImage { .. } => Err(super::wanted::no_org()),
        }
    }

    /// What was found, as far as it was chosen; `with_places` also says where it stands in files
    /// that were looked at.
    ///
    /// # Errors
    /// The choice names nothing of it.
    pub(crate) fn found(&self, seen: Seen, with_places: bool) -> Result<Diff<'g>, CommandError> {
        let with_places = with_places && !seen.is_online;
        match self {
            Self::Steps { steps, only, wanted, waivers, .. } => {
                let mut found = diff(steps, seen.components(), &seen.facts);
                only.check_findings(&found.findings)?;
                found.waive(&|finding| waivers.of(finding));
                let templates: Vec<_> = wanted.templates().collect();
                found.warnings = waivers.of_templates(&found.findings, &templates);
                found.broken.clone_from(&seen.broken);
                found.findings.retain(|finding| only.finding(finding));
                found.notes.extend(seen.notes.iter().cloned());
                let read = |id: &ComponentId| read_source(&seen, id);
                name_parts(&mut found.findings, &read, &|_| None);
                if with_places {
                    locate(&mut found.findings, &read, &|_| None);
                }
                Ok(found)
            }
            Self::Baseline { side: then, .. } => {
                let drifts = seen.against.iter().flat_map(|against| &against.found.findings);
                let mut drifts = drifts.filter(|one| one.state() == State::Differs);
                let is_new =
                    |one: &Finding<'_>| one.subject.path().is_none() && one.actual.is_some();
                let is_more = drifts.any(|one| !is_new(one));
                // Of files, which may be many, no plan is made to say so.
                let plan = (is_more && seen.is_online).then(|| self.plan(&seen, Means::Deploy));
                let can_be_brought_back =
                    plan.map_or(is_more, |plan| plan.is_ok_and(|plan| !plan.is_empty()));
                let Some(AgainstBaseline { side: now, mut found }) = seen.against else {
                    return Ok(Diff::default());
                };
                if let Some(against) = &mut found.baseline {
                    against.can_be_brought_back = can_be_brought_back;
                }
                let now = |id: &ComponentId| source(&now, id);
                let against = found.baseline.clone().unwrap_or_default();
                let then = |id: &ComponentId| source(then, against.name_of(id));
                name_parts(&mut found.findings, &now, &then);
                if with_places {
                    locate(&mut found.findings, &now, &then);
                }
                Ok(found)
            }
            Self::BeforeImage { .. } => Ok(Diff::default()),
        }
    }

    /// Profiles, permission sets and apps that a plan would make although one of nearly that name
    /// is there: each with the name that was probably meant.
    pub(crate) fn slips(seen: &Seen, plan: &Plan<'_>) -> Vec<(ComponentId, String)> {
        let names = &seen.components().names;
        let slip = |id: &ComponentId| match names.get(&Name::Component(id.clone()))? {
            NameStatus::Lacked(Lacked { nearest: Some(near), is_label, .. })
                if *is_label || is_slip(&id.full_name, near) =>
            {
                Some((id.clone(), near.clone()))
            }
            NameStatus::Lacked(_) | NameStatus::Unseen(_) | NameStatus::Unshown(_) => None,
        };
        // One object's member is not a slip of another's.
        plan.made.keys().filter(|id| id.type_name != CHANNEL_MEMBER).filter_map(slip).collect()
    }

    /// Refuses a plan that rests on nothing: the choice names nothing, or nothing of what is asked
    /// could be seen.
    ///
    /// # Errors
    /// It does.
    pub(crate) fn refuse_empty(&self, seen: &Seen, plan: &Plan<'g>) -> Result<(), CommandError> {
        let silence = match self {
            // What cannot be read is told at the end, after the rest.
            _ if !seen.broken.is_empty() => None,
            Self::Steps { .. } if plan.has_blind() => None,
            Self::Steps { only, .. } => {
                only.check_findings(&plan.diff.findings)?;
                plan.diff.silence_of(|finding| only.finding(finding))
            }
            Self::Baseline { .. } => {
                seen.against.as_ref().and_then(|against| against.found.silence())
            }
            Self::BeforeImage { .. } => None,
        };
        silence.map_or(Ok(()), |silence| Err(CommandError::silence(&silence)))
    }

    /// Makes the plan, and proves it.
    ///
    /// # Errors
    /// A mistake of this program.
    pub(crate) fn plan(&self, seen: &Seen, means: Means) -> Result<Plan<'g>, CommandError> {
        let basis = Basis { is_blind: self.is_blind(), ..seen.basis(means) };
        let mut plan = self
            .with_desired(seen, |desired| plan(desired, &basis))
            .map_err(|error| CommandError::plan(&error))?;
        let against = seen.against.iter().filter_map(|against| against.found.baseline.as_ref());
        plan.notes.extend(against.flat_map(|baseline| &baseline.notes).cloned());
        let found = seen.findings(&plan).iter().filter(|one| self.is_chosen(one));
        let left_out = waivers::left_out(&plan, found);
        plan.notes.extend(left_out);
        let against = seen.against.iter().flat_map(|against| &against.found.warnings);
        plan.notes.extend(against.cloned());
        if let Self::Steps { wanted, steps, waivers, .. } = self {
            let templates: Vec<_> = wanted.templates().collect();
            plan.notes.extend(waivers.of_templates(&plan.diff.findings, &templates));
            plan.notes.extend(idle_exceptions(steps, &seen.components().names));
            plan.notes.extend(emptied(steps, basis.facts));
            let today = clock::today();
            plan.notes.extend(wanted.templates().flat_map(|template| {
                let known = [template.reading(), template.age(&today)].into_iter().flatten();
                known.map(|words| format!("of the template `{}`, {words}", template.name))
            }));
        }
        plan.notes.extend(seen.notes.iter().cloned());
        plan.notes.extend(Self::slips(seen, &plan).into_iter().map(|(id, near)| {
            format!("{id} is not there and would be made; did you mean `{near}`?")
        }));
        Ok(plan)
    }

    /// What others have done since the plan was made with what a deploy made that it takes back.
    ///
    /// # Errors
    /// The org cannot be asked.
    pub(crate) async fn done_meanwhile(
        &self,
        org: &Org,
        seen: &Seen,
    ) -> Result<Vec<String>, OrgError> {
        let Self::BeforeImage { images, entry } = self else { return Ok(Vec::new()) };
        let mut since = done_since(org, entry, images).await?;
        since.retain(|line| !seen.since.contains(line));
        Ok(since)
    }

    /// Makes the plan anew on what the org holds by now.
    ///
    /// # Errors
    /// A planned field has moved.
    pub(crate) fn renew(
        &self,
        plan: &mut Plan<'g>,
        seen: &Seen,
        components: &ComponentSet,
    ) -> Result<(), CommandError> {
        let is_blind = self.is_blind();
        let basis = Basis { components, is_blind, ..seen.basis(Means::Deploy) };
        plan.renew(&basis).map_err(|error| CommandError::plan(&error))
    }

    /// Looks again at what a plan has changed, and holds it against the plan.
    ///
    /// # Errors
    /// The org cannot be asked.
    pub(crate) async fn verify(
        &self,
        ui: &Ui,
        org: &Org,
        name: &str,
        plan: &Plan<'g>,
    ) -> Result<Look, CommandError> {
        let failed = |error| CommandError::org(name, &error);
        let seen = match self {
            Self::Steps { .. } => {
                let seen = self.look_after(ui, org, name, true, Some(plan)).await?;
                let ids = plan.targets.iter().map(|target| &target.id);
                all_read(seen.components(), ids).map_err(failed)?;
                seen
            }
            Self::Baseline { .. } | Self::BeforeImage { .. } => {
                Seen::of_org(org, read_again(org, plan).await.map_err(failed)?)
            }
        };
        Ok(self.with_desired(&seen, |desired| plan.verify(desired, seen.components(), &seen.facts)))
    }

    /// Says whether a finding is part of what was chosen.
    fn is_chosen(&self, finding: &Finding<'_>) -> bool {
        match self {
            Self::Steps { only, .. } => only.finding(finding),
            Self::Baseline { .. } | Self::BeforeImage { .. } => true,
        }
    }

    /// The waivers that count and name something of what was looked at, as a plan keeps them.
    pub(crate) fn saved_waivers(&self, seen: &Seen, plan: &Plan<'_>) -> Vec<SavedWaiver> {
        match self {
            Self::Steps { waivers, .. } | Self::Baseline { waivers, .. } => {
                waivers.saved(seen.findings(plan))
            }
            Self::BeforeImage { .. } => Vec::new(),
        }
    }

    fn is_blind(&self) -> bool {
        matches!(self, Self::Steps { is_blind: true, .. })
    }

    fn with_desired<T>(&self, seen: &Seen, work: impl FnOnce(&Desired<'_, 'g>) -> T) -> T {
        match self {
            Self::Steps { steps, only, waivers, .. } => work(&Desired::Steps {
                steps,
                chosen: &|finding| only.finding(finding),
                waived: &|finding| waivers.of(finding),
                may_make: &|id| only.setting(id, None),
            }),
            Self::Baseline { side, .. } => work(&Desired::Baseline {
                findings: seen.against.as_ref().map_or(&[], |against| &against.found.findings),
                document: &|id| {
                    let found = seen.against.as_ref().map(|against| &against.found);
                    let baseline = found.and_then(|found| found.baseline.as_ref());
                    let then = baseline.map_or(id, |baseline| baseline.name_of(id));
                    let is_new = seen
                        .against
                        .as_ref()
                        .is_some_and(|against| !against.side.components.contains_key(id));
                    // Parts that stand in files of their own are not in its document.
                    let is_apart = is_new && side.contents.contains_key(then);
                    if is_apart { None } else { side.document(then) }
                },
            }),
            Self::BeforeImage { entry, images } => work(&Desired::BeforeImage {
                images,
                assigned: &entry.assigned,
                withdrawn: &entry.unassign,
                since: &seen.since,
            }),
        }
    }

    /// Adds to a failure of the org in which step it is put right.
    pub(crate) fn advise(&self, error: CommandError) -> CommandError {
        match self {
            Self::Steps { wanted, steps, .. } => way_out::with_steps(error, wanted, steps),
            Self::Baseline { .. } | Self::BeforeImage { .. } => error,
        }
    }

    /// The deploy that it takes back.
    pub(crate) fn taken_back(&self) -> Option<&Entry> {
        match self {
            Self::BeforeImage { entry, .. } => Some(entry),
            Self::Steps { .. } | Self::Baseline { .. } => None,
        }
    }

    /// Says what it is, for the journal.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::BeforeImage { entry, .. } => format!("rollback of {} ({})", entry.id, entry.what),
            Self::Steps { .. } | Self::Baseline { .. } => {
                self.saved().map(|wanted| wanted.words()).unwrap_or_default()
            }
        }
    }

    /// Says what a plan was made from, as it is saved; nothing for a rollback, which is not saved.
    pub(crate) fn saved(&self) -> Option<SavedWanted> {
        match self {
            Self::Steps { wanted, .. } => Some(SavedWanted::Templates(wanted.saved())),
            Self::Baseline { saved, .. } => Some(SavedWanted::Baseline(saved.clone())),
            Self::BeforeImage { .. } => None,
        }
    }

    /// The heading of a plan for an org, or a folder, of this name.
    pub(crate) fn title(&self, place: &str) -> String {
        match self {
            Self::BeforeImage { entry, .. } => {
                format!("Back to before {} ({}), on {place}", entry.id, entry.what)
            }
            Self::Steps { .. } | Self::Baseline { .. } => {
                self.saved().map(|wanted| wanted.title(place)).unwrap_or_default()
            }
        }
    }
}

/// What an org sent that is no metadata, one line each.
fn damaged(
    not_observed: &BTreeMap<ComponentId, Unseen>,
    is_chosen: &dyn Fn(&ComponentId) -> bool,
) -> Vec<String> {
    let is_damaged =
        |(id, why): &(&ComponentId, &Unseen)| why.kind == UnseenKind::Damaged && is_chosen(id);
    not_observed.iter().filter(is_damaged).map(|(id, why)| format!("{id}: {why}")).collect()
}

/// Holds what is there now against a baseline.
fn against(
    now: Side,
    side: &Side,
    saved: &SavedBaseline,
    only: &Selection,
    waivers: &Waivers,
) -> Result<Seen, CommandError> {
    let chosen = |id: &ComponentId, path: Option<&FieldPath>| only.setting(id, path);
    let name = saved.path.as_ref().or(saved.org.as_ref()).cloned().unwrap_or_default();
    let ids = [&now.components, &side.components].map(|one| one.keys());
    let unread = [&now.not_observed, &side.not_observed].map(|one| one.keys());
    let paths = |id: &ComponentId| {
        let row = registry::find_component(&id.type_name, &id.full_name);
        let row = row.unwrap_or(&registry::UNKNOWN);
        let mut paths = Vec::new();
        for side in [&now, side] {
            match side.components.contains_key(id) {
                true => {
                    paths.extend(settings(row, &side.document(id)?).into_iter().map(|one| one.0))
                }
                false if side.not_observed.contains_key(id) => return None,
                false => {}
            }
        }
        Some(paths)
    };
    only.check_components(ids.into_iter().flatten().chain(unread.into_iter().flatten()), &paths)?;
    let mut found = compare(&now, side, name, &chosen, saved.sparse);
    found.waive(&|finding| waivers.of(finding));
    found.warnings = waivers.of_baseline(&found.findings, only);
    Ok(Seen {
        components: OnceLock::new(),
        facts: FactValues::new(Unseen::new(UnseenKind::NotAsked, "not asked for")),
        graph: Vec::new(),
        limits: OrgLimits::default(),
        version: now.api_version().unwrap_or(ApiVersion::NEWEST),
        is_online: false,
        same_org: now.is_of_same_org(side),
        broken: found.broken.clone(),
        model: now.model.clone(),
        notes: Vec::new(),
        since: Vec::new(),
        parts: BTreeMap::new(),
        against: Some(AgainstBaseline { side: now, found }),
    })
}

/// A component's files among those that were read.
fn read_source(seen: &Seen, id: &ComponentId) -> Option<Source> {
    let component = seen.components().get(id)?;
    Some(match seen.parts.get(id) {
        Some(parts) => Source::of_parts(parts.clone()),
        None => Source::new(&component.file, Ok(component.document.clone())),
    })
}

/// The files of a component of a side that stands in several; none for any other.
fn parts_of(side: &Side, id: &ComponentId) -> Result<Vec<Part>, snapshot::ReadError> {
    side.components.get(id).map_or(Ok(Vec::new()), snapshot::Content::parts)
}

/// A component's files on a side; none where the side is an org.
fn source(side: &Side, id: &ComponentId) -> Option<Source> {
    let parts = parts_of(side, id).ok()?;
    if !parts.is_empty() {
        return Some(Source::of_parts(parts));
    }
    let bytes = side.components.get(id)?.read().ok()?;
    Some(Source::new(side.files.get(id)?, Document::parse(bytes)))
}
