//! A folder brought to what an org has now: what was read is written, what the org no longer has is
//! removed, and what could not be read stays as it was, named as such.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::metadata::document::Document;
use crate::metadata::full_name::api_full_name;
use crate::metadata::registry::{self, Kind};
use crate::metadata::unseen::Unseen;
use crate::metadata::{Component, ComponentId, why_unread};
use crate::org::retrieve::Retrieved;
use crate::org::{Org, OrgError, OrgErrorKind};

use super::record::{self, Record, RecordedComponent, RecordedGap, RecordedManifest, SNAPSHOT};
use super::side::unsent;
use super::stage::{Put, Stage, StageError};
use super::take::{self, PIECE, Wanted};
use super::write::{self, Files, WriteOptions, files_of};

/// Why a folder was not brought to what the org has; it is as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The org cannot be read, or nothing of what was asked for could be.
    #[error("{0}")]
    Org(#[from] OrgError),
    /// The folder cannot be written.
    #[error("{0}")]
    Stage(#[from] StageError),
}

/// How a folder is brought to what an org has.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How files are written.
    pub write: WriteOptions,
    /// Whether files go that are not asked for any more.
    pub prune: bool,
}

/// What changed in a folder.
#[derive(Debug, Default)]
pub struct Update {
    /// The record as it is now.
    pub record: Record,
    /// Components that the record before did not name.
    pub added: Vec<ComponentId>,
    /// Components of which a file has other bytes.
    pub changed: Vec<ComponentId>,
    /// Components that the org has no more, or that were pruned.
    pub gone: Vec<ComponentId>,
    /// Whether the folder has a file of the descriptor's name that is not the snapshot's.
    pub has_foreign_descriptor: bool,
}

impl Update {
    /// Says whether the components are as they were.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.gone.is_empty()
    }
}

/// Reads the org piece by piece and puts each into the stage as it comes, so that no more than a
/// piece is held. Nothing is in its place yet: see [`Stage::place`].
///
/// Returns what changes, with the files that are to be removed.
///
/// # Errors
/// See [`UpdateError`].
pub async fn update(
    org: &Org,
    wanted: &Wanted,
    out: &Path,
    before: Option<&Record>,
    options: &Options,
    stage: &mut Stage,
) -> Result<(Update, BTreeSet<String>), UpdateError> {
    let mut run = Run {
        wanted,
        out,
        options,
        earlier: before
            .iter()
            .flat_map(|before| &before.components)
            .filter(|one| one.is_in_place())
            .map(|one| (one.id(), one))
            .collect(),
        written: BTreeMap::new(),
        answered: BTreeSet::new(),
        not_observed: wanted.not_observed.clone(),
        update: Update::default(),
    };
    run.read(org, stage).await?;
    let mut remove = run.keep_and_remove(stage)?;
    let Run { written, not_observed, mut update, .. } = run;
    let manifest = wanted.manifest(org.api_version());
    let mut record = Record {
        format: SNAPSHOT.to_owned(),
        org_id: Some(org.identity().id.clone()),
        selection: Some(wanted.selection.clone()),
        manifest: RecordedManifest {
            types: manifest
                .types
                .into_iter()
                .map(|(name, members)| (name, members.into_iter().collect()))
                .collect(),
            version: Some(org.api_version().to_string()),
        },
        descriptor: None,
        not_observed: not_observed
            .into_iter()
            .map(|(id, why)| RecordedGap {
                full_name: api_full_name(&id),
                type_name: id.type_name,
                reason: why.words,
            })
            .collect(),
        components: written.into_values().collect(),
    };
    record.components.sort_by(|one, other| one.file.cmp(&other.file));
    let earlier = before.and_then(|before| before.descriptor.as_deref());
    let ids: Vec<ComponentId> = record.components.iter().map(RecordedComponent::id).collect();
    let (name, bytes) = write::descriptor(ids.iter(), options.write.is_source, org.api_version());
    if earlier == Some(name) || !out.join(name).exists() {
        stage.put(name, &bytes)?;
        record.descriptor = Some(name.to_owned());
    } else {
        update.has_foreign_descriptor = true;
    }
    // That of the other layout.
    if let Some(other) = earlier.filter(|other| *other != name && is_descriptor(other)) {
        remove.insert(other.to_owned());
    }
    let bytes = record.to_bytes().map_err(system(record::FILE))?;
    stage.put(record::FILE, &bytes)?;
    update.record = record;
    Ok((update, remove))
}

fn is_descriptor(name: &str) -> bool {
    [write::PACKAGE, write::PROJECT].contains(&name)
}

/// One run, as far as it has come.
struct Run<'r> {
    wanted: &'r Wanted,
    out: &'r Path,
    options: &'r Options,
    /// What the record before names.
    earlier: BTreeMap<ComponentId, &'r RecordedComponent>,
    /// What the record will name.
    written: BTreeMap<ComponentId, RecordedComponent>,
    /// What was asked for and came, by the name that it was asked for by and by its own.
    answered: BTreeSet<ComponentId>,
    /// What could not be read, with the reasons.
    not_observed: BTreeMap<ComponentId, Unseen>,
    update: Update,
}

impl Run<'_> {
    async fn read(&mut self, org: &Org, stage: &mut Stage) -> Result<(), UpdateError> {
        let ids: Vec<ComponentId> = self.wanted.request.components.iter().cloned().collect();
        let mut failed = None;
        for ids in ids.chunks(PIECE) {
            match take::piece(org, self.wanted, ids).await {
                Ok(retrieved) => self.take(ids, retrieved, stage)?,
                // The org refuses this piece; the others may be had all the same. What is no answer
                // of the org's at all, such as a maintenance page, will hardly be one next.
                Err(error)
                    if error.is_about_one_question() && error.kind != OrgErrorKind::Unexpected =>
                {
                    for id in ids {
                        let why = Unseen::not_readable(error.to_string());
                        self.not_observed.insert(id.clone(), why);
                    }
                    failed = Some(error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        // A record of nothing but gaps would look like an answer.
        if !self.is_answered() {
            let of_list = self.wanted.failed.values().next().cloned();
            return Err(nothing(&self.not_observed, failed.or(of_list)).into());
        }
        Ok(())
    }

    /// Says whether the org has answered anything: with a component, or that there is none.
    fn is_answered(&self) -> bool {
        let asked = &self.wanted.request.components;
        let mut listed = self.wanted.listed.iter();
        !self.answered.is_empty()
            || asked.iter().any(|id| !self.not_observed.contains_key(id))
            || listed.any(|type_name| !asked.iter().any(|id| id.type_name == *type_name))
    }

    /// Takes what a piece brought into the stage.
    fn take(
        &mut self,
        ids: &[ComponentId],
        mut retrieved: Retrieved,
        stage: &mut Stage,
    ) -> Result<(), UpdateError> {
        self.not_observed.extend(std::mem::take(&mut retrieved.components.not_observed));
        for (key, component) in &retrieved.components.components {
            if !(ids.contains(key) || ids.contains(&component.id)) {
                continue;
            }
            self.answered.extend([key.clone(), component.id.clone()]);
            let content = retrieved.contents.remove(&component.id);
            if let Err(reason) = self.write(key, component, content, stage)? {
                self.not_observed.insert(component.id.clone(), Unseen::not_readable(reason));
            }
        }
        // What the org lists is there: that it did not come is no word on its being gone.
        for id in ids.iter().filter(|id| self.wanted.changed.contains_key(id)) {
            if !self.answered.contains(id) && !self.not_observed.contains_key(id) {
                self.not_observed.insert(id.clone(), unsent());
            }
        }
        Ok(())
    }

    /// Takes a component into the stage; or says why not, and its files stay as they are.
    fn write(
        &mut self,
        key: &ComponentId,
        component: &Component,
        content: Option<Vec<u8>>,
        stage: &mut Stage,
    ) -> Result<Result<(), String>, UpdateError> {
        let id = &component.id;
        if let Some(reason) = self.would_lose(component) {
            return Ok(Err(reason));
        }
        let Files { xml, content } = match files_of(component, content, &self.options.write) {
            Ok(files) => files,
            Err(reason) => return Ok(Err(reason.to_owned())),
        };
        let mut put = stage.put(&xml.0, &xml.1)?;
        if let Some((name, bytes)) = &content
            && stage.put(name, bytes)? == Put::Other
        {
            put = Put::Other;
        }
        match (self.earlier.contains_key(id), put) {
            (false, _) => self.update.added.push(id.clone()),
            (true, Put::Other) => self.update.changed.push(id.clone()),
            (true, Put::Same) => {}
        }
        let (by, at) = self.wanted.changed.get(key).cloned().unwrap_or_default();
        let recorded = RecordedComponent {
            type_name: id.type_name.clone(),
            full_name: api_full_name(id),
            file: xml.0,
            content: content.map(|(name, _)| name),
            last_modified_by: by,
            last_modified_date: at,
            stale: None,
        };
        self.written.insert(id.clone(), recorded);
        Ok(Ok(()))
    }

    /// Says why a profile's earlier file is not to be overwritten: it shows entries whose objects
    /// (tabs, ..) could not be read this time, so that the new one lacks them whether they are
    /// granted or not (S 3.2).
    fn would_lose(&self, component: &Component) -> Option<String> {
        let row = registry::find(&component.id.type_name)?;
        let earlier = self.earlier.get(&component.id)?;
        let earlier = Document::parse(fs::read(self.out.join(&earlier.file)).ok()?).ok()?;
        for field in row.fields {
            let Kind::Section { companion: Some(companion), .. } = &field.kind else { continue };
            let keys = |document: &Document| -> BTreeSet<String> {
                let entries = document.root().children().filter(|one| one.name() == field.name);
                entries.map(|entry| registry::key_of(field, entry)).collect()
            };
            for key in keys(&earlier).difference(&keys(&component.document)) {
                let candidates = companion.candidates(key);
                let unread = candidates.iter().find_map(|(type_name, full_name)| {
                    let id = ComponentId::new(*type_name, full_name);
                    why_unread(&self.not_observed, &id).map(|reason| (id, reason))
                });
                if let Some((id, reason)) = unread {
                    return Some(format!(
                        "{id} could not be read, so that its {}[{key}] may only be hidden: {reason}",
                        field.name
                    ));
                }
            }
        }
        None
    }

    /// Decides on each component of the record before that was not written: the org has it no more,
    /// or it was not read and stays. Returns the files that go.
    fn keep_and_remove(&mut self, stage: &mut Stage) -> Result<BTreeSet<String>, UpdateError> {
        let mut remove = BTreeSet::new();
        for (id, earlier) in std::mem::take(&mut self.earlier) {
            if !self.written.contains_key(&id) {
                match self.why_kept(&id, earlier) {
                    Some(reason) => {
                        if !self.keep(&id, earlier, reason, stage)? {
                            // Half of a component is left alone as it is.
                            continue;
                        }
                    }
                    None => self.update.gone.push(id.clone()),
                }
            }
            remove.extend(earlier.files().map(str::to_owned));
        }
        for one in self.written.values() {
            for file in one.files() {
                remove.remove(file);
            }
        }
        remove.retain(|file| self.out.join(file).symlink_metadata().is_ok());
        Ok(remove)
    }

    /// Why a component that was not written stays; none where the org has said that it has no such
    /// component, or where it is to go.
    fn why_kept(&self, id: &ComponentId, earlier: &RecordedComponent) -> Option<String> {
        let names = self.names_of(id, earlier);
        if let Some(reason) = names.iter().find_map(|name| why_unread(&self.not_observed, name)) {
            return Some(reason.words.clone());
        }
        let request = &self.wanted.request;
        let is_asked = names.iter().any(|name| request.components.contains(name));
        if is_asked || self.wanted.listed.contains(&id.type_name) {
            return None;
        }
        let is_selected = names.iter().any(|name| self.wanted.selection.names(name));
        (!self.options.prune || is_selected).then(|| "it was not asked for by this name".to_owned())
    }

    /// The names by which a component may have been asked for.
    fn names_of(&self, id: &ComponentId, earlier: &RecordedComponent) -> Vec<ComponentId> {
        let mut names = vec![id.clone()];
        // Some are asked for by whose they are (S 2.1).
        if let Some(row) = registry::find(&id.type_name).filter(|row| row.odd.named_by.is_some())
            && let Ok(bytes) = fs::read(self.out.join(&earlier.file))
            && let Ok(document) = Document::parse(bytes)
            && let Some(owner) = row.owner(&document)
        {
            names.push(ComponentId::new(id.type_name.as_str(), owner));
        }
        // Older orgs have the one, newer orgs the other (S 3.3).
        if id.type_name == "Profile" && matches!(id.full_name.as_str(), "ReadOnly" | "Read Only") {
            names.extend(["ReadOnly", "Read Only"].map(|name| ComponentId::new("Profile", name)));
        }
        names
    }

    /// Keeps the files of an earlier snapshot, in the layout of this one; `false` where they are
    /// not there any more.
    fn keep(
        &mut self,
        id: &ComponentId,
        earlier: &RecordedComponent,
        reason: String,
        stage: &mut Stage,
    ) -> Result<bool, UpdateError> {
        let is_source = self.options.write.is_source || earlier.content.is_some();
        let file = write::path_of(id, is_source).unwrap_or_else(|| earlier.file.clone());
        let there: PathBuf = self.out.join(&earlier.file);
        let has_content =
            earlier.content.as_ref().is_none_or(|content| self.out.join(content).is_file());
        if !there.is_file() || !has_content {
            // Somebody took it away: there is nothing to keep, and it stays not observed.
            self.not_observed.entry(id.clone()).or_insert(Unseen::not_readable(reason));
            return Ok(false);
        }
        if file != earlier.file {
            stage.put(&file, &fs::read(&there).map_err(system(&earlier.file))?)?;
        }
        let kept = RecordedComponent { file, stale: Some(reason), ..earlier.clone() };
        self.written.insert(id.clone(), kept);
        Ok(true)
    }
}

fn system(name: &str) -> impl FnOnce(std::io::Error) -> StageError + '_ {
    move |error| StageError::System { path: PathBuf::from(name), error }
}

/// The error of a run in which nothing could be read.
fn nothing(gaps: &BTreeMap<ComponentId, Unseen>, error: Option<OrgError>) -> OrgError {
    let first = gaps.iter().next();
    let words = first.map_or_else(String::new, |(id, reason)| {
        let name = if id.full_name == "*" { id.type_name.clone() } else { id.to_string() };
        format!("{name}: {reason}")
    });
    let message = format!("nothing of what was asked for could be read; {words}");
    match error {
        Some(error) if error.message.starts_with("nothing of what") => error,
        Some(error) => OrgError { message, ..error },
        None => OrgError::new(OrgErrorKind::Refused, message),
    }
}
