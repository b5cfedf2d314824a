//! What an integration's documentation asks for: parameters, steps, and what each step wants.
//!
//! A [`Template`] is as its author wrote it, with `{parameter}` in its patterns. With [`Arguments`]
//! it is expanded into steps whose wants name one component and one path each. Reading the file is
//! in `parse`, what is checked beyond its form in `check`. A new one is written out in `draft`;
//! what its author expects of it in one case is read in `expect`.

mod arguments;
pub mod builtin;
mod check;
pub(crate) mod conflict;
pub(crate) mod draft;
mod expand;
pub mod expect;
pub(crate) mod expires;
mod filling;
mod mistake;
mod narrow;
pub mod needs;
mod parse;
mod placed;
mod placeholder;
pub(crate) mod schema;
pub mod setup;
mod sign_in;
mod subject;
mod when;

use std::cmp::Ordering;

use crate::metadata::labels::app_type;
use crate::metadata::lasting::Period;
use crate::metadata::path::FieldPath;
use crate::metadata::registry;
use crate::metadata::value::{Value, number};
use crate::metadata::version::Version;

pub(crate) use arguments::is_now;
pub use arguments::{ArgumentErrors, Arguments};
pub use conflict::{Claim, Conflict};
pub use expand::{
    Applies, Each, ExpandError, ExpandedCreate, ExpandedStep, ExpandedWant, FactCondition, expand,
};
pub(crate) use expand::{each, is_left_out, matched, too_many};
pub use mistake::{Mistake, TemplateErrors};
pub use narrow::narrow;
pub use parse::parse;
pub(crate) use parse::{overlay, parse_with};
pub(crate) use placeholder::{fill, parameter_of, part_of, placeholders};
pub use sign_in::SignIn;
pub(crate) use subject::ParameterSubject;
pub use when::{Alternative, Condition, Subject, When};
pub(crate) use when::{claims, may_meet};

use setup::SetupPage;

/// Returns what is wrong with the address of a page; nothing where none is given.
pub(crate) fn wrong_page(address: &str) -> Option<String> {
    let address = address.trim();
    let is_page = address.starts_with("https://") || address.starts_with("http://");
    let is_given = !address.is_empty();
    (is_given && !is_page).then(|| format!("`{address}` is no address of a page"))
}

/// A template as its author wrote it.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// The name by which it is asked for.
    pub name: String,
    /// The line of the file that says so, from 1.
    pub name_line: usize,
    /// What a person calls it.
    pub title: String,
    /// Its own version, such as `2026.11`.
    pub version: String,
    /// The address of the documentation that it encodes.
    pub source: String,
    /// When somebody last held it against that documentation, as `2026-11-23`.
    pub reviewed: String,
    /// The line of the file that says so, from 1; 0 where it is another file's.
    pub reviewed_line: usize,
    /// Which revision of the documentation that was.
    pub revision: Option<String>,
    /// How far the documentation could be read.
    pub grade: Option<Grade>,
    /// Under which heading it is listed.
    pub group: Option<String>,
    /// How the integration signs in; none where its author does not say.
    pub sign_in: Vec<SignIn>,
    /// The template that it builds on, with its version.
    pub extends: Option<String>,
    /// The steps of that template that it leaves out.
    pub dropped: Vec<Dropped>,
    /// What differs from customer to customer.
    pub parameters: Vec<Parameter>,
    /// The steps, in the order of the documentation.
    pub steps: Vec<Step>,
}

/// How far a template's source could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The whole document was read.
    A,
    /// The part that states the requirements was read.
    B,
    /// The source was cut off, or is several years old.
    C,
    /// It is second-hand.
    D,
}

impl Grade {
    /// Every grade with what it means.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::A, "A", "the whole document was read"),
        (Self::B, "B", "the part that states the requirements was read"),
        (Self::C, "C", "the source was cut off, or is several years old"),
        (Self::D, "D", "second-hand"),
    ];

    /// Returns the letter and what it means.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        let (_, letter, words) = Self::ALL[self as usize];
        (letter, words)
    }
}

/// How much of its page the author of a template has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceRead {
    /// All of it.
    Whole,
    /// The requirements alone, or what was not cut off: what else stands there is not in it.
    Part,
    /// Nothing of it: somebody else says what stands there.
    SecondHand,
}

impl SourceRead {
    /// Returns how reports for programs write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Part => "part",
            Self::SecondHand => "second-hand",
        }
    }
}

impl Template {
    /// Returns the step of an id, or else those of that title.
    pub fn steps_called(&self, name: &str) -> Vec<&Step> {
        let of = |is_it: &dyn Fn(&Step) -> bool| -> Vec<&Step> {
            self.steps.iter().filter(|step| is_it(step)).collect()
        };
        let by_id = of(&|step| step.id == name);
        if by_id.is_empty() { of(&|step| step.title.eq_ignore_ascii_case(name)) } else { by_id }
    }

    /// Returns how much of its page was read; none where its author does not say.
    pub fn source_read(&self) -> Option<SourceRead> {
        self.grade.map(|grade| match grade {
            Grade::A => SourceRead::Whole,
            Grade::B | Grade::C => SourceRead::Part,
            Grade::D => SourceRead::SecondHand,
        })
    }

    /// Returns what there is to say of a template that nobody has held against its page for more
    /// than a year by `today`, such as `2026-11-26`.
    pub(crate) fn age(&self, today: &str) -> Option<String> {
        let (year, rest) = self.reviewed.split_once('-')?;
        let until = format!("{:04}-{rest}", year.parse::<u32>().ok()? + 1);
        (today > until.as_str()).then(|| {
            format!(
                "it was last held against its page on {}, more than a year ago: what the vendor \
                 has changed since is not in it",
                self.reviewed
            )
        })
    }

    /// Says whether nobody can have held it against its page by then: `latest` is the last day that
    /// anybody on earth may have today.
    pub(crate) fn is_ahead(&self, latest: &str) -> bool {
        self.reviewed.as_str() > latest
    }

    /// Returns what a reader of any answer must know of how the page was read; none where it was
    /// read whole, or nobody says.
    pub(crate) fn reading(&self) -> Option<String> {
        let (_, words) = self.grade?.words();
        match self.source_read()? {
            SourceRead::Whole => None,
            SourceRead::Part => Some(format!("its page was read in part ({words})")),
            SourceRead::SecondHand => Some("its page was not read; it is second-hand".to_owned()),
        }
    }
}

/// A step that a template leaves out of the one that it extends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The step's id.
    pub step: String,
    /// Its title.
    pub title: String,
    /// Why it is left out.
    pub reason: String,
}

/// Something that differs from customer to customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, as in `{name}`.
    pub name: String,
    /// What it means.
    pub title: String,
    /// What it holds.
    pub kind: ParameterKind,
    /// Its value where none is given; without one it must be given.
    pub default: Option<Value>,
    /// The parameters of older versions in whose place it stands.
    pub formerly: Vec<String>,
    /// The types of component that it took in the template which is extended, where it takes fewer
    /// here: what only one of those has is still left out for the others.
    pub narrowed_from: Vec<String>,
    /// The line of the file that names it, from 1; 0 where it is another file's.
    pub line: usize,
}

/// What a parameter holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// Any text.
    Text,
    /// One of these.
    Choice(Vec<String>),
    /// `true` or `false`.
    Flag,
    /// Several texts.
    List,
    /// A component, `Type:full name`, of one of these types.
    Component(Vec<String>),
}

impl ParameterKind {
    /// The types of a component where the template names none.
    pub(crate) const CARRIERS: [&str; 2] = ["Profile", "PermissionSet"];
}

/// One step of the documentation.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Its name, for reports.
    pub id: String,
    /// What it asks for, in one line.
    pub title: String,
    /// What happens without it.
    pub why: Option<String>,
    /// The address of the page that asks for it.
    pub docs: Option<String>,
    /// The paragraph of that page, by its own heading.
    pub paragraph: Option<String>,
    /// Where in Setup it is done by hand.
    pub setup: Option<&'static SetupPage>,
    /// How much it matters.
    pub level: Level,
    /// When it applies.
    pub when: When,
    /// What must be so.
    pub wants: Vec<Want>,
    /// How to make a component that does not exist.
    pub create: Option<Create>,
    /// What is contested or has changed since; said, never enforced.
    pub note: Option<String>,
    /// The line of the file that names it, from 1; 0 where it is another file's.
    pub line: usize,
    /// The lines of its wants, from 1, those within a want behind it; none where they are another
    /// file's.
    pub want_lines: Vec<usize>,
}

impl Step {
    /// Returns the facts that decide whether it applies, as they are written.
    pub(crate) fn deciding_facts(&self) -> impl Iterator<Item = &String> {
        self.when.conditions().filter_map(|condition| match &condition.subject {
            Subject::Fact(fact) => Some(fact),
            Subject::Parameter(_) => None,
        })
    }

    /// Returns the parameters that decide whether it applies.
    pub(crate) fn deciding_parameters(&self) -> impl Iterator<Item = &String> {
        self.when.conditions().filter_map(|condition| match &condition.subject {
            Subject::Parameter(name) => Some(name),
            Subject::Fact(_) => None,
        })
    }
}

/// How much a step matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// The integration does not work without it.
    #[default]
    Required,
    /// The documentation advises it.
    Recommended,
}

impl Level {
    /// Returns the level as templates and reports write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Recommended => "recommended",
        }
    }
}

/// What must be so. Patterns may hold `{parameter}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// A setting in a component.
    Metadata {
        /// `Type:full name`.
        component: String,
        /// Where in it.
        path: String,
        /// What is wanted there.
        test: Test,
        /// Where a permission counts.
        carrier: GrantScope,
        /// Of the names that one with a star stands for those that are not meant.
        except: Vec<String>,
    },
    /// A fact about the org.
    Fact {
        /// Which.
        fact: String,
        /// What is wanted of it.
        test: Test,
        /// The name of the user of whom it speaks, where that is not the one named by the
        /// parameter `user`.
        of: Option<String>,
    },
    /// Something that a person must do.
    Manual {
        /// What.
        text: String,
        /// What proves that it is done.
        confirm: Option<Box<Self>>,
    },
    /// One of them suffices.
    Any(Vec<Self>),
}

/// Where a permission counts that a want asks of a profile or permission set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrantScope {
    /// In the component that the want names, and nowhere else: some vendors insist on the profile.
    #[default]
    Component,
    /// Wherever the user named by the parameter `user` has it from; the component is where a fix
    /// grants it.
    Effective,
}

/// A comparison with what it compares to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// This value.
    Equals(Value),
    /// One of these; a fix writes the first.
    OneOf(Vec<Value>),
    /// A list with all of these.
    Includes(Vec<String>),
    /// A list with none of these.
    Excludes(Vec<String>),
    /// Nothing there.
    Absent,
    /// A number, or a version, not below this.
    AtLeast(Bound),
    /// A number, or a version, not above this.
    AtMost(Bound),
    /// A list of ranges of addresses, in one of which each of these is.
    Inside(Vec<String>),
    /// A list of so many.
    Count(i64),
    /// A list, or group, of nothing; or of something.
    Empty(bool),
    /// Something that does not end within this time; what is not there does not end.
    ValidFor(Period),
}

/// What a value is not to be below, or above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A whole number.
    Number(i64),
    /// A version, whose parts are compared one by one.
    Version(Version),
}

impl Bound {
    /// Holds a value against it; none where the value is not of its kind.
    pub(crate) fn against(&self, value: &Value) -> Option<Ordering> {
        match self {
            Self::Number(bound) => Some(number(Some(value))?.cmp(bound)),
            Self::Version(bound) => Some(Version::parse(&value.to_string())?.cmp(bound)),
        }
    }

    /// Returns it as a value.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Version(version) => Value::Text(version.to_string()),
        }
    }
}

impl Test {
    /// Says whether it speaks of a list, or a group, as a whole.
    pub(crate) fn is_of_whole(&self) -> bool {
        matches!(self, Self::Inside(_) | Self::Count(_) | Self::Empty(_))
    }

    /// Returns the comparison as templates and reports write it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Equals(_) => "equals",
            Self::OneOf(_) => "one-of",
            Self::Includes(_) => "includes",
            Self::Excludes(_) => "excludes",
            Self::Absent => "absent",
            Self::AtLeast(_) => "at-least",
            Self::AtMost(_) => "at-most",
            Self::Inside(_) => "inside",
            Self::Count(_) => "count",
            Self::Empty(_) => "empty",
            Self::ValidFor(_) => "valid-for",
        }
    }

    /// Returns what is wanted, for reports.
    pub(crate) fn desired(&self) -> Vec<Value> {
        match self {
            Self::Equals(value) => vec![value.clone()],
            Self::OneOf(values) => values.clone(),
            Self::Includes(elements) | Self::Excludes(elements) | Self::Inside(elements) => {
                elements.iter().map(|element| Value::from(element.as_str())).collect()
            }
            Self::Absent => Vec::new(),
            Self::AtLeast(bound) | Self::AtMost(bound) => vec![bound.value()],
            Self::Count(number) => vec![Value::Number(*number)],
            Self::Empty(flag) => vec![Value::Bool(*flag)],
            Self::ValidFor(period) => vec![Value::Text(period.to_string())],
        }
    }
}

/// How to make a component that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// `Type:full name` of what is made.
    pub component: String,
    /// `Type:full name` of what it is copied from.
    pub from: Option<String>,
    /// What is set in it, by path.
    pub set: Vec<(String, Value)>,
    /// What is not copied: entries or flags by path, with `*` and `?`.
    pub except: Vec<String>,
}

impl Template {
    /// Returns the types of the component that a parameter stands for, where a pattern is nothing
    /// but such a one.
    pub(crate) fn component_types(&self, pattern: &str) -> Option<&[String]> {
        component_types(self.parameters.iter(), pattern)
    }

    /// Returns the parameter that stands in the place of one of an older version.
    pub(crate) fn in_place_of(&self, older: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|one| one.formerly.iter().any(|name| name == older))
    }

    /// Says whether a parameter stands for the component, which is of a type that has no such
    /// setting, and another of its types has: the want is of that one.
    fn is_of_another(&self, pattern: &str, type_name: &str, path: &FieldPath) -> bool {
        let Some(types) = self.component_types(pattern) else { return false };
        let name = pattern.trim().trim_matches(['{', '}']);
        let before = self.parameters.iter().filter(|one| one.name == name);
        let before = before.flat_map(|one| &one.narrowed_from);
        // What newer versions of the API have no more is as good as never had.
        let has = |type_name: &str| {
            let Some(row) = registry::find(type_name) else { return false };
            match row.resolve(path) {
                Ok(Some(found)) => found.field.until.is_none(),
                Ok(None) => true,
                Err(_) => row.whole(path).is_some(),
            }
        };
        !has(type_name) && types.iter().chain(before).any(|one| has(one))
    }

    /// Returns the parameters that hold an app's name: a component that is an app, or a part of
    /// one, is named by them alone.
    pub(crate) fn app_parameters(&self) -> impl Iterator<Item = &str> {
        let patterns =
            self.steps.iter().flat_map(|step| step.wants.iter().flat_map(Want::patterns));
        patterns.filter_map(|pattern| {
            let (type_name, name) = pattern.split_once(':')?;
            app_type(type_name.trim())?;
            name.trim().strip_prefix('{')?.strip_suffix('}')
        })
    }
}

impl Step {
    /// Returns its wants, each with those within it behind it, and the line of each; the step's own
    /// where its wants are another file's.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&Want, usize)> {
        self.placed().map(|(want, line, _)| (want, line))
    }

    /// As [`lines`](Self::lines), without what is within a want: one of several binds nobody.
    pub(crate) fn binding_lines(&self) -> impl Iterator<Item = (&Want, usize)> {
        self.placed().filter(|(.., is_within)| !is_within).map(|(want, line, _)| (want, line))
    }

    /// All wants, each with its line and whether it is within another.
    fn placed(&self) -> impl Iterator<Item = (&Want, usize, bool)> {
        let mut wants = Vec::new();
        self.wants.iter().for_each(|want| want.push_all(false, &mut wants));
        let line = |at: usize| self.want_lines.get(at).copied().unwrap_or(self.line);
        let placed = move |(at, (want, is_within))| (want, line(at), is_within);
        wants.into_iter().enumerate().map(placed)
    }
}

impl Want {
    /// Lists it, and what is within it; each with whether it is within another.
    fn push_all<'w>(&'w self, is_within: bool, all: &mut Vec<(&'w Self, bool)>) {
        all.push((self, is_within));
        match self {
            Self::Metadata { .. } | Self::Fact { .. } => {}
            Self::Manual { confirm, .. } => confirm.iter().for_each(|one| one.push_all(true, all)),
            Self::Any(wants) => wants.iter().for_each(|one| one.push_all(true, all)),
        }
    }

    /// The components that it speaks of, as they are written.
    fn patterns(&self) -> Vec<&str> {
        match self {
            Self::Metadata { component, .. } => vec![component],
            Self::Fact { .. } => Vec::new(),
            Self::Manual { confirm, .. } => confirm.iter().flat_map(|one| one.patterns()).collect(),
            Self::Any(wants) => wants.iter().flat_map(Self::patterns).collect(),
        }
    }
}

/// As [`Template::component_types`], of parameters alone.
fn component_types<'p>(
    mut parameters: impl Iterator<Item = &'p Parameter>,
    pattern: &str,
) -> Option<&'p [String]> {
    let name = pattern.trim().strip_prefix('{')?.strip_suffix('}')?;
    match &parameters.find(|parameter| parameter.name == name)?.kind {
        ParameterKind::Component(types) => Some(types),
        ParameterKind::Text
        | ParameterKind::Choice(_)
        | ParameterKind::Flag
        | ParameterKind::List => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_old_a_year_after_it_was_held_against_its_page() {
        let template = Template { reviewed: "2025-11-26".to_owned(), ..Template::default() };
        assert_eq!(template.age("2026-11-26"), None);
        assert!(template.age("2026-11-27").unwrap().contains("on 2025-11-26"));
        assert_eq!(Template::default().age("2026-11-27"), None);
    }

    #[test]
    fn how_far_a_page_was_read_follows_from_the_grade() {
        let of = |grade| Template { grade: Some(grade), ..Template::default() };
        assert_eq!(of(Grade::A).source_read(), Some(SourceRead::Whole));
        assert_eq!(of(Grade::C).source_read().map(SourceRead::name), Some("part"));
        assert_eq!(of(Grade::A).reading(), None);
        assert!(of(Grade::B).reading().unwrap().contains("in part"));
        assert!(of(Grade::D).reading().unwrap().contains("second-hand"));
        assert_eq!(Template::default().source_read(), None);
    }
}
