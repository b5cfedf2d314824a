#!/bin/sh
# Other tools on the states of `benches/baseline`: time, memory and what each one counts. benches/peers/run.sh FOLDER [PROFILES]
# Needs python3 with venv, node 22 or newer, git and GNU time; FOLDER takes about 7 MB a profile, and what is installed.
# SFSETUP names our own program; without it, and where none is on the path, it is left out.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: run.sh FOLDER [PROFILES]}
profiles=${2:-100}
mkdir -p "$folder"
cd "$folder"
folder=$(pwd)

[ -d venv ] || { python3 -m venv venv && venv/bin/pip install --quiet lxml cumulusci; }
[ -d node_modules ] || npm install --no-audit --no-fund --loglevel error fast-xml-parser @salesforce/source-deploy-retrieve sfdx-git-delta

states=states-$profiles
make_states() {
    [ -d "$1" ] || (cd "$here" && cargo bench --quiet --bench baseline -- --states "$folder/$1" "$2" "${3:-3}" >/dev/null)
}
make_states "$states" "$profiles"
make_states large 1 20

# sfdx-git-delta compares commits, and knows files by their names in source format.
commit() {
    rm -rf "$repository/force-app"
    mkdir -p "$repository/force-app/main/default"
    cp -r "$states/$1/." "$repository/force-app/main/default"
    find "$repository/force-app" -type f -exec sh -c 'for file; do mv "$file" "$file-meta.xml"; done' sh {} +
    git -C "$repository" add --all
    git -C "$repository" -c user.name=peers -c user.email=peers@example.com commit --quiet --message "$1"
}
repository=repository-$profiles
if [ ! -d "$repository" ]; then
    git init --quiet "$repository"
    commit then
    commit now
fi

measure() {
    name=$1
    shift
    if /usr/bin/time --quiet --format '%e %M' --output time.txt "$@" >answer.txt 2>error.txt || [ -s answer.txt ]; then
        read -r seconds kilobytes <time.txt
        printf '| %s | %s s | %s MB | %s |\n' "$name" "$seconds" "$((kilobytes / 1024))" "$(tail -n 1 answer.txt)"
    else
        printf '| %s | - | - | failed: %s |\n' "$name" "$(tail -n 1 error.txt)"
    fi
}

ours=${SFSETUP:-$(command -v sfsetup || true)}
cat "$states"/*/*/* >/dev/null # both states into the page cache
printf '| %s profiles | time | memory | answer |\n|---|---|---|---|\n' "$profiles"
[ -z "$ours" ] || measure sfsetup "$ours" diff --quiet --baseline "$states/then" --from "$states/now"
measure lxml venv/bin/python "$here/lxml_diff.py" "$states/then" "$states/now"
measure fast-xml-parser node "$here/fast_xml_parser.mjs" "$states/then" "$states/now"
measure source-deploy-retrieve node "$here/sdr.mjs" "$states/then" "$states/now"
rm -rf delta && mkdir delta
measure sfdx-git-delta node "$here/sgd.mjs" "$repository" delta

profile="large/then/profiles/Profile 0000.profile"
field=Object0500__c.Field030000__c
printf '\n| one setting of a profile of 20 MB, in place | time | memory | answer |\n|---|---|---|---|\n'
cp "$profile" edited.profile
measure cp cp edited.profile copy.profile
if [ -n "$ours" ]; then
    rm -rf edited && mkdir -p edited/profiles && cp "$profile" edited/profiles
    cat >one.toml <<END
format = 1

[template]
name = "one"
title = "One setting"
version = "1"
source = "https://example.com"
reviewed = 2026-11-25

[[step]]
id = "one"
title = "One setting"
want = [{ component = "Profile:Profile 0000", path = "fieldPermissions[$field].editable", equals = false }]
END
    measure sfsetup "$ours" package --quiet --template one.toml --from edited --in-place
fi
measure cumulusci venv/bin/python "$here/cumulusci_edit.py" edited.profile "$field"
