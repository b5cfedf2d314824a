//! The files under a path sorted: one entry for each component, its parts put together, and the
//! record of what was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::contradiction::contradiction;
use super::files::{self, Content, File, Found};
use super::record::{self, Record};
use super::{FileError, LISTED, ReadError, listed};
use crate::metadata::manifest::Manifest;
use crate::metadata::registry::{self, ApiVersion, wsdl};
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::{ComponentId, decomposed, layout};

/// What lies under a path.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// Each component's file.
    pub(super) components: BTreeMap<ComponentId, File>,
    /// What stands beside a component's XML and is not read: its source, or parts of it.
    pub(super) contents: BTreeMap<ComponentId, Content>,
    /// A component that stands in two files of which none counts more than the other.
    pub(super) twice: Vec<(ComponentId, String, String)>,
    /// Each component that stands in two files of a project, in the order in which they are met.
    several: Vec<(ComponentId, String, String)>,
    /// What a `package.xml` says was asked for.
    pub(super) manifest: Option<Manifest>,
    /// What a snapshot says of itself.
    pub(super) record: Option<Record>,
    /// The folders of snapshots among the files, each with a slash: a `package.xml` there names
    /// what the folder holds, not what was asked for.
    snapshots: BTreeSet<String>,
    /// Components of which there are files that are not read, with the reasons.
    pub(super) unread: BTreeMap<ComponentId, Unseen>,
    /// The API version that the files are written in, where they say it.
    pub(super) version: Option<ApiVersion>,
    /// Some component's file, which shows how the folder is laid out.
    pub(super) model: Option<String>,
    /// What the reader should know.
    pub(super) notes: Vec<String>,
    /// Files of metadata that this program does not read.
    pub(super) passed_over: Vec<String>,
    /// Records that cannot be read.
    pub(super) errors: Vec<FileError>,
}

impl Sorted {
    /// Looks through a path; nothing is read but records of what was asked for, and what may
    /// contradict them.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub(super) fn open(path: &Path) -> Result<Self, ReadError> {
        let found = files::of(path)?;
        let mut sorted =
            Self { version: found.source_version, notes: found.notes.clone(), ..Self::default() };
        sorted.sort(found)?;
        if sorted.components.is_empty() && sorted.manifest.is_none() && sorted.record.is_none() {
            // What is there and cannot be read is named by itself.
            let is_damaged = |why: &Unseen| why.kind == UnseenKind::Damaged;
            let is_broken = !sorted.errors.is_empty() || sorted.unread.values().any(is_damaged);
            return if is_broken {
                Ok(sorted)
            } else {
                Err(ReadError::Empty { path: path.into(), why: sorted.notes })
            };
        }
        sorted.model = model(sorted.components.values().map(|file| file.name.as_str()));
        sorted.hold_against_record();
        Ok(sorted)
    }

    fn sort(&mut self, found: Found) -> Result<(), ReadError> {
        let names: BTreeSet<String> = found.files.iter().map(|file| file.name.clone()).collect();
        let in_parts = owners_of_parts(&names);
        let mut strays: BTreeMap<ComponentId, Unseen> = BTreeMap::new();
        let mut parts: BTreeMap<String, Vec<File>> = BTreeMap::new();
        let mut passed_over = found.passed_over;
        let mut packages = Vec::new();
        for file in found.files {
            let name = file.name.rsplit('/').next().unwrap_or_default();
            if name == "package.xml" {
                packages.push(file);
            } else if name == record::FILE {
                if let Some(above) = file.name.strip_suffix(record::FILE)
                    && !above.is_empty()
                {
                    self.notes.push(format!(
                        "{} is the record of its own folder alone; read that folder by itself",
                        file.name
                    ));
                    self.snapshots.insert(above.to_owned());
                    continue;
                }
                self.read_record(&file, &names)?;
            } else if let Some(root) = root_of(&file.name, found.own_name.as_deref(), &names) {
                parts.entry(root).or_default().push(file);
            } else if let Some(id) = stray_part(&file.name, &in_parts) {
                // A part whose own file is not there says nothing of the rest, and one whose own
                // file stands elsewhere may say more than that.
                let words = format!("{} is a part of it, and its own file is not there", file.name);
                strays.insert(id, Unseen::new(UnseenKind::Damaged, words));
                passed_over.push(file.name);
            } else if let Some((id, xml)) = files::xml_beside(&file.name) {
                if names.contains(&xml) {
                    self.contents.insert(id, file.content);
                }
            } else if let Some(id) = files::component(&file.name) {
                self.put(id, file, found.is_project);
            } else {
                passed_over.push(file.name);
            }
        }
        self.choose_of_several(&parts);
        for file in self.components.values_mut() {
            if let Some(parts) = parts.remove(&file.name) {
                let own = (file.name.clone(), file.content.clone());
                let all = std::iter::once(own)
                    .chain(parts.into_iter().map(|part| (part.name, part.content)));
                file.content = Content::Parts(all.collect());
            }
        }
        for (id, why) in strays {
            self.components.remove(&id);
            self.unread.insert(id, why);
        }
        self.miss_xml(&found.others);
        self.take_belongings(found.others);
        self.read_packages(packages, found.lists, found.is_project)?;
        let known = |id: &ComponentId| self.components.contains_key(id);
        self.unread.retain(|id, _| !known(id));
        self.leave_out(&found.left_out, found.own_name.as_deref(), &names);
        self.pass_links(&found.links, &found.no_files);
        passed_over.sort_unstable();
        self.notes.extend(counted(&found.left_out, "left out by `.forceignore`"));
        self.notes
            .extend(counted(&passed_over, "passed over, for sfsetup does not read such files"));
        self.notes.extend(counted(
            &found.elsewhere,
            "passed over, below `node_modules` or a folder whose name begins with a dot",
        ));
        self.notes.extend(counted(
            &found.outside,
            "passed over, outside the package directories of sfdx-project.json",
        ));
        passed_over.extend(found.elsewhere.into_iter().chain(found.outside));
        self.passed_over = passed_over;
        Ok(())
    }

    /// Says of what is left out that nobody knows it: a whole component, or what a part of one that
    /// is there would say.
    fn leave_out(&mut self, left_out: &[String], own_name: Option<&str>, names: &BTreeSet<String>) {
        let mut unread = Vec::new();
        let owners = self.owners();
        for name in left_out {
            let words = format!("`.forceignore` leaves {name} out");
            let why = Unseen::new(UnseenKind::NotRequested, words);
            let whole = files::component(name);
            let of_known = || {
                let root = root_of(name, own_name, names).and_then(|root| files::component(&root));
                let beside = || files::xml_beside(name).filter(|(_, xml)| names.contains(xml));
                let found = root.or_else(|| Some(beside()?.0));
                let found = found.or_else(|| Some(owners.of(name)?.1.clone()));
                found.filter(|id| self.components.contains_key(id))
            };
            let id = match whole {
                // Another file of it is read, and is the whole.
                Some(id) => Some(id).filter(|id| !self.components.contains_key(id)),
                None => of_known().or_else(|| {
                    decomposed::owner_of(name).filter(|id| !self.components.contains_key(id))
                }),
            };
            unread.extend(id.map(|id| (id, why)));
        }
        self.unread.extend(unread);
    }

    /// Says of what lies behind links to folders, which are not followed, that nobody knows it; and
    /// of what is called as a file and cannot be read as one.
    fn pass_links(&mut self, links: &[String], no_files: &[String]) {
        for name in no_files {
            let id = files::component(name).filter(|id| !self.components.contains_key(id));
            let words = format!("{name} is a link that leads nowhere, or no file");
            let why = Unseen::new(UnseenKind::Damaged, words.clone());
            self.unread.extend(id.map(|id| (id, why)));
            self.notes.push(format!("{words}; it was passed over"));
        }
        let Some(first) = links.first() else { return };
        let (are, they) = if links.len() == 1 {
            ("folder was passed over, for it is a link", "what it leads to")
        } else {
            ("folders were passed over, for they are links", "what they lead to")
        };
        self.notes.push(format!(
            "{} {are}: {}; {they} is not read, so nothing is said to be absent",
            links.len(),
            listed(links, usize::MAX)
        ));
        let words =
            format!("it may lie behind `{first}`, a link to a folder, which is not followed");
        let types = registry::rows().iter().map(|row| row.name);
        let told = wsdl::all().iter().filter(|told| told.named).map(|told| told.name);
        for type_name in types.chain(told) {
            let all = ComponentId::new(type_name, "*");
            self.unread.entry(all).or_insert(Unseen::new(UnseenKind::NotRequested, words.clone()));
        }
    }

    /// Takes what belongs to a component and is not read: source beside or below its XML whatever
    /// it is called (`lamp.json` and `lamp.resource-meta.xml`), parts in a folder of its own.
    fn take_belongings(&mut self, others: Vec<File>) {
        let mut belongings: BTreeMap<ComponentId, Vec<(String, Content)>> = BTreeMap::new();
        let owners = self.owners();
        for file in others {
            if let Some((place, id)) = owners.of(&file.name) {
                let name = file.name[place.len()..].to_owned();
                belongings.entry(id.clone()).or_default().push((name, file.content));
            }
        }
        let several = belongings.into_iter().map(|(id, mut files)| {
            files.sort_by(|one, other| one.0.cmp(&other.0));
            (id, Content::Several(files.into()))
        });
        self.contents.extend(several);
    }

    /// Where what belongs to the components may lie.
    fn owners(&self) -> Owners<'_> {
        let mut owners = Owners::default();
        let apart = self.components.iter().filter(|(id, _)| {
            let content = self.contents.get(*id);
            content.is_none_or(|content| matches!(content, Content::Several(_)))
        });
        for (id, file) in apart {
            let own = file.name.strip_suffix("-meta.xml").and_then(|own| own.rsplit_once('.'));
            let Some((place, _)) = own else { continue };
            let (folder, stem) = place.rsplit_once('/').unwrap_or(("", place));
            let is_beside = wsdl::find(&id.type_name).is_some_and(|told| told.place.beside_content)
                || id.type_name == SCHEMA_APART;
            if is_beside {
                owners.0.insert(place, (id, true));
            } else if folder.rsplit('/').next() == Some(stem) {
                owners.0.insert(folder, (id, false));
            }
        }
        owners
    }

    fn put(&mut self, id: ComponentId, file: File, is_project: bool) {
        let name = file.name.clone();
        let Some(one) = self.components.insert(id.clone(), file) else { return };
        if is_project {
            self.several.push((id, one.name, name));
        } else {
            self.twice.push((id.clone(), one.name.clone(), name));
            self.components.insert(id, one);
        }
    }

    /// Of two files for a component the last counts in a project, as for the sf command line. Where
    /// one has parts, which `parts` holds by own file, nobody knows what the whole is: sf puts the
    /// parts of both together.
    fn choose_of_several(&mut self, parts: &BTreeMap<String, Vec<File>>) {
        let several = std::mem::take(&mut self.several);
        let is_torn = |(_, one, other): &(ComponentId, String, String)| {
            [one, other].into_iter().any(|name| parts.contains_key(name))
        };
        for (id, one, other) in several.iter().filter(|files| is_torn(files)) {
            let words = format!(
                "it stands in two files, `{one}` and `{other}`, and not all of it is in either"
            );
            self.components.remove(id);
            self.unread.insert(id.clone(), Unseen::new(UnseenKind::Damaged, words));
        }
        for (id, one, other) in several.iter().filter(|(id, ..)| self.components.contains_key(id)) {
            self.notes.push(format!(
                "{id} stands in two files, `{one}` and `{other}`; the last one counts, as for the \
                 sf command line"
            ));
        }
    }

    /// Says of what has its content here and its XML not that nobody knows it.
    fn miss_xml(&mut self, others: &[File]) {
        for file in others {
            let Some((id, xml)) = files::xml_beside(&file.name) else { continue };
            let is_content =
                wsdl::find(&id.type_name).is_some_and(|told| told.place.beside_content);
            if is_content && !self.components.contains_key(&id) {
                let words = format!("{} is there, and its own file {xml} is not", file.name);
                self.unread.entry(id).or_insert(Unseen::new(UnseenKind::Damaged, words));
            }
        }
    }

    fn read_record(&mut self, file: &File, names: &BTreeSet<String>) -> Result<(), ReadError> {
        match Record::parse(&file.content.read()?) {
            Ok(record) => {
                super::is_complete(&record, names)?;
                self.record = Some(record);
            }
            Err(message) => self.errors.push(FileError { file: file.name.clone(), message }),
        }
        Ok(())
    }

    /// A `package.xml` is the record of a retrieve that wrote the folders beside it. A project's is
    /// a list for the next one. It speaks of what lies in its own folder alone: where other files
    /// are read with those, what is absent in them would be taken for absent in the org.
    fn read_packages(
        &mut self,
        packages: Vec<File>,
        mut lists: Vec<String>,
        is_project: bool,
    ) -> Result<(), ReadError> {
        let mut records = Vec::new();
        for file in packages {
            let above = file.name.strip_suffix("package.xml").unwrap_or_default().to_owned();
            if above.matches('/').count() > 1 {
                continue;
            }
            let is_beside = |name: &str| layout::base_of(name) == Some(&above);
            let has_files = self.components.values().any(|one| is_beside(&one.name));
            // A retrieve that found nothing wrote nothing else.
            let is_alone = self.components.is_empty() && matches!(&*above, "" | "unpackaged/");
            if is_project || !(has_files || is_alone) || self.snapshots.contains(&above) {
                lists.push(file.name);
                continue;
            }
            match Manifest::parse(file.content.read()?) {
                Ok(read) => records.push((file.name, above, read)),
                Err(error) => self.errors.push(FileError::of_document(&file.name, &error)),
            }
        }
        // What all of them were read by at least.
        self.version = records.iter().filter_map(|(.., read)| read.version).min().or(self.version);
        let is_of_others = |above: &str| {
            let stray =
                self.components.values().find(|one| layout::base_of(&one.name) != Some(above));
            stray.map(|one| one.name.clone())
        };
        let why = match records.as_slice() {
            [(name, above, _)] => is_of_others(above).map(|other| {
                format!(
                    "{name} is no record of what was asked for: it speaks of the folders beside it \
                     alone, and others are read with them ({other}); read its folder by itself"
                )
            }),
            [_, _, ..] => {
                let names: Vec<&str> = records.iter().map(|(name, ..)| name.as_str()).collect();
                Some(format!(
                    "{} are no record of what was asked for: each speaks of its own folder alone, \
                     and these are read as one; read each folder by itself",
                    names.join(" and ")
                ))
            }
            [] => None,
        };
        if self.record.is_none() {
            let (are, them) =
                if lists.len() == 1 { ("is no record", "it") } else { ("are no records", "them") };
            self.notes.extend((!lists.is_empty()).then(|| {
                format!(
                    "{} {are} of what was asked for: no retrieve wrote {them} with these files",
                    listed(&lists, LISTED)
                )
            }));
            self.notes.extend(why.clone());
        }
        self.manifest = records.pop().filter(|_| why.is_none()).map(|(.., read)| read);
        Ok(())
    }

    /// A record that the files contradict is none.
    fn hold_against_record(&mut self) {
        if self.record.is_some() {
            // What a snapshot's package.xml names is what its folder holds, not what was asked for.
            self.manifest = None;
            return;
        }
        let Some(manifest) = &self.manifest else { return };
        let profiles = self.components.iter().filter(|(id, _)| id.type_name == "Profile");
        let profiles: Vec<&File> = profiles.map(|(_, file)| file).collect();
        if let Some(found) = contradiction(manifest, &profiles) {
            self.notes.push(format!(
                "package.xml is no record of what was asked for: it does not name {}, of which {} \
                 shows something",
                found.what, found.file
            ));
            self.manifest = None;
        }
    }
}

/// Places, without a suffix, below or beside which lies what belongs to a component: source,
/// whatever it is called, or else parts, which are metadata.
#[derive(Default)]
struct Owners<'s>(BTreeMap<&'s str, (&'s ComponentId, bool)>);

impl Owners<'_> {
    /// The component that a file belongs to, and its place.
    fn of<'f>(&self, name: &'f str) -> Option<(&'f str, &ComponentId)> {
        let plain = name.rsplit_once('.').map_or(name, |(plain, _)| plain);
        let folders = name.match_indices('/').rev().map(|(at, _)| &name[..at]);
        let is_metadata = layout::is_metadata(name);
        std::iter::once(plain).chain(folders).find_map(|place| {
            let (id, is_source) = self.0.get(place)?;
            (*is_source || is_metadata).then_some((place, *id))
        })
    }
}

/// The components whose own files stand where parts may stand with them.
fn owners_of_parts(names: &BTreeSet<String>) -> BTreeSet<ComponentId> {
    let own = names.iter().filter(|name| decomposed::has_own_folder(name));
    own.filter_map(|name| files::component(name)).collect()
}

/// The component that a file is a part of whose own file does not stand there. In a folder of any
/// name, or where the file may also be a component of another type, only what is known to stand in
/// parts elsewhere has it.
fn stray_part(name: &str, in_parts: &BTreeSet<ComponentId>) -> Option<ComponentId> {
    let known = decomposed::owner_anywhere(name).filter(|id| in_parts.contains(id));
    known.or_else(|| decomposed::owner_of(name).filter(|_| files::component(name).is_none()))
}

/// The own file of the component that a file is a part of, if it is there.
fn root_of(name: &str, own_name: Option<&str>, names: &BTreeSet<String>) -> Option<String> {
    // The folder that was opened may be the component's.
    let opened = format!("{}/", own_name.unwrap_or_default());
    let within = format!("{opened}{name}");
    let roots = decomposed::roots_of(&within);
    let roots = roots.iter().filter_map(|root| root.strip_prefix(&opened));
    let mut there = roots.filter(|root| names.contains(*root) && *root != name);
    there.next().map(str::to_owned)
}

/// The file that shows best how a folder is laid out: one in its type's folder.
pub(super) fn model<'f>(mut files: impl Iterator<Item = &'f str> + Clone) -> Option<String> {
    let best = files.clone().find(|file| layout::base_of(file).is_some());
    best.or_else(|| files.next()).map(str::to_owned)
}

/// Its schema stands beside it with `decomposeExternalServiceRegistrationBeta` (S 6.11).
const SCHEMA_APART: &str = "ExternalServiceRegistration";

/// Counts files by their suffixes, and names them.
fn counted(files: &[String], what: &str) -> Option<String> {
    let mut by_suffix: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in files {
        let name = file.rsplit('/').next().unwrap_or_default();
        let plain = name.strip_suffix("-meta.xml").unwrap_or(name);
        let stem = plain.rsplit_once('.').map_or(plain, |(stem, _)| stem);
        by_suffix.entry(&name[stem.len()..]).or_default().push(file);
    }
    let sorts = by_suffix.iter().map(|(suffix, files)| {
        format!("{} `{suffix}` ({})", files.len(), listed(files, usize::MAX))
    });
    let sorts: Vec<String> = sorts.collect();
    let (count, are) = (
        files.len(),
        if files.len() == 1 { "file of metadata was" } else { "files of metadata were" },
    );
    (count > 0).then(|| format!("{count} {are} {what}: {}", sorts.join(", ")))
}
