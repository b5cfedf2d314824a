//! A finding: what it is about, who wants it so, how it turned out, what was seen, and where.
//!
//! A template's and a baseline's are of one type. What a reader is told of them is worded in
//! `report`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::metadata::ComponentId;
use crate::metadata::fact::Fact;
use crate::metadata::labels::app_type;
use crate::metadata::names::{Lacked, Name};
use crate::metadata::path::FieldPath;
use crate::metadata::permission::Permission;
use crate::metadata::registry::{self, Field};
use crate::metadata::unseen::Unseen;
use crate::metadata::value::Value;
use crate::template::setup::{self, SetupPage};
use crate::template::{ExpandedWant, Level, Step, Template, Test};

/// One thing that is wanted, and how it turned out.
#[derive(Clone, Debug)]
pub struct Finding<'s> {
    /// Who wants it so.
    pub origin: Origin<'s>,
    /// What it is about.
    pub subject: Subject,
    /// How it turned out.
    pub outcome: Outcome,
    /// What was seen; none where nothing was there, or nothing could be seen.
    pub actual: Option<Value>,
    /// A name that it speaks of and that the org does not have; of a component that does not exist
    /// its own.
    pub lacks: Option<Lacked>,
    /// What is to be known of a name that it speaks of, beside how it turned out.
    pub aside: Option<Aside>,
    /// Where it stands in a file, once somebody has looked (see [`locate`](super::locate)).
    pub place: Option<Place>,
}

/// What is to be known of a name that a finding speaks of, beside how it turned out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// What there is to know, in a sentence without its end.
    pub words: String,
    /// Whether the org may not have the name, so that what is so may be so for nothing, and what
    /// is not cannot be mended; else it only has it in another spelling, or one of nearly that
    /// name.
    pub is_doubt: bool,
}

/// Who wants something so.
#[derive(Clone, Debug)]
pub enum Origin<'s> {
    /// A step of a template.
    Step(StepWant<'s>),
    /// A baseline.
    Baseline {
        /// What the baseline has; none for nothing.
        baseline: Option<Value>,
        /// Who changed the component last, and when, where that is known.
        changed: Option<Arc<str>>,
    },
}

/// What a step of a template wants.
#[derive(Clone, Debug)]
pub struct StepWant<'s> {
    /// The template.
    pub template: &'s Template,
    /// The step.
    pub step: &'s Step,
    /// What it wants; of a group of which one suffices the one that speaks for it.
    pub want: Cow<'s, ExpandedWant>,
    /// Where access comes from, where it is not the setting itself: `View All Data in the same
    /// component`, `permission set X, through group Y`.
    pub access_from: Option<String>,
    /// For a group of which one suffices: how the others turned out.
    pub alternatives: Vec<Finding<'s>>,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A setting, or an entry of a list.
    Setting {
        /// The component, by its own name, be it that the want has another for it (S 2.1).
        component: ComponentId,
        /// Where in it.
        path: FieldPath,
    },
    /// A component as a whole.
    Component(ComponentId),
    /// A fact.
    Fact {
        /// Which.
        fact: Fact,
        /// Of which user, where that is not the one named by the parameter `user`.
        of: Option<String>,
    },
    /// Something that a person does.
    ByHand,
}

/// How something turned out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is so.
    InSync,
    /// It is not so.
    Differs,
    /// The component does not exist, or the org does not have a name that it speaks of.
    Missing,
    /// It could not be seen.
    NotObserved(Unseen),
    /// A person must do it; where something would show that it is done, why that was not seen.
    Manual(Option<Unseen>),
    /// It is not so, or is not known to be, and somebody has said that it may be so.
    Waived(Waiver),
}

/// What says that something may be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// Why it may.
    pub reason: String,
    /// Who answers for that.
    pub owner: Option<String>,
    /// The last day on which it may, such as `2027-01-31`.
    pub expires: String,
    /// How it would have turned out.
    pub instead: Box<Outcome>,
}

/// How something turned out, by name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It is so.
    InSync,
    /// It is not so.
    Differs,
    /// The component does not exist.
    Missing,
    /// It could not be seen; the finding says why.
    NotObserved,
    /// A person must do it.
    Manual,
    /// It is not so, or is not known to be, and somebody has said that it may be so.
    Waived,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, relative to the folder or zip that was opened, with `/`.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
}

impl State {
    /// Every state, in the order of the summary.
    pub const ALL: [Self; 6] =
        [Self::InSync, Self::Differs, Self::Missing, Self::NotObserved, Self::Manual, Self::Waived];

    /// Returns the state's name as reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InSync => "in-sync",
            Self::Differs => "differs",
            Self::Missing => "missing",
            Self::NotObserved => "not-observed",
            Self::Manual => "manual",
            Self::Waived => "waived",
        }
    }
}

impl Outcome {
    /// Returns its name.
    pub fn state(&self) -> State {
        match self {
            Self::InSync => State::InSync,
            Self::Differs => State::Differs,
            Self::Missing => State::Missing,
            Self::NotObserved(_) => State::NotObserved,
            Self::Manual(_) => State::Manual,
            Self::Waived(_) => State::Waived,
        }
    }

    /// Returns how it turned out before anybody waived it.
    pub fn unwaived(&self) -> &Self {
        match self {
            Self::Waived(waiver) => &waiver.instead,
            other => other,
        }
    }
}

impl<'s> Finding<'s> {
    /// Makes a finding of which nobody has yet looked where it stands.
    pub fn new(origin: Origin<'s>, subject: Subject, outcome: Outcome) -> Self {
        Self { origin, subject, outcome, actual: None, lacks: None, aside: None, place: None }
    }

    /// Returns how it turned out, by name alone.
    pub fn state(&self) -> State {
        self.outcome.state()
    }

    /// Says whether it differs or is missing.
    pub fn is_drift(&self) -> bool {
        matches!(self.state(), State::Differs | State::Missing)
    }

    /// Returns how much it matters; a baseline wants all of it.
    pub fn level(&self) -> Level {
        self.step().map_or(Level::Required, |step| step.level)
    }

    /// Returns what a step of a template wants; none where a baseline does.
    pub fn wanted(&self) -> Option<&StepWant<'s>> {
        match &self.origin {
            Origin::Step(wanted) => Some(wanted),
            Origin::Baseline { .. } => None,
        }
    }

    /// Returns the step that wants it; none where a baseline does.
    pub fn step(&self) -> Option<&'s Step> {
        self.wanted().map(|wanted| wanted.step)
    }

    /// Returns the comparison of the want; none for what is by hand, and for a baseline.
    pub fn test(&self) -> Option<&Test> {
        match &*self.wanted()?.want {
            ExpandedWant::Metadata { test, .. } | ExpandedWant::Fact { test, .. } => Some(test),
            ExpandedWant::Each(each) => Some(&each.test),
            ExpandedWant::Manual { .. } | ExpandedWant::Any(_) => None,
        }
    }

    /// Returns what would be right: what satisfies the want, or what the baseline has.
    pub fn desired(&self) -> Vec<Value> {
        match &self.origin {
            Origin::Step(_) => self.test().map(Test::desired).unwrap_or_default(),
            Origin::Baseline { baseline, .. } => baseline.iter().cloned().collect(),
        }
    }

    /// Returns what a person must do.
    pub fn manual(&self) -> Option<&str> {
        match &*self.wanted()?.want {
            ExpandedWant::Manual { text, .. } => Some(text),
            ExpandedWant::Metadata { .. }
            | ExpandedWant::Each(_)
            | ExpandedWant::Fact { .. }
            | ExpandedWant::Any(_) => None,
        }
    }

    /// Returns why it could not be seen.
    pub fn unseen(&self) -> Option<&Unseen> {
        match &self.outcome {
            Outcome::NotObserved(unseen) => Some(unseen),
            Outcome::Manual(unseen) => unseen.as_ref(),
            Outcome::InSync | Outcome::Differs | Outcome::Missing | Outcome::Waived(_) => None,
        }
    }

    /// Says whether putting it right takes away what is there.
    pub fn takes_away(&self) -> bool {
        if self.unwanted_source().is_some() {
            return false;
        }
        let (Subject::Setting { component, path }, false) =
            (&self.subject, self.state() == State::InSync)
        else {
            return false;
        };
        let to = match self.test() {
            Some(Test::Absent | Test::Empty(true) | Test::Excludes(_)) => return true,
            Some(Test::Equals(value)) => Some(value),
            Some(Test::OneOf(values)) => values.first(),
            _ => None,
        };
        let row = registry::find_component(&component.type_name, &component.full_name);
        // Other hours are other hours, be they fewer.
        let (Some(to), false) = (to, row.is_some_and(|row| row.is_week(path))) else {
            return false;
        };
        let field = self.subject.field();
        let normal =
            |value: &Value| field.map_or_else(|| value.clone(), |one| one.normalise(value));
        takes_away(Some(path), self.actual.as_ref().map(normal).as_ref(), Some(&normal(to)))
    }

    /// Where a user has from what they are not to have, that the component which is named does not
    /// grant: nothing in it is to be changed.
    pub fn unwanted_source(&self) -> Option<&str> {
        let is_one = self.outcome == Outcome::Differs
            && matches!(self.subject, Subject::Setting { .. })
            && self.test() == Some(&Test::Equals(Value::Bool(false)));
        self.wanted().filter(|_| is_one)?.access_from.as_deref()
    }

    /// Says whether it is so only because there is nothing of the name that it speaks of, or
    /// because nobody could see whether there is.
    pub fn is_of_nothing(&self) -> bool {
        self.state() == State::InSync && (self.lacks.is_some() || self.doubt().is_some())
    }

    /// Returns why the org may not have a name that it speaks of.
    pub fn doubt(&self) -> Option<&Aside> {
        self.aside.as_ref().filter(|aside| aside.is_doubt)
    }

    /// Returns what is to be said of its names where it is in sync, or differs.
    pub fn remark(&self) -> Option<String> {
        let lacked = self.lacks.as_ref().filter(|_| self.state() == State::InSync);
        // Of what is missing it is the reason.
        let aside = self.aside.as_ref().filter(|_| self.state() != State::Missing);
        lacked.map(ToString::to_string).or_else(|| aside.map(|aside| aside.words.clone()))
    }

    /// Returns what there is not that it speaks of in vain: another name than its component's, or
    /// the user of a fact.
    pub fn in_vain(&self) -> Option<String> {
        let nobody = || self.doubt().filter(|_| self.subject.fact().is_some());
        let lacked = self.lacks_name().map(ToString::to_string);
        lacked.or_else(|| nobody().map(|doubt| doubt.words.clone()))
    }

    /// Returns the name of the org's that it speaks of in vain: not the component's own.
    pub fn lacks_name(&self) -> Option<&Lacked> {
        let own = self.subject.component();
        self.lacks.as_ref().filter(|lacked| match &lacked.name {
            // What is made may be made with its app.
            Name::Component(id) => !own.is_some_and(|own| {
                let app = app_type(&own.type_name).unwrap_or_default();
                own == id || (app == id.type_name && own.full_name == id.full_name)
            }),
            Name::Permission(_)
            | Name::ObjectAccess(_)
            | Name::FieldAccess(_)
            | Name::Licence(_)
            | Name::Edition(_) => true,
        })
    }

    /// Returns what the baseline has; none for nothing, and where no baseline is held against it.
    pub fn then(&self) -> Option<&Value> {
        match &self.origin {
            Origin::Baseline { baseline, .. } => baseline.as_ref(),
            Origin::Step(_) => None,
        }
    }

    /// Returns the pages of Setup where a person sees or sets it: the one that the step names, then
    /// that of what it is about; of what is done by hand that of what proves it, or that its text
    /// names.
    pub fn pages(&self) -> impl Iterator<Item = &'static SetupPage> {
        let subject = match &self.subject {
            Subject::Setting { component, .. } | Subject::Component(component) => {
                setup::of_component(component)
            }
            Subject::Fact { fact, .. } => setup::of_fact(fact),
            Subject::ByHand => self.wanted().and_then(|wanted| page_of(&wanted.want)),
        };
        [self.step().and_then(|step| step.setup), subject].into_iter().flatten()
    }

    /// Returns what it is about, in words; what is done by hand by its step's title.
    pub fn name(&self) -> String {
        match (&self.subject, self.step()) {
            (Subject::ByHand, Some(step)) => step.title.clone(),
            (subject, _) => subject.to_string(),
        }
    }
}

/// Says whether a change takes something away: a grant, an element of a list, all that is there.
pub fn takes_away(path: Option<&FieldPath>, from: Option<&Value>, to: Option<&Value>) -> bool {
    match (from, to) {
        (Some(_), None) => true,
        (Some(Value::Bool(true)), Some(Value::Bool(false))) => {
            path.is_some_and(|path| Permission::of_path(path).is_some())
        }
        (Some(Value::List(before)), Some(Value::List(after))) => {
            before.iter().any(|element| !after.contains(element))
        }
        _ => false,
    }
}

fn page_of(want: &ExpandedWant) -> Option<&'static SetupPage> {
    match want {
        ExpandedWant::Metadata { id, .. } => setup::of_component(id),
        ExpandedWant::Each(each) => setup::of_component(&each.id),
        ExpandedWant::Fact { fact, .. } => setup::of_fact(fact),
        ExpandedWant::Manual { confirm, text } => {
            let proved = confirm.as_deref().and_then(page_of);
            proved.or_else(|| setup::named_in(text))
        }
        ExpandedWant::Any(wants) => wants.iter().find_map(page_of),
    }
}

impl Subject {
    /// Returns the component that it is, or that it is in.
    pub fn component(&self) -> Option<&ComponentId> {
        match self {
            Self::Setting { component, .. } | Self::Component(component) => Some(component),
            Self::Fact { .. } | Self::ByHand => None,
        }
    }

    /// Returns where in the component it is.
    pub fn path(&self) -> Option<&FieldPath> {
        match self {
            Self::Setting { path, .. } => Some(path),
            Self::Component(_) | Self::Fact { .. } | Self::ByHand => None,
        }
    }

    /// Returns the fact that it is.
    pub fn fact(&self) -> Option<&Fact> {
        match self {
            Self::Fact { fact, .. } => Some(fact),
            Self::Setting { .. } | Self::Component(_) | Self::ByHand => None,
        }
    }

    /// Returns the registry's row of the setting, where its type has one.
    pub fn field(&self) -> Option<&'static Field> {
        let Self::Setting { component, path } = self else { return None };
        let row = registry::find_component(&component.type_name, &component.full_name)?;
        row.resolve(path).ok().flatten().map(|resolved| resolved.field)
    }
}

/// Shown as `ConnectedApp:Acme oauthPolicy.ipRelaxation`, `ConnectedApp:Acme`, `org.edition`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { component, path } => write!(f, "{component} {path}"),
            Self::Component(component) => component.fmt(f),
            Self::Fact { fact, of: None } => fact.fmt(f),
            Self::Fact { fact, of: Some(of) } => write!(f, "{fact} of {of}"),
            Self::ByHand => f.write_str("by hand"),
        }
    }
}

/// Shown as `It runs in our own network (Ana, until 2027-01-31)`.
impl fmt::Display for Waiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = self.owner.as_ref().map(|owner| format!("{owner}, ")).unwrap_or_default();
        write!(f, "{} ({owner}until {})", self.reason, self.expires)
    }
}

/// Shown as editors take it: `profiles/Admin.profile:12`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
