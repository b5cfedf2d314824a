//! Each mistake of a file is named with its place and what was meant; what is right is read.

use super::parse;
use crate::template::{SignIn, TemplateErrors, builtin};

const HEAD: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\n\
                    source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n\
                    [parameters.app]\ntitle = \"App\"\n[parameters.kind]\ntitle = \"Kind\"\n\
                    type = \"choice\"\nchoices = [\"one\", \"two\"]\n\
                    [parameters.holder]\ntitle = \"Holder\"\ntype = \"component\"\n";

fn mistakes(steps: &str) -> Vec<String> {
    let text = format!("{HEAD}{steps}");
    match parse("t.toml", &text) {
        Ok(_) => Vec::new(),
        Err(TemplateErrors { mistakes, .. }) => mistakes
            .into_iter()
            .map(|mistake| {
                format!(
                    "{}:{}: {} [{}]",
                    mistake.line - 16,
                    mistake.column,
                    mistake.message,
                    mistake.help.unwrap_or_default()
                )
            })
            .collect(),
    }
}

fn step(rest: &str) -> String {
    format!("[[step]]\nid = \"a\"\ntitle = \"A\"\n{rest}\n")
}

#[test]
fn the_shipped_templates_have_no_mistakes() {
    for shipped in builtin::all() {
        let template =
            parse(shipped.name, shipped.text).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(template.name, shipped.name);
    }
}

#[test]
fn each_mistake_is_found_and_the_nearest_right_word_named() {
    for (steps, expected) in [
        (step("wnat = []"), "`want` is missing"),
        (
            step(
                "want = [{ component = \"ConectedApp:{app}\", path = \"label\", equals = \"x\" \
                 }]",
            ),
            "did you mean `ConnectedApp`",
        ),
        (
            step(
                "want = [{ component = \"ConnectedApp:{app}\", path = \
                 \"oauthPolicy.refreshTokenPolice\", equals = \"x\" }]",
            ),
            "did you mean `oauthPolicy.refreshTokenPolicy`",
        ),
        (
            step(
                "want = [{ component = \"ConnectedApp:{app}\", path = \
                 \"oauthPolicy.refreshTokenPolicy\", equals = \"infinit\" }]",
            ),
            "did you mean `infinite`",
        ),
        (
            step(
                "want = [{ component = \"ConnectedApp:{ap}\", path = \"label\", equals = \"x\" \
                 }]",
            ),
            "did you mean `app`",
        ),
        (
            step("want = [{ component = \"ConnectedApp\", path = \"label\", equals = \"x\" }]"),
            "Type:full name",
        ),
        (
            step("want = [{ component = \"Profile:{app}\", path = \"custom\", at-least = 1 }]"),
            "never",
        ),
        (
            step(
                "want = [{ component = \"Profile:{app}\", path = \"custom\", includes = \
                 [\"a\"] }]",
            ),
            "list",
        ),
        (
            step("want = [{ component = \"Profile:{app}\", path = \"custom\", one-of = [] }]"),
            "never",
        ),
        (step("want = [{ fact = \"org.colour\", equals = \"x\" }]"), "no fact"),
        (step("want = [{ fact = \"org.api_access\", equals = \"x\" }]"), "true"),
        (step("want = [{ any = [] }]"), "any"),
        (step("want = [{ any = [{ any = [{ manual = \"x\" }] }] }]"), "any"),
        (step("want = [{ manual = \"x\", confirm = { manual = \"y\" } }]"), "confirm"),
        (step("want = [{ manual = \"x\", fact = \"org.edition\" }]"), "one thing"),
        (step("want = [{ fact = \"org.edition\" }]"), "compares"),
        (step("want = [{ fact = \"org.edition\", equals = \"a\", absent = true }]"), "once"),
        (
            step("want = [{ component = \"{kind}\", path = \"custom\", equals = true }]"),
            "Type:full name",
        ),
        (
            step("want = [{ component = \"{holder}\", path = \"custum\", equals = true }]"),
            "did you mean `custom`",
        ),
        (
            step("when = { holder = \"ConnectedApp\" }\nwant = [{ manual = \"{holder.name}\" }]"),
            "never `ConnectedApp`",
        ),
        (step("want = [{ manual = \"{kind.name}\" }]"), "parameter of type `component`"),
        (step("want = [{ manual = \"{holder.event}\" }]"), "that holds an object's name"),
        (
            step(
                "want = [{ manual = \"x\" }]\ncreate = { component = \"{holder}\", from = \
                 \"ConnectedApp:A\" }",
            ),
            "copied",
        ),
        (
            step(
                "want = [{ component = \"{holder}\", path = \
                 \"fieldPermissions[Task.**].readable\", equals = true }]",
            ),
            "`**`",
        ),
        (
            step(
                "want = [{ any = [{ component = \"{holder}\", path = \
                 \"userPermissions[View*].enabled\", equals = true }] }]",
            ),
            "take one each",
        ),
        (
            step(
                "want = [{ component = \"{holder}\", path = \"custom\", equals = true, except = \
                 [\"x\"] }]",
            ),
            "there is none",
        ),
        (
            step("want = [{ fact = \"org.edition\", of = \"a@b.c\", equals = \"x\" }]"),
            "no fact about a user",
        ),
        (
            step("want = [{ fact = \"user.license\", of = \"nobody\", equals = \"x\" }]"),
            "e-mail address",
        ),
        (
            step(
                "want = [{ component = \"Profile:A\", path = \"loginIpRanges\", inside = \
                 [\"203.0.113.7/24\"] }]",
            ),
            "write `203.0.113.0/24`",
        ),
        (
            step(
                "want = [{ component = \"Profile:A\", path = \"objectPermissions\", empty = true \
                 }]",
            ),
            "asked for",
        ),
        (
            step("want = [{ component = \"Profile:A\", path = \"custom\", count = 1 }]"),
            "no list as a whole",
        ),
        (step("want = [{ fact = \"org.edition\", count = 1 }]"), "a fact is no list"),
        (step("when = []\nwant = [{ manual = \"x\" }]"), "never matches"),
        (step("when = [{ kind = \"one\" }, {}]\nwant = [{ manual = \"x\" }]"), "always matches"),
        (step("when = { not = {} }\nwant = [{ manual = \"x\" }]"), "never matches"),
        (
            step("when = { not = { not = { kind = \"one\" } } }\nwant = [{ manual = \"x\" }]"),
            "within `not`",
        ),
        (step("when = [{ not = { kind = \"three\" } }]\nwant = [{ manual = \"x\" }]"), "three"),
        (step("want = [{ manual = \"x\", confirm = { any = [{ manual = \"y\" }] } }]"), "confirm"),
        (step("when = { kind = \"three\" }\nwant = [{ manual = \"x\" }]"), "three"),
        (step("when = { knid = \"one\" }\nwant = [{ manual = \"x\" }]"), "did you mean `kind`"),
        (
            step(
                "when = { \"org.api_access_control\" = \"maybe\" }\nwant = \
                 [{ manual = \"x\" }]",
            ),
            "true",
        ),
        (
            step("setup = \"conected-apps\"\nwant = [{ manual = \"x\" }]"),
            "did you mean `connected-apps`",
        ),
        (step("level = \"optional\"\nwant = [{ manual = \"x\" }]"), "no level"),
        (step("want = [{ manual = 3 }]"), "text"),
        (
            step("want = [{ component = \"Profile:{app}\", path = \"custom\", absent = false }]"),
            "left out",
        ),
        (format!("{0}{0}", step("want = [{ manual = \"x\" }]")), "twice"),
        (
            step(
                "want = [{ manual = \"x\" }]\ncreate = { component = \"Profile:{app}\", from = \
                 \"PermissionSet:A\" }",
            ),
            "copied",
        ),
        (
            step(
                "want = [{ manual = \"x\" }]\ncreate = { component = \"Profile:{app}\", set = \
                 { licence = \"x\" } }",
            ),
            "licence",
        ),
    ] {
        let found = mistakes(&steps);
        assert!(
            found.iter().any(|mistake| mistake.contains(expected)),
            "{steps}\nexpected {expected}, found {found:#?}"
        );
    }
}

#[test]
fn all_mistakes_come_at_once_in_the_files_order() {
    let found = mistakes(&step(
        "levle = \"required\"\nwant = [{ component = \"Profle:x\", path = \"a\", equals = 1 }, \
         { fact = \"org.editon\", equals = 1 }]",
    ));
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].starts_with("4:1: ") && found[1].starts_with("5:23: "), "{found:#?}");
}

#[test]
fn what_is_no_toml_or_no_template_is_refused() {
    for text in [
        "",
        "format = ",
        "format = 2",
        "a = 1\na = 2",
        "format = 1\ntemplate = 3\nstep = 4\nparameters = []",
        "[[step]]",
        "\u{0}",
    ] {
        assert!(!parse("t.toml", text).unwrap_err().mistakes.is_empty(), "{text}");
    }
}

#[test]
fn a_mistake_is_shown_with_its_line_and_a_caret() {
    let text = format!(
        "{HEAD}{}",
        step(
            "want = [{ component = \"ConnectedApp:{app}\", path = \
             \"oauthPolicy.refreshTokenPolicy\", equals = \"infinit\" }]"
        )
    );
    let shown = parse("t.toml", &text).unwrap_err().to_string();
    assert!(
        shown.contains("t.toml:20:")
            && shown.contains("^^^^")
            && shown.contains("did you mean `infinite`?"),
        "{shown}"
    );
}

proptest::proptest! {
    #[test]
    fn nothing_panics(cut in 0_usize..20_000, insert in "[a-z{}\\[\\]\"=.,\n#é]{0,6}") {
        let text = builtin::all()[0].text;
        let at = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let changed = format!("{}{insert}{}", &text[..at], &text[at..]);
        if let Err(errors) = parse("t.toml", &changed) {
            proptest::prop_assert!(!errors.to_string().is_empty());
        }
    }
}

#[test]
fn a_template_says_how_its_integration_signs_in() {
    let file = |sign_in: &str| {
        format!(
            "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \"s\"\n\
             reviewed = 2026-11-23\nsign-in = {sign_in}\n[[step]]\nid = \"a\"\ntitle = \"A\"\n\
             want = [{{ manual = \"x\" }}]\n"
        )
    };
    let template = parse("t", &file("[\"jwt-bearer\", \"web-server\"]")).unwrap();
    assert_eq!(template.sign_in, [SignIn::JwtBearer, SignIn::WebServer]);
    for (sign_in, message, help) in [
        ("[]", "`sign-in` is empty", ""),
        ("\"device\"", "`sign-in` must be a list", "in brackets: `sign-in = [\"device\"]`"),
        ("[\"devise\"]", "`devise` is no way of signing in", "did you mean `device`?"),
        ("[\"password\"]", "`password` is no way of signing in", "username-password"),
        ("[\"device\", \"device\"]", "`device` stands twice", ""),
    ] {
        let errors = parse("t", &file(sign_in)).unwrap_err();
        let [mistake] = errors.mistakes.as_slice() else { panic!("{sign_in}: {errors:?}") };
        assert!(mistake.message.contains(message), "{sign_in}: {mistake:?}");
        assert!(mistake.help.as_deref().unwrap_or_default().contains(help), "{mistake:?}");
        assert_eq!(mistake.line, 8);
    }
    // What builds on another signs in as that does, unless it says otherwise.
    let ours =
        "format = 1\n[template]\nname = \"ours\"\ntitle = \"T\"\nversion = \"1\"\nextends = ";
    assert_eq!(parse("t", &format!("{ours}\"zapier\"\n")).unwrap().sign_in, [SignIn::WebServer]);
    let other = parse("t", &format!("{ours}\"zapier\"\nsign-in = [\"device\"]\n")).unwrap();
    assert_eq!(other.sign_in, [SignIn::Device]);
}
