//! Plans of many orgs in a folder: a file an org, the list of them, and a page to review them.
//!
//! The folder is changed once all are there, and the list is written last: a folder without a list
//! is one that was left half-way, and nothing of it is carried out.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::plan::saved::{SavedBaseline, SavedPlan, SavedWanted, digest, sealed};
use crate::report::Failure;
use crate::report::fleet::plans::{FORMAT, PlanOfOrg, Plans, Review, Shown};
use crate::report::line::harmless;

use super::error::{CommandError, MAKE_ANEW};
use super::fleet::file_names;
use super::saved::{plan_text, read_plan};
use super::ui::Ui;
use super::wanted;

/// The list of the plans.
const LIST: &str = "plans.json";

/// How the folder begins in which plans stand that are being made.
const STAGING: &str = ".plans-";

/// The page on which they are reviewed.
pub(crate) const PAGE: &str = "index.html";

/// Plans that are being made.
pub(crate) struct Making {
    /// Where they stand until all are there.
    staging: tempfile::TempDir,
    /// Where they go; none where they are of one run alone.
    target: Option<PathBuf>,
    /// Each org's file.
    files: BTreeMap<String, String>,
    made: RefCell<BTreeMap<String, PlanOfOrg>>,
}

/// Plans in a folder.
pub(crate) struct Folder {
    path: PathBuf,
    /// Of the list; none where there is no list.
    digest: Option<String>,
    pub(crate) orgs: Vec<PlanOfOrg>,
    /// Keeps those of one run alone.
    staging: Option<tempfile::TempDir>,
}

impl Making {
    /// Begins to make the plans of orgs.
    ///
    /// # Errors
    /// Two orgs would have one file; there is something else in the folder; it cannot be written.
    pub(crate) fn begin<'n>(
        target: Option<&Path>,
        orgs: impl Iterator<Item = &'n str>,
    ) -> Result<Self, CommandError> {
        let files = file_names(orgs)?;
        let files: BTreeMap<String, String> = files
            .into_iter()
            .map(|(name, file)| (name.to_owned(), format!("{file}.plan.json")))
            .collect();
        let staging = match target {
            None => tempfile::tempdir(),
            // Within it, so that all of it is on one disk.
            Some(target) => {
                refuse_foreign(target, files.values())?;
                std::fs::create_dir_all(target)
                    .and_then(|()| tempfile::Builder::new().prefix(STAGING).tempdir_in(target))
            }
        };
        let staging =
            staging.map_err(|error| cannot_write(target.unwrap_or(Path::new("")), &error))?;
        let target = target.map(Path::to_path_buf);
        Ok(Self { staging, target, files, made: RefCell::default() })
    }

    /// Adds the plan of an org.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn add(
        &self,
        ui: &Ui,
        name: &str,
        plan: &SavedPlan,
        is_production: bool,
    ) -> Result<(), CommandError> {
        let text = plan_text(plan)?;
        let json: serde_json::Value = serde_json::from_str(&text)
            .map_err(|error| CommandError::internal("a plan cannot be read", error.to_string()))?;
        let digest = json["digest"].as_str().unwrap_or_default();
        let file = self.files.get(name).cloned().unwrap_or_default();
        ui.write_file(&self.staging.path().join(&file), text.as_bytes())?;
        let row = PlanOfOrg::new(name, plan, is_production, &file, digest);
        self.made.borrow_mut().insert(name.to_owned(), row);
        Ok(())
    }

    /// Ends it: `orgs` are all, in their order, with why one has no plan.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn end(
        self,
        ui: &Ui,
        orgs: impl Iterator<Item = (String, Option<Failure>)>,
    ) -> Result<Folder, CommandError> {
        let mut made = self.made.into_inner();
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        let orgs: Vec<PlanOfOrg> = orgs
            .map(|(name, failure)| match (made.remove(&name), failure) {
                (Some(row), None) => match ids.insert(row.id.clone().unwrap_or_default(), name) {
                    None => row,
                    // One org has one plan.
                    Some(other) => {
                        let error = CommandError::new(format!("it is the same org as `{other}`"));
                        PlanOfOrg::failed(&row.name, Failure::from(&error))
                    }
                },
                (_, failure) => PlanOfOrg::failed(&name, failure.unwrap_or_else(none_made)),
            })
            .collect();
        let path = self.staging.path().to_path_buf();
        let mut folder = Folder { path, digest: None, orgs, staging: None };
        let Some(target) = self.target else {
            folder.staging = Some(self.staging);
            return Ok(folder);
        };
        let page = folder.review(ui, &folder.orgs)?.0.html();
        ui.write_file(&folder.path.join(PAGE), harmless(&page).as_bytes())?;
        let list = list(&folder.orgs).map_err(|error| {
            CommandError::internal("the list of plans cannot be written", error.to_string())
        })?;
        ui.write_file(&folder.path.join(LIST), list.as_bytes())?;
        put(&folder, &target).map_err(|error| cannot_write(&target, &error))?;
        Ok(Folder { path: target, ..folder })
    }
}

fn none_made() -> Failure {
    Failure::from(&CommandError::new("no plan was made of it"))
}

/// The list as text, with its digest.
fn list(orgs: &[PlanOfOrg]) -> serde_json::Result<String> {
    let plans = Plans { format: FORMAT.to_owned(), digest: None, orgs: orgs.to_vec() };
    let text = serde_json::to_string_pretty(&sealed(&plans)?)? + "\n";
    Ok(harmless(&text).into_owned())
}

/// Puts what was made into its folder: each file takes the place of what was there, the list comes
/// last, and what it names no more goes after it. Until then a plan that is not the old list's is
/// refused.
fn put(made: &Folder, target: &Path) -> std::io::Result<()> {
    let old = files_of_list(target);
    let files = made.orgs.iter().filter_map(|org| org.file.as_deref()).chain([PAGE, LIST]);
    let files: Vec<&str> = files.collect();
    for file in &files {
        std::fs::rename(made.path.join(file), target.join(file))?;
    }
    for file in old.iter().filter(|file| !files.contains(&file.as_str())) {
        match std::fs::remove_file(target.join(file)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The files that the list in a folder names; none where there is no list.
fn files_of_list(folder: &Path) -> BTreeSet<String> {
    let Some(plans) = old_list(folder) else { return BTreeSet::new() };
    let files = plans.orgs.into_iter().filter_map(|org| org.file);
    files.filter(|file| is_plain(file)).chain([PAGE.to_owned(), LIST.to_owned()]).collect()
}

/// The list in a folder; none where there is none of ours.
fn old_list(folder: &Path) -> Option<Plans> {
    let bytes = std::fs::read(folder.join(LIST)).ok()?;
    let plans: Plans = serde_json::from_slice(&bytes).ok()?;
    (plans.format == FORMAT).then_some(plans)
}

/// Says whether a name leads to a file of the folder itself.
fn is_plain(file: &str) -> bool {
    !file.is_empty() && !file.contains(['/', '\\', ':']) && !file.starts_with('.')
}

/// Refuses a folder in which something else stands: it may be somebody's work.
fn refuse_foreign<'f>(
    folder: &Path,
    files: impl Iterator<Item = &'f String>,
) -> Result<(), CommandError> {
    if folder.is_file() {
        return Err(CommandError::new(format!("`{}` is a file", folder.display()))
            .because("the plans of many orgs go into a folder")
            .hint("name a folder with `--save-plan`")
            .usage());
    }
    // What a run that was cut off has left is nobody's work.
    let is_work =
        |entry: &std::fs::DirEntry| !entry.file_name().to_string_lossy().starts_with(STAGING);
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    if old_list(folder).is_none() && entries.any(|entry| is_work(&entry)) {
        return Err(CommandError::new(format!(
            "`{}` is not empty and holds no plans of many orgs, so nothing was written",
            folder.display()
        ))
        .hint("name a new folder with `--save-plan`, or an empty one"));
    }
    let old = files_of_list(folder);
    let new = files.map(String::as_str).chain([PAGE, LIST]).filter(|file| !old.contains(*file));
    match new.map(|file| folder.join(file)).find(|file| file.exists()) {
        Some(file) => Err(CommandError::new(format!(
            "`{}` is not a plan that `{LIST}` names, so nothing was written",
            file.display()
        ))
        .hint("move it elsewhere, or name another folder with `--save-plan`")),
        None => Ok(()),
    }
}

impl Folder {
    /// Reads the list of the plans in a folder.
    ///
    /// # Errors
    /// There is none, or it is not as it was written.
    pub(crate) fn read(path: &Path) -> Result<Self, CommandError> {
        let file = path.join(LIST);
        let no_plans = |why: String| {
            CommandError::new(format!("`{}` is no folder of plans", path.display()))
                .because(why)
                .hint("a diff of several orgs writes one, with `--save-plan FOLDER`")
        };
        if !file.is_file() {
            return Err(no_plans(format!("`{LIST}` is not in it; it is written last")));
        }
        let bytes = wanted::read(&file, "list of plans")?;
        let json: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|error| no_plans(error.to_string()))?;
        if json["format"] != FORMAT {
            return Err(no_plans(format!("the `format` of `{LIST}` is not `{FORMAT}`")));
        }
        if json["digest"].as_str() != Some(digest(&json).as_str()) {
            return Err(changed(&file).hint(
                "to carry out some of the plans, name their orgs with `--org`, and leave the folder \
                 as it is",
            ));
        }
        let plans: Plans =
            serde_json::from_value(json).map_err(|error| no_plans(error.to_string()))?;
        if let Some(file) =
            plans.orgs.iter().filter_map(|org| org.file.as_ref()).find(|file| !is_plain(file))
        {
            return Err(no_plans(format!("`{file}` is no file of the folder")));
        }
        let (path, digest) = (path.to_path_buf(), plans.digest);
        Ok(Self { path, digest, orgs: plans.orgs, staging: None })
    }

    /// The id of the runs that carry it out: all of them are one, by which it is taken back.
    pub(crate) fn run(&self) -> Option<String> {
        self.digest.as_ref().and_then(|digest| digest.get(..12)).map(str::to_owned)
    }

    /// The orgs' names, in the order of the list.
    pub(crate) fn names(&self) -> Vec<String> {
        self.orgs.iter().map(|org| org.name.clone()).collect()
    }

    /// The row of an org.
    pub(crate) fn of(&self, name: &str) -> Option<&PlanOfOrg> {
        self.orgs.iter().find(|org| org.name == name)
    }

    /// Where the plan of an org stands.
    pub(crate) fn file(&self, org: &PlanOfOrg) -> PathBuf {
        self.path.join(org.file.as_deref().unwrap_or_default())
    }

    /// Reads the plan of an org; none where there is none.
    ///
    /// # Errors
    /// It is not the plan that the list names.
    pub(crate) fn plan(&self, ui: &Ui, org: &PlanOfOrg) -> Result<Option<SavedPlan>, CommandError> {
        if org.file.is_none() {
            return Ok(None);
        }
        let path = self.file(org);
        let others = "`--org` names the orgs whose plans are as they were";
        if !path.exists() {
            return Err(CommandError::new(format!(
                "the plan of `{}` is gone: `{}`",
                org.name,
                path.display()
            ))
            .hint(MAKE_ANEW)
            .hint(others)
            .refused());
        }
        let (plan, altered) = read_plan(ui, &path)?;
        match altered {
            Some(altered) => Err(altered.hint(others)),
            None if plan.digest != org.plan || Some(&plan.org.id) != org.id.as_ref() => {
                Err(changed(&path).hint(others))
            }
            None => Ok(Some(plan)),
        }
    }

    /// Puts together what is to be reviewed of some of the orgs, and the baselines that their plans
    /// name.
    ///
    /// # Errors
    /// A plan cannot be read.
    pub(crate) fn review<'o>(
        &self,
        ui: &Ui,
        orgs: impl IntoIterator<Item = &'o PlanOfOrg>,
    ) -> Result<(Review, Vec<SavedBaseline>), CommandError> {
        let mut review = Review::new("Plans");
        let mut baselines = Vec::new();
        for org in orgs {
            let plan = self.plan(ui, org)?;
            if let Some(SavedPlan { wanted: SavedWanted::Baseline(saved), .. }) = &plan
                && !baselines.contains(saved)
            {
                baselines.push(saved.clone());
            }
            let shown = plan.as_ref().map(Shown::of).transpose();
            let shown = shown.map_err(|why| {
                CommandError::new(format!("the plan of `{}` cannot be shown", org.name))
                    .because(why)
            })?;
            review.add(org.clone(), shown);
        }
        Ok((review, baselines))
    }
}

/// What was changed after it was written.
fn changed(path: &Path) -> CommandError {
    CommandError::new(format!(
        "`{}` is not what was looked at: it was changed after it was written",
        path.display()
    ))
    .hint(MAKE_ANEW)
    .refused()
}

fn cannot_write(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::new(format!("cannot write the plans into `{}`", path.display()))
        .because(error.to_string())
}
