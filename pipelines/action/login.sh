#!/usr/bin/env bash
# Signs in to the org with what secrets there are, and says whether there is a way in: `login=yes`.
# `signed-in=yes` where it was made here. A pull request from a fork has no secrets; what it says of
# files can be looked at all the same.
#
# ORG: the login's name, or empty. AUTH_URL, or JWT_KEY with CLIENT_ID, ORG_USERNAME and
# INSTANCE_URL: secrets, or empty. SFSETUP: the program.
set -euo pipefail

say() { echo "login=$1" >>"${GITHUB_OUTPUT:?}"; }

# A login of this job's own goes into a file that goes away with the job; those that the machine
# may have of its own stay as they are.
sign_in() {
    SFSETUP_KEYRING=off XDG_CONFIG_HOME="${RUNNER_TEMP:?}/sfsetup-config" \
        "${SFSETUP:?}" org login "$ORG" "$@"
    say yes
    echo "signed-in=yes" >>"$GITHUB_OUTPUT"
}

if [ -z "${ORG:-}" ]; then
    say no
elif [ -n "${AUTH_URL:-}" ]; then
    sign_in --auth-url-file - <<<"$AUTH_URL"
elif [ -n "${JWT_KEY:-}" ]; then
    umask 077
    key="$(mktemp "${RUNNER_TEMP:?}/key.XXXXXX")"
    trap 'rm -f "$key"' EXIT
    printf '%s\n' "$JWT_KEY" >"$key"
    words=(--jwt-key-file "$key" --client-id "${CLIENT_ID:?client-id is missing}")
    words+=(--username "${ORG_USERNAME:?username is missing}")
    [ -z "${INSTANCE_URL:-}" ] || words+=(--instance-url "$INSTANCE_URL")
    sign_in "${words[@]}"
elif [ -n "${SF_ACCESS_TOKEN:-}" ]; then
    say yes
elif "${SFSETUP:?}" org display --org "$ORG" --quiet >/dev/null; then
    # The machine knows it.
    say yes
else
    say no
fi
