//! Whether a step applies, as far as its parameters say; what they leave open is asked of facts.

use super::Filler;
use crate::metadata::fact::Fact;
use crate::metadata::value::Value;
use crate::template::{Alternative, Condition, Subject, When};

/// Whether a step applies.
#[derive(Clone, Debug)]
pub enum Applies {
    /// The parameters say so.
    Yes,
    /// The parameters say that it does not.
    No,
    /// If one of these alternatives holds.
    IfFacts(Vec<Alternative<FactCondition>>),
}

/// A condition that only an org can answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactCondition {
    /// The fact.
    pub fact: Fact,
    /// Of which user or app.
    pub of: Option<String>,
    /// Any of these.
    pub values: Vec<Value>,
}

/// Leaves of the conditions what the parameters do not settle.
pub(super) fn applies(when: &When, filler: &Filler<'_>) -> Result<Applies, String> {
    let mut open = Vec::new();
    for Alternative { all, not } in &when.0 {
        let Some(facts) = left_open(all, filler)? else { continue };
        let negated = match left_open(not, filler)? {
            // They hold together, and are not to.
            Some(facts) if facts.is_empty() && !not.is_empty() => continue,
            Some(facts) => facts,
            None => Vec::new(),
        };
        if facts.is_empty() && negated.is_empty() {
            return Ok(Applies::Yes);
        }
        open.push(Alternative { all: facts, not: negated });
    }
    Ok(match open.is_empty() {
        true if when.0.is_empty() => Applies::Yes,
        true => Applies::No,
        false => Applies::IfFacts(open),
    })
}

/// The conditions on facts; none where a parameter's says that they do not hold together.
fn left_open(
    conditions: &[Condition],
    filler: &Filler<'_>,
) -> Result<Option<Vec<FactCondition>>, String> {
    // With a parameter that settles it the names in facts need not be right, or be given.
    let is_settled = |condition: &Condition| match &condition.subject {
        Subject::Parameter(name) => !filler.filling.is_any(name, &condition.values),
        Subject::Fact(_) => false,
    };
    if conditions.iter().any(is_settled) {
        return Ok(None);
    }
    let mut facts = Vec::new();
    for Condition { subject, values } in conditions {
        if let Subject::Fact(pattern) = subject {
            let (fact, of) = filler.fact(pattern)?;
            facts.push(FactCondition { fact, of, values: values.clone() });
        }
    }
    Ok(Some(facts))
}
