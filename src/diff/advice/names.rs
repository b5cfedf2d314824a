//! Names that no org has, as far as that is known without one: permissions, licences, editions,
//! settings, stars and their exceptions, and what was to be filled in.

use std::collections::BTreeSet;

use wildmatch::WildMatch;

use crate::metadata::ComponentId;
use crate::metadata::fact::{
    Access, EDITIONS, Fact, OrgFeature, OrganizationFact, UserColumn, UserFact, edition_meant,
};
use crate::metadata::names::known::LICENCES;
use crate::metadata::names::{Name, Pattern, STANDARD_TAB, STANDARD_TABS};
use crate::metadata::path::FieldPath;
use crate::metadata::permission::known::KNOWN;
use crate::metadata::registry::nearest::{is_slip, nearest, perhaps};
use crate::metadata::registry::{self, wsdl};
use crate::metadata::value::Value;
use crate::template::needs::{wanted_by_fact, wanted_names};
use crate::template::{self, Condition, Step, Subject, Template, Test, Want, fill};

use super::{Advice, made};

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
        made::not_made(&create.component, &mut notes);
        made::misnamed(&create.component, &mut notes);
        for path in &create.except {
            left_out_of_copy(&create.component, path, &mut notes);
        }
        for (path, value) in &create.set {
            to_do(value.elements().iter().map(String::as_str), &mut notes);
            made::element("sets", &create.component, path, &mut notes);
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
        exceptions(want, step, &mut notes);
        say(line, notes);
    }
}

/// What a template's head still has of a draft.
pub(super) fn of_head(template: &Template, found: &mut Vec<Advice>) {
    let mut notes = Vec::new();
    to_do([template.title.as_str(), template.source.as_str()].into_iter(), &mut notes);
    if let Some(why) = template::wrong_page(&template.source) {
        notes.push((false, format!("has a `source` that no report can link to: {why}")));
    }
    found.extend(notes.into_iter().map(|(is_mistake, words)| Advice {
        line: 1,
        message: format!("the template {words}"),
        is_mistake,
    }));
}

/// Says what a template names that only an org can tell of; nothing where it names no such thing.
pub(super) fn unknown_here(template: &Template) -> Option<String> {
    let mut sorts: BTreeSet<String> = BTreeSet::new();
    let made = |component: &str| {
        let creates = template.steps.iter().filter_map(|step| step.create.as_ref());
        creates.into_iter().any(|create| create.component == component)
    };
    for step in &template.steps {
        for (want, _) in step.lines() {
            match want {
                Want::Metadata { component, path, test, .. } => {
                    let types = match component.split_once(':') {
                        Some((type_name, _)) => vec![type_name.trim()],
                        None => template
                            .component_types(component)
                            .into_iter()
                            .flatten()
                            .map(String::as_str)
                            .collect(),
                    };
                    let Ok(parsed) = fill(path, "X").parse::<FieldPath>() else { continue };
                    for type_name in types {
                        let id = ComponentId::new(registry::canonical_type(type_name), "X");
                        sorts.extend(sorts_of(&Name::of_setting(&id, &parsed)));
                        sorts.extend(sorts_of(&wanted_names(&id, &parsed, test)));
                        if id.type_name != registry::SETTINGS && !made(component) {
                            sorts.extend(sorts_of(&[Name::Component(id)]));
                        }
                    }
                }
                Want::Fact { fact, test, .. } => sorts.extend(sorts_of_fact(fact, test)),
                Want::Manual { .. } | Want::Any(_) => {}
            }
        }
        for Condition { subject, values } in step.when.conditions() {
            if let Subject::Fact(fact) = subject {
                sorts.extend(sorts_of_fact(fact, &Test::OneOf(values.clone())));
            }
        }
    }
    let all = sorts.into_iter().collect::<Vec<_>>().join(", ");
    (!all.is_empty()).then(|| {
        format!(
            "names that only an org knows are not checked: {all}; a diff against one says whether \
             it has them"
        )
    })
}

/// What the names are of, as far as only an org knows them.
fn sorts_of(names: &[Name]) -> Vec<String> {
    let of = |name: &Name| match name {
        // Names of types that are several by themselves.
        Name::Component(_) if name.sort().ends_with("ies") || name.sort().ends_with("ngs") => {
            Some(name.sort().to_owned())
        }
        Name::Component(_) if name.sort().ends_with('s') => Some(format!("{}es", name.sort())),
        Name::Component(_) => Some(format!("{}s", name.sort())),
        Name::Permission(_)
        | Name::ObjectAccess(_)
        | Name::FieldAccess(_)
        | Name::Licence(_)
        | Name::Edition(_) => None,
    };
    names.iter().filter_map(of).collect()
}

/// The same of what a fact speaks of, and of what it is wanted to be.
fn sorts_of_fact(pattern: &str, test: &Test) -> Vec<String> {
    let Ok(fact) = Fact::parse(&fill(pattern, "X")) else { return Vec::new() };
    let mut sorts = sorts_of(&Name::of_fact(&fact));
    sorts.extend(sorts_of(&wanted_by_fact(&fact, test)));
    let more = match fact {
        Fact::AppAccess(_) | Fact::AppInstalled => Some("apps"),
        Fact::Package(_) | Fact::PackageVersion(_) => Some("packages"),
        Fact::Column(UserColumn::Role) => Some("roles"),
        _ => None,
    };
    sorts.extend(more.map(str::to_owned));
    sorts
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
            made::misnamed(component, notes);
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
            made::element("wants", component, path, notes);
        }
        Want::Fact { fact, test, .. } => of_fact(fact, test, notes),
        Want::Manual { text, .. } => to_do([text.as_str()].into_iter(), notes),
        Want::Any(_) => {}
    }
}

/// A permission that a copy is to be without.
fn left_out_of_copy(component: &str, path: &str, notes: &mut Vec<(bool, String)>) {
    for name in names_of(component, path) {
        if let Name::Permission(name) = name
            && !name.contains(['*', '?'])
        {
            permission(&name, notes);
        }
    }
}

/// Exceptions to a star that leave nothing out: what it stands for is wanted all the same. A list
/// makes several stars of one want, and what one of them leaves out is left out.
fn exceptions(want: &Want, step: &Step, notes: &mut Vec<(bool, String)>) {
    let Want::Metadata { path, except, .. } = want else { return };
    let Some(pattern) = star_of(want) else { return };
    let is_alike = |one: &Want| matches!(one, Want::Metadata { except: of, .. } if of == except);
    let alike = step.lines().map(|(one, _)| one).filter(|one| is_alike(one));
    let alike: Vec<Pattern> = alike.filter_map(star_of).collect();
    let known = || KNOWN.iter().copied().filter(|name| pattern.matches(name));
    for one in except.iter().filter(|one| !one.is_empty() && !one.contains('{')) {
        let is_of_permissions = matches!(pattern, Pattern::Permissions(_));
        let near = || match is_of_permissions {
            true => perhaps(nearest(one, known())),
            false => String::new(),
        };
        let says = |words: &str| format!("wants {path}: `except` names `{one}`, {words}{}", near());
        if !alike.iter().any(|star| star.may_leave_out(one)) {
            let words = "which the star cannot stand for, so that it leaves nothing out";
            notes.push((true, says(words)));
        } else if is_of_permissions {
            let leaves_out = WildMatch::new_case_insensitive(one);
            let is_one = |name: &&&str| alike.iter().any(|star| star.matches(name));
            if !KNOWN.iter().filter(is_one).any(|name| leaves_out.matches(name)) {
                let words = "which leaves out no permission that is widely known";
                notes.push((false, says(words)));
            }
        }
    }
}

/// What the star in the key of a want stands for; none where there is none, or none yet.
fn star_of(want: &Want) -> Option<Pattern> {
    let Want::Metadata { component, path, .. } = want else { return None };
    let type_name = component.split_once(':').map_or("PermissionSet", |(name, _)| name.trim());
    let id = ComponentId::new(type_name, "X");
    Pattern::of_setting(&id, &path.parse().ok()?).ok()?
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
    for name in &Name::of_fact(&fact) {
        impossible(name, notes);
        if let Name::Component(id) = name {
            made::misnamed(&id.to_string(), notes);
        }
    }
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
        Fact::Feature(name) if !name.contains('{') => {
            notes.extend(OrgFeature::unknown(name).map(|words| (true, words)));
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
        | Fact::Feature(_)
        | Fact::End(_) => {}
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
