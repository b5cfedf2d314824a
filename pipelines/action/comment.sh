#!/usr/bin/env bash
# Writes the report as a comment on the pull request, or brings the one that is there up to date. A
# token that may not (a fork's) fails nothing: the same stands in the job's summary.
#
# FOLDER: the reports. NAME: which check it is. NUMBER: the pull request's. GH_TOKEN: for `gh`.
set -euo pipefail

repository="${GITHUB_REPOSITORY:?}"
report="${FOLDER:?}/report.md"
if [ ! -f "$report" ]; then
    echo "::notice::there is no report to comment with"
    exit 0
fi
export MARK="<!-- sfsetup: ${NAME//[^A-Za-z0-9 ._-]/-} -->"
body="$(mktemp)"
trap 'rm -f "$body"' EXIT
{
    echo "$MARK"
    if [ -f "$FOLDER/report.head" ]; then cat "$FOLDER/report.head"; fi
    echo
    cat "$report"
} >"$body"

# Only a bot's comment is taken for ours: anybody can write the mark.
ours='.[] | select(.user.type == "Bot" and (.body | startswith(env.MARK))) | .id'
comments="repos/$repository/issues/${NUMBER:?}/comments"
may_not() { echo "::warning::the comment cannot be written; the report is in the job's summary"; exit 0; }
found="$(gh api --paginate "$comments?per_page=100" --jq "$ours")" || may_not
if [ -n "$found" ]; then
    gh api --silent -X PATCH "repos/$repository/issues/comments/${found%%$'\n'*}" -F body=@"$body" || may_not
else
    gh api --silent -X POST "$comments" -F body=@"$body" || may_not
fi
