#!/usr/bin/env bash
# Writes the report as a comment on the pull request, or brings the one that is there up to date. A
# token that may not (a fork's) fails nothing: the same stands in the job's summary.
#
# FOLDER: the reports. NAME: which check it is. NUMBER: the pull request's. COMMIT: what was looked at.
# GH_TOKEN: for `gh`.
set -euo pipefail

repository="${GITHUB_REPOSITORY:?}"
server="${GITHUB_SERVER_URL:-https://github.com}"
export GH_HOST="${server#https://}"
report="${FOLDER:?}/report.md"
export MARK="<!-- sfsetup: ${NAME//[^A-Za-z0-9 ._-]/-} -->"
body="$(mktemp)"
trap 'rm -f "$body"' EXIT
{
    echo "$MARK"
    if [ -f "$FOLDER/report.head" ]; then cat "$FOLDER/report.head"; fi
    echo
    if [ -f "$report" ]; then
        cat "$report"
    else
        # What an earlier commit came to is not what this one does.
        echo "There is no answer for ${COMMIT:-this commit}: the log of the job says why."
    fi
} >"$body"

# A comment is ours where a bot has written it, or whoever the token is of: anybody can write the mark.
ME="$(gh api user --jq .login 2>/dev/null)" || ME=
export ME
ours='.[] | select((.user.type == "Bot" or (env.ME != "" and .user.login == env.ME)) and (.body | startswith(env.MARK))) | .id'
comments="repos/$repository/issues/${NUMBER:?}/comments"
may_not() { echo "::warning::the comment cannot be written; the report is in the job's summary"; exit 0; }
found="$(gh api --paginate "$comments?per_page=100" --jq "$ours")" || may_not
if [ -n "$found" ]; then
    gh api --silent -X PATCH "repos/$repository/issues/comments/${found%%$'\n'*}" -F body=@"$body" || may_not
else
    gh api --silent -X POST "$comments" -F body=@"$body" || may_not
fi
