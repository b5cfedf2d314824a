#!/usr/bin/env bash
# Runs sfsetup once, and leaves its reports in one folder. Ends with 0 whatever sfsetup found: the
# last step of the action says how it ended, when the comment and the files are where they belong.
#
# The inputs of the action stand in the environment under the names below. LOGIN: `yes` where there
# is a way into the org; SIGNED_IN: `yes` where that was made for this job alone.
set -euo pipefail

# A value a line, each behind its option; an empty line is none.
each() { # option, values
    local line
    while IFS= read -r line; do
        line="${line%$'\r'}"
        [ -z "${line//[[:space:]]/}" ] || words+=("$1" "$line")
    done <<<"$2"
}

# What an org or a template calls things is printed. GitHub takes a line that begins with `::` for a
# command, so it is told to take none until this word comes.
word="stop-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"

if [ "${SIGNED_IN:-no}" = yes ]; then
    export SFSETUP_KEYRING=off XDG_CONFIG_HOME="${RUNNER_TEMP:?}/sfsetup-config"
fi

output() { echo "$1=$2" >>"${GITHUB_OUTPUT:?}"; }

kept="${NAME//[^A-Za-z0-9._-]/-}"
if [ "${COMMAND:?}" = deploy ]; then kept="$kept-deploy"; fi
folder="${RUNNER_TEMP:?}/sfsetup-reports/$kept"
mkdir -p "$folder"
rm -f "$folder"/report.* "$folder/plan.json"
output kept "$kept"
output folder "$folder"

words=("$COMMAND")
[ -z "${CONFIG:-}" ] || words+=(--config "$CONFIG")
asked=org
rc=0
case "$COMMAND" in
    diff)
        each --template "${TEMPLATE:-}"
        [ -z "${BASELINE:-}" ] || words+=(--baseline "$BASELINE")
        each --set "${VALUES:-}"
        if [ "${LOGIN:-no}" = yes ]; then
            words+=(--org "${ORG:?}" --save-plan "$folder/plan.json")
        elif [ -n "${FROM:-}" ]; then
            asked=files
            words+=(--from "$FROM" --out "$folder/report.sarif")
            [ -z "${ORG:-}" ] || {
                echo "::warning::there are no secrets here, so the org was not asked: files alone were looked at"
                echo "No secrets here: the org was not asked, files alone were looked at." >"$folder/report.head"
            }
        elif [ -n "${ORG:-}" ]; then
            echo "::error::there is no way into the org here, and no files are named by \`from\`: nothing was looked at"
            output code 1
            exit 0
        fi
        for form in json md html txt; do words+=(--out "$folder/report.$form"); done
        ;;
    deploy)
        words+=(--plan "${PLAN:?plan is missing}" --org "${ORG:?org is missing}" --yes)
        # What was there before is written down, so that it can be brought back. A machine that goes
        # away with the job would take that along, so it is kept with the reports.
        if [ "${RUNNER_ENVIRONMENT:-}" = github-hosted ]; then export XDG_STATE_HOME="$folder/state"; fi
        ;;
    *)
        echo "::error::the command is \`diff\` or \`deploy\`"
        exit 64
        ;;
esac
while IFS= read -r line; do
    line="${line%$'\r'}"
    [ -z "${line//[[:space:]]/}" ] || words+=("$line")
done <<<"${OPTIONS:-}"

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
