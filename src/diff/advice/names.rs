//! Names that no org has, as far as that is known without one: permissions, licences, editions,
//! settings, elements of entries, stars, and what was to be filled in.

use std::collections::BTreeSet;

use crate::metadata::ComponentId;
use crate::metadata::fact::{
    Access, EDITIONS, Fact, OrgFeature, OrganizationFact, UserFact, edition_meant,
};
use crate::metadata::names::known::LICENCES;
use crate::metadata::names::{Name, Pattern, STANDARD_TAB, STANDARD_TABS};
use crate::metadata::path::FieldPath;
use crate::metadata::permission::known::KNOWN;
use crate::metadata::registry::nearest::{is_slip, nearest, perhaps};
use crate::metadata::registry::{self, Field, Kind, MetadataType, wsdl};
use crate::metadata::value::Value;
use crate::template::needs::wanted_names;
use crate::template::{Condition, Step, Subject, Template, Test, Want, fill};

use super::Advice;

/// What stands where something was to be filled in.
const TO_DO: &str = "TODO";

/// Notes on a step, each a mistake or not.
pub(super) fn of_step(step: &Step, found: &mut Vec<Advice>) {
    let mut notes: Vec<(bool, String)> = Vec::new();
    for Condition { subject, values } in step.when.conditions() {
        if let Subject::Fact(fact) = subject {
            of_fact(fact, &Test::OneOf(values.clone()), &mut notes);
        }
    }
    let texts = [Some(&step.title), step.why.as_ref(), step.note.as_ref(), step.docs.as_ref()];
    to_do(texts.into_iter().flatten().map(String::as_str), &mut notes);
    if let Some(create) = &step.create {
        to_do([create.component.as_str()].into_iter(), &mut notes);
        star(&create.component, &mut notes);
        not_made(&create.component, &mut notes);
        for (path, value) in &create.set {
            to_do(value.elements().iter().map(String::as_str), &mut notes);
            licences(&create.component, path, &Test::Equals(value.clone()), &mut notes);
        }
    }
    let mut said = BTreeSet::new();
    let mut say = |line: usize, notes: Vec<(bool, String)>| {
        for (is_mistake, words) in notes {
            let message = format!("step `{}` {words}", step.id);
            if said.insert((line, message.clone())) {
                found.push(Advice { line, message, is_mistake });
            }
        }
    };
    say(step.line, notes);
    for (want, line) in step.lines() {
        let mut notes = Vec::new();
        of_want(want, &mut notes);
        say(line, notes);
    }
}

/// What a template's head still has of a draft.
pub(super) fn of_head(template: &Template, found: &mut Vec<Advice>) {
    let mut notes = Vec::new();
    to_do([template.title.as_str(), template.source.as_str()].into_iter(), &mut notes);
    found.extend(notes.into_iter().map(|(is_mistake, words)| Advice {
        line: 1,
        message: format!("the template {words}"),
        is_mistake,
    }));
}

/// Says what a template names that only an org can tell of; nothing where it names no such thing.
pub(super) fn unknown_here(template: &Template) -> Option<String> {
    let mut sorts: Vec<String> = Vec::new();
    let wants = template.steps.iter().flat_map(super::settings);
    for (component, path, ..) in wants {
        for name in names_of(component, path) {
            let sort = match &name {
                Name::Component(_) if name.sort().ends_with('s') => format!("{}es", name.sort()),
                Name::Component(_) => format!("{}s", name.sort()),
                Name::Permission(_)
                | Name::ObjectAccess(_)
                | Name::FieldAccess(_)
                | Name::Licence(_)
                | Name::Edition(_) => continue,
            };
            if !sorts.contains(&sort) {
                sorts.push(sort);
            }
        }
    }
    sorts.sort();
    let all = sorts.join(", ");
    (!sorts.is_empty())
        .then(|| format!("whether an org has these {all} is not known here: a diff of one says it"))
}

fn names_of(component: &str, path: &str) -> Vec<Name> {
    let Some((type_name, _)) = component.split_once(':') else { return Vec::new() };
    let id = ComponentId::new(type_name.trim(), "X");
    match path.parse::<FieldPath>() {
        Ok(path) => Name::of_setting(&id, &path),
        Err(_) => Vec::new(),
    }
}

/// Notes on a want, without what is within it.
fn of_want(want: &Want, notes: &mut Vec<(bool, String)>) {
    match want {
        Want::Metadata { component, path, test, .. } => {
            to_do([component.as_str(), path.as_str()].into_iter(), notes);
            of_test(test, notes);
            star(component, notes);
            if stands_for_nothing(component, path) {
                let words = "`*` in a key stands for nothing here; name each entry";
                notes.push((true, format!("wants {component} {path}: {words}")));
            }
            licences(component, path, test, notes);
            for name in names_of(component, path).iter().filter(|name| !is_wild(name.text())) {
                impossible(name, notes);
                match name {
                    Name::Permission(name) => permission(name, notes),
                    Name::Component(id) if id.type_name == "CustomTab" => tab(id, notes),
                    _ => {}
                }
            }
            settings_member(component, notes);
            leaf(component, path, notes);
        }
        Want::Fact { fact, test, .. } => of_fact(fact, test, notes),
        Want::Manual { text, .. } => to_do([text.as_str()].into_iter(), notes),
        Want::Any(_) => {}
    }
}

/// Says whether a key has a star that an org is not asked about.
fn stands_for_nothing(component: &str, path: &str) -> bool {
    let is_wild_key = |key: &str| key.split(']').next().is_some_and(is_wild);
    let type_name = component.split_once(':').map_or("PermissionSet", |(name, _)| name.trim());
    let id = ComponentId::new(type_name, "X");
    path.split('[').skip(1).any(is_wild_key)
        && fill(path, "X")
            .parse::<FieldPath>()
            .is_ok_and(|path| matches!(Pattern::of_setting(&id, &path), Ok(None)))
}

fn is_wild(key: &str) -> bool {
    key.contains('*')
}

/// The licences that a profile or permission set is wanted to have.
fn licences(component: &str, path: &str, test: &Test, notes: &mut Vec<(bool, String)>) {
    let Some((type_name, _)) = component.split_once(':') else { return };
    let Ok(path) = path.parse::<FieldPath>() else { return };
    let id = ComponentId::new(type_name.trim(), "X");
    for name in wanted_names(&id, &path, test) {
        match name {
            Name::Licence(name) => licence(&name, is_one_of_several(test), notes),
            other if is_wild(other.text()) => {
                let words = "`*` stands for nothing in a value; name each";
                notes.push((true, format!("wants {component} {path}: {words}")));
            }
            _ => {}
        }
    }
}

/// Says whether another value than a wrong one may do.
fn is_one_of_several(test: &Test) -> bool {
    matches!(test, Test::OneOf(values) if values.len() > 1)
}

fn of_test(test: &Test, notes: &mut Vec<(bool, String)>) {
    let elements: Vec<String> = test.desired().iter().flat_map(Value::elements).collect();
    to_do(elements.iter().map(String::as_str), notes);
}

fn to_do<'t>(texts: impl Iterator<Item = &'t str>, notes: &mut Vec<(bool, String)>) {
    let is_word = |text: &str| {
        let mut words = text.split(|letter: char| !letter.is_alphanumeric());
        words.any(|word| word == TO_DO)
    };
    for text in texts.filter(|text| is_word(text)) {
        let first = text.lines().next().unwrap_or_default().trim();
        notes.push((false, format!("still says {TO_DO}: `{first}`")));
    }
}

fn star(component: &str, notes: &mut Vec<(bool, String)>) {
    if component.split_once(':').is_some_and(|(_, name)| name.contains('*')) {
        let words = "a want is held against one component, and `*` stands for none; name it";
        notes.push((true, format!("wants {component}: {words}")));
    }
}

/// A name that no org can have.
fn impossible(name: &Name, notes: &mut Vec<(bool, String)>) {
    let is_open = name.text().contains(['{', '*']);
    if let (false, Some(why)) = (is_open, name.why_impossible()) {
        notes.push((true, format!("names `{}`, and {why}", name.text())));
    }
}

fn permission(name: &str, notes: &mut Vec<(bool, String)>) {
    if name.contains('{') || KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return;
    }
    let end = match nearest(name, KNOWN.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "only an org can tell".to_owned(),
    };
    notes.push((
        false,
        format!("names the system permission `{name}`, which is not a widely known one; {end}"),
    ));
}

/// A standard tab that is nearly one of those known.
fn tab(id: &ComponentId, notes: &mut Vec<(bool, String)>) {
    let Some(name) = id.full_name.strip_prefix(STANDARD_TAB) else { return };
    if name.contains('{') || STANDARD_TABS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return;
    }
    if let Some(near) = STANDARD_TABS.iter().find(|known| is_slip(name, known)) {
        let words = format!(
            "names the tab `{}`, which is not a widely known one; did you mean \
             `{STANDARD_TAB}{near}`?",
            id.full_name
        );
        notes.push((false, words));
    }
}

fn of_fact(pattern: &str, test: &Test, notes: &mut Vec<(bool, String)>) {
    of_test(test, notes);
    to_do([pattern].into_iter(), notes);
    if is_wild(pattern) {
        notes.push((true, format!("asks for {pattern}: `*` stands for nothing; name each")));
        return;
    }
    let Ok(fact) = Fact::parse(pattern) else { return };
    Name::of_fact(&fact).iter().for_each(|name| impossible(name, notes));
    let values: Vec<String> = test.desired().iter().flat_map(Value::elements).collect();
    let values = values.iter().map(String::as_str);
    match &fact {
        Fact::Access(Access::Permission(name)) => permission(name, notes),
        Fact::Organization(OrganizationFact::Edition) => {
            let known = ("edition", EDITIONS, is_one_of_several(test));
            values.for_each(|value| one_of((value, edition_meant(value)), known, notes));
        }
        Fact::User(UserFact::License) => {
            values.for_each(|value| licence(value, is_one_of_several(test), notes));
        }
        Fact::Seats(name) | Fact::Licensed(name) => licence(name, false, notes),
        Fact::Feature(name) if !name.contains('{') && OrgFeature::find(name).is_none() => {
            let end = perhaps(nearest(name, OrgFeature::names()));
            let known = OrgFeature::names().collect::<Vec<_>>().join(", ");
            let words = format!("asks for the feature `{name}`, of which nobody can tell{end}");
            notes.push((true, format!("{words}; known are {known}")));
        }
        Fact::Organization(_)
        | Fact::ApiAccessControl
        | Fact::User(_)
        | Fact::Column(_)
        | Fact::AppAccess(_)
        | Fact::Access(_)
        | Fact::AppInstalled
        | Fact::MyDomain
        | Fact::Currency
        | Fact::Package(_)
        | Fact::PackageVersion(_)
        | Fact::ChangeEvents(_)
        | Fact::Feature(_) => {}
    }
}

fn licence(name: &str, is_one_of_several: bool, notes: &mut Vec<(bool, String)>) {
    let meant = LICENCES.iter().find(|one| is_slip(name, one)).copied();
    one_of((name, meant), ("licence", LICENCES, is_one_of_several), notes);
}

/// A value with which one of those known was probably meant is a mistake, unless it is one of
/// several that will do; another may be right.
fn one_of(
    (value, meant): (&str, Option<&str>),
    (sort, known, is_one_of_several): (&str, &[&str], bool),
    notes: &mut Vec<(bool, String)>,
) {
    if value.contains('{') || known.contains(&value) {
        return;
    }
    match meant {
        Some(near) => {
            let words = format!("no org has the {sort} `{value}`; did you mean `{near}`?");
            let can =
                if is_one_of_several { "can be so otherwise alone" } else { "can never be so" };
            notes.push((!is_one_of_several, format!("{can}: {words}")));
        }
        None => notes.push((
            false,
            format!(
                "names the {sort} `{value}`, which is not a widely known one; only an org can \
                     tell"
            ),
        )),
    }
}

/// What no package can make.
fn not_made(component: &str, notes: &mut Vec<(bool, String)>) {
    let Some((type_name, full_name)) = component.split_once(':') else { return };
    let row = registry::find_component(type_name.trim(), full_name.trim());
    if let Some(why) = row.and_then(MetadataType::why_not_made) {
        notes.push((true, format!("cannot make {component}: {why}")));
    }
}

/// The members of `Settings` are the WSDL's types of settings.
fn settings_member(component: &str, notes: &mut Vec<(bool, String)>) {
    let Some((registry::SETTINGS, member)) = component.split_once(':') else { return };
    let members = || wsdl::all().iter().filter_map(wsdl::WsdlType::settings_member);
    if member.contains(['{', '*']) || members().any(|known| known == member.trim()) {
        return;
    }
    // Their root element is called so.
    let named = member.trim().strip_suffix("Settings").and_then(|bare| {
        let mut members = members();
        members.find(|known| known.eq_ignore_ascii_case(bare))
    });
    let near = named.or_else(|| nearest(member, members()));
    let end = perhaps(near);
    notes.push((near.is_some(), format!("wants {component}: there are no such settings{end}")));
}

/// An element that the entries of a list, or a group, do not have. A WSDL may lack what its org
/// does not use: only what is nearly there is a mistake.
fn leaf(component: &str, path: &str, notes: &mut Vec<(bool, String)>) {
    let Some((type_name, full_name)) = component.split_once(':') else { return };
    let Some(row) = registry::find_component(type_name.trim(), full_name.trim()) else { return };
    // What is not in a row that is the whole list was found when the path was read.
    if row.complete {
        return;
    }
    let Ok(parsed) = fill(path, "X").parse::<FieldPath>() else { return };
    let mut fields: &[Field] = row.fields;
    let mut above: Option<&Field> = None;
    for segment in parsed.segments() {
        if fields.is_empty() || segment.name.contains('X') && !path.contains(&segment.name) {
            return;
        }
        let Some(field) = fields.iter().find(|field| field.name == segment.name) else {
            let names = || fields.iter().map(|field| field.name);
            let Some(above) = above else {
                // At the top a row may not be the whole list.
                if let Some(near) = names().find(|known| is_slip(&segment.name, known)) {
                    let words =
                        format!("it has no element `{}`; did you mean `{near}`?", segment.name);
                    notes.push((true, format!("wants {component} {path}: {words}")));
                }
                return;
            };
            let near = nearest(&segment.name, names());
            let end = perhaps(near);
            let words = format!("`{}` has no element `{}`{end}", above.name, segment.name);
            notes.push((near.is_some(), format!("wants {component} {path}: {words}")));
            return;
        };
        fields = match &field.kind {
            Kind::Section { fields, .. } | Kind::Group(fields) => fields,
            Kind::Flag | Kind::Number | Kind::Text | Kind::Choice { .. } | Kind::Set { .. } => &[],
        };
        above = Some(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(want: &str) -> Vec<(bool, String)> {
        let text = format!(
            "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
             \"https://x.example.com\"\nreviewed = 2026-11-23\n[parameters.user]\ntitle = \
             \"U\"\n[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{{ {want} }}]\n"
        );
        let template = crate::template::parse("t", &text).unwrap_or_else(|error| panic!("{error}"));
        let mut found = Vec::new();
        of_step(&template.steps[0], &mut found);
        found.into_iter().map(|one| (one.is_mistake, one.message)).collect()
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
    fn what_parameters_have_by_default_is_looked_at_too() {
        let text = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \
                    \"1\"\nsource = \"https://x.example.com\"\nreviewed = \
                    2026-11-23\n[parameters.user]\ntitle = \"U\"\n[parameters.lic]\ntitle = \
                    \"L\"\ndefault = \"Salesfrce\"\n[parameters.read]\ntitle = \"R\"\ntype = \
                    \"list\"\ndefault = [\"Account\", \"TODO\"]\n[[step]]\nid = \"a\"\ntitle = \
                    \"A\"\ndocs = \"https://x.example.com\"\nwant = [{ fact = \"user.license\", \
                    equals = \"{lic}\" }, { component = \"Profile:X\", path = \
                    \"objectPermissions[{read}].allowRead\", equals = true }]\n";
        let template = crate::template::parse("t", text).unwrap_or_else(|error| panic!("{error}"));
        let found = super::super::advice(&template);
        let said = |words: &str| found.iter().find(|one| one.message.contains(words));
        assert!(said("`Salesfrce`").is_some_and(|one| one.is_mistake), "{found:?}");
        assert!(said("still says TODO").is_some_and(|one| !one.is_mistake), "{found:?}");
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn what_no_org_has_is_told_and_what_one_may_have_is_not() {
        let on = "equals = true";
        let path = |component: &str, path: &str| {
            format!("component = \"{component}\", path = \"{path}\", {on}")
        };
        for (want, is_mistake, said) in [
            (path("Profile:X", "userPermissions[ApiEnabeld].enabled"), false, "`ApiEnabled`"),
            (path("Profile:X", "userPermissions[Qqqqq].enabled"), false, "only an org"),
            (format!("fact = \"user.permission[RunReprots]\", {on}"), false, "`RunReports`"),
            (path("Profile:*", "userPermissions[ApiEnabled].enabled"), true, "`*`"),
            ("fact = \"user.license\", equals = \"Salesfrce\"".to_owned(), true, "`Salesforce`"),
            (
                "fact = \"org.edition\", equals = \"Enterprise\"".to_owned(),
                true,
                "`Enterprise Edition`",
            ),
            ("fact = \"user.license\", equals = \"Moonbase\"".to_owned(), false, "only an org"),
            (
                path("Settings:RealTimeEvent", "realTimeEvents[ApiEvent].isEnable"),
                true,
                "`isEnabled`",
            ),
            (path("Settings:Securty", "x"), true, "`Security`"),
            (path("Profile:X", "fieldPermissions[Phone].readable"), true, "`Object.Field`"),
            (format!("fact = \"user.object[My Object].read\", {on}"), true, "`Account`"),
            (
                "fact = \"org.feature[MultiCurency]\", equals = true".to_owned(),
                true,
                "`MultiCurrency`",
            ),
            (path("Profile:X", "objectPermissions[*].allowRead"), true, "`*`"),
            (path("Settings:SecuritySettings", "x"), true, "`Security`"),
            (path("Settings:Security", "sesionSettings.x"), true, "`sessionSettings`"),
            (
                "component = \"ConnectedApp:A\", path = \"profileName\", includes = [\"*\"]"
                    .to_owned(),
                true,
                "`*`",
            ),
            (
                "fact = \"user.license\", one-of = [\"Salesforce\", \"Salesfrce\"]".to_owned(),
                false,
                "did you mean `Salesforce`",
            ),
            (path("PermissionSet:TODO", "userPermissions[ApiEnabled].enabled"), false, "TODO"),
        ] {
            let notes = notes(&want);
            assert_eq!(notes.len(), 1, "{want}: {notes:?}");
            assert!(notes[0].0 == is_mistake && notes[0].1.contains(said), "{want}: {notes:?}");
        }
        for want in [
            path("Profile:X", "userPermissions[apienabled].enabled"),
            path("Profile:X", "fieldPermissions[Account.{user}].readable"),
            path("Settings:RealTimeEvent", "realTimeEvents[ApiEvent].isEnabled"),
            path("Settings:Security", "sessionSettings.forceLogoutOnSessionTimeout"),
            "fact = \"org.edition\", one-of = [\"Enterprise Edition\"]".to_owned(),
        ] {
            assert_eq!(notes(&want), [], "{want}");
        }
    }
}
