//! Plans of many orgs: the list of them that stands in their folder, and what a person reviews, in
//! which those that are alike stand once.

mod html;
mod text;

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::metadata::sha256::sha256;
use crate::plan::Plan;
use crate::plan::saved::SavedPlan;
use crate::report::Failure;
use crate::report::json::parts::Error;
use crate::report::plan::{FileChange, count, render, sent};

/// The form of the list.
pub const FORMAT: &str = "sfsetup.plans/1";

/// The list of the plans in a folder.
#[derive(Debug, Deserialize, Serialize)]
pub struct Plans {
    /// [`FORMAT`].
    pub format: String,
    /// The SHA-256 of the rest, by which a list that was changed by hand is told.
    #[serde(default)]
    pub digest: Option<String>,
    /// Each org, in the order in which they were named.
    pub orgs: Vec<PlanOfOrg>,
}

/// An org's plan in the list.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PlanOfOrg {
    /// What the user calls the org.
    pub name: String,
    /// Its id; none where it could not be asked.
    pub id: Option<String>,
    /// Whether people work in it.
    pub production: bool,
    /// How many changes the plan has, assignments too.
    pub changes: usize,
    /// The plan's file in the folder; none where there is no plan.
    pub file: Option<String>,
    /// The plan's digest.
    pub plan: Option<String>,
    /// Why there is no plan.
    error: Option<Error>,
}

impl PlanOfOrg {
    /// An org of which there is a plan, in a file with a digest.
    pub fn new(name: &str, plan: &SavedPlan, production: bool, file: &str, digest: &str) -> Self {
        Self {
            name: name.to_owned(),
            id: Some(plan.org.id.clone()),
            production,
            changes: plan.changes.len() + plan.assignments.len(),
            file: Some(file.to_owned()),
            plan: Some(digest.to_owned()),
            error: None,
        }
    }

    /// An org in which so much is to be taken back.
    pub fn back(name: &str, id: &str, production: bool, changes: usize) -> Self {
        Self {
            name: name.to_owned(),
            id: Some(id.to_owned()),
            production,
            changes,
            file: None,
            plan: None,
            error: None,
        }
    }

    /// An org of which there is none.
    pub fn failed(name: &str, failure: Failure) -> Self {
        Self {
            name: name.to_owned(),
            id: None,
            production: false,
            changes: 0,
            file: None,
            plan: None,
            error: Some(failure.into()),
        }
    }

    /// Whether something is to change in it.
    pub fn is_changed(&self) -> bool {
        self.changes > 0
    }

    /// Why there is no plan.
    pub fn failure(&self) -> Option<Failure> {
        self.error.clone().map(Failure::from)
    }

    fn verdict(&self) -> String {
        match &self.error {
            Some(error) => format!("no plan: {} ({})", error.message, error.code),
            None => count(self.changes, "change"),
        }
    }
}

/// How many of these orgs are to change, and how many of those are in production.
pub fn to_change<'p>(orgs: impl IntoIterator<Item = &'p PlanOfOrg>) -> (usize, usize) {
    let changed = orgs.into_iter().filter(|org| org.is_changed());
    changed.fold((0, 0), |(all, live), org| (all + 1, live + usize::from(org.production)))
}

/// Plans that a person reviews.
pub struct Review {
    /// What they are, such as `Plans`.
    what: String,
    orgs: Vec<PlanOfOrg>,
    groups: Vec<Alike>,
}

/// Plans that say the same.
struct Alike {
    /// The digest of what they say.
    says: String,
    /// Which of the orgs.
    orgs: Vec<usize>,
    /// What they were made from, in words.
    wanted: String,
    /// The first of them.
    plan: Plan<'static>,
    /// What it sends.
    files: Vec<FileChange>,
}

/// What of an org is reviewed.
pub struct Shown {
    /// What it was made from, in words.
    pub wanted: String,
    /// The plan.
    pub plan: Plan<'static>,
    /// What it sends, where that is known.
    pub files: Vec<FileChange>,
}

impl Shown {
    /// What is reviewed of a saved plan.
    ///
    /// # Errors
    /// It cannot be shown.
    pub fn of(saved: &SavedPlan) -> Result<Self, String> {
        let (wanted, files) = (saved.wanted.words(), sent(&saved.package));
        Ok(Self { wanted, plan: saved.shown()?, files })
    }
}

impl Review {
    /// A review of what is called so.
    pub fn new(what: &str) -> Self {
        Self { what: what.to_owned(), orgs: Vec::new(), groups: Vec::new() }
    }

    /// Adds an org, with its plan where it has one.
    pub fn add(&mut self, org: PlanOfOrg, shown: Option<Shown>) {
        let index = self.orgs.len();
        self.orgs.push(org);
        let Some(Shown { wanted, plan, files }) = shown else { return };
        let says = sha256(render(&plan, &wanted, None, true).as_bytes());
        if let Some(group) = self.groups.iter_mut().find(|group| group.says == says) {
            group.orgs.push(index);
            return;
        }
        self.groups.push(Alike { says, orgs: vec![index], wanted, plan, files });
    }

    /// Writes it for a terminal; with `full` long lists are whole.
    pub fn text(&self, full: bool) -> String {
        text::render(self, full)
    }

    /// Writes it as a page.
    pub fn html(&self) -> String {
        html::render(self)
    }

    fn title(&self) -> String {
        let orgs = count(self.orgs.len(), "org");
        let mut wanted: Vec<&str> = self.groups.iter().map(|group| &*group.wanted).collect();
        wanted.dedup();
        match wanted[..] {
            [one] => format!("{} for {orgs} after {one}", self.what),
            _ => format!("{} for {orgs}", self.what),
        }
    }

    /// What all come to.
    fn verdict(&self) -> String {
        let (changed, live) = to_change(&self.orgs);
        let without = self.without().count();
        let mut text = format!("{} to change, {live} of them in production", count(changed, "org"));
        let still = self.orgs.len() - changed - without;
        for (number, words) in [(still, "with nothing to change"), (without, "without a plan")] {
            if number > 0 {
                // Writing to a String cannot fail.
                let _ = write!(text, ", {number} {words}");
            }
        }
        text + "."
    }

    /// The orgs of a group: how many, and their names, those in production marked.
    fn names<'r>(&'r self, group: &'r Alike) -> impl Iterator<Item = String> + 'r {
        group.orgs.iter().map(|at| {
            let org = &self.orgs[*at];
            let mark = if org.production { " (production)" } else { "" };
            format!("{}{mark}", org.name)
        })
    }

    /// The orgs that have no plan.
    fn without(&self) -> impl Iterator<Item = &PlanOfOrg> {
        self.orgs.iter().filter(|org| org.error.is_some())
    }
}
