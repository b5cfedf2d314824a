//! What a person may call wrongly, and files that cannot be read: what happened, why, what to do.

use super::diff::folder;
use super::shown;
use crate::support::{Env, fixture};

#[test]
fn a_wrong_call_says_what_is_missing() {
    let env = Env::new();
    folder(&env);
    insta::assert_snapshot!(shown(&env, "diff"), @"
    $ sfsetup diff
    --- stderr
    error: nothing is said of what is wanted
    hint: name a template with `--template NAME`, or `templates` in sfsetup.toml; `sfsetup template list` lists the shipped ones
    hint: or what is to be as it was with `--baseline PATH`
    --- exit 64
    ");
    insta::assert_snapshot!(shown(&env, "diff --template acme.toml"), @"
    $ sfsetup diff --template acme.toml
    --- stderr
    error: neither an org nor a folder is named
    hint: name an org with `--org NAME` (or SFSETUP_ORG, SF_TARGET_ORG, or `org` in sfsetup.toml)
    hint: or a folder, project or zip with `--from PATH`
    --- exit 64
    ");
    insta::assert_snapshot!(shown(&env, "deploy --template acme.toml"), @"
    $ sfsetup deploy --template acme.toml
    --- stderr
    error: no org is named
    hint: name an org with `--org NAME` (or SFSETUP_ORG, SF_TARGET_ORG, or `org` in sfsetup.toml); `--org demo` is the built-in one
    --- exit 64
    ");
    insta::assert_snapshot!(shown(&env, "diff --template ampersnad --from org"), @"
    $ sfsetup diff --template ampersnad --from org
    --- stderr
    error: there is no template `ampersnad`, and no file of that name
    hint: did you mean `ampersand`? `sfsetup template list` lists those that are known
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, "diff --template . --from org"), @"
    $ sfsetup diff --template . --from org
    --- stderr
    error: cannot read the template `.`
      caused by: it is a folder
    hint: name one `.toml` file in it
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, "diff --template ampersand --from org"), @"
    $ sfsetup diff --template ampersand --from org
    --- stderr
    error: the parameters of template `ampersand` are not complete
      caused by: no value is given for `app` (API name of that app in this org; for a connected app that another org owns, its label)
    hint: `sfsetup template show ampersand` lists them; give one with `--set name=value`
    hint: or write them under [parameters] in a file `sfsetup.toml` beside the metadata
    --- exit 1
    ");
    insta::assert_snapshot!(
        shown(&env, "diff --template ampersand --from org --set aap=x --set app_kind=toaster"),
        @"
    $ sfsetup diff --template ampersand --from org --set aap=x --set app_kind=toaster
    --- stderr
    error: the parameters of template `ampersand` are not complete
      caused by: no value is given for `app` (API name of that app in this org; for a connected app that another org owns, its label)
      caused by: there is no parameter `aap`; did you mean `app`?
      caused by: parameter `app_kind` is one of connected-app, external-client-app, not `toaster`
    hint: `sfsetup template show ampersand` lists them; give one with `--set name=value`
    hint: or write them under [parameters] in a file `sfsetup.toml` beside the metadata
    --- exit 64
    "
    );
    insta::assert_snapshot!(shown(&env, "diff --template acme.toml --from org --set app"), @"
    $ sfsetup diff --template acme.toml --from org --set app
    --- stderr
    error: `--set app` is not of the form name=value
    hint: the command's `--help` says what it takes
    --- exit 64
    ");
    insta::assert_snapshot!(
        shown(&env, "diff --template acme.toml --template acme.toml --from org"),
        @"
    $ sfsetup diff --template acme.toml --template acme.toml --from org
    --- stderr
    error: the template `acme` is named twice
    hint: the command's `--help` says what it takes
    --- exit 64
    "
    );
    insta::assert_snapshot!(shown(&env, "diff --template acme.toml --from org --only Acme"), @"
    $ sfsetup diff --template acme.toml --from org --only Acme
    --- stderr
    error: `--only Acme` is not of the form TYPE:NAME or TYPE:NAME:PATH
    hint: for instance `--only 'Profile:*'` or `--only 'ConnectedApp:Acme:oauthPolicy.*'`
    --- exit 64
    ");
    insta::assert_snapshot!(
        shown(&env, "diff --template acme.toml --from org --only ConnectedApp:Nova"),
        @"
    $ sfsetup diff --template acme.toml --from org --only ConnectedApp:Nova
    --- stderr
    error: `--only ConnectedApp:Nova` matches nothing that is compared here
    hint: did you mean `--only 'ConnectedApp:Acme'`?
    --- exit 64
    "
    );
    insta::assert_snapshot!(
        shown(&env, "diff --template acme.toml --from org --out no/folder/answer.txt"),
        @"
    $ sfsetup diff --template acme.toml --from org --out no/folder/answer.txt
    --- stderr
    error: cannot write `no/folder/answer.txt`
      caused by: there is no folder `no/folder`
    hint: put right what is named here, then run the same command again
    --- exit 1
    "
    );
    insta::assert_snapshot!(
        shown(&env, "package --template acme.toml --from org --out x.zip --layout source"),
        @"
    $ sfsetup package --template acme.toml --from org --out x.zip --layout source
    --- stderr
    error: a zip is always in metadata format
    hint: name a folder, or leave `--layout source` out
    --- exit 64
    "
    );
    insta::assert_snapshot!(
        shown(&env, "diff --template acme.toml --org nobody --format json"),
        @r#"
    $ sfsetup diff --template acme.toml --org nobody --format json
    {
      "format": "sfsetup.diff/1",
      "error": null,
      "template": {
        "name": "acme",
        "version": "2026.11"
      },
      "templates": [
        {
          "name": "acme",
          "version": "2026.11",
          "source": "https://docs.example.com/acme",
          "reviewed": "2026-11-23",
          "source_read": null,
          "review_overdue": false,
          "extends": null,
          "dropped": []
        }
      ],
      "orgs": [
        {
          "org": {
            "name": "nobody",
            "id": null,
            "instance_url": null,
            "source": null
          },
          "error": {
            "code": "NO_SUCH_ORG",
            "message": "cannot read the org `nobody`: no login has that name, and the sf command line, which might know it, is not installed",
            "hint": "`sfsetup org list` lists the orgs that are known; `sfsetup org login nobody` adds it"
          },
          "summary": {
            "in_sync": 0,
            "differs": 0,
            "missing": 0,
            "not_observed": 0,
            "manual": 0,
            "waived": 0
          },
          "notes": [],
          "findings": []
        }
      ]
    }
    --- stderr
    error: cannot read the org `nobody`
      caused by: no login has that name, and the sf command line, which might know it, is not installed
    hint: `sfsetup org list` lists the orgs that are known; `sfsetup org login nobody` adds it
    --- exit 1
    "#
    );
    env.write("sfsetup.toml", "[parameters\n");
    insta::assert_snapshot!(shown(&env, "diff --template acme.toml --from org"), @r#"
    $ sfsetup diff --template acme.toml --from org
    --- stderr
    error: cannot read `HOME/sfsetup.toml`
      caused by: line 1: unclosed table, expected `]`
    hint: it may hold `org = "name"`, `templates = ["name"]`, `template-paths = ["folder"]`, `format`, `fail-on`, [parameters] with one `name = value` a line, [overlay.TEMPLATE], [[waiver]] with `reason` and `expires`, and most of it under [orgs.ORG]; `sfsetup config schema` prints all of it for an editor
    --- exit 1
    "#);
    env.write("sfsetup.toml", "[parameters]\napp = 1.5\n");
    insta::assert_snapshot!(shown(&env, "diff --template acme.toml --from org"), @"
    $ sfsetup diff --template acme.toml --from org
    --- stderr
    error: parameter `app` in `HOME/sfsetup.toml` is no text, flag or list of texts
    hint: put right what is named here, then run the same command again
    --- exit 1
    ");
}

#[test]
fn files_that_cannot_be_read_are_named_with_the_place() {
    let env = Env::new();
    folder(&env);
    let mut all = String::new();
    let hostile = fixture("hostile");
    for name in [
        "bare-ampersand",
        "bomb.zip",
        "broken.zip",
        "deep",
        "doctype",
        "duplicate.zip",
        "empty",
        "html",
        "invalid-utf8",
        "lfs-pointer",
        "merge-conflict",
        "mismatched",
        "not-xml",
        "truncated",
        "unclosed",
        "utf16",
        "wrong-namespace",
        "wrong-root",
        "zip-slip.zip",
    ] {
        let from = format!("--from {hostile}/{name}");
        // Each begins without what the one before it has written.
        let _ = std::fs::remove_file(env.folder().join("answer.txt"));
        all.push_str(&shown(&env, &format!("diff --template acme.toml {from} --out answer.txt")));
    }
    insta::assert_snapshot!(all, @"
    $ sfsetup diff --template acme.toml --from fixtures/hostile/bare-ampersand --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:4:24: a bare `&` stands here, where XML does not allow it; write `&amp;`
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/bomb.zip --out answer.txt
    --- stderr
    error: cannot read the metadata in `fixtures/hostile/bomb.zip`
      caused by: the zip is hostile: it unpacks to more than 400 times its size
    hint: nothing was read of it: find out where it comes from before you try again
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/broken.zip --out answer.txt
    --- stderr
    error: cannot read the metadata in `fixtures/hostile/broken.zip`
      caused by: the zip is damaged: invalid Zip archive: Could not find EOCD
    hint: take the zip from where it came once more
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/deep --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:3:190: elements stand more than 64 deep in one another
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/doctype --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:2:1: there is a DOCTYPE, which metadata files never have
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/duplicate.zip --out answer.txt
    --- stderr
    error: cannot read the metadata in `fixtures/hostile/duplicate.zip`
      caused by: the zip is hostile: it holds `profiles/Admin.profile` twice
    hint: nothing was read of it: find out where it comes from before you try again
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/empty --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:1:1: the file is empty
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/html --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:1:1: this is an HTML page, not metadata; it may be a login or maintenance page that was saved by mistake
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/invalid-utf8 --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:4:24: this byte is no valid UTF-8
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/lfs-pointer --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:1:1: this is a Git LFS pointer, not the file itself; run `git lfs pull`
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/merge-conflict --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:4:1: there is a git merge conflict marker here; finish the merge first
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/mismatched --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:4:28: `</userLicence>` closes `<userLicense>`
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/not-xml --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:1:1: this is not XML: an element was expected here
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/truncated --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:4:5: `<userLicense>` is opened here and never closed; the file may be cut off
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/unclosed --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:2:1: `<Profile>` is opened here and never closed; the file may be cut off
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/utf16 --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:1:1: the file is UTF-16; metadata files are UTF-8
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/wrong-namespace --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:2:1: the namespace is `http://soap.example.com/metadata`, not `http://soap.sforce.com/2006/04/metadata`
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/wrong-root --out answer.txt
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Admin.profile:2:1: the root element is `PermissionSet` where `Profile` was expected
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    $ sfsetup diff --template acme.toml --from fixtures/hostile/zip-slip.zip --out answer.txt
    --- stderr
    error: cannot read the metadata in `fixtures/hostile/zip-slip.zip`
      caused by: the zip is hostile: the entry `../../evil.profile` points outside it
    hint: nothing was read of it: find out where it comes from before you try again
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, "diff --template acme.toml --from no/such/folder"), @"
    $ sfsetup diff --template acme.toml --from no/such/folder
    --- stderr
    error: cannot read the metadata in `no/such/folder`
      caused by: `no/such/folder` does not exist
    hint: name a folder in metadata or source format, or a zip; of a branch or commit of git, a folder that it is checked out in (`git worktree add FOLDER BRANCH`)
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, "diff --baseline no/such/folder --from org"), @"
    $ sfsetup diff --baseline no/such/folder --from org
    --- stderr
    error: cannot read the metadata in `no/such/folder`
      caused by: `no/such/folder` does not exist
    hint: name a folder in metadata or source format, or a zip; of a branch or commit of git, a folder that it is checked out in (`git worktree add FOLDER BRANCH`)
    --- exit 1
    ");
    let app = std::fs::read(env.folder().join("org/connectedApps/Acme.connectedApp")).unwrap();
    env.write("org/src/connectedApps/Acme.connectedApp", &app);
    insta::assert_snapshot!(shown(&env, "diff --template acme.toml --from org"), @"
    $ sfsetup diff --template acme.toml --from org
    --- stderr
    error: cannot read the metadata in `org`
      caused by: ConnectedApp:Acme stands in two files, `connectedApps/Acme.connectedApp` and `src/connectedApps/Acme.connectedApp`; which is meant cannot be told
    hint: take one of the two away, or name a folder that has one of them
    --- exit 1
    ");
    env.write("record/connectedApps/Acme.connectedApp", &app);
    env.write("record/snapshot.json", "{\"format\": \"sfsetup.snapshot/9\"}");
    insta::assert_snapshot!(shown(&env, "diff --template acme.toml --from record"), @"
    $ sfsetup diff --template acme.toml --from record
    --- stderr
    error: cannot read the metadata in `record`
      caused by: snapshot.json: it has the format `sfsetup.snapshot/9`, and this sfsetup reads `sfsetup.snapshot/1`: a newer sfsetup wrote it, and reads it
    hint: put right what is named here, or leave the file out, then run this again
    --- exit 1
    ");
    env.write("project/sfdx-project.json", "{");
    insta::assert_snapshot!(shown(&env, "diff --template acme.toml --from project"), @"
    $ sfsetup diff --template acme.toml --from project
    --- stderr
    error: cannot read the metadata in `project`
      caused by: `sfdx-project.json`: EOF while parsing an object at line 1 column 1
    hint: put right what is named here, or leave the file out, then run this again
    --- exit 1
    ");
}

#[test]
fn templates_that_contradict_each_other_are_named() {
    let env = Env::new();
    folder(&env);
    let other = "format = 1\n[template]\nname = \"other\"\ntitle = \"Other\"\nversion = \
                 \"1\"\nsource = \"https://other.example.com\"\nreviewed = 2026-11-23\n[[step]]\nid = \
                 \"zero\"\ntitle = \"Expires at once\"\ndocs = \
                 \"https://other.example.com/zero\"\nwant = [{ component = \"ConnectedApp:Acme\", \
                 path = \"oauthPolicy.refreshTokenPolicy\", equals = \"zero\" }]\n";
    env.write("other.toml", other);
    insta::assert_snapshot!(
        shown(&env, "diff --template acme.toml --template other.toml --from org"),
        @"
    $ sfsetup diff --template acme.toml --template other.toml --from org
    --- stderr
    error: the templates want different things of one setting
      caused by: ConnectedApp:Acme oauthPolicy.refreshTokenPolicy: `acme` wants equals infinite (step `refresh`, after https://docs.example.com/acme); `other` wants equals zero (step `zero`, after https://other.example.com/zero)
    hint: decide which is right, and leave the other out: [[overlay.TEMPLATE.drop]] in sfsetup.toml with `step` and `reason`
    --- exit 1
    "
    );
}
