//! The forms of a report that other programs take: SARIF, JUnit's XML, a table, JSON by lines.

use serde_json::Value;

use crate::output::{shown, states};
use crate::support::{Env, fixture};

fn template(env: &Env, format: &str) -> String {
    shown(env, &format!("diff --template acme.toml --from org --quiet --format {format}"))
}

#[test]
fn each_state_in_a_table() {
    let env = Env::new();
    states(&env);
    insta::assert_snapshot!(template(&env, "csv"), @r#"
    $ sfsetup diff --template acme.toml --from org --quiet --format csv
    "org","template","step","title","level","state","type","component","path","fact","comparison","actual","actual_label","desired","desired_label","reason","manual","setup_url","docs","file","line"
    "org","acme","ip","IP restrictions are relaxed","required","differs","ConnectedApp","Acme","oauthPolicy.ipRelaxation","","equals","ENFORCE","Enforce IP restrictions","BYPASS","Relax IP restrictions","","","/lightning/setup/ConnectedApplication/home","https://docs.example.com/acme#ip","connectedApps/Acme.connectedApp","6"
    "org","acme","refresh","Refresh token is valid until revoked","required","in-sync","ConnectedApp","Acme","oauthPolicy.refreshTokenPolicy","","equals","infinite","Refresh token is valid until revoked","infinite","Refresh token is valid until revoked","","","/lightning/setup/ConnectedApplication/home","","connectedApps/Acme.connectedApp","7"
    "org","acme","objects","Objects that are read","recommended","differs","Profile","Acme Integration","objectPermissions[Account].allowRead","","equals","false","","true","","","","/lightning/setup/EnhancedProfiles/home","","profiles/Acme Integration.profile","2"
    "org","acme","objects","Objects that are read","recommended","not-observed","Profile","Acme Integration","objectPermissions[Case].allowRead","","equals","","","true","","not requested: a profile shows this only if CustomObject:Case is asked for with it","","/lightning/setup/EnhancedProfiles/home","","profiles/Acme Integration.profile","2"
    "org","acme","set","A permission set","required","missing","PermissionSet","Acme_Access","userPermissions[ApiEnabled].enabled","","equals","","","true","","","","/lightning/setup/PermSets/home","","",""
    "org","acme","licence","The profile is on the Salesforce licence","required","differs","Profile","Acme Integration","userLicense","","equals","Salesforce Platform","","Salesforce","","","","/lightning/setup/EnhancedProfiles/home","","profiles/Acme Integration.profile","4"
    "org","acme","edition","The org has API access","required","not-observed","","","","org.api_access","equals","","","true","","offline: only an org can answer this, a folder of files cannot","","/lightning/setup/CompanyProfileInfo/home","","",""
    "org","acme","invite","Invite the service's user","required","manual","","","","","","","","","","","Send an invitation from the vendor's console.","","","",""
    --- exit 2
    "#);
}

#[test]
fn each_state_as_junit() {
    let env = Env::new();
    states(&env);
    insta::assert_snapshot!(template(&env, "junit"), @r#"
    $ sfsetup diff --template acme.toml --from org --quiet --format junit
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="sfsetup" tests="7" skipped="2" failures="4" errors="0">
        <testsuite name="org" tests="7" skipped="2" errors="0" failures="4">
            <testcase name="IP restrictions are relaxed" classname="acme.ip">
                <failure message="ConnectedApp:Acme oauthPolicy.ipRelaxation is ENFORCE (Enforce IP restrictions); wanted: BYPASS (Relax IP restrictions)" type="differs">differs: ConnectedApp:Acme oauthPolicy.ipRelaxation is ENFORCE (Enforce IP restrictions); wanted: BYPASS (Relax IP restrictions) (connectedApps/Acme.connectedApp:6)
    why: The service calls from many addresses.
    in: Setup, Quick Find &quot;Manage Connected Apps&quot;, /lightning/setup/ConnectedApplication/home
    docs: https://docs.example.com/acme#ip</failure>
            </testcase>
            <testcase name="Refresh token is valid until revoked" classname="acme.refresh"/>
            <testcase name="Objects that are read" classname="acme.objects">
                <failure message="1 of 2: Profile:Acme Integration objectPermissions[Account].allowRead is false; wanted: true" type="differs">differs: Profile:Acme Integration objectPermissions[Account].allowRead is false; wanted: true (profiles/Acme Integration.profile:2)
    not-observed: Profile:Acme Integration objectPermissions[Case].allowRead was not observed: not requested: a profile shows this only if CustomObject:Case is asked for with it (profiles/Acme Integration.profile:2)
    in: Setup, Quick Find &quot;Profiles&quot;, /lightning/setup/EnhancedProfiles/home</failure>
            </testcase>
            <testcase name="A permission set" classname="acme.set">
                <failure message="PermissionSet:Acme_Access userPermissions[ApiEnabled].enabled is missing; wanted: true" type="missing">missing: PermissionSet:Acme_Access userPermissions[ApiEnabled].enabled is missing; wanted: true
    in: Setup, Quick Find &quot;Permission Sets&quot;, /lightning/setup/PermSets/home</failure>
            </testcase>
            <testcase name="The profile is on the Salesforce licence" classname="acme.licence">
                <failure message="Profile:Acme Integration userLicense is Salesforce Platform; wanted: Salesforce" type="differs">differs: Profile:Acme Integration userLicense is Salesforce Platform; wanted: Salesforce (profiles/Acme Integration.profile:4)
    in: Setup, Quick Find &quot;Profiles&quot;, /lightning/setup/EnhancedProfiles/home</failure>
            </testcase>
            <testcase name="The org has API access" classname="acme.edition">
                <skipped message="org.api_access was not observed: offline: only an org can answer this, a folder of files cannot" type="not-observed"/>
            </testcase>
            <testcase name="Invite the service&apos;s user" classname="acme.invite">
                <skipped message="to do by hand: Send an invitation from the vendor&apos;s console." type="manual"/>
            </testcase>
        </testsuite>
    </testsuites>
    --- exit 2
    "#);
}

#[test]
fn each_state_by_lines() {
    let env = Env::new();
    states(&env);
    insta::assert_snapshot!(template(&env, "jsonl"), @r#"
    $ sfsetup diff --template acme.toml --from org --quiet --format jsonl
    {"format":"sfsetup.diff.finding/1","org":{"name":"org","id":null,"instance_url":null,"source":null},"template":"acme","step":"ip","title":"IP restrictions are relaxed","level":"required","state":"differs","component":{"type":"ConnectedApp","full_name":"Acme"},"path":"oauthPolicy.ipRelaxation","fact":null,"comparison":"equals","actual":"ENFORCE","desired":["BYPASS"],"label":{"actual":"Enforce IP restrictions","desired":"Relax IP restrictions"},"why":"The service calls from many addresses.","docs":"https://docs.example.com/acme#ip","paragraph":null,"setup_url":"/lightning/setup/ConnectedApplication/home","manual":null,"reason":null,"note":null,"access_from":null,"alternatives":[],"changed":null,"location":{"file":"connectedApps/Acme.connectedApp","line":6}}
    {"format":"sfsetup.diff.finding/1","org":{"name":"org","id":null,"instance_url":null,"source":null},"template":"acme","step":"refresh","title":"Refresh token is valid until revoked","level":"required","state":"in-sync","component":{"type":"ConnectedApp","full_name":"Acme"},"path":"oauthPolicy.refreshTokenPolicy","fact":null,"comparison":"equals","actual":"infinite","desired":["infinite"],"label":{"actual":"Refresh token is valid until revoked","desired":"Refresh token is valid until revoked"},"why":null,"docs":null,"paragraph":null,"setup_url":"/lightning/setup/ConnectedApplication/home","manual":null,"reason":null,"note":null,"access_from":null,"alternatives":[],"changed":null,"location":{"file":"connectedApps/Acme.connectedApp","line":7}}
    {"format":"sfsetup.diff.finding/1","org":{"name":"org","id":null,"instance_url":null,"source":null},"template":"acme","step":"objects","title":"Objects that are read","level":"recommended","state":"differs","component":{"type":"Profile","full_name":"Acme Integration"},"path":"objectPermissions[Account].allowRead","fact":null,"comparison":"equals","actual":false,"desired":[true],"label":{"actual":null,"desired":null},"why":null,"docs":null,"paragraph":null,"setup_url":"/lightning/setup/EnhancedProfiles/home","manual":null,"reason":null,"note":null,"access_from":null,"alternatives":[],"changed":null,"location":{"file":"profiles/Acme Integration.profile","line":2}}
    {"format":"sfsetup.diff.finding/1","org":{"name":"org","id":null,"instance_url":null,"source":null},"template":"acme","step":"objects","title":"Objects that are read","level":"recommended","state":"not-observed","component":{"type":"Profile","full_name":"Acme Integration"},"path":"objectPermissions[Case].allowRead","fact":null,"comparison":"equals","actual":null,"desired":[true],"label":{"actual":null,"desired":null},"why":null,"docs":null,"paragraph":null,"setup_url":"/lightning/setup/EnhancedProfiles/home","manual":null,"reason":"not requested: a profile shows this only if CustomObject:Case is asked for with it","note":null,"access_from":null,"alternatives":[],"changed":null,"location":{"file":"profiles/Acme Integration.profile","line":2}}
    {"format":"sfsetup.diff.finding/1","org":{"name":"org","id":null,"instance_url":null,"source":null},"template":"acme","step":"set","title":"A permission set","level":"required","state":"missing","component":{"type":"PermissionSet","full_name":"Acme_Access"},"path":"userPermissions[ApiEnabled].enabled","fact":null,"comparison":"equals","actual":null,"desired":[true],"label":{"actual":null,"desired":null},"why":null,"docs":null,"paragraph":null,"setup_url":"/lightning/setup/PermSets/home","manual":null,"reason":null,"note":null,"access_from":null,"alternatives":[],"changed":null,"location":null}
    {"format":"sfsetup.diff.finding/1","org":{"name":"org","id":null,"instance_url":null,"source":null},"template":"acme","step":"licence","title":"The profile is on the Salesforce licence","level":"required","state":"differs","component":{"type":"Profile","full_name":"Acme Integration"},"path":"userLicense","fact":null,"comparison":"equals","actual":"Salesforce Platform","desired":["Salesforce"],"label":{"actual":null,"desired":null},"why":null,"docs":null,"paragraph":null,"setup_url":"/lightning/setup/EnhancedProfiles/home","manual":null,"reason":null,"note":null,"access_from":null,"alternatives":[],"changed":null,"location":{"file":"profiles/Acme Integration.profile","line":4}}
    {"format":"sfsetup.diff.finding/1","org":{"name":"org","id":null,"instance_url":null,"source":null},"template":"acme","step":"edition","title":"The org has API access","level":"required","state":"not-observed","component":null,"path":null,"fact":"org.api_access","comparison":"equals","actual":null,"desired":[true],"label":{"actual":null,"desired":null},"why":null,"docs":null,"paragraph":null,"setup_url":"/lightning/setup/CompanyProfileInfo/home","manual":null,"reason":"offline: only an org can answer this, a folder of files cannot","note":null,"access_from":null,"alternatives":[],"changed":null,"location":null}
    {"format":"sfsetup.diff.finding/1","org":{"name":"org","id":null,"instance_url":null,"source":null},"template":"acme","step":"invite","title":"Invite the service's user","level":"required","state":"manual","component":null,"path":null,"fact":null,"comparison":null,"actual":null,"desired":[],"label":{"actual":null,"desired":null},"why":null,"docs":null,"paragraph":null,"setup_url":null,"manual":"Send an invitation from the vendor's console.","reason":null,"note":null,"access_from":null,"alternatives":[],"changed":null,"location":null}
    {"format":"sfsetup.diff.summary/1","org":{"name":"org","id":null,"instance_url":null,"source":null},"templates":[{"name":"acme","version":"2026.11","source":"https://docs.example.com/acme","reviewed":"2026-11-23","source_read":null,"review_overdue":false,"extends":null,"dropped":[]}],"error":null,"summary":{"in_sync":1,"differs":3,"missing":1,"not_observed":2,"manual":1,"waived":0},"notes":[]}
    --- exit 2
    "#);
}

#[test]
fn each_state_as_sarif() {
    let env = Env::new();
    states(&env);
    insta::assert_snapshot!(template(&env, "sarif"), @r#"
    $ sfsetup diff --template acme.toml --from org --quiet --format sarif
    {
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
      "runs": [
        {
          "automationDetails": {
            "id": "sfsetup/acme/org/"
          },
          "invocations": [
            {
              "executionSuccessful": true,
              "toolExecutionNotifications": []
            }
          ],
          "properties": {
            "org": "org",
            "summary": {
              "differs": 3,
              "in-sync": 1,
              "manual": 1,
              "missing": 1,
              "not-observed": 2,
              "waived": 0
            }
          },
          "results": [
            {
              "kind": "fail",
              "level": "error",
              "locations": [
                {
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "ConnectedApp:Acme oauthPolicy.ipRelaxation",
                      "kind": "resource",
                      "name": "Acme"
                    }
                  ],
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "org/connectedApps/Acme.connectedApp"
                    },
                    "region": {
                      "startLine": 6
                    }
                  }
                }
              ],
              "message": {
                "text": "ConnectedApp:Acme oauthPolicy.ipRelaxation is ENFORCE (Enforce IP restrictions); wanted: BYPASS (Relax IP restrictions)"
              },
              "partialFingerprints": {
                "primaryLocationLineHash": "414ff2b1f3872eb8:1"
              },
              "properties": {
                "state": "differs"
              },
              "ruleId": "acme/ip",
              "ruleIndex": 0
            },
            {
              "kind": "fail",
              "level": "warning",
              "locations": [
                {
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "Profile:Acme Integration objectPermissions[Account].allowRead",
                      "kind": "resource",
                      "name": "Acme Integration"
                    }
                  ],
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "org/profiles/Acme%20Integration.profile"
                    },
                    "region": {
                      "startLine": 2
                    }
                  }
                }
              ],
              "message": {
                "text": "Profile:Acme Integration objectPermissions[Account].allowRead is false; wanted: true"
              },
              "partialFingerprints": {
                "primaryLocationLineHash": "b7cb9e7b166dcd95:1"
              },
              "properties": {
                "state": "differs"
              },
              "ruleId": "acme/objects",
              "ruleIndex": 1
            },
            {
              "kind": "open",
              "level": "note",
              "locations": [
                {
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "Profile:Acme Integration objectPermissions[Case].allowRead",
                      "kind": "resource",
                      "name": "Acme Integration"
                    }
                  ],
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "org/profiles/Acme%20Integration.profile"
                    },
                    "region": {
                      "startLine": 2
                    }
                  }
                }
              ],
              "message": {
                "text": "Profile:Acme Integration objectPermissions[Case].allowRead was not observed: not requested: a profile shows this only if CustomObject:Case is asked for with it"
              },
              "partialFingerprints": {
                "primaryLocationLineHash": "bc0d89e82d538d5c:1"
              },
              "properties": {
                "state": "not-observed"
              },
              "ruleId": "acme/objects",
              "ruleIndex": 1
            },
            {
              "kind": "fail",
              "level": "error",
              "locations": [
                {
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "PermissionSet:Acme_Access userPermissions[ApiEnabled].enabled",
                      "kind": "resource",
                      "name": "Acme_Access"
                    }
                  ],
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "org"
                    },
                    "region": {
                      "startLine": 1
                    }
                  }
                }
              ],
              "message": {
                "text": "PermissionSet:Acme_Access userPermissions[ApiEnabled].enabled is missing; wanted: true"
              },
              "partialFingerprints": {
                "primaryLocationLineHash": "eb834039d5e48b37:1"
              },
              "properties": {
                "state": "missing"
              },
              "ruleId": "acme/set",
              "ruleIndex": 2
            },
            {
              "kind": "fail",
              "level": "error",
              "locations": [
                {
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "Profile:Acme Integration userLicense",
                      "kind": "resource",
                      "name": "Acme Integration"
                    }
                  ],
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "org/profiles/Acme%20Integration.profile"
                    },
                    "region": {
                      "startLine": 4
                    }
                  }
                }
              ],
              "message": {
                "text": "Profile:Acme Integration userLicense is Salesforce Platform; wanted: Salesforce"
              },
              "partialFingerprints": {
                "primaryLocationLineHash": "b08e5f647818c38c:1"
              },
              "properties": {
                "state": "differs"
              },
              "ruleId": "acme/licence",
              "ruleIndex": 3
            },
            {
              "kind": "open",
              "level": "note",
              "locations": [
                {
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "org.api_access"
                    }
                  ],
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "org"
                    },
                    "region": {
                      "startLine": 1
                    }
                  }
                }
              ],
              "message": {
                "text": "org.api_access was not observed: offline: only an org can answer this, a folder of files cannot"
              },
              "partialFingerprints": {
                "primaryLocationLineHash": "f1919253bb708a4c:1"
              },
              "properties": {
                "state": "not-observed"
              },
              "ruleId": "acme/edition",
              "ruleIndex": 4
            },
            {
              "kind": "review",
              "level": "note",
              "locations": [
                {
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "Invite the service's user"
                    }
                  ],
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "org"
                    },
                    "region": {
                      "startLine": 1
                    }
                  }
                }
              ],
              "message": {
                "text": "to do by hand: Send an invitation from the vendor's console."
              },
              "partialFingerprints": {
                "primaryLocationLineHash": "3c32534ca197d179:1"
              },
              "properties": {
                "state": "manual"
              },
              "ruleId": "acme/invite",
              "ruleIndex": 5
            }
          ],
          "tool": {
            "driver": {
              "informationUri": "https://github.com/OWNER/sfsetup",
              "name": "sfsetup",
              "rules": [
                {
                  "defaultConfiguration": {
                    "level": "error"
                  },
                  "fullDescription": {
                    "text": "The service calls from many addresses."
                  },
                  "help": {
                    "text": "The service calls from many addresses. In Setup: Quick Find \"Manage Connected Apps\"."
                  },
                  "helpUri": "https://docs.example.com/acme#ip",
                  "id": "acme/ip",
                  "properties": {
                    "problem.severity": "error",
                    "tags": [
                      "salesforce"
                    ]
                  },
                  "shortDescription": {
                    "text": "IP restrictions are relaxed"
                  }
                },
                {
                  "defaultConfiguration": {
                    "level": "warning"
                  },
                  "fullDescription": {
                    "text": "Objects that are read"
                  },
                  "help": {
                    "text": "In Setup: Quick Find \"Profiles\"."
                  },
                  "helpUri": "https://docs.example.com/acme",
                  "id": "acme/objects",
                  "properties": {
                    "problem.severity": "warning",
                    "tags": [
                      "salesforce"
                    ]
                  },
                  "shortDescription": {
                    "text": "Objects that are read"
                  }
                },
                {
                  "defaultConfiguration": {
                    "level": "error"
                  },
                  "fullDescription": {
                    "text": "A permission set"
                  },
                  "help": {
                    "text": "In Setup: Quick Find \"Permission Sets\"."
                  },
                  "helpUri": "https://docs.example.com/acme",
                  "id": "acme/set",
                  "properties": {
                    "problem.severity": "error",
                    "tags": [
                      "salesforce"
                    ]
                  },
                  "shortDescription": {
                    "text": "A permission set"
                  }
                },
                {
                  "defaultConfiguration": {
                    "level": "error"
                  },
                  "fullDescription": {
                    "text": "The profile is on the Salesforce licence"
                  },
                  "help": {
                    "text": "In Setup: Quick Find \"Profiles\"."
                  },
                  "helpUri": "https://docs.example.com/acme",
                  "id": "acme/licence",
                  "properties": {
                    "problem.severity": "error",
                    "tags": [
                      "salesforce"
                    ]
                  },
                  "shortDescription": {
                    "text": "The profile is on the Salesforce licence"
                  }
                },
                {
                  "defaultConfiguration": {
                    "level": "error"
                  },
                  "fullDescription": {
                    "text": "The org has API access"
                  },
                  "help": {
                    "text": "In Setup: Quick Find \"Company Information\"."
                  },
                  "helpUri": "https://docs.example.com/acme",
                  "id": "acme/edition",
                  "properties": {
                    "problem.severity": "error",
                    "tags": [
                      "salesforce"
                    ]
                  },
                  "shortDescription": {
                    "text": "The org has API access"
                  }
                },
                {
                  "defaultConfiguration": {
                    "level": "error"
                  },
                  "fullDescription": {
                    "text": "Invite the service's user"
                  },
                  "help": {
                    "text": "Send an invitation from the vendor's console."
                  },
                  "helpUri": "https://docs.example.com/acme",
                  "id": "acme/invite",
                  "properties": {
                    "problem.severity": "error",
                    "tags": [
                      "salesforce"
                    ]
                  },
                  "shortDescription": {
                    "text": "Invite the service's user"
                  }
                },
                {
                  "defaultConfiguration": {
                    "level": "error"
                  },
                  "fullDescription": {
                    "text": "Refresh token is valid until revoked"
                  },
                  "help": {
                    "text": "In Setup: Quick Find \"Manage Connected Apps\"."
                  },
                  "helpUri": "https://docs.example.com/acme",
                  "id": "acme/refresh",
                  "properties": {
                    "problem.severity": "error",
                    "tags": [
                      "salesforce"
                    ]
                  },
                  "shortDescription": {
                    "text": "Refresh token is valid until revoked"
                  }
                }
              ],
              "semanticVersion": "0.1.0"
            }
          }
        }
      ],
      "version": "2.1.0"
    }
    --- exit 2
    "#);
}

/// A line of JSON is what the document has, with the org beside it.
#[test]
fn lines_say_what_the_document_says() {
    let env = Env::new();
    states(&env);
    let arguments = ["diff", "--template", "acme.toml", "--from", "org", "--format"];
    let run = |format: &str| env.run(&[&arguments[..], &[format]].concat());
    let document: Value = serde_json::from_str(&run("json").stdout).unwrap();
    let org = &document["orgs"][0];
    let text = run("jsonl").stdout;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, findings) = lines.split_last().unwrap();
    for (line, finding) in findings.iter().zip(org["findings"].as_array().unwrap()) {
        assert_eq!(line["format"], "sfsetup.diff.finding/1");
        assert_eq!(line["org"], org["org"]);
        for (key, value) in finding.as_object().unwrap() {
            assert_eq!(&line[key], value, "{key}");
        }
    }
    assert_eq!(findings.len(), org["findings"].as_array().unwrap().len());
    assert_eq!(last["format"], "sfsetup.diff.summary/1");
    for key in ["org", "error", "summary", "notes"] {
        assert_eq!(last[key], org[key], "{key}");
    }
    assert_eq!(last["templates"], document["templates"]);
}

/// The schema is that of OASIS, as a registry has it.
#[test]
fn sarif_follows_its_schema() {
    // One of its patterns, for a language, closes a bracket that it has not opened.
    let text = include_str!("../schemas/sarif-2.1.0.json").replace("{2}]?$", "{2}$");
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let env = Env::new();
    states(&env);
    for (what, from) in [
        (["--template", "acme.toml"], "org".to_owned()),
        (["--template", "ampersand"], fixture("drifted")),
        (["--template", "ampersand"], fixture("missing")),
        (["--baseline", "org"], fixture("drifted")),
        (["--template", "acme.toml"], fixture("hostile/bare-ampersand")),
    ] {
        let run = env.run(&["diff", what[0], what[1], "--from", &from, "--format", "sarif"]);
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        let mistakes: Vec<String> =
            validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(mistakes.is_empty(), "{from}: {mistakes:#?}");
    }
}

/// Every result of a checkout has a file: GitHub refuses the whole answer for one without.
#[test]
fn sarif_of_a_checkout_names_files_from_where_we_are() {
    let env = Env::new();
    states(&env);
    let run = env.run(&["diff", "--template", "acme.toml", "--from", "org", "--format", "sarif"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let results = document["runs"][0]["results"].as_array().unwrap();
    let uris: Vec<&str> = results
        .iter()
        .map(|one| &one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        .map(|uri| uri.as_str().unwrap())
        .collect();
    assert!(uris.contains(&"org/connectedApps/Acme.connectedApp"), "{uris:?}");
    assert!(uris.contains(&"org/profiles/Acme%20Integration.profile"), "{uris:?}");
    assert!(uris.contains(&"org"), "{uris:?}");
}

/// The form of a file is told by its name, unless it is said; what is not to be had is refused.
#[test]
fn the_name_of_a_file_says_its_form() {
    let env = Env::new();
    states(&env);
    let run = |more: &[&str]| {
        let diff = ["diff", "--quiet", "--template", "acme.toml", "--from", "org"];
        env.run(&[&diff[..], more].concat())
    };
    for (format, name) in [
        ("json", "a.json"),
        ("jsonl", "a.jsonl"),
        ("sarif", "a.sarif"),
        ("junit", "a.xml"),
        ("csv", "a.csv"),
        ("text", "a.txt"),
        ("text", "a.other"),
    ] {
        let printed = run(&["--format", format]);
        let written = run(&["--out", name]);
        assert_eq!((printed.code, written.code), (2, 2), "{written:?}");
        assert_eq!(written.stdout, "");
        let file = std::fs::read_to_string(env.folder().join(name)).unwrap();
        // Places stand in what is not for a terminal.
        assert_eq!(file, printed.stdout, "{name}");
    }
    let said = run(&["--out", "b.csv", "--format", "json"]);
    assert_eq!(said.code, 2, "{said:?}");
    let file = std::fs::read_to_string(env.folder().join("b.csv")).unwrap();
    assert!(file.starts_with("{\n  \"format\": \"sfsetup.diff/1\""), "{file}");
    // One run, many reports, as each would be alone.
    let names = ["c.json", "c.csv", "c.xml", "c.md", "c.html"];
    let many: Vec<&str> = names.iter().flat_map(|name| ["--out", name]).collect();
    let all = run(&many);
    assert_eq!((all.code, all.stdout.as_str()), (2, ""), "{all:?}");
    for name in names {
        let alone = env.folder().join("alone").join(name);
        std::fs::create_dir_all(alone.parent().unwrap()).unwrap();
        assert_eq!(run(&["--out", alone.to_str().unwrap()]).code, 2);
        let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
        assert_eq!(read(&env.folder().join(name)), read(&alone), "{name}");
    }
    // What cannot be written is told before anything is looked at, and in the document too.
    env.write("folder/x", "");
    for wrong in ["no-folder/e.md", "folder"] {
        let one = run(&["--out", wrong, "--out", "e.json"]);
        assert!(one.code == 1 && one.stderr.contains(wrong), "{one:?}");
        let told = std::fs::read_to_string(env.folder().join("e.json")).unwrap();
        assert!(told.contains("cannot write") && told.contains("\"orgs\": []"), "{told}");
    }
    let template = std::fs::read_to_string(env.folder().join("acme.toml")).unwrap();
    assert_eq!(run(&["--out", "./acme.toml"]).code, 64);
    assert_eq!(std::fs::read_to_string(env.folder().join("acme.toml")).unwrap(), template);
    for wrong in [
        &["--out", "d.json", "--out", "d.csv", "--format", "json"][..],
        &["--out", "d.json", "--out", "d.json"],
    ] {
        let refused = run(wrong);
        assert_eq!(refused.code, 64, "{refused:?}");
        let is_json = wrong.contains(&"--format");
        assert_eq!(refused.stdout.contains("\"USAGE\""), is_json, "{refused:?}");
        assert!(["d.json", "d.csv"].iter().all(|file| !env.folder().join(file).exists()));
    }
    let listed = env.run(&["org", "list", "--format", "sarif"]);
    assert_eq!(listed.code, 64, "{listed:?}");
    assert!(listed.stderr.contains("[possible values: text, json]"), "{listed:?}");
}

/// Yesterday's report never stands where today's run has failed.
#[test]
fn every_report_says_of_a_run_that_failed_that_it_did() {
    let env = Env::new();
    states(&env);
    let names = ["r.txt", "r.json", "r.jsonl", "r.sarif", "r.xml", "r.csv", "r.md", "r.html"];
    let out: Vec<&str> = names.iter().flat_map(|name| ["--out", name]).collect();
    for (wrong, code, said) in [
        (&["--template", "acme.toml", "--from", "nowhere"][..], 1, "nowhere"),
        (&["--template", "acme.toml", "--org", "nobody"], 1, "nobody"),
        (&["--template", "no-such-template", "--from", "org"], 1, "no-such-template"),
        (&["--template", "acme.toml", "--from", "org", "--only", "Nothing:*"], 64, "Nothing"),
    ] {
        names.iter().for_each(|name| drop(env.write(name, "all is well")));
        let run = env.run(&[&["diff", "--quiet"], wrong, &out].concat());
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{run:?}");
        for name in names {
            let text = std::fs::read_to_string(env.folder().join(name)).unwrap();
            assert!(text.contains(said) && !text.contains("all is well"), "{name}: {text}");
        }
    }
}

/// An org that gave no answer is in the report, and the exit code says so too.
#[test]
fn a_report_is_written_of_what_failed() {
    let env = Env::new();
    states(&env);
    env.write("org/profiles/Bad.profile", "<Profile>&</Profile>");
    for (format, said) in [
        ("csv", "\"error\""),
        ("junit", "errors=\"1\""),
        ("sarif", "\"executionSuccessful\": false"),
        ("jsonl", "\"error\":{\"code\":\"ERROR\""),
        ("json", "\"code\": \"ERROR\""),
    ] {
        let out = format!("report.{format}");
        let run = env.run(&[
            "diff",
            "--template",
            "acme.toml",
            "--from",
            "org",
            "--format",
            format,
            "--out",
            &out,
        ]);
        assert_eq!(run.code, 1, "{run:?}");
        let text = std::fs::read_to_string(env.folder().join(&out)).unwrap();
        assert!(text.contains(said), "{format}: {text}");
        assert!(text.contains("BYPASS"), "what was found stands in it: {format}: {text}");
    }
}
