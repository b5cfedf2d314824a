//! Lists make one want for each combination, in order, and no more than a template may make.

use std::collections::BTreeMap;
use std::time::Instant;

use super::*;
use crate::template::parse;

/// Expands a template of one step with these wants, given lists of so many elements.
fn made(wants: &str, sizes: &[(&str, usize)]) -> Result<Vec<String>, ExpandError> {
    let mut text = "format = 1\n[template]\nname = \"x\"\ntitle = \"X\"\nversion = \"1\"\n\
                    source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n"
        .to_owned();
    let mut given = BTreeMap::new();
    for (name, size) in sizes {
        let part = format!("[parameters.{name}]\ntitle = \"{name}\"\ntype = \"list\"\n");
        text.push_str(&part);
        let elements: Vec<String> = (0..*size).map(|at| format!("{name}{at}__c")).collect();
        given.insert((*name).to_owned(), vec![elements.join(",")]);
    }
    let step = format!("[[step]]\nid = \"s\"\ntitle = \"S\"\nwant = [{wants}]\n");
    text.push_str(&step);
    let template = parse("x.toml", &text).unwrap();
    let arguments = Arguments::resolve(&template, &given, &BTreeMap::new()).unwrap();
    let words = |want: &ExpandedWant| match want {
        ExpandedWant::Metadata { id, path, .. } => format!("{id} {path}"),
        other => format!("{other:?}"),
    };
    let expanded = expand(&template, &arguments)?;
    Ok(expanded.iter().flat_map(|step| step.wants.iter().map(words)).collect())
}

const TWO: &str = "{ component = \"Profile:{a}\", path = \"objectPermissions[{b}].allowRead\", \
                   equals = true }";

#[test]
fn each_combination_is_made_once_the_last_list_fastest() {
    assert_eq!(
        made(TWO, &[("a", 2), ("b", 2)]).unwrap(),
        [
            "Profile:a0__c objectPermissions[b0__c].allowRead",
            "Profile:a0__c objectPermissions[b1__c].allowRead",
            "Profile:a1__c objectPermissions[b0__c].allowRead",
            "Profile:a1__c objectPermissions[b1__c].allowRead",
        ]
    );
    assert!(made(TWO, &[("a", 2), ("b", 0)]).unwrap().is_empty());
}

#[test]
fn lists_that_make_too_many_are_a_mistake_with_their_sizes() {
    let three = "{ component = \"Profile:{a}\", path = \"fieldPermissions[{b}.{c}].readable\", \
                 equals = true }";
    let began = Instant::now();
    let error = made(three, &[("a", 300), ("b", 300), ("c", 300)]).unwrap_err();
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    assert_eq!(
        error.to_string(),
        "step `s`: these lists make 27000000 settings to look at, and a template makes 20000 at \
         most: `a` has 300, `b` has 300, `c` has 300"
    );
    // All of a template's wants count together.
    let twice = format!("{TWO}, {TWO}");
    assert_eq!(made(&twice, &[("a", 100), ("b", 100)]).unwrap().len(), 20_000);
    let error = made(&twice, &[("a", 100), ("b", 101)]).unwrap_err();
    assert!(error.message.contains("after 10100 of other wants"), "{error}");
    // One more of no list has no sizes to tell.
    let more = "{ component = \"Profile:X\", path = \"custom\", equals = true }";
    let error = made(&format!("{twice}, {more}"), &[("a", 100), ("b", 100)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "step `s`: a template makes 20000 settings to look at at most, and there are more"
    );
    // The alternatives of a group are wants too.
    let group = format!("{{ any = [{twice}] }}");
    assert_eq!(made(&group, &[("a", 100), ("b", 100)]).unwrap().len(), 10_000);
    assert!(made(&group, &[("a", 100), ("b", 101)]).is_err());
}

#[test]
fn one_step_serves_a_profile_or_a_permission_set() {
    let text = "format = 1\n[template]\nname = \"x\"\ntitle = \"X\"\nversion = \"1\"\n\
                source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n\
                [parameters.holder]\ntitle = \"Holder\"\ntype = \"component\"\n\
                [[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [\
                { component = \"{holder}\", path = \"userPermissions[ApiEnabled].enabled\", equals = true },\
                { component = \"{holder}\", path = \"custom\", equals = true },\
                { component = \"{holder}\", path = \"license\", absent = true },\
                { manual = \"give {holder.name}\" }]\n\
                create = { component = \"{holder}\", from = \"Profile:Standard\", \
                set = { label = \"Acme\", userLicense = \"Salesforce\" }, \
                except = [\"userPermissions[*]\"] }\n\
                [[step]]\nid = \"b\"\ntitle = \"B\"\nwhen = { holder = \"PermissionSet\" }\n\
                want = [{ manual = \"assign {holder}\" }]\n";
    let template = parse("x.toml", text).unwrap();
    let with = |holder: &str| {
        let given = BTreeMap::from([("holder".to_owned(), vec![holder.to_owned()])]);
        Arguments::resolve(&template, &given, &BTreeMap::new())
    };
    let made = |holder: &str| {
        let steps = expand(&template, &with(holder).unwrap()).unwrap();
        let words = |want: &ExpandedWant| match want {
            ExpandedWant::Metadata { id, path, .. } => format!("{id} {path}"),
            ExpandedWant::Manual { text, .. } => text.clone(),
            other => format!("{other:?}"),
        };
        let applying = steps.iter().filter(|step| !matches!(step.applies, Applies::No));
        let wants: Vec<String> = applying.flat_map(|step| &step.wants).map(words).collect();
        let create = steps[0].create[0].clone();
        let set: Vec<String> = create.set.iter().map(|(path, _)| path.to_string()).collect();
        (wants, create.from.map(|from| from.to_string()), set, create.except)
    };
    let (wants, from, set, except) = made("profile: Custom: Acme");
    let id = "Profile:Custom: Acme";
    assert_eq!(
        wants,
        [
            format!("{id} userPermissions[ApiEnabled].enabled"),
            format!("{id} custom"),
            "give Custom: Acme".to_owned(),
        ]
    );
    assert_eq!(from.as_deref(), Some("Profile:Standard"));
    assert_eq!(
        (set, except),
        (vec!["userLicense".to_owned()], vec!["userPermissions[*]".to_owned()])
    );
    let (wants, from, set, except) = made("PermissionSet:Acme");
    assert_eq!(
        wants,
        [
            "PermissionSet:Acme userPermissions[ApiEnabled].enabled",
            "PermissionSet:Acme license",
            "give Acme",
            "assign PermissionSet:Acme",
        ]
    );
    assert_eq!((from, set, except), (None, vec!["label".to_owned()], Vec::new()));
    for (given, said) in [
        ("Acme", "Type:full name"),
        ("ConnectedApp:A", "or PermissionSet"),
        ("Profile: ", "full name"),
    ] {
        let error = with(given).unwrap_err().to_string();
        assert!(error.contains(said), "{given}: {error}");
    }
}

#[test]
fn each_object_of_a_list_gives_its_change_event_and_what_is_made() {
    let text = "format = 1\n[template]\nname = \"x\"\ntitle = \"X\"\nversion = \"1\"\n\
                source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n\
                [parameters.objects]\ntitle = \"Objects\"\ntype = \"list\"\n\
                [[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [\
                { component = \"PlatformEventChannelMember:ChangeEvents_{objects.member}\", \
                path = \"selectedEntity\", equals = \"{objects.event}\" }]\n\
                create = { component = \"PlatformEventChannelMember:ChangeEvents_{objects.member}\" }\n";
    let template = parse("x.toml", text).unwrap();
    let made = |objects: &str| {
        let given = BTreeMap::from([("objects".to_owned(), vec![objects.to_owned()])]);
        let arguments = Arguments::resolve(&template, &given, &BTreeMap::new()).unwrap();
        let step = expand(&template, &arguments).unwrap().remove(0);
        let wants = step.wants.iter().map(|want| match want {
            ExpandedWant::Metadata { id, test, .. } => format!("{id} {:?}", test.desired()),
            other => format!("{other:?}"),
        });
        let made = step.create.iter().map(|create| format!("makes {}", create.id));
        wants.chain(made).collect::<Vec<_>>()
    };
    let id = |name: &str| format!("PlatformEventChannelMember:ChangeEvents_{name}");
    assert_eq!(
        made("Account, Invoice__c"),
        [
            format!("{} [Text(\"AccountChangeEvent\")]", id("AccountChangeEvent")),
            format!("{} [Text(\"Invoice__ChangeEvent\")]", id("Invoice_ChangeEvent")),
            format!("makes {}", id("AccountChangeEvent")),
            format!("makes {}", id("Invoice_ChangeEvent")),
        ]
    );
    assert!(made("").is_empty());
    // A page that is narrowed to them says once how they are made.
    let narrowed = |objects: &str| {
        let given = BTreeMap::from([("objects".to_owned(), vec![objects.to_owned()])]);
        let (narrowed, _) = crate::template::narrow(&template, &given).unwrap();
        narrowed.steps[0].create.as_ref().map(|create| create.component.clone())
    };
    assert_eq!(narrowed("Invoice__c"), Some(id("Invoice_ChangeEvent")));
    assert_eq!(narrowed("Account,Lead"), Some(id("{objects.member}")));
    assert_eq!(narrowed(""), None);
}

#[test]
fn a_list_in_an_exception_leaves_out_each_of_its_elements() {
    let star = |except: &str| {
        let want = format!(
            "{{ component = \"PermissionSet:P\", path = \"fieldPermissions[Task.*].readable\", \
             except = [{except}], equals = true }}"
        );
        made(&want, &[("hidden", 2), ("none", 0)]).unwrap().remove(0)
    };
    for except in ["\"{hidden}\"", "\"{none}\", \"hidden0__c\", \"hidden1__c\""] {
        let said = star(except);
        assert!(said.contains("except: [\"hidden0__c\", \"hidden1__c\"]"), "{said}");
    }
    assert!(star("\"Task.{hidden}\"").contains("[\"Task.hidden0__c\", \"Task.hidden1__c\"]"));
}
