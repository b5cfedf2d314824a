//! What no package can make or change: elements that a type does not have, names that no component
//! can have, and new components of which too little is said.

use crate::metadata::ComponentId;
use crate::metadata::names::why_misnamed;
use crate::metadata::path::FieldPath;
use crate::metadata::registry::nearest::{is_slip, nearest, perhaps};
use crate::metadata::registry::shape::Shape;
use crate::metadata::registry::{self, MetadataType, must_say};
use crate::template::{Create, Step, Template, Test, Want, fill};

use super::Advice;

/// Notes, each a mistake or not.
type Notes = Vec<(bool, String)>;

/// What no package can make.
pub(super) fn not_made(component: &str, notes: &mut Notes) {
    let Some((type_name, full_name)) = component.split_once(':') else { return };
    let row = registry::find_component(type_name.trim(), full_name.trim());
    if let Some(why) = row.and_then(MetadataType::why_not_made) {
        notes.push((true, format!("cannot make {component}: {why}")));
    }
}

/// A name that no component of the type can have.
pub(super) fn misnamed(component: &str, notes: &mut Notes) {
    let Some((type_name, full_name)) = component.split_once(':') else { return };
    if full_name.contains(['{', '*']) || full_name.trim().is_empty() {
        return;
    }
    let id = ComponentId::new(registry::canonical_type(type_name.trim()), full_name.trim());
    if let Some(why) = why_misnamed(&id) {
        notes.push((true, format!("names {component}, which no org can have: {why}")));
    }
}

/// An element that the type, the entries of a list, or a group do not have. `does` says what is
/// done with it, such as `wants`.
pub(super) fn element(does: &str, component: &str, path: &str, notes: &mut Notes) {
    let Some((type_name, full_name)) = component.split_once(':') else { return };
    let (type_name, full_name) = (type_name.trim(), full_name.trim());
    // What is not in a row that is the whole list was found when the path was read.
    if registry::find_component(type_name, full_name).is_none_or(|row| row.complete) {
        return;
    }
    let Some(mut here) = Shape::of(type_name, full_name) else { return };
    let Ok(parsed) = fill(path, "X").parse::<FieldPath>() else { return };
    let mut above: Option<Shape> = None;
    for segment in parsed.segments() {
        if segment.name.contains('X') && !path.contains(&segment.name) {
            return;
        }
        let child = here.child(&segment.name).filter(|child| child.name() == segment.name);
        let Some(child) = child else {
            let unknown = Unknown { here, above, name: &segment.name };
            if let Some((is_mistake, words)) = unknown.told(type_name) {
                notes.push((is_mistake, format!("{does} {component} {path}: {words}")));
            }
            return;
        };
        // A list that nothing tells the entries of apart is taken as a whole.
        if segment.key.is_some() && child.key().is_none() {
            return;
        }
        (above, here) = (Some(child), child);
    }
}

/// An element that is not known where it is to stand.
struct Unknown<'n> {
    here: Shape,
    above: Option<Shape>,
    name: &'n str,
}

impl Unknown<'_> {
    /// Says so. Settings have elements that the WSDLs at hand lack, since a WSDL has what its org
    /// uses: of theirs only what is nearly there is a mistake.
    fn told(&self, type_name: &str) -> Option<(bool, String)> {
        let Self { here, above, name } = self;
        let names = || here.children().map(Shape::name);
        let near = match above {
            Some(_) => nearest(name, names()),
            None => names().find(|known| is_slip(name, known) || known.eq_ignore_ascii_case(name)),
        };
        let place = above.map_or_else(|| "it".to_owned(), |above| format!("`{}`", above.name()));
        if near.is_some() {
            let end = perhaps(near);
            return Some((true, format!("{place} has no element `{name}`{end}")));
        }
        let is_settings = registry::canonical_type(type_name) == registry::SETTINGS;
        here.is_told().then(|| {
            let words = "the versions of the API that this program knows";
            (!is_settings, format!("{place} has no element `{name}` in {words}"))
        })
    }
}

/// New components whose file would not say what it must.
pub(super) fn says_too_little(template: &Template, found: &mut Vec<Advice>) {
    for step in template.steps.iter().filter(|step| step.line > 0) {
        let Some(create) = step.create.as_ref().filter(|create| create.from.is_none()) else {
            continue;
        };
        let Some((type_name, full_name)) = create.component.split_once(':') else { continue };
        let missing: Vec<&str> = must_say(type_name.trim(), full_name.trim())
            .iter()
            .copied()
            .filter(|element| !is_said(template, create, element))
            .collect();
        if missing.is_empty() {
            continue;
        }
        found.push(Advice {
            line: step.line,
            message: format!(
                "step `{}` makes {} without `{}`, which an org requires: say it in `set`",
                step.id,
                create.component,
                missing.join("`, `")
            ),
            is_mistake: true,
        });
    }
}

/// Says whether what is made is made with an element, or some step wants it there.
fn is_said(template: &Template, create: &Create, element: &str) -> bool {
    let is_it = |path: &str| path.split(['.', '[']).next() == Some(element);
    let is_wanted = |want: &Want| match want {
        Want::Metadata { component, path, test, .. } => {
            *component == create.component && is_it(path) && *test != Test::Absent
        }
        Want::Fact { .. } | Want::Manual { .. } | Want::Any(_) => false,
    };
    let wanted = |step: &Step| step.lines().any(|(want, _)| is_wanted(want));
    create.set.iter().any(|(path, _)| is_it(path)) || template.steps.iter().any(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(component: &str, path: &str) -> Notes {
        let mut notes = Notes::new();
        element("wants", component, path, &mut notes);
        notes
    }

    #[test]
    fn elements_are_held_against_the_type_and_settings_may_have_others() {
        for (component, path, is_mistake) in [
            ("RemoteSiteSetting:Acme", "nonsense", true),
            ("RemoteSiteSetting:Acme", "url.deeper", true),
            ("RemoteSiteSetting:Acme", "Url", true),
            ("Queue:{q}", "queueMembers.nonsense", true),
            ("Group:G", "queueSobject[Case].sobjectType", true),
            ("Role:R", "parentRolle", true),
            ("Flow:F", "nonsense", true),
            ("CustomPermission:P", "x", true),
            ("Settings:Flow", "isAccessToInvokedApexRequired", false),
            ("Settings:Security", "sesionSettings.x", true),
        ] {
            let notes = told(component, path);
            assert_eq!(notes.len(), 1, "{component} {path}: {notes:?}");
            assert_eq!(notes[0].0, is_mistake, "{component} {path}: {notes:?}");
        }
        for (component, path) in [
            ("RemoteSiteSetting:Acme", "url"),
            ("Role:R", "parentRole"),
            ("Role:R", "name"),
            ("Queue:Q", "queueSobject[Case].sobjectType"),
            ("ApprovalProcess:Case.P", "approvalStep[x].label"),
            ("ApprovalProcess:Case.P", "entryCriteria.criteriaItems[x].value"),
            ("NamedCredential:N", "{x}"),
            ("Settings:Nonsense", "x"),
        ] {
            assert_eq!(told(component, path), [], "{component} {path}");
        }
    }

    #[test]
    fn names_that_no_org_takes_are_mistakes() {
        let told = |component: &str| {
            let mut notes = Notes::new();
            misnamed(component, &mut notes);
            notes
        };
        for component in ["PermissionSet:Ac me", "CustomPermission:../../x", "RemoteSiteSetting:/x"]
        {
            assert!(told(component)[0].0, "{component}");
        }
        for component in ["PermissionSet:{set}", "PermissionSet:Acme_{name}", "Profile:Ac me"] {
            assert_eq!(told(component), [], "{component}");
        }
    }

    #[test]
    fn what_no_package_can_make_is_a_mistake() {
        let of = |component: &str| {
            let mut found = Vec::new();
            not_made(component, &mut found);
            found
        };
        assert_eq!(of("PermissionSet:{user}"), []);
        assert_eq!(of("RemoteSiteSetting:Acme"), []);
        for component in ["ApexClass:Acme", "Settings:Security", "CustomField:Account.A__c"] {
            assert!(of(component).iter().any(|(is_mistake, _)| *is_mistake), "{component}");
        }
    }

    #[test]
    fn what_a_new_component_must_say_may_be_set_or_wanted() {
        let advice = |step: &str| {
            let text = format!(
                "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                 \"https://x.example.com\"\nreviewed = 2026-11-23\n[[step]]\nid = \"a\"\ntitle = \
                 \"A\"\n{step}\n"
            );
            let template =
                crate::template::parse("t", &text).unwrap_or_else(|error| panic!("{error}"));
            let mut found = Vec::new();
            says_too_little(&template, &mut found);
            found.into_iter().map(|one| one.message).collect::<Vec<_>>()
        };
        let site = |set: &str, path: &str| {
            advice(&format!(
                "create = {{ component = \"RemoteSiteSetting:A\", set = {{ {set} }} }}\nwant = [{{ \
                 component = \"RemoteSiteSetting:A\", path = \"{path}\", equals = true }}]"
            ))
        };
        let told = site("isActive = true", "isActive");
        assert!(
            told.len() == 1 && told[0].contains("`disableProtocolSecurity`, `url`"),
            "{told:?}"
        );
        let told =
            site("url = \"https://a.example.com\", isActive = true", "disableProtocolSecurity");
        assert_eq!(told, <[String; 0]>::default());
        let policy = advice(
            "create = { component = \"ProfileSessionSetting:P\", set = { profile = \"P\" } }\nwant = \
             [{ component = \"ProfileSessionSetting:P\", path = \"sessionTimeout\", equals = 60 \
             }]",
        );
        assert!(policy[0].contains("`forceLogout`") && !policy[0].contains("`sessionTimeout`"));
        let object = advice(
            "create = { component = \"CustomObject:Foo__c\", set = { label = \"Foo\" } }\nwant = \
             [{ component = \"CustomObject:Foo__c\", path = \"label\", equals = \"Foo\" }]",
        );
        assert!(object[0].contains("`nameField`"), "{object:?}");
    }
}
