//! A template written out for its author: a skeleton to fill in, or what an org has now, to be cut
//! down.
//!
//! What was found is handed in; asking an org and writing the file are left to the caller. What an
//! org has is turned into steps in `seen`.

mod holder;
mod seen;
mod wants;

use std::fmt::Write as _;

pub(crate) use seen::{App, AppKind, Seen, facts};

use crate::metadata::value::Value;

/// What stands where only the author knows what belongs there.
pub(crate) const PLACEHOLDER: &str = "TODO";

/// What a template says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    /// The name by which it is asked for.
    pub(crate) name: String,
    /// What a person calls it; a placeholder where the author has not said.
    pub(crate) title: Option<String>,
    /// The vendor's page; a placeholder where the author has not said.
    pub(crate) source: Option<String>,
    /// Its version, such as `2026.11`.
    pub(crate) version: String,
    /// Today, as `2026-11-23`.
    pub(crate) reviewed: String,
}

impl Heading {
    fn title(&self) -> String {
        self.title.clone().unwrap_or_else(|| format!("{PLACEHOLDER}: what a person calls it"))
    }

    /// The page, which the steps cite too.
    fn source(&self) -> String {
        self.source.clone().unwrap_or_else(|| format!("https://docs.example.com/{PLACEHOLDER}"))
    }
}

/// Says whether a name is one that templates go by: letters a to z, digits and `-`, a letter first.
///
/// # Errors
/// What is wrong, and a name that would do.
pub(crate) fn check_name(name: &str) -> Result<(), (String, String)> {
    let is_word =
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let starts_well = name.starts_with(|first: char| first.is_ascii_lowercase());
    if is_word && starts_well && !name.ends_with('-') {
        return Ok(());
    }
    let stem = name.strip_suffix(".toml").unwrap_or(name);
    let words: Vec<String> = stem
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let better = words.join("-");
    let better = if better.starts_with(|first: char| first.is_ascii_lowercase()) {
        better
    } else {
        "acme-sync".to_owned()
    };
    Err((
        "a template's name is made of letters a to z, digits and `-`, and begins with a letter"
            .to_owned(),
        better,
    ))
}

/// Writes the skeleton: one step of each form, commented, without a mistake.
pub(crate) fn skeleton(heading: &Heading) -> String {
    let source = quoted(&heading.source());
    include_str!("draft/skeleton.toml")
        .replace("@name@", &quoted(&heading.name))
        .replace("@version@", &quoted(&heading.version))
        .replace("@reviewed@", &heading.reviewed)
        .replace("@docs@", &source)
        .replace("@source@", &source)
        // The author's words last, so that nothing in them is taken for one of these marks.
        .replace("@title@", &quoted(&heading.title()))
}

/// Writes a template of what is so now.
pub(crate) fn of_org(heading: &Heading, seen: &Seen<'_>) -> String {
    let chapters = seen.chapters();
    let mut body = String::new();
    let docs = quoted(&heading.source());
    for chapter in &chapters {
        // Writing to a String cannot fail.
        let _ = write!(
            body,
            "\n# ---------------------------------------------------------------- {}\n",
            chapter.title
        );
        for remark in &chapter.remarks {
            let _ = write!(body, "\n# {remark}\n");
        }
        for step in &chapter.steps {
            step.write(&docs, &mut body);
        }
    }
    let mut text = format!(
        "# What was so in an org on {}, written by `sfsetup template new`.\n#\n# It says more than \
         the vendor's page asks for: delete every step and line that the page does not name, say \
         why for the rest where\n# it says {PLACEHOLDER}, and make a parameter of what differs \
         from customer to customer. What was not granted is not mentioned.\n\nformat = 1\n\n\
         [template]\nname     = {}\ntitle    = {}\nversion  = {}\nsource   = {docs}\nreviewed = {}\
         \n",
        heading.reviewed,
        quoted(&heading.name),
        quoted(&heading.title()),
        quoted(&heading.version),
        heading.reviewed,
    );
    for parameter in seen.parameters() {
        // A parameter that nothing speaks of would be a mistake.
        let is_used = body.contains(&format!("{{{}}}", parameter.name))
            || body.contains(&format!("fact = \"{}.", parameter.name));
        if is_used {
            let _ = write!(
                text,
                "\n[parameters.{}]\ntitle   = {}\ndefault = {}\n",
                parameter.name,
                quoted(&parameter.title),
                quoted(parameter.default)
            );
        }
    }
    text.push_str(&body);
    text
}

/// Something that differs from customer to customer, with what it is here.
struct Named<'s> {
    name: &'static str,
    title: String,
    default: &'s str,
}

/// Steps that stand together under a line with their title.
struct Chapter {
    title: &'static str,
    /// What the author should know and no step can say.
    remarks: Vec<String>,
    steps: Vec<Draft>,
}

/// A step to be written.
struct Draft {
    id: String,
    title: String,
    setup: &'static str,
    /// Each an inline table.
    wants: Vec<String>,
    /// The whole line after `create = `, and whether it only stands there as a suggestion.
    create: Option<(String, bool)>,
    note: Option<&'static str>,
}

impl Draft {
    fn new(id: impl Into<String>, title: impl Into<String>, setup: &'static str) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            setup,
            wants: Vec::new(),
            create: None,
            note: None,
        }
    }

    fn write(&self, docs: &str, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "\n[[step]]\nid    = {}\ntitle = {}\nwhy   = {}\ndocs  = {docs}\nsetup = {}\nwant  = [\
             \n",
            quoted(&self.id),
            quoted(&self.title),
            quoted(&format!("{PLACEHOLDER}: what stops without it")),
            quoted(self.setup),
        );
        for want in &self.wants {
            let _ = writeln!(out, "  {want},");
        }
        out.push_str("]\n");
        if let Some((create, is_suggestion)) = &self.create {
            let _ = writeln!(out, "{}create = {create}", if *is_suggestion { "# " } else { "" });
        }
        if let Some(note) = self.note {
            let _ = writeln!(out, "note  = {}", quoted(note));
        }
    }
}

/// A text as TOML writes it between quotes.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04X}", u32::from(other));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A value as TOML writes it.
fn value(value: &Value) -> String {
    match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        Value::List(elements) => list(elements),
        // None of these is written into a template: no want has such a value.
        Value::Present | Value::Hidden | Value::Xml(_) => quoted(&value.to_string()),
    }
}

fn list(elements: &[String]) -> String {
    format!("[{}]", elements.iter().map(|element| quoted(element)).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::metadata::document::{Document, NAMESPACE};
    use crate::metadata::fact::FactValues;
    use crate::metadata::manifest::Manifest;
    use crate::metadata::unseen::{Unseen, UnseenKind};
    use crate::metadata::{Component, ComponentId, ComponentSet, Requested};

    fn heading(title: &str) -> Heading {
        Heading {
            name: "acme".to_owned(),
            title: Some(title.to_owned()),
            source: None,
            version: "2026.11".to_owned(),
            reviewed: "2026-11-23".to_owned(),
        }
    }

    #[test]
    fn the_skeleton_is_a_template_whatever_its_title() {
        for title in
            ["Acme", "\"quoted\" \\ back", "@name@ and @docs@", "two\nlines\u{7}", "É {app}"]
        {
            let template = parse("acme.toml", &skeleton(&heading(title)))
                .unwrap_or_else(|errors| panic!("{errors}"));
            assert_eq!((template.name.as_str(), template.title.as_str()), ("acme", title));
            assert!(
                template
                    .steps
                    .iter()
                    .all(|step| step.docs.is_some() && step.why.is_some() && step.setup.is_some())
            );
            assert!(!skeleton(&heading(title)).contains("@source@"));
        }
    }

    #[test]
    fn a_name_is_refused_with_one_that_would_do() {
        for good in ["acme", "acme-2", "a"] {
            assert_eq!(check_name(good), Ok(()));
        }
        for (bad, better) in [
            ("", "acme-sync"),
            ("Acme Sync", "acme-sync"),
            ("acme.toml", "acme"),
            ("2nd", "acme-sync"),
            ("../x", "x"),
            ("a-", "a"),
            ("a_b", "a-b"),
        ] {
            assert_eq!(check_name(bad).unwrap_err().1, better, "{bad}");
        }
    }

    /// A set of one connected app, one profile and one permission set, as an org may never have
    /// made them.
    fn odd_org() -> ComponentSet {
        let fields: String = (0..60)
            .map(|number| {
                format!(
                    "<fieldPermissions><field>Lead.F{number}__c</field><readable>true\
                                   </readable></fieldPermissions>"
                )
            })
            .collect();
        let mut manifest = Manifest::default();
        for object in ["Lead", "Account"] {
            manifest.add("CustomObject", object);
        }
        let mut set = ComponentSet::new(Requested::Manifest(manifest));
        for (type_name, name, inner) in [
            (
                "ConnectedApp",
                "A",
                "<oauthConfig><consumerKey>key</consumerKey><consumerSecret>secret</consumerSecret>\
                 <callbackUrl>https://x</callbackUrl><scopes>Api</scopes><scopes>NewerThanThis\
                 </scopes></oauthConfig><oauthPolicy><ipRelaxation>NEWER</ipRelaxation>\
                 <refreshTokenPolicy>infinite</refreshTokenPolicy></oauthPolicy>\
                 <permissionSetName>A {brace}</permissionSetName>"
                    .to_owned(),
            ),
            (
                "Profile",
                "P",
                format!(
                    "<custom>true</custom>{fields}<userLicense>A \"quoted\" licence</userLicense>\
                     <objectPermissions><allowRead>true</allowRead><object>Un]even</object>\
                     </objectPermissions><userPermissions><enabled>true</enabled><name>ApiEnabled\
                     </name></userPermissions><userPermissions><enabled>true</enabled>\
                     <name>ApiEnabled</name></userPermissions>"
                ),
            ),
            ("PermissionSet", "S", "<label>S</label><license>{user}</license>".to_owned()),
        ] {
            let text = format!("<{type_name} xmlns=\"{NAMESPACE}\">{inner}</{type_name}>");
            let document = Document::parse(text.into_bytes()).unwrap();
            let id = ComponentId::new(type_name, name);
            set.insert(Component { id, document, file: String::new() });
        }
        set
    }

    #[test]
    fn whatever_an_org_holds_the_template_is_right_and_tells_no_secret() {
        let (components, facts) =
            (odd_org(), FactValues::new(Unseen::new(UnseenKind::NotAsked, "not asked")));
        let app = Some(App { kind: AppKind::Connected, name: "A" });
        let seen = Seen {
            components: &components,
            facts: &facts,
            app,
            profile: Some("P"),
            permission_set: Some("S"),
            user: None,
        };
        let text = of_org(&heading("Acme"), &seen);
        let template = parse("acme.toml", &text).unwrap_or_else(|errors| panic!("{errors}"));
        let ids: Vec<&str> = template.steps.iter().map(|step| step.id.as_str()).collect();
        assert_eq!(ids, ["refresh-token", "scopes", "profile", "system-permissions"], "{text}");
        assert!(
            text.contains("60 fields are visible by the profile")
                && text.contains("includes = [\"Api\"]"),
            "{text}"
        );
        assert!(text.contains("A \\\"quoted\\\" licence"), "{text}");
        // Nothing is said of the permission set, so nothing is asked of it either.
        let names: Vec<&str> =
            template.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        assert_eq!(names, ["app", "profile"]);
        for hidden in ["key", "secret", "https://x", "NEWER", "NewerThanThis"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
    }
}
