//! What files tell of rights that a user may have from elsewhere: which permission set gives one.
//! Who has a set, no file tells.

use std::collections::BTreeMap;

use crate::metadata::ComponentSet;
use crate::metadata::fact::Fact;
use crate::metadata::path::FieldPath;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::template::{ExpandedWant, Test};

use super::finding::{Finding, Outcome};
use super::observe::{self, Observation};

/// A right that was not found where a template wants it, and that counts wherever the user has it
/// from: the fact and its user, with the path at which profiles and permission sets have it.
pub type Sought = BTreeMap<(Fact, String), FieldPath>;

/// Finds the rights that findings miss and that may come from elsewhere.
pub fn sought(findings: &[Finding<'_>]) -> Sought {
    let mut sought = Sought::new();
    for finding in findings {
        let Some(wanted) = finding.wanted() else { continue };
        sought.extend(self::sought(&wanted.alternatives));
        if let (Outcome::Differs, Some(path)) = (&finding.outcome, finding.subject.path())
            && let ExpandedWant::Metadata { effective: Some(effective), .. } = &*wanted.want
            && finding.test() == Some(&Test::Equals(Value::Bool(true)))
        {
            sought.insert(effective.clone(), path.clone());
        }
    }
    sought
}

/// Why nobody can tell that a user lacks the right at a path; nothing where none of these permission
/// sets gives it.
pub fn why_open(sets: &ComponentSet, path: &FieldPath, user: &str) -> Option<Unseen> {
    let gives = |set: &&crate::metadata::Component| {
        let yes = Test::Equals(Value::Bool(true));
        let seen = observe::metadata(sets, &set.id, path, &yes).observation;
        matches!(seen, Observation::Seen { satisfied: true, .. })
    };
    let mut giving = sets.of_type("PermissionSet").filter(gives);
    let first = &giving.next()?.id.full_name;
    let (gives, has) = match giving.count() {
        0 => (format!("permission set {first} gives it"), "that"),
        1 => (format!("permission set {first} and another give it"), "one"),
        more => (format!("permission set {first} and {more} others give it"), "one"),
    };
    let words = format!("offline, {gives}; whether {user} has {has} only an org can tell");
    Some(Unseen::new(UnseenKind::Elsewhere, words))
}
