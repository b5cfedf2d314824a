#!/usr/bin/env bash
# Runs sfsetup once, and leaves its reports in one folder. Ends with 0 whatever sfsetup found: the
# last step of the action says how it ended, when the comment and the files are where they belong.
#
# The inputs of the action stand in the environment under the names below. LOGIN: how the org is asked.
set -euo pipefail

# A value a line, each behind its option, where there is one; an empty line is none.
each() { # option, values
    local line
    while IFS= read -r line; do
        line="${line%$'\r'}"
        [ -z "${line//[[:space:]]/}" ] || words+=(${1:+"$1"} "$line")
    done <<<"$2"
}

# What an org or a template calls things is printed. GitHub takes a line that begins with `::` for a
# command, so it is told to take none until this word comes.
word="stop-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"

if [ "${LOGIN:-no}" = own ]; then
    export SFSETUP_KEYRING=off XDG_CONFIG_HOME="${RUNNER_TEMP:?}/sfsetup-config"
fi

output() { echo "$1=$2" >>"${GITHUB_OUTPUT:?}"; }

kept="${NAME//[^A-Za-z0-9._-]/-}"
case "$kept" in
    [A-Za-z0-9]*) ;;
    *)
        echo "::error::the check's name must begin with a letter or a digit"
        exit 64
        ;;
esac
# Each attempt of a deploy keeps what it found before it: a second attempt finds what the first made.
if [ "${COMMAND:?}" = deploy ]; then kept="$kept-deploy-${GITHUB_RUN_ATTEMPT:-1}"; fi
folder="${RUNNER_TEMP:?}/sfsetup-reports/$kept"
mkdir -p "$folder"
rm -f "$folder"/report.* "$folder/plan.json"
output kept "$kept"
output folder "$folder"

words=("$COMMAND")
[ -z "${CONFIG:-}" ] || words+=(--config "$CONFIG")
# A token of the environment is itself the org that is meant.
org=()
case "${LOGIN:-no}" in yes | own) org=(--org "${ORG:?}") ;; esac
asked=org
rc=0
case "$COMMAND" in
    diff)
        each --template "${TEMPLATE:-}"
        [ -z "${BASELINE:-}" ] || words+=(--baseline "$BASELINE")
        each --set "${VALUES:-}"
        if [ "${LOGIN:-no}" != no ]; then
            words+=(${org[@]+"${org[@]}"} --save-plan "$folder/plan.json")
        elif [ -n "${FROM:-}" ]; then
            asked=files
            words+=(--from "$FROM" --out "$folder/report.sarif")
            [ -z "${ORG:-}" ] || {
                echo "::warning::a stranger's pull request has no secrets, so the org was not asked: files alone were looked at"
                echo "No secrets here: the org was not asked, files alone were looked at." >"$folder/report.head"
            }
        elif [ -n "${ORG:-}" ]; then
            echo "::error::a stranger's pull request has no way into the org, and no files are named by \`from\`: nothing was looked at"
            output code 1
            exit 0
        fi
        for form in json md html txt; do words+=(--out "$folder/report.$form"); done
        ;;
    deploy)
        if [ -n "${ORG:-}" ] && [ "${LOGIN:-no}" = no ]; then
            echo "::error::a stranger's pull request deploys nothing"
            exit 1
        fi
        words+=(--plan "${PLAN:?plan is missing}" ${org[@]+"${org[@]}"} --yes)
        # What was there before is written down, so that it can be brought back. The machine may go
        # away with the job, so it is kept with the reports.
        export XDG_STATE_HOME="$folder/state"
        ;;
    *)
        echo "::error::the command is \`diff\` or \`deploy\`"
        exit 64
        ;;
esac
each '' "${OPTIONS:-}"

echo "::stop-commands::$word"
if [ "$COMMAND" = deploy ]; then
    "${SFSETUP:?}" "${words[@]}" 2>&1 >"$folder/report.txt" || rc=$?
else
    "${SFSETUP:?}" "${words[@]}" 2>&1 || rc=$?
fi
[ ! -f "$folder/report.txt" ] || cat "$folder/report.txt"
echo "::$word::"

summary="${GITHUB_STEP_SUMMARY:-/dev/null}"
[ ! -f "$folder/report.head" ] || { cat "$folder/report.head"; echo; } >>"$summary"
if [ -f "$folder/report.md" ]; then
    cat "$folder/report.md" >>"$summary"
elif [ -f "$folder/report.txt" ]; then
    { echo '~~~~~~text'; cat "$folder/report.txt"; echo '~~~~~~'; } >>"$summary"
fi

output code "$rc"
output asked "$asked"
if [ -f "$folder/report.sarif" ]; then output sarif "$folder/report.sarif"; fi
