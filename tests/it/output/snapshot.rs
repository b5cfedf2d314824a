//! `sfsetup snapshot`, `org` and `demo` on the built-in org.

use super::shown;
use crate::support::Env;

#[test]
fn a_snapshot_says_what_it_wrote() {
    let env = Env::new();
    let take = "snapshot --org demo --out org --types ConnectedApp,PermissionSet";
    insta::assert_snapshot!(shown(&env, take), @"
    $ sfsetup snapshot --org demo --out org --types ConnectedApp,PermissionSet
    7 components of demo are in org.
    7 new: ConnectedApp:Ampersand, ConnectedApp:Warehouse_Loader, PermissionSet:Ampersand_Access, PermissionSet:Connected_App_Approver, PermissionSet:Report_Builder, PermissionSet:Warehouse_Sync, and 1 more
    --- stderr
    connecting to demo
    listing what the org has
    retrieving from demo
    --- exit 0
    ");
    insta::assert_snapshot!(shown(&env, take), @"
    $ sfsetup snapshot --org demo --out org --types ConnectedApp,PermissionSet
    7 components of demo are in org.
    Nothing has changed since the last snapshot.
    --- stderr
    connecting to demo
    listing what the org has
    retrieving from demo
    --- exit 0
    ");
    insta::assert_snapshot!(shown(&env, "diff --baseline org --org demo"), @"
    $ sfsetup diff --baseline org --org demo
    demo against the baseline `org`
    org 00DWs0000008DemMAE at http://127.0.0.1:PORT, from: the demo org in this program

    Nothing differs.
    0 settings differ, 7 components in sync, 0 not observed.
    --- stderr
    connecting to demo
    listing what the org has
    retrieving from demo
    --- exit 0
    ");
    insta::assert_snapshot!(shown(&env, "snapshot --org demo --out org --types Profile"), @"
    $ sfsetup snapshot --org demo --out org --types Profile
    --- stderr
    error: `org` is a snapshot of something else than this run asks for, so nothing was written
      caused by: this run leaves out: ConnectedApp, PermissionSet
    hint: name another folder with `--out`; or add `--prune`, once, which removes the files of what is not asked for any more
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, "snapshot --org demo --out org --commit --types Profile --prune"), @"
    $ sfsetup snapshot --org demo --out org --commit --types Profile --prune
    --- stderr
    error: `org` is not in a git repository, so nothing was written
      caused by: fatal: not a git repository (or any of the parent directories): .git
    hint: `git init` makes one; or leave `--commit` out
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, "snapshot --org demo --out new --types ConnectdApp"), @"
    $ sfsetup snapshot --org demo --out new --types ConnectdApp
    --- stderr
    connecting to demo
    listing what the org has
    error: cannot read the org `demo`
      caused by: nothing of what was asked for could be read; ConnectdApp: the org says: Unknown type: ConnectdApp (INVALID_TYPE)
    hint: `ConnectdApp`: did you mean `ConnectedApp`?
    hint: `new` was not made
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, "snapshot --out new"), @"
    $ sfsetup snapshot --out new
    --- stderr
    error: no org is named
    hint: name an org with `--org NAME` (or SFSETUP_ORG, SF_TARGET_ORG, or `org` in sfsetup.toml); `--org demo` is the built-in one
    --- exit 64
    ");
    std::fs::remove_file(env.folder().join("org/permissionsets/Report_Builder.permissionset"))
        .unwrap();
    insta::assert_snapshot!(shown(&env, "diff --baseline org --org demo"), @"
    $ sfsetup diff --baseline org --org demo
    --- stderr
    error: cannot read the metadata in `org`
      caused by: its snapshot.json names files that are not there: `permissionsets/Report_Builder.permissionset`
    hint: put the files back (`git checkout` where they are committed), or take the snapshot again
    --- exit 1
    ");
}

#[test]
fn orgs_are_listed_and_displayed() {
    let env = Env::new();
    insta::assert_snapshot!(shown(&env, "org list"), @"
    $ sfsetup org list
    --- stderr
    hint: sfsetup has no logins of its own; `sfsetup org login --help` says how to make one, and orgs of the sf command line work by their alias; `--org demo` is the org in this program
    --- exit 0
    ");
    insta::assert_snapshot!(shown(&env, "org display --org demo"), @"
    $ sfsetup org display --org demo
    org                  demo
    id                   00DWs0000008DemMAE
    address              http://127.0.0.1:PORT
    user                 robin.alder@harbourlight.example.com
    from                 the demo org in this program
    API version          67.0
    requests left today  114202 of 115000
    --- stderr
    connecting to demo
    --- exit 0
    ");
    insta::assert_snapshot!(shown(&env, "org display --org demo --format json --quiet"), @r#"
    $ sfsetup org display --org demo --format json --quiet
    {
      "format": "sfsetup.org-display/1",
      "error": null,
      "name": "demo",
      "id": "00DWs0000008DemMAE",
      "instance_url": "http://127.0.0.1:PORT",
      "source": "the demo org in this program",
      "username": "robin.alder@harbourlight.example.com",
      "api_version": "67.0",
      "requests_left": 114202,
      "requests_a_day": 115000
    }
    --- exit 0
    "#);
    insta::assert_snapshot!(shown(&env, "org display"), @"
    $ sfsetup org display
    --- stderr
    error: no org is named
    hint: name an org with `--org NAME` (or SFSETUP_ORG, SF_TARGET_ORG, or `org` in sfsetup.toml); `--org demo` is the built-in one
    --- exit 64
    ");
    insta::assert_snapshot!(shown(&env, "org display --org nobody"), @"
    $ sfsetup org display --org nobody
    --- stderr
    error: cannot read the org `nobody`
      caused by: no login has that name, and the sf command line, which might know it, is not installed
    hint: `sfsetup org list` lists the orgs that are known; `sfsetup org login nobody` adds it
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, "org logout nobody"), @"
    $ sfsetup org logout nobody
    --- stderr
    error: there is no login `nobody`
    hint: `sfsetup org list` lists them
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, "org login acme --client-credentials"), @"
    $ sfsetup org login acme --client-credentials
    --- stderr
    error: the following required arguments were not provided:
      --client-id <KEY>
      --client-secret-file <FILE>
      --instance-url <URL>

    Usage: sfsetup org login --client-id <KEY> --client-secret-file <FILE> --instance-url <URL> --client-credentials <NAME>

    For more information, try '--help'.
    --- exit 64
    ");
    insta::assert_snapshot!(shown(&env, "demo reset"), @"
    $ sfsetup demo reset
    the demo org is as new
    --- stderr
    hint: a `sfsetup demo serve` that runs must be started again: sessions ended with the old org
    --- exit 0
    ");
}
