//! `sfsetup template`: the list, a page, mistakes, a skeleton, cases.

use super::diff::STATES;
use super::shown;
use crate::support::Env;

#[test]
fn templates_are_listed_and_shown() {
    let env = Env::new();
    env.write("acme.toml", STATES);
    insta::assert_snapshot!(shown(&env, "template list --group marketing"), @"
    $ sfsetup template list --group marketing
    Marketing
      account-engagement  Marketing Cloud Account Engagement (connector v1 or
                          Marketing Data Sharing)
      marketo             Adobe Marketo Engage (Enterprise and Unlimited editions)
    --- exit 0
    ");
    insta::assert_snapshot!(shown(&env, "template list refresh gong"), @"
    $ sfsetup template list refresh gong
    --- stderr
    hint: no template here speaks of that; `sfsetup template list` lists them all, `sfsetup template new --help` says how to begin one of your own
    --- exit 0
    ");
    insta::assert_snapshot!(shown(&env, "template list nothing-of-the-sort"), @"
    $ sfsetup template list nothing-of-the-sort
    --- stderr
    hint: no template here speaks of that; `sfsetup template list` lists them all, `sfsetup template new --help` says how to begin one of your own
    --- exit 0
    ");
    insta::assert_snapshot!(shown(&env, "template show acme.toml"), @r#"
    $ sfsetup template show acme.toml
    Acme (acme 2026.11)
    after https://docs.example.com/acme, read 2026-11-23

    Parameters
      app  App
           text; default Acme

    Steps
      1. IP restrictions are relaxed  ip
         - ConnectedApp:{app} oauthPolicy.ipRelaxation = BYPASS  "Relax IP restrictions"
         why: The service calls from many addresses.
         in: Setup, Quick Find "Manage Connected Apps"
         docs: https://docs.example.com/acme#ip
      2. Refresh token is valid until revoked  refresh
         - ConnectedApp:{app} oauthPolicy.refreshTokenPolicy = infinite  "Refresh token is valid until revoked"
         in: Setup, Quick Find "Manage Connected Apps"
      3. Objects that are read  (recommended)  objects
         - Profile:Acme Integration objectPermissions[Account].allowRead = true
         - Profile:Acme Integration objectPermissions[Case].allowRead = true
         in: Setup, Quick Find "Profiles"
      4. A permission set  set
         - PermissionSet:Acme_Access userPermissions[ApiEnabled].enabled = true
         in: Setup, Quick Find "Permission Sets"
      5. The profile is on the Salesforce licence  licence
         - Profile:Acme Integration userLicense = Salesforce
         in: Setup, Quick Find "Profiles"
      6. The org has API access  edition
         - org.api_access = true
      7. Invite the service's user  invite
         ! by hand: Send an invitation from the vendor's console.

    What it owns: a fix changes the settings named above in these components, and nothing beside them
      ConnectedApp:{app}: oauthPolicy
      PermissionSet:Acme_Access: userPermissions
      Profile:Acme Integration: objectPermissions, userLicense

    What no deploy can do, in whole or in part
      6. The org has API access
      7. Invite the service's user
    --- exit 0
    "#);
    insta::assert_snapshot!(shown(&env, "template show ampersnad"), @"
    $ sfsetup template show ampersnad
    --- stderr
    error: there is no template `ampersnad`, and no file of that name
    hint: did you mean `ampersand`? `sfsetup template list` lists those that are known
    --- exit 1
    ");
}

#[test]
fn a_template_is_checked_with_every_mistake_at_once() {
    let env = Env::new();
    env.write("acme.toml", STATES);
    insta::assert_snapshot!(shown(&env, "template check acme.toml"), @"
    $ sfsetup template check acme.toml
    acme.toml:18: note: step `refresh` has no `docs`: nobody can look up who asks for it
    acme.toml:22: note: step `objects` has no `docs`: nobody can look up who asks for it
    acme.toml:30: note: step `set` has no `docs`: nobody can look up who asks for it
    acme.toml:34: note: step `licence` has no `docs`: nobody can look up who asks for it
    acme.toml:38: note: step `edition` has no `docs`: nobody can look up who asks for it
    acme.toml:42: note: step `invite` has no `docs`: nobody can look up who asks for it
    acme: no mistakes; 1 parameter, 7 steps, 8 wants
    --- stderr
    note: names that only an org knows are not checked: connected apps, objects, permission sets, profiles; a diff against one says whether it has them
    --- exit 0
    ");
    let broken = STATES
        .replace("equals = \"BYPASS\"", "equals = \"BYPAS\"")
        .replace("userLicense", "userLicence")
        .replace("level = ", "levl = ")
        .replace("{app}\", path = \"oauthPolicy.refresh", "{ap}\", path = \"oauthPolicy.refresh");
    env.write("broken.toml", broken);
    insta::assert_snapshot!(shown(&env, "template check broken.toml"), @r#"
    $ sfsetup template check broken.toml
    --- stderr
    error: `BYPAS` is no value of `ipRelaxation`, which takes ENFORCE, BYPASS_2FACTOR, BYPASS, ENFORCE_RELAXREFRESH
      --> broken.toml:17:90
       |
    17 | want  = [{ component = "ConnectedApp:{app}", path = "oauthPolicy.ipRelaxation", equals = "BYPAS" }]
       |                                                                                          ^^^^^^^
       |
    help: did you mean `BYPASS`?

    error: there is no parameter `ap`
      --> broken.toml:21:24
       |
    21 | want  = [{ component = "ConnectedApp:{ap}", path = "oauthPolicy.refreshTokenPolicy", equals = "infinite" }]
       |                        ^^^^^^^^^^^^^^^^^^^
       |
    help: did you mean `app`?

    error: a step has no key `levl`
      --> broken.toml:25:1
       |
    25 | levl = "recommended"
       | ^^^^
       |
    help: did you mean `level`?

    error: `Profile` has no element `userLicence`
      --> broken.toml:37:59
       |
    37 | want  = [{ component = "Profile:Acme Integration", path = "userLicence", equals = "Salesforce" }]
       |                                                           ^^^^^^^^^^^^^
       |
    help: did you mean `userLicense`?
    --- exit 1
    "#);
    insta::assert_snapshot!(shown(&env, "diff --template broken.toml --from . --quiet"), @r#"
    $ sfsetup diff --template broken.toml --from . --quiet
    --- stderr
    error: `BYPAS` is no value of `ipRelaxation`, which takes ENFORCE, BYPASS_2FACTOR, BYPASS, ENFORCE_RELAXREFRESH
      --> broken.toml:17:90
       |
    17 | want  = [{ component = "ConnectedApp:{app}", path = "oauthPolicy.ipRelaxation", equals = "BYPAS" }]
       |                                                                                          ^^^^^^^
       |
    help: did you mean `BYPASS`?

    error: there is no parameter `ap`
      --> broken.toml:21:24
       |
    21 | want  = [{ component = "ConnectedApp:{ap}", path = "oauthPolicy.refreshTokenPolicy", equals = "infinite" }]
       |                        ^^^^^^^^^^^^^^^^^^^
       |
    help: did you mean `app`?

    error: a step has no key `levl`
      --> broken.toml:25:1
       |
    25 | levl = "recommended"
       | ^^^^
       |
    help: did you mean `level`?

    error: `Profile` has no element `userLicence`
      --> broken.toml:37:59
       |
    37 | want  = [{ component = "Profile:Acme Integration", path = "userLicence", equals = "Salesforce" }]
       |                                                           ^^^^^^^^^^^^^
       |
    help: did you mean `userLicense`?
    --- exit 1
    "#);
    env.write("no.toml", "format = 1\n[template\n");
    insta::assert_snapshot!(shown(&env, "template check no.toml"), @"
    $ sfsetup template check no.toml
    --- stderr
    error: unclosed table, expected `]`
     --> no.toml:2:10
      |
    2 | [template
      |          ^
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, "template check ."), @"
    $ sfsetup template check .
    --- stderr
    error: cannot read the template `.`
      caused by: it is a folder
    hint: name one `.toml` file in it
    --- exit 1
    ");
}

#[test]
fn a_template_is_begun_and_tried() {
    let env = Env::new();
    insta::assert_snapshot!(shown(&env, "template new acme"), @"
    $ sfsetup template new acme
    Wrote acme.toml: 7 steps, a skeleton to write over.
    --- stderr
    note: its title and source are placeholders: fill in what says TODO
    hint: `sfsetup template check acme.toml` finds mistakes as you write; `sfsetup diff --template acme.toml --org demo --set app=Ampersand` tries it on the built-in org
    --- exit 0
    ");
    insta::assert_snapshot!(shown(&env, "template new acme"), @"
    $ sfsetup template new acme
    --- stderr
    error: `acme.toml` is there already, so nothing was written
    hint: name another file with `--out`
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, "template new 'Acme Sync'"), @"
    $ sfsetup template new 'Acme Sync'
    --- stderr
    error: `Acme Sync` is no name for a template
      caused by: a template's name is made of letters a to z, digits and `-`, and begins with a letter
    hint: for instance `acme-sync`
    --- exit 64
    ");
    insta::assert_snapshot!(shown(&env, "template test acme.toml"), @"
    $ sfsetup template test acme.toml
    --- stderr
    error: there are no cases to try `acme.toml` on
      caused by: there is no folder `acme.test`
    hint: `sfsetup snapshot --org demo --template acme.toml --out acme.test/good` makes one of an org; or name their folder with `--cases`
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, "template test gong"), @"
    $ sfsetup template test gong
    --- stderr
    error: the shipped template `gong` has no cases beside it
    hint: name the folder with its cases: `--cases DIR`
    --- exit 64
    ");
}
