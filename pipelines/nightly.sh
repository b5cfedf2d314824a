#!/usr/bin/env bash
# For cron, once a night: says what somebody has changed in each org since the last night, and who;
# keeps the org's configuration in git; and says what is new of what the templates ask. Ends with 1
# where an org was not seen whole, with 2 where something is new, else with 0, so that cron's mail or
# a monitor notices.
#
#     17 2 * * *  cd /srv/orgs && /srv/orgs/nightly.sh production emea
#
# The arguments are names of orgs, as `sfsetup org list` or `sf` knows them. The folder that it runs
# in is a git repository in which git knows your name and e-mail address, with a `sfsetup.toml` that
# says which templates count.
set -uo pipefail

if [ $# = 0 ]; then
    echo "which orgs? nightly.sh ORG.." >&2
    exit 64
fi

worst=0
note() { # an exit code: an error is worse than a difference
    case "$1:$worst" in
        0:*) ;;
        2:0) worst=2 ;;
        2:*) ;;
        *) worst=1 ;;
    esac
}

mkdir -p orgs answers
for org in "$@"; do
    # Before the new snapshot takes its place. An org that could not be asked keeps the old one, so
    # that the next night still tells what has changed.
    code=0
    if [ -f "orgs/$org/snapshot.json" ]; then
        sfsetup diff --baseline "orgs/$org" --org "$org" --out "answers/$org.drift.txt" --quiet
        code=$?
        note "$code"
        [ "$code" != 2 ] || cat "answers/$org.drift.txt"
    fi
    if [ "$code" = 0 ] || [ "$code" = 2 ]; then
        sfsetup snapshot --org "$org" --out "orgs/$org" --commit --quiet >/dev/null
        note $?
    fi

    last="answers/$org.json"
    since=()
    if [ -f "$last" ]; then since=(--since "$last"); fi
    sfsetup diff --org "$org" ${since[@]+"${since[@]}"} --out "answers/$org.new.json" --out "answers/$org.txt" --quiet
    code=$?
    # Other templates or options than last night: from here on tonight's answer is the one to go by.
    if [ "$code" = 64 ] && [ "${#since[@]}" != 0 ]; then
        mv "$last" "$last.old"
        sfsetup diff --org "$org" --out "answers/$org.new.json" --out "answers/$org.txt" --quiet
        code=$?
    fi
    note "$code"
    # An answer that could not be given is none to compare with tomorrow.
    if [ "$code" = 0 ] || [ "$code" = 2 ]; then
        mv "answers/$org.new.json" "$last"
        [ "$code" = 0 ] || cat "answers/$org.txt"
    else
        rm -f "answers/$org.new.json"
    fi
done
exit "$worst"
