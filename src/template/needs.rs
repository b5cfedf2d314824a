//! What must be asked of an org so that every want of a template can be answered: components, their
//! companions, facts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Applies, ExpandedCreate, ExpandedStep, ExpandedWant, Test};
use crate::metadata::ComponentId;
use crate::metadata::fact::{Access, EDITIONS, Fact, OrganizationFact, UserFact};
use crate::metadata::full_name::canonical_full_name;
use crate::metadata::manifest::Manifest;
use crate::metadata::names::{Name, Pattern};
use crate::metadata::path::FieldPath;
use crate::metadata::percent::plain;
use crate::metadata::registry::{self, Kind};
use crate::metadata::value::Value;

/// What must be asked of an org.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The components that wants speak of.
    pub components: BTreeSet<ComponentId>,
    /// Those of them that facts alone speak of: permission sets that a user is to have.
    pub assigned: BTreeSet<ComponentId>,
    /// What must be asked for with a profile, so that the absence of an entry can be read (S 3.2):
    /// standard objects by name, never `*`.
    pub companions: Manifest,
    /// The facts, each with the user or app that it speaks of.
    pub facts: Vec<(Fact, Option<String>)>,
    /// The users of whom facts speak, each with the parameters that name it; none where the
    /// template itself does.
    pub users: BTreeMap<String, BTreeSet<String>>,
    /// The names with a star, of which an org is asked for which it has.
    pub patterns: BTreeSet<Pattern>,
    /// The names of the org that wants speak of, the components themselves among them.
    pub names: BTreeSet<Name>,
}

/// Collects the needs of the steps that may apply.
pub(crate) fn needs(steps: &[ExpandedStep<'_>]) -> Needs {
    let mut needs = Needs::default();
    for step in steps {
        match &step.applies {
            Applies::Yes => {}
            Applies::No => continue,
            Applies::IfFacts(alternatives) => {
                for condition in alternatives.iter().flat_map(|one| one.conditions()) {
                    let fact = &condition.fact;
                    needs.fact(fact, condition.of.as_ref(), fact.parameter());
                    needs.names.extend(Name::of_fact(fact));
                    let test = Test::OneOf(condition.values.clone());
                    needs.names.extend(wanted_by_fact(fact, &test));
                }
            }
        }
        for want in &step.wants {
            needs.want(want);
        }
        // What a component is copied from must be at hand when it turns out to be missing.
        needs.components.extend(step.create.iter().filter_map(|create| create.from.clone()));
        needs.names.extend(step.create.iter().flat_map(created_names));
    }
    let components = &needs.components;
    needs.assigned.retain(|set| !components.contains(set));
    needs.components.extend(needs.assigned.iter().cloned());
    // What a value alone names is made only where it is seen not to be there.
    let made = steps.iter().flat_map(|step| &step.create).map(|create| create.id.clone());
    for id in made.filter(|id| !needs.components.contains(id)).collect::<BTreeSet<_>>() {
        needs.names.extend(Name::of_component(&id));
        needs.components.insert(id);
    }
    needs
}

impl Needs {
    /// Adds what one more want needs.
    pub(crate) fn want(&mut self, want: &ExpandedWant) {
        match want {
            ExpandedWant::Metadata { id, path, test, effective } => {
                self.names.extend(Name::of_component(id));
                self.names.extend(Name::of_setting(id, path));
                self.names.extend(wanted_names(id, path, test));
                if let Some((fact, user)) = effective {
                    self.fact(fact, Some(user), fact.parameter());
                }
                self.components.insert(id.clone());
                self.companion(id, path);
            }
            ExpandedWant::Each(each) => {
                self.names.extend(Name::of_component(&each.id));
                self.names.extend(each.pattern.names().1);
                self.components.insert(each.id.clone());
                self.companion(&each.id, &each.path);
                self.patterns.insert(each.pattern.clone());
            }
            ExpandedWant::Fact { fact, of, test, named_by } => {
                self.fact(fact, of.as_ref(), named_by.as_deref());
                self.names.extend(Name::of_fact(fact));
                self.names.extend(wanted_by_fact(fact, test));
            }
            ExpandedWant::Manual { confirm, .. } => {
                if let Some(confirm) = confirm {
                    self.want(confirm);
                }
            }
            ExpandedWant::Any(wants) => {
                for want in wants {
                    self.want(want);
                }
            }
        }
    }

    /// A fact about a user or app that nobody named cannot be asked.
    fn fact(&mut self, fact: &Fact, of: Option<&String>, named_by: Option<&str>) {
        if let (Some("user"), Some(user)) = (fact.parameter(), of) {
            self.users.entry(user.clone()).or_default().extend(named_by.map(str::to_owned));
        }
        let is_askable = fact.parameter().is_none() || of.is_some();
        let need = (fact.clone(), of.cloned());
        // A set can be assigned only where it exists.
        if let Fact::Access(Access::PermissionSet(set)) = fact {
            self.assigned.insert(ComponentId::new("PermissionSet", set.as_str()));
        }
        if is_askable && !self.facts.contains(&need) {
            self.facts.push(need);
        }
    }

    fn companion(&mut self, id: &ComponentId, path: &FieldPath) {
        let row = registry::find_component(&id.type_name, &id.full_name);
        let Some(resolved) = row.and_then(|row| row.resolve(path).ok().flatten()) else { return };
        let Some((section, key)) = resolved.entry else { return };
        if let Kind::Section { companion: Some(companion), .. } = &section.kind
            && let Some((type_name, full_name)) = companion.candidates(&key).last()
        {
            self.companions.add(type_name, full_name);
        }
    }
}

/// The names that what is made is made with: those of its settings, and the source of a copy.
pub(crate) fn created_names(create: &ExpandedCreate) -> Vec<Name> {
    let id = &create.id;
    let of_settings = create.set.iter().flat_map(|(path, value)| {
        let wanted = wanted_names(id, path, &Test::Equals(value.clone()));
        Name::of_setting(id, path).into_iter().chain(wanted)
    });
    of_settings.chain(create.from.iter().flat_map(Name::of_component)).collect()
}

/// The names that stand in the values of what is made.
pub(crate) fn names_in_created(create: &ExpandedCreate) -> Vec<Name> {
    let of_value =
        |(path, value): &(_, Value)| wanted_names(&create.id, path, &Test::Equals(value.clone()));
    create.set.iter().flat_map(of_value).collect()
}

/// The names that a setting is wanted to hold, or not to hold: the licence of a profile or
/// permission set, a layout, the profiles and permission sets whose users an app lets in, the sets
/// of a group.
pub(crate) fn wanted_names(id: &ComponentId, path: &FieldPath, test: &Test) -> Vec<Name> {
    let segments: Vec<&str> = path.segments().iter().map(|one| one.name.as_str()).collect();
    let of_type = |type_name: &str| texts(test).map(|name| named(type_name, &name)).collect();
    match (id.type_name.as_str(), segments.as_slice()) {
        ("Profile", ["userLicense"]) | ("PermissionSet", ["license" | "userLicense"]) => {
            texts(test).map(Name::Licence).collect()
        }
        ("Profile", ["layoutAssignments", "layout"]) => {
            texts(test).map(|name| Name::component("Layout", plain(name.trim()))).collect()
        }
        ("ConnectedApp", ["profileName"])
        | ("ExtlClntAppOauthConfigurablePolicies", ["commaSeparatedProfile"]) => of_type("Profile"),
        ("ConnectedApp", ["permissionSetName"])
        | ("ExtlClntAppOauthConfigurablePolicies", ["commaSeparatedPermissionSet"])
        | ("PermissionSetGroup", ["permissionSets"]) => of_type("PermissionSet"),
        ("PermissionSetGroup", ["mutingPermissionSets"]) => of_type("MutingPermissionSet"),
        _ => Vec::new(),
    }
}

/// The texts that a comparison names.
fn texts(test: &Test) -> impl Iterator<Item = String> {
    let all: Vec<String> = match test {
        Test::Equals(value) => texts_of(value),
        Test::OneOf(values) => values.iter().flat_map(texts_of).collect(),
        Test::Includes(names) | Test::Excludes(names) => names.clone(),
        Test::Absent
        | Test::AtLeast(_)
        | Test::AtMost(_)
        | Test::Inside(_)
        | Test::Count(_)
        | Test::Empty(_)
        | Test::ValidFor(_) => Vec::new(),
    };
    all.into_iter().filter(|text| !text.trim().is_empty())
}

fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => vec![text.clone()],
        Value::List(texts) => texts.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Present | Value::Hidden | Value::Xml(_) => {
            Vec::new()
        }
    }
}

fn named(type_name: &str, name: &str) -> Name {
    Name::component(type_name, canonical_full_name(type_name, name))
}

/// The names that a fact is wanted to be one of: a user's licence or profile, and editions where
/// none of them is one.
pub(crate) fn wanted_by_fact(fact: &Fact, test: &Test) -> Vec<Name> {
    match fact {
        Fact::User(UserFact::License) => texts(test).map(Name::Licence).collect(),
        Fact::User(UserFact::Profile) => texts(test).map(|name| named("Profile", &name)).collect(),
        Fact::Organization(OrganizationFact::Edition) => {
            let is_one = texts(test).any(|text| EDITIONS.contains(&text.as_str()));
            if is_one { Vec::new() } else { texts(test).map(Name::Edition).collect() }
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{Arguments, builtin, expand, parse};
    use super::*;

    #[test]
    fn a_profile_is_asked_for_with_the_objects_of_its_wants() {
        let template = parse("ampersand", builtin::find("ampersand").unwrap().text).unwrap();
        let given = [
            ("app", "Ampersand"),
            ("read", "Account,Contact"),
            ("fields", "Lead.Score__c"),
            ("user", "a@example.com"),
        ];
        let given: BTreeMap<String, Vec<String>> = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
            .collect();
        let arguments = Arguments::resolve(&template, &given, &BTreeMap::new()).unwrap();
        let needs = needs(&expand(&template, &arguments).unwrap());
        let names: Vec<String> = needs.components.iter().map(ToString::to_string).collect();
        assert_eq!(
            names,
            ["ConnectedApp:Ampersand", "Profile:Ampersand Integration", "Profile:Standard"]
        );
        let objects: Vec<&str> =
            needs.companions.types["CustomObject"].iter().map(String::as_str).collect();
        assert_eq!(objects, ["Account", "Contact", "Lead"]);
        let facts: Vec<String> = needs.facts.iter().map(|(fact, _)| fact.to_string()).collect();
        assert!(
            facts.contains(&"org.api_access_control".to_owned())
                && facts.contains(&"user.license".to_owned()),
            "{facts:?}"
        );
        assert_eq!(facts.iter().filter(|fact| *fact == "app.installed").count(), 1, "{facts:?}");
    }
}
