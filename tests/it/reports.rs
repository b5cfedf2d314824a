//! Reports as pages and as comments: whatever stands in a name, the one stays a page that loads and
//! runs nothing of it, the other a comment that mentions nobody and is never too long.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sfsetup::diff::{Diff, Finding, Outcome, State, Subject, diff};
use sfsetup::metadata::fact::FactValues;
use sfsetup::metadata::unseen::{Unseen, UnseenKind};
use sfsetup::metadata::value::Value;
use sfsetup::metadata::{ComponentId, ComponentSet};
use sfsetup::package::{Cause, Change};
use sfsetup::plan::Plan;
use sfsetup::report::plan::FileChange;
use sfsetup::report::{Failure, OrgReport, Report, html, markdown};
use sfsetup::template::{self, Arguments};

/// What a comment on GitHub may hold.
const LIMIT: usize = 65_536;

/// Names that would like to be more than names.
fn name() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("<img src=x onerror=alert(1)>".to_owned()),
        Just("</code></details></summary>-->".to_owned()),
        Just("\" onclick=\"x".to_owned()),
        Just("\u{1b}[31mred\u{1b}]0;t\u{7}\u{9b}2J".to_owned()),
        Just("\u{202e}evil\u{2066}".to_owned()),
        Just("line\r\nbreak\n\n# heading\n- [ ] item".to_owned()),
        Just("@octocat a@b.example".to_owned()),
        Just("#12 GH-12 o/r#1".to_owned()),
        Just("https://x.example www.x.example ftp://x".to_owned()),
        Just("0123456789abcdef0123456789abcdef01234567".to_owned()),
        Just("`` ` ``` ~~~".to_owned()),
        Just("[a](javascript:b) ![c](d) **e** _f_ | g |".to_owned()),
        Just("x".repeat(1000)),
        "[ -~]{0,12}",
        "\\PC{0,6}",
    ];
    proptest::collection::vec(part, 1..4).prop_map(|parts| {
        // A template's texts are not blank, and braces name a parameter in them.
        let name = parts.concat().replace(['{', '}'], "(");
        if name.trim().is_empty() { "x".to_owned() } else { name }
    })
}

/// A report of every state, every text of which is this one.
fn with_report(name: &str, more: usize, see: impl FnOnce(&Report<'_>)) {
    let quoted = toml::Value::String(name.to_owned()).to_string();
    let step = |id: &str, rest: &str| {
        format!(
            "[[step]]\nid = \"{id}\"\ntitle = {quoted}\nwhy = {quoted}\nnote = {quoted}\nwant = \
             [{{ {rest} }}]\n"
        )
    };
    let text = format!(
        "format = 1\n[template]\nname = \"t\"\ntitle = {quoted}\nversion = \"1\"\nsource = \
         \"https://docs.example.com\"\nreviewed = 2026-11-23\n{}{}{}",
        step("a", "component = \"Profile:P\", path = \"custom\", equals = true"),
        step("b", &format!("manual = {quoted}")),
        step("c", "fact = \"org.api_access\", equals = true"),
    );
    let template = template::parse("t", &text).unwrap();
    let arguments = Arguments::resolve(&template, &BTreeMap::new(), &BTreeMap::new()).unwrap();
    let steps = template::expand(&template, &arguments).unwrap();
    let facts = FactValues::new(Unseen::new(UnseenKind::Offline, name));
    let found = diff(&steps, &ComponentSet::default(), &facts);
    let own = Subject::Setting {
        component: ComponentId::new("Profile", name),
        path: "custom".parse().unwrap(),
    };
    let outcomes = [
        Outcome::InSync,
        Outcome::Differs,
        Outcome::Missing,
        Outcome::NotObserved(Unseen::new(UnseenKind::NotAsked, name)),
        Outcome::Manual(None),
        Outcome::Waived(sfsetup::diff::Waiver {
            reason: name.to_owned(),
            owner: None,
            expires: "2027-01-31".to_owned(),
            instead: Box::new(Outcome::Differs),
        }),
    ];
    let mut findings = found.findings.clone();
    for outcome in outcomes.iter().cycle().take(outcomes.len() + more) {
        let one = Finding {
            actual: Some(Value::Text(name.to_owned())),
            ..Finding::new(found.findings[0].origin.clone(), own.clone(), outcome.clone())
        };
        findings.insert(1, one);
    }
    let notes = vec![name.to_owned()];
    let diff = Diff { findings, notes, ..Diff::default() };
    let failure =
        Failure { code: name.to_owned(), message: name.to_owned(), hint: Some(name.to_owned()) };
    let org = OrgReport {
        id: Some(name.to_owned()),
        instance_url: Some(format!("https://{name}")),
        source: Some(name.to_owned()),
        files: vec![FileChange { path: name.to_owned(), text: format!("+{name}\n") }],
        ..OrgReport::of_files(name.to_owned(), diff)
    };
    let orgs = vec![org, OrgReport::failed(name, failure)];
    see(&Report { templates: vec![&template], orgs, today: "2026-11-26".to_owned() });
}

fn plan_of(name: &str) -> Plan<'static> {
    let id = ComponentId::new("Profile", name);
    let value = || Some(Value::Text(name.to_owned()));
    let change = Change {
        id: id.clone(),
        path: Some("custom".parse().unwrap()),
        from: value(),
        to: value(),
        cause: Cause::Step(name.to_owned()),
    };
    let made =
        Change { id, path: None, from: None, to: Some(Value::Present), cause: Cause::Creation };
    let mut plan = Plan::default();
    plan.changes = vec![made, change];
    plan.notes = vec![name.to_owned()];
    plan.doors = vec![name.to_owned()];
    plan
}

/// No character that steers a terminal, or turns text, is there as it is.
fn is_harmless(text: &str) {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(steers), "{text}");
}

/// A page has the program's own tags alone, and one script.
fn is_sound_page(page: &str) {
    is_harmless(page);
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{page}");
    assert_eq!(page.matches("<script").count(), 1);
    // A script and a style hold what looks like tags.
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    let (body, script) = body.split_once("<script>").unwrap();
    let (_, end) = script.split_once("</script>").unwrap();
    let known: BTreeSet<&str> = [
        "!doctype", "html", "head", "meta", "title", "body", "main", "h1", "h2", "h3", "h4", "p",
        "ul", "ol", "li", "dl", "dt", "dd", "div", "span", "small", "code", "pre", "ins", "del",
        "details", "summary", "section", "article", "footer", "form", "fieldset", "legend",
        "label", "input", "select", "option", "datalist", "a", "svg", "rect",
    ]
    .into();
    let mut open: Vec<&str> = Vec::new();
    for tag in [head, body, end].iter().flat_map(|part| part.split('<').skip(1)) {
        let tag = tag.split('>').next().unwrap();
        let word = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        assert!(known.contains(word) || word == "style", "<{tag}>");
        // What stands between quotes is a value.
        let names: String = tag.split('"').step_by(2).collect();
        assert!(!names.contains(" on") && !names.contains(" src="), "<{tag}>");
        if tag.starts_with('/') {
            assert!(open.pop().is_none_or(|last| last == word), "<{tag}> does not close {open:?}");
        } else if !["!doctype", "meta", "input"].contains(&word) {
            open.push(word);
        }
    }
    assert!(!page.contains("href=\"javascript"));
}

/// The text of a comment without what stands in code, which GitHub leaves alone.
fn without_code(comment: &str) -> String {
    let (mut out, mut rest) = (String::new(), comment);
    while let Some(at) = rest.find('`') {
        // A quote that is escaped begins no code.
        let is_escaped = rest[..at].chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = rest.chars().take_while(|c| *c == '`').count();
        if is_escaped {
            rest = &rest[1..];
            continue;
        }
        let fence = "`".repeat(length);
        let mut from = length;
        let end = loop {
            let found = rest[from..].find(&fence).map(|found| from + found);
            let found = found.unwrap_or_else(|| panic!("code that does not end: {rest}"));
            let run = rest[found..].chars().take_while(|c| *c == '`').count();
            if run == length {
                break found + run;
            }
            from = found + run;
        };
        rest = &rest[end..];
    }
    out + rest
}

/// A comment without where its links lead.
fn without_targets(comment: &str) -> String {
    let mut parts = comment.split("](<http");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once(">)").expect("a link ends").1);
    }
    out
}

/// A comment has the program's own tags alone, is no longer than one may be, and refers to nothing.
fn is_sound_comment(comment: &str) {
    is_harmless(comment);
    assert!(comment.len() <= LIMIT, "{} bytes", comment.len());
    let text = without_targets(&without_code(comment));
    for tag in text.split('<').skip(1) {
        let word = tag.split('>').next().unwrap();
        let own = ["details", "summary", "/summary", "/details", "span", "/span"];
        assert!(own.contains(&word), "<{word}> in {comment}");
    }
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied().unwrap_or(' ');
        assert!(!(character == '@' && next.is_alphanumeric()), "a mention in {comment}");
        // `&#8203;` is how a break is written.
        let is_number = character == '#' && before != '&' && next.is_ascii_digit();
        assert!(!is_number, "a number in {comment}");
        before = character;
    }
    for (at, _) in text.match_indices("://") {
        let start = text[..at].rfind(|c: char| !c.is_alphanumeric()).unwrap();
        // The name of a link is no link in a link.
        let is_link = text[..=start].ends_with('[');
        assert!(is_link, "an address in {comment}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_name_harms_a_page_or_a_comment(name in name()) {
        with_report(&name, 0, |report| {
            is_sound_page(&html::render(report, "2026-11-27"));
            is_sound_comment(&markdown::render(report));
        });
        let files = [FileChange { path: name.clone(), text: name.clone() }];
        is_sound_page(&html::plan(&plan_of(&name), &name, Some(&name), &files));
        is_sound_comment(&markdown::plan(&plan_of(&name), &name, None, &files));
    }
}

#[test]
fn a_comment_that_would_be_too_long_ends_with_a_finding_and_says_how_many_more_there_are() {
    with_report(&"x".repeat(1000), 300, |report| {
        let comment = markdown::render(report);
        is_sound_comment(&comment);
        assert!(comment.len() > LIMIT - 5_000, "{} bytes", comment.len());
        let last = comment.trim_end().lines().last().unwrap();
        let (count, _) = last.split_once(" more findings do not fit into a comment").unwrap();
        let count: usize = count.parse().unwrap();
        let all = report.orgs[0].outcome.as_ref().unwrap().findings.len();
        assert!(count > 100 && count < all, "{count} of {all}");
        // Each state is named before any detail.
        let head = comment.split("<details>").next().unwrap();
        for state in State::ALL {
            let words = match state {
                State::Differs => "settings differ",
                State::InSync => "in sync",
                State::Missing => "missing",
                State::NotObserved => "not observed",
                State::Manual => "by hand",
                State::Waived => "waived",
            };
            assert!(head.contains(words), "{head}");
        }
    });
}
