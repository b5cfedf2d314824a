//! The list of templates, for people and programs: under headings, or narrowed to what is sought.

use serde_json::{Value as Json, json};

use owo_colors::OwoColorize as _;

use crate::template::{SignIn, SourceRead, Template};

use super::line::{clean, line};

/// How wide the list is, in characters: a terminal as it opens.
const WIDTH: usize = 80;

/// Where no title would fit any more beside long names.
const NARROWEST: usize = 24;

/// The heading of templates that name none.
const OTHER: &str = "Other";

/// What the headings of the list are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// What the integrations are for: the templates' groups.
    #[default]
    Purpose,
    /// None: a list in order of title.
    Vendor,
    /// How the integrations sign in; one that can in several ways stands under each.
    SignIn,
}

/// What is sought; everything where it is empty.
#[derive(Clone, Debug, Default)]
pub struct Sought<'w> {
    /// Words that name, title, group, way of signing in or steps speak of, all of them.
    pub words: &'w [String],
    /// Parts of groups' names, one of which is in the template's.
    pub groups: &'w [String],
    /// Ways of signing in, one of which is the template's.
    pub sign_in: &'w [SignIn],
}

impl Sought<'_> {
    /// Says whether a template is meant.
    pub fn takes(&self, template: &Template) -> bool {
        let is_of_group = |group: &String| is_part_of(group, group_of(template));
        let has = |one: &SignIn| template.sign_in.contains(one);
        (self.groups.is_empty() || self.groups.iter().any(is_of_group))
            && (self.sign_in.is_empty() || self.sign_in.iter().any(has))
            && speaks_of(template, self.words)
    }
}

/// Returns the headings that a name may mean that is none of them: every one, where no template's
/// group has it as a part.
pub fn unknown_group<'t>(templates: &'t [Template], name: &str) -> Option<Vec<&'t str>> {
    let mut groups: Vec<&str> = templates.iter().map(group_of).collect();
    groups.sort_unstable();
    groups.dedup();
    (!groups.iter().any(|group| is_part_of(name, group))).then_some(groups)
}

fn is_part_of(part: &str, group: &str) -> bool {
    group.to_lowercase().contains(&part.to_lowercase())
}

fn group_of(template: &Template) -> &str {
    template.group.as_deref().filter(|group| !group.is_empty()).unwrap_or(OTHER)
}

/// Says whether a template speaks of all these words.
fn speaks_of(template: &Template, words: &[String]) -> bool {
    let head = [template.name.as_str(), &template.title, group_of(template)];
    let ways = template.sign_in.iter().flat_map(|one| [one.name(), one.words()]);
    let steps = template.steps.iter().map(|step| step.title.as_str());
    let parts: Vec<&str> = head.into_iter().chain(ways).chain(steps).collect();
    let text = parts.join("\n").to_lowercase();
    words.iter().all(|word| text.contains(&word.to_lowercase()))
}

/// The templates under their headings, in order; no heading at all where there is none.
fn under_headings(templates: &[Template], by: By) -> Vec<(String, Vec<&Template>)> {
    match by {
        By::Purpose => {
            let mut groups: Vec<&str> = templates.iter().map(group_of).collect();
            groups.sort_unstable_by_key(|group| (*group == OTHER, *group));
            groups.dedup();
            let of = |group: &str| templates.iter().filter(|one| group_of(one) == group).collect();
            groups.into_iter().map(|group| (group.to_owned(), of(group))).collect()
        }
        By::Vendor => {
            let mut all: Vec<&Template> = templates.iter().collect();
            all.sort_by_key(|template| template.title.to_lowercase());
            vec![(String::new(), all)]
        }
        By::SignIn => {
            let of = |one: SignIn| {
                let all = templates.iter().filter(|template| template.sign_in.contains(&one));
                (format!("{} ({})", capital(one.words()), one.name()), all.collect())
            };
            let silent = templates.iter().filter(|template| template.sign_in.is_empty()).collect();
            let silent = ("The page does not say how it signs in".to_owned(), silent);
            let headings = SignIn::ALL.into_iter().map(of).chain([silent]);
            headings.filter(|(_, under): &(String, Vec<&Template>)| !under.is_empty()).collect()
        }
    }
}

fn capital(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

/// Lists templates for people, in 80 columns: name and title, one below the other.
pub fn list_text(templates: &[Template], by: By) -> String {
    let names = templates.iter().map(|template| template.name.chars().count());
    let name_width = names.max().unwrap_or_default();
    let left = name_width + 4;
    let room = WIDTH.saturating_sub(left).max(NARROWEST);
    let mut out = String::new();
    for (heading, under) in under_headings(templates, by) {
        if !out.is_empty() {
            out.push('\n');
        }
        if !heading.is_empty() {
            line(&mut out, &clean(&heading).bold().underline().to_string());
        }
        for template in under {
            let padding = " ".repeat(name_width - template.name.chars().count());
            let mut head = format!("  {}{padding}  ", template.name.bold());
            for part in wrapped(&clean(&template.title), room) {
                line(&mut out, &format!("{head}{part}"));
                head = " ".repeat(left);
            }
        }
    }
    out
}

/// Breaks running text between words into lines of so many characters.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let current = lines.last().map_or(0, |line| line.chars().count());
        if current > 0 && current + 1 + word.chars().count() > room {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// Lists templates for programs: `{"templates": [{"name", "title", "version", ..}], "failed": [..]}`;
/// `failed` says what of the folders cannot be read as one, and why.
pub fn list_json(templates: &[Template], failed: &[String]) -> Json {
    let row = |template: &Template| {
        let ways: Vec<&str> = template.sign_in.iter().map(|one| one.name()).collect();
        json!({
            "name": template.name,
            "title": template.title,
            "version": template.version,
            "group": template.group,
            "sign_in": ways,
            "grade": template.grade.map(|grade| grade.words().0),
            "source_read": template.source_read().map(SourceRead::name),
            "source": template.source,
            "reviewed": template.reviewed,
        })
    };
    let rows: Vec<Json> = templates.iter().map(row).collect();
    json!({ "templates": rows, "failed": failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(name: &str, title: &str, group: &str, sign_in: &[SignIn]) -> Template {
        Template {
            name: name.to_owned(),
            title: title.to_owned(),
            group: (!group.is_empty()).then(|| group.to_owned()),
            sign_in: sign_in.to_vec(),
            ..Template::default()
        }
    }

    fn three() -> [Template; 3] {
        let long = "Tarry Analytics for the whole of the company and its partners, second edition";
        [
            template("beacon", "Beacon", "Data", &[SignIn::Device, SignIn::WebServer]),
            template("own", "an own one", "", &[]),
            template("tarry-analytics", long, "Data", &[SignIn::JwtBearer]),
        ]
    }

    #[test]
    fn names_and_titles_stand_below_one_another_in_eighty_columns() {
        let text = anstream::adapter::strip_str(&list_text(&three(), By::Purpose)).to_string();
        let left = " ".repeat(19);
        let expected = format!(
            "Data\n  beacon           Beacon\n  tarry-analytics  Tarry Analytics for the whole of \
             the company and its\n{left}partners, second edition\n\nOther\n  own              an \
             own one\n"
        );
        assert_eq!(text, expected);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
    }

    #[test]
    fn the_headings_are_what_is_asked_for() {
        let of = |by: By| {
            let templates = three();
            let found = under_headings(&templates, by);
            let name = |template: &&Template| template.name.clone();
            let row = |(heading, under): &(String, Vec<&Template>)| {
                (heading.clone(), under.iter().map(name).collect::<Vec<_>>().join(" "))
            };
            found.iter().map(row).collect::<Vec<_>>()
        };
        let pair = |heading: &str, under: &str| (heading.to_owned(), under.to_owned());
        assert_eq!(of(By::Vendor), [pair("", "own beacon tarry-analytics")]);
        assert_eq!(
            of(By::SignIn),
            [
                pair("Web server flow (web-server)", "beacon"),
                pair("JWT bearer flow (jwt-bearer)", "tarry-analytics"),
                pair("Device flow (device)", "beacon"),
                pair("The page does not say how it signs in", "own"),
            ]
        );
    }

    #[test]
    fn words_groups_and_ways_narrow_together() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let found = |sought: &[&str], groups: &[&str], sign_in: &[SignIn]| {
            let (sought, groups): (Vec<String>, Vec<String>) = (words(sought), words(groups));
            let sought = Sought { words: &sought, groups: &groups, sign_in };
            let templates = three();
            let taken = templates.iter().filter(|template| sought.takes(template));
            taken.map(|template| template.name.clone()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(found(&[], &[], &[]), "beacon own tarry-analytics");
        assert_eq!(found(&["JWT", "bearer"], &[], &[]), "tarry-analytics");
        assert_eq!(found(&["web server"], &[], &[]), "beacon");
        assert_eq!(found(&[], &["dat"], &[]), "beacon tarry-analytics");
        assert_eq!(found(&[], &["data", "other"], &[]), "beacon own tarry-analytics");
        assert_eq!(found(&["analytics"], &["data"], &[SignIn::Device]), "");
        assert_eq!(found(&[], &[], &[SignIn::Device, SignIn::JwtBearer]), "beacon tarry-analytics");
        assert_eq!(unknown_group(&three(), "data"), None);
        assert_eq!(unknown_group(&three(), "dats"), Some(vec!["Data", "Other"]));
    }
}
