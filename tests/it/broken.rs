//! Files that are no XML of their type: named with line and column on every road, an error, and no
//! reason not to answer the rest.

use crate::support::{Env, Run};

const NAMESPACE: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";
const FILE: &str = "permissionsets/Acme_Sync.permissionset";

fn sound(api: bool) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PermissionSet {NAMESPACE}>\n    \
         <label>Acme</label>\n    <userPermissions>\n        <enabled>{api}</enabled>\n        \
         <name>ApiEnabled</name>\n    </userPermissions>\n</PermissionSet>\n"
    )
}

const TEMPLATE: &str = r#"format = 1

[template]
name     = "acme"
title    = "Acme"
version  = "1"
source   = "https://docs.example.com/acme"
reviewed = 2026-11-23

[[step]]
id    = "api"
title = "API Enabled"
want  = [
  { component = "PermissionSet:Acme_Sync", path = "userPermissions[ApiEnabled].enabled", equals = true },
  { component = "PermissionSet:Acme_Other", path = "userPermissions[ApiEnabled].enabled", equals = true },
]
"#;

/// Each way to break a file, with where and why.
fn breakages() -> Vec<(&'static str, Vec<u8>, String)> {
    let text = sound(true);
    let with = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let conflict = "    <label>Acme</label>\n<<<<<<< HEAD\n";
    let row = |name, bytes, at: &str| (name, bytes, format!("{FILE}:{at}"));
    vec![
        row(
            "conflict markers",
            with("    <label>Acme</label>\n", conflict),
            "4:1: there is a git merge conflict marker here",
        ),
        row("UTF-16", utf16, "1:1: the file is UTF-16"),
        row("empty", Vec::new(), "1:1: the file is empty"),
        row("white space", b" \n\n".to_vec(), "1:1: the file is empty"),
        row(
            "a cut in the root's closing tag",
            with("</PermissionSet>\n", "</Permi"),
            "8:1: the file ends in the middle of a tag",
        ),
        row(
            "a cut before it",
            with("</PermissionSet>\n", ""),
            "2:1: `<PermissionSet>` is opened here and never closed",
        ),
        row(
            "two documents",
            [text.clone(), text.clone()].concat().into_bytes(),
            "9:1: something stands after the end",
        ),
        row("junk", with("</PermissionSet>\n", "</PermissionSet>\nx\n"), "9:1: something stands"),
        row(
            "an attribute twice",
            with("<label>", "<label a=\"1\" a=\"2\">"),
            "3:18: the tag is not well-formed",
        ),
        row("a stray ]]>", with(">Acme<", ">Ac]]>me<"), "3:14: `]]>` stands in a text"),
        row("a bare &", with(">Acme<", ">A & B<"), "3:14: a bare `&` stands here"),
        row("an unknown entity", with(">Acme<", ">A&foo;<"), "3:13: XML knows no `&foo;`"),
        row("half a character", with(">Acme<", ">&#xD800;<"), "3:12: `&#xD800;` is no character"),
        row("no character", with("<label>", "<label a=\"&#0;\">"), "3:15: `&#0;` is no character"),
        row("a control character", with(">Acme<", ">A\u{1}<"), "3:13: the character U+0001"),
        row(
            "one in an attribute",
            with("<label>", "<label a=\"\u{b}\">"),
            "3:15: the character U+000B",
        ),
        row("a blank line first", with("<?xml", "\n<?xml"), "2:1: `<?xml` may stand"),
        row(
            "a declaration within",
            with("    <label>", "<?xml version=\"1.0\"?><label>"),
            "3:1: `<?xml` may stand",
        ),
        row("XML 2.0", with("\"1.0\"", "\"2.0\""), "1:1: the file says that it is XML 2.0"),
        row(
            "two dashes",
            with("    <label>", "<!-- a -- b --><label>"),
            "3:8: `--` stands in a comment",
        ),
        row(
            "the rest of a merge",
            with("    <userPermissions>", "=======\n    <userPermissions>"),
            "4:1: there is a git merge conflict marker here",
        ),
        row(
            "the base of a merge",
            with("        <name>", "||||||| base\n        <name>"),
            "6:1: there is a git merge conflict marker here",
        ),
        row(
            "another root",
            text.replace("PermissionSet", "Profile").into_bytes(),
            "2:1: the root element is `Profile`",
        ),
        row(
            "depth",
            with("    <label>", &format!("{}    <label>", "<a>".repeat(30_000))),
            "3:190: elements stand more than 64 deep",
        ),
    ]
}

fn is_told(run: &Run, told: &str, road: &str) {
    assert_eq!(run.code, 1, "{road}: {run:?}");
    assert!(run.stderr.contains(told), "{road}: {told}: {run:?}");
    assert!(!run.stderr.contains("internal error"), "{road}: {run:?}");
}

#[test]
fn broken_files_are_the_same_error_on_every_road() {
    for (name, bytes, told) in breakages() {
        let env = Env::new();
        env.write("acme.toml", TEMPLATE);
        for side in ["sound", "broken"] {
            env.write(&format!("{side}/{FILE}"), sound(side == "sound"));
            env.write(
                &format!("{side}/permissionsets/Acme_Other.permissionset"),
                sound(side == "sound"),
            );
            let types = "<types><members>*</members><name>PermissionSet</name></types>";
            env.write(
                &format!("{side}/package.xml"),
                format!("<Package {NAMESPACE}>{types}<version>67.0</version></Package>"),
            );
        }
        env.write(&format!("broken/{FILE}"), &bytes);
        let began = std::time::Instant::now();
        let broken = ["--from", "broken"];
        for (road, arguments, whose) in [
            ("template", ["diff", "--template", "acme.toml"], ""),
            ("baseline", ["diff", "--baseline", "sound"], ""),
            ("broken baseline", ["diff", "--baseline", "broken"], "the baseline's "),
        ] {
            let from = if whose.is_empty() { broken } else { ["--from", "sound"] };
            let run = env.run(&[&arguments[..], &from].concat());
            is_told(&run, &format!("{whose}{told}"), &format!("{name}, {road}"));
            assert!(run.stdout.contains("ApiEnabled"), "the other is answered: {road}, {run:?}");
            assert!(run.stdout.contains("1 not observed"), "{road}, {run:?}");
            let json = env.run(&[&arguments[..], &from, &["--format", "json"]].concat());
            is_told(&json, &told, road);
            let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
            let org = &json["orgs"][0];
            assert!(org["error"]["message"].as_str().unwrap().contains(&told), "{org}");
            assert_eq!(org["summary"]["differs"], 1, "{org}");
        }
        for wanted in [["--template", "acme.toml"], ["--baseline", "sound"]] {
            let out = format!("out-{}", wanted[1]);
            let run = env.run(&[&["package"], &wanted[..], &broken, &["--out", &out]].concat());
            is_told(&run, &told, &format!("{name}, package {}", wanted[0]));
            let other = env.folder().join(&out).join("permissionsets/Acme_Other.permissionset");
            assert!(other.exists(), "the rest is packaged: {run:?}");
            assert!(!env.folder().join(&out).join(FILE).exists());
        }
        let in_place = ["package", "--baseline", "sound", "--from", "broken", "--in-place"];
        let run = env.run(&in_place);
        is_told(&run, &told, &format!("{name}, in place"));
        assert_eq!(std::fs::read(env.folder().join("broken").join(FILE)).unwrap(), bytes);
        // Nothing is edited by halves: what could be put right stays as it was too.
        assert!(run.stderr.contains("no file was edited"), "{run:?}");
        let other = env.folder().join("broken/permissionsets/Acme_Other.permissionset");
        assert_eq!(std::fs::read_to_string(other).unwrap(), sound(false));
        let (then, now) = (format!("sound/{FILE}"), format!("broken/{FILE}"));
        let run = env.run(&["git-diff", FILE, &then, "x", "100644", &now, "x", "100644"]);
        is_told(&run, &told, &format!("{name}, git-diff"));
        let run = env.run(&["git-diff", FILE, "/dev/null", ".", ".", &now, "x", "100644"]);
        is_told(&run, &told, &format!("{name}, git-diff of a new file"));
        let run = env.run(&["git-diff", FILE, &now, "x", "100644", &then, "x", "100644"]);
        is_told(&run, &format!("the old {told}"), &format!("{name}, git-diff back"));
        let took = began.elapsed();
        assert!(took < std::time::Duration::from_secs(8), "{name}: {took:?}");
    }
}

#[test]
fn a_broken_file_that_one_side_alone_has_is_found() {
    let env = Env::new();
    for side in ["then", "now"] {
        env.write(&format!("{side}/permissionsets/Acme_Other.permissionset"), sound(side == "now"));
    }
    env.write(&format!("now/{FILE}"), "<PermissionSet");
    let run = env.run(&["diff", "--baseline", "then", "--from", "now"]);
    is_told(&run, &format!("{FILE}:1:1: the file ends in the middle of a tag"), "now");
    let run = env.run(&["diff", "--baseline", "now", "--from", "then"]);
    is_told(&run, &format!("the baseline's {FILE}:1:1: "), "then");
}

#[test]
fn git_shows_the_other_files_too() {
    let env = Env::new();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        let home = env.folder();
        command.current_dir(home).env("HOME", home).env("GIT_CONFIG_NOSYSTEM", "1");
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments);
        crate::support::finish(command.output().unwrap())
    };
    git(&["init", "--quiet"]);
    let driver = format!("{} git-diff", env!("CARGO_BIN_EXE_sfsetup"));
    git(&["config", "diff.sfsetup.command", &driver]);
    env.write(".gitattributes", "*.permissionset diff=sfsetup\n");
    let names = ["A", "B", "C"].map(|name| format!("permissionsets/{name}.permissionset"));
    for name in &names {
        env.write(name, sound(false));
    }
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "x"]);
    for name in &names {
        env.write(name, sound(true));
    }
    env.write(&names[1], sound(true).replace("</PermissionSet>", ""));
    let run = git(&["diff"]);
    assert_eq!(run.code, 0, "{run:?}");
    let told = format!("{}:2:1: `<PermissionSet>` is opened here", names[1]);
    assert!(run.stdout.contains(&told), "{run:?}");
    assert_eq!(run.stdout.matches("userPermissions[ApiEnabled]").count(), 2, "{run:?}");
    // Of what cannot be read the lines are shown, as git would.
    assert!(run.stdout.contains("\n-        <enabled>false</enabled>\n"), "{run:?}");
    assert!(run.stdout.contains("\n-</PermissionSet>\n"), "{run:?}");
}
