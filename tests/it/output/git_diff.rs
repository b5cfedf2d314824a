//! `git diff` by way of `sfsetup git-diff`.

use std::path::Path;
use std::process::Command;

use sfsetup::metadata::registry;

use super::{scrub, shown};
use crate::support::Env;

fn git(env: &Env, line: &str) -> String {
    let run = Command::new("git")
        .current_dir(env.folder())
        .env("HOME", env.folder())
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com"])
        .args(super::arguments(line))
        .output()
        .unwrap();
    let shown = String::from_utf8(run.stdout).unwrap() + &String::from_utf8(run.stderr).unwrap();
    assert!(run.status.success() || line.starts_with("merge"), "{line}: {shown}");
    scrub(env.folder(), &shown)
}

/// A repository with the driver set as the README says, and a profile and a permission set in it.
fn repository() -> Env {
    let env = Env::new();
    git(&env, "init --quiet --initial-branch=main");
    let driver = format!("'{} git-diff'", env!("CARGO_BIN_EXE_sfsetup"));
    git(&env, &format!("config diff.sfsetup.command {driver}"));
    env.write(".gitattributes", attributes());
    env.write("profiles/A.profile", profile(&object("Account")));
    env.write("permissionsets/Gone.permissionset-meta.xml", set("Acme Sync"));
    git(&env, "add .");
    git(&env, "commit --quiet -m x");
    env
}

/// The lines of the README.
fn attributes() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let lines = readme.lines().filter(|line| line.ends_with(" diff=sfsetup"));
    lines.map(|line| format!("{line}\n")).collect()
}

fn object(name: &str) -> String {
    format!(
        "    <objectPermissions>\n        <allowRead>true</allowRead>\n        \
         <object>{name}</object>\n    </objectPermissions>\n"
    )
}

fn profile(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Profile \
         xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <custom>true</custom>\n{inner}\
         </Profile>\n"
    )
}

fn set(label: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PermissionSet \
         xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <label>{label}</label>\n{}\
         </PermissionSet>\n",
        object("Account").replace("allowRead", "allowEdit")
    )
}

#[test]
fn what_changed_is_shown_by_setting() {
    let env = repository();
    env.write("profiles/A.profile", profile(&object("Lead")));
    insta::assert_snapshot!(git(&env, "diff"), @"
    diff profiles/A.profile
    ~ Profile A
        - objectPermissions[Account]  allowRead=true
        + objectPermissions[Lead]  allowRead=true
    ");
    let tabs = profile(&object("Account")).replace("    ", "\t");
    env.write("profiles/A.profile", tabs);
    insta::assert_snapshot!(git(&env, "diff"), @"
    diff profiles/A.profile
        no setting differs (order, spelling or layout)
    ");
    env.write("profiles/A.profile", "<Profile");
    insta::assert_snapshot!(git(&env, "diff"), @r#"
    profiles/A.profile:1:1: the file ends in the middle of a tag
    --- a/profiles/A.profile
    +++ b/profiles/A.profile
    @@ -1,8 +1 @@
    -<?xml version="1.0" encoding="UTF-8"?>
    -<Profile xmlns="http://soap.sforce.com/2006/04/metadata">
    -    <custom>true</custom>
    -    <objectPermissions>
    -        <allowRead>true</allowRead>
    -        <object>Account</object>
    -    </objectPermissions>
    -</Profile>
    +<Profile
    \ No newline at end of file
    "#);
}

#[test]
fn what_is_new_or_gone_is_shown_with_what_it_grants() {
    let env = repository();
    let rights = |name: &str| {
        format!(
            "    <userPermissions>\n        <enabled>true</enabled>\n        \
             <name>{name}</name>\n    </userPermissions>\n"
        )
    };
    let fields: String = (1..=30)
        .map(|number| {
            format!(
                "    <fieldPermissions>\n        <editable>{}</editable>\n        \
                 <field>Account.Field_{number:02}__c</field>\n        \
                 <readable>true</readable>\n    </fieldPermissions>\n",
                number % 10 == 0
            )
        })
        .collect();
    let objects = [object("Account"), object("Contact"), object("Lead").replace("Read", "Edit")];
    let inner = [fields, objects.concat(), rights("ApiEnabled"), rights("ModifyAllData")].concat();
    env.write("profiles/New.profile", profile(&inner));
    std::fs::remove_file(env.folder().join("permissionsets/Gone.permissionset-meta.xml")).unwrap();
    git(&env, "add .");
    insta::assert_snapshot!(git(&env, "diff --cached"), @"
    diff permissionsets/Gone.permissionset-meta.xml
    deleted file
    - PermissionSet Gone  is gone
        - label  Acme Sync
        - objectPermissions  allowEdit=true: Account

    diff profiles/New.profile
    new file
    + Profile New  is new
        + custom  true
        + fieldPermissions  readable=true: Account.Field_01__c, Account.Field_02__c,
                            Account.Field_03__c, Account.Field_04__c, Account.Field_05__c,
                            Account.Field_06__c, Account.Field_07__c, Account.Field_08__c,
                            Account.Field_09__c, Account.Field_11__c, Account.Field_12__c,
                            Account.Field_13__c and 15 more
        + fieldPermissions  editable=true, readable=true: Account.Field_10__c, Account.Field_20__c,
                            Account.Field_30__c
        + objectPermissions  allowRead=true: Account, Contact
        + objectPermissions  allowEdit=true: Lead
        + userPermissions  enabled=true: ApiEnabled, ModifyAllData
    ");
}

#[test]
fn a_rename_is_shown_as_what_it_is() {
    let env = repository();
    let (gone, fresh) = (
        "permissionsets/Gone.permissionset-meta.xml",
        "permissionsets/Fresh.permissionset-meta.xml",
    );
    git(&env, &format!("mv {gone} {fresh}"));
    insta::assert_snapshot!(git(&env, "diff --cached"), @"
    diff permissionsets/Gone.permissionset-meta.xml permissionsets/Fresh.permissionset-meta.xml
    similarity index 100%
    rename from permissionsets/Gone.permissionset-meta.xml
    rename to permissionsets/Fresh.permissionset-meta.xml
    - PermissionSet Gone  is gone
    + PermissionSet Fresh  is new, with the settings of Gone
    ");
    env.write(fresh, set("Acme Sync 2"));
    git(&env, "add .");
    insta::assert_snapshot!(git(&env, "diff --cached"), @"
    diff permissionsets/Gone.permissionset-meta.xml permissionsets/Fresh.permissionset-meta.xml
    similarity index 88%
    rename from permissionsets/Gone.permissionset-meta.xml
    rename to permissionsets/Fresh.permissionset-meta.xml
    - PermissionSet Gone  is gone
    + PermissionSet Fresh  is new, with the settings of Gone, but for these
        ~ label  Acme Sync -> Acme Sync 2
    ");
    // Another folder is no other component.
    git(&env, "reset --quiet --hard");
    std::fs::create_dir_all(env.folder().join("more/permissionsets")).unwrap();
    git(&env, &format!("mv {gone} more/{gone}"));
    insta::assert_snapshot!(git(&env, "diff --cached"), @"
    diff permissionsets/Gone.permissionset-meta.xml more/permissionsets/Gone.permissionset-meta.xml
    similarity index 100%
    rename from permissionsets/Gone.permissionset-meta.xml
    rename to more/permissionsets/Gone.permissionset-meta.xml
        no setting differs (order, spelling or layout)
    ");
    git(&env, "reset --quiet --hard");
    env.write(fresh, set("Acme Copy"));
    git(&env, "add .");
    insta::assert_snapshot!(git(&env, "diff --cached -C -C"), @"
    diff permissionsets/Gone.permissionset-meta.xml permissionsets/Fresh.permissionset-meta.xml
    similarity index 89%
    copy from permissionsets/Gone.permissionset-meta.xml
    copy to permissionsets/Fresh.permissionset-meta.xml
    + PermissionSet Fresh  is new, with the settings of Gone, but for these
        ~ label  Acme Sync -> Acme Copy
    ");
}

#[test]
fn a_new_or_removed_part_is_a_change_of_its_permission_set() {
    let env = repository();
    let own = |name: &str| format!("permissionsets/{name}/{name}.permissionset-meta.xml");
    let part = |set: &str, name: &str| {
        format!("permissionsets/{set}/customPermissions/{name}.customPermission-meta.xml")
    };
    let entry = |name: &str| {
        let namespace = "http://soap.sforce.com/2006/04/metadata";
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CustomPermission xmlns=\"{namespace}\">\n    \
             <enabled>true</enabled>\n    <name>{name}</name>\n</CustomPermission>\n"
        )
    };
    for name in ["Acme", "Bolt"] {
        env.write(&own(name), set(name));
    }
    env.write(&part("Acme", "Ship"), entry("Ship"));
    env.write(&part("Acme", "Send"), entry("Send"));
    git(&env, "add .");
    git(&env, "commit --quiet -m parts");
    env.write(&part("Acme", "Move"), entry("Move"));
    std::fs::remove_file(env.folder().join(part("Acme", "Ship"))).unwrap();
    git(&env, "add .");
    insta::assert_snapshot!(git(&env, "diff --cached --no-renames"), @"
    diff permissionsets/Acme/customPermissions/Move.customPermission-meta.xml
    new file
    ~ PermissionSet Acme
        + customPermissions[Move]  enabled=true

    diff permissionsets/Acme/customPermissions/Ship.customPermission-meta.xml
    deleted file
    ~ PermissionSet Acme
        - customPermissions[Ship]  enabled=true
    ");
    git(&env, "reset --quiet --hard");
    git(&env, &format!("mv {} {}", part("Acme", "Ship"), part("Acme", "Move")));
    env.write(&part("Acme", "Move"), entry("Move"));
    std::fs::create_dir_all(env.folder().join("permissionsets/Bolt/customPermissions")).unwrap();
    git(&env, &format!("mv {} {}", part("Acme", "Send"), part("Bolt", "Send")));
    git(&env, "add .");
    insta::assert_snapshot!(git(&env, "diff --cached -M"), @"
    diff permissionsets/Acme/customPermissions/Ship.customPermission-meta.xml permissionsets/Acme/customPermissions/Move.customPermission-meta.xml
    similarity index 87%
    rename from permissionsets/Acme/customPermissions/Ship.customPermission-meta.xml
    rename to permissionsets/Acme/customPermissions/Move.customPermission-meta.xml
    ~ PermissionSet Acme
        + customPermissions[Move]  enabled=true
        - customPermissions[Ship]  enabled=true

    diff permissionsets/Acme/customPermissions/Send.customPermission-meta.xml
    deleted file
    ~ PermissionSet Acme
        - customPermissions[Send]  enabled=true

    diff permissionsets/Bolt/customPermissions/Send.customPermission-meta.xml
    new file
    ~ PermissionSet Bolt
        + customPermissions[Send]  enabled=true
    ");
    // The set itself is new and gone by its own file alone.
    git(&env, "reset --quiet --hard");
    git(&env, "rm --quiet -r permissionsets/Acme");
    insta::assert_snapshot!(git(&env, "diff --cached"), @"
    diff permissionsets/Acme/Acme.permissionset-meta.xml
    deleted file
    - PermissionSet Acme  is gone
        - label  Acme
        - objectPermissions  allowEdit=true: Account

    diff permissionsets/Acme/customPermissions/Send.customPermission-meta.xml
    deleted file
    ~ PermissionSet Acme
        - customPermissions[Send]  enabled=true

    diff permissionsets/Acme/customPermissions/Ship.customPermission-meta.xml
    deleted file
    ~ PermissionSet Acme
        - customPermissions[Ship]  enabled=true
    ");
}

#[test]
fn a_file_that_is_not_merged_does_not_end_the_diff() {
    let env = repository();
    git(&env, "checkout --quiet -b other");
    env.write("profiles/A.profile", profile(&object("Lead")));
    git(&env, "commit --quiet -a -m other");
    git(&env, "checkout --quiet main");
    env.write("profiles/A.profile", profile(&object("Case")));
    git(&env, "commit --quiet -a -m main");
    git(&env, "merge other");
    insta::assert_snapshot!(git(&env, "diff"), @"
    diff --cc profiles/A.profile
    index a4bf129,825ab2f..0000000
    --- a/profiles/A.profile
    +++ b/profiles/A.profile
    @@@ -3,6 -3,6 +3,10 @@@
          <custom>true</custom>
          <objectPermissions>
              <allowRead>true</allowRead>
    ++<<<<<<< HEAD
     +        <object>Case</object>
    ++=======
    +         <object>Lead</object>
    ++>>>>>>> other
          </objectPermissions>
      </Profile>
    ");
    insta::assert_snapshot!(git(&env, "diff --ours"), @"
    * Unmerged path profiles/A.profile
    profiles/A.profile:6:1: there is a git merge conflict marker here; finish the merge first
    --- a/profiles/A.profile
    +++ b/profiles/A.profile
    @@ -3,6 +3,10 @@
         <custom>true</custom>
         <objectPermissions>
             <allowRead>true</allowRead>
    +<<<<<<< HEAD
             <object>Case</object>
    +=======
    +        <object>Lead</object>
    +>>>>>>> other
         </objectPermissions>
     </Profile>
    ");
}

#[test]
fn the_driver_is_not_called_by_hand() {
    insta::assert_snapshot!(shown(&Env::new(), "git-diff profiles/A.profile"), @r#"
    $ sfsetup git-diff profiles/A.profile
    --- stderr
    error: git calls this with seven arguments
    hint: set it up with `git config diff.sfsetup.command "sfsetup git-diff"` and a line `*.profile* diff=sfsetup` in .gitattributes
    --- exit 64
    "#);
}

/// The README's lines name every suffix that has a row of its own.
#[test]
fn the_attributes_cover_every_suffix() {
    let attributes = attributes();
    let lines: Vec<&str> =
        attributes.lines().filter_map(|line| line.split(' ').next()?.strip_prefix("*")).collect();
    for row in registry::rows().iter().filter(|row| !row.suffix.is_empty()) {
        for name in [format!("X.{}", row.suffix), format!("X.{}-meta.xml", row.suffix)] {
            assert!(
                lines.iter().any(|end| name.ends_with(end)),
                "{name} is not covered: {lines:?}"
            );
        }
    }
}
