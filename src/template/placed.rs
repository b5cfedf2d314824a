//! A template while it is read: with the places in its file of what is checked beyond its form.

use std::ops::Range;

use super::{Condition, Create, Parameter, Step, Template, Want, When};

/// A template with the places of what must be checked beyond its form.
pub(super) struct Placed {
    /// All but parameters and steps.
    pub(super) head: Template,
    /// None for the place of a parameter that another file names.
    pub(super) parameters: Vec<(Parameter, Option<Range<usize>>)>,
    pub(super) steps: Vec<PlacedStep>,
}

/// A step; what stands only in `step` is another file's, and was checked there.
pub(super) struct PlacedStep {
    pub(super) step: Step,
    pub(super) id: Option<Range<usize>>,
    pub(super) when: Option<PlacedWhen>,
    pub(super) wants: Option<Vec<PlacedWant>>,
    pub(super) create: Option<(Create, CreateSpans)>,
}

/// When a step applies, and each condition of it with its places.
pub(super) struct PlacedWhen {
    pub(super) when: When,
    pub(super) conditions: Vec<PlacedCondition>,
}

/// A condition with the places of its key and of its value.
pub(super) type PlacedCondition = (Condition, Range<usize>, Range<usize>);

/// The places of a `create`: of its component, what it is made from, each path and value that it
/// sets, and what it does not copy.
pub(super) struct CreateSpans {
    pub(super) component: Range<usize>,
    pub(super) from: Range<usize>,
    pub(super) set: Vec<(Range<usize>, Range<usize>)>,
    pub(super) except: Range<usize>,
}

pub(super) struct PlacedWant {
    pub(super) want: Want,
    /// Of the component or fact.
    pub(super) subject: Range<usize>,
    pub(super) path: Range<usize>,
    /// Of the comparison's value.
    pub(super) value: Range<usize>,
    /// The members of an `any`, or the one of a `confirm`.
    pub(super) inner: Vec<Self>,
}

impl PlacedWant {
    /// Lists where it begins, and behind that where what is within it does.
    pub(super) fn push_starts(&self, starts: &mut Vec<usize>) {
        starts.push(self.subject.start);
        self.inner.iter().for_each(|inner| inner.push_starts(starts));
    }
}

impl Placed {
    /// Takes a template that another file has and that was checked there.
    pub(super) fn of(mut base: Template) -> Self {
        let parameters = std::mem::take(&mut base.parameters)
            .into_iter()
            .map(|one| (Parameter { line: 0, ..one }, None))
            .collect();
        let steps = std::mem::take(&mut base.steps)
            .into_iter()
            .map(|step| PlacedStep {
                step: Step { line: 0, want_lines: Vec::new(), ..step },
                id: None,
                when: None,
                wants: None,
                create: None,
            })
            .collect();
        Self { head: base, parameters, steps }
    }

    /// Leaves the places out.
    pub(super) fn strip(self) -> Template {
        let steps = self.steps.into_iter().map(|placed| {
            let mut step = placed.step;
            if let Some(when) = placed.when {
                step.when = when.when;
            }
            if let Some(wants) = placed.wants {
                step.wants = wants.into_iter().map(|placed| placed.want).collect();
            }
            if let Some((create, _)) = placed.create {
                step.create = Some(create);
            }
            step
        });
        Template {
            parameters: self.parameters.into_iter().map(|(parameter, _)| parameter).collect(),
            steps: steps.collect(),
            ..self.head
        }
    }
}
