//! Types that a row and a fixture add: muting permission sets, and the policies of a profile, which
//! are named by the profile whatever their own names.

use crate::support::{Env, fixture};

const TEMPLATE: &str = r#"
format = 1
[template]
name = "policies"
title = "Policies"
version = "1"
source = "https://docs.example.com"
reviewed = 2026-11-23
[parameters.profile]
title = "Profile"
type = "text"
default = "Harbour Integration"
[[step]]
id = "session"
title = "Sessions last"
want = [
  { component = "ProfileSessionSetting:{profile}", path = "sessionTimeout", equals = 720 },
  { component = "ProfileSessionSetting:{profile}", path = "requiredSessionLevel", equals = "STANDARD" },
]
[[step]]
id = "password"
title = "Passwords do not end"
want = [
  { component = "ProfilePasswordPolicy:{profile}", path = "passwordExpiration", equals = 0 },
]
[[step]]
id = "muted"
title = "Nothing needed is muted"
want = [
  { component = "MutingPermissionSet:Harbour_Mute", path = "objectPermissions[Case].allowDelete", equals = false },
  { component = "MutingPermissionSet:Harbour_Mute", path = "objectPermissions[Case].allowRead", equals = false },
]
"#;

#[test]
fn a_policy_is_named_by_its_profile() {
    let env = Env::new();
    env.write("policies.toml", TEMPLATE);
    let folder = fixture("policies");
    let asked = ["--template", "policies.toml", "--from", &folder];
    let run = env.run(&[&["diff"], &asked[..]].concat());
    assert!(run.code == 2 && run.stdout.contains("3 settings differ, 2 in sync"), "{run:?}");
    assert!(run.stdout.contains("PT1_profileSessionSetting1767225600001"), "{run:?}");

    let run = env.run(&[&["package"], &asked[..], &["--out", "out"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let read = |name: &str| std::fs::read_to_string(env.folder().join("out").join(name)).unwrap();
    let session =
        "profileSessionSettings/PT1_profileSessionSetting1767225600001.profileSessionSetting";
    assert!(read(session).contains("<sessionTimeout>720<"), "{}", read(session));
    assert!(read("package.xml").contains("<members>PT1_profilePasswordPolicy1767225600000<"));
    let muted = read("mutingpermissionsets/Harbour_Mute.mutingpermissionset");
    assert!(muted.contains("<allowDelete>false<") && muted.contains("<name>ExportReport<"));

    let run = env.run(&["diff", "--template", "policies.toml", "--from", "out"]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = env.run(&[
        "diff",
        "--template",
        "policies.toml",
        "--set",
        "profile=Other",
        "--from",
        &folder,
    ]);
    assert!(run.code == 2 && run.stdout.contains("3 missing"), "{run:?}");
}

#[test]
fn a_muting_set_is_compared_entry_by_entry() {
    let env = Env::new();
    let name = "mutingpermissionsets/Harbour_Mute.mutingpermissionset";
    let then = std::fs::read_to_string(format!("{}/{name}", fixture("policies"))).unwrap();
    let now = then.replace("<allowDelete>true<", "<allowDelete>false<");
    env.write(&format!("then/{name}"), &then);
    env.write(&format!("now/{name}"), &now);
    let run = env.run(&["diff", "--baseline", "then", "--from", "now"]);
    let line = "objectPermissions[Case].allowDelete  - false  + true";
    assert!(run.code == 2 && run.stdout.contains(line), "{run:?}");
}
