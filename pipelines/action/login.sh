#!/usr/bin/env bash
# Signs in to the org with the secrets that there are, and says how it is to be asked: `login` is
# `yes` by its name, `own` by a login of this job's own, `token` by the variables of the environment,
# `no` where it is not asked at all.
#
# Only a stranger's pull request goes without: from a fork, or from a bot that keeps dependencies, to
# which GitHub gives no secrets. Anywhere else an org that is named and cannot be asked is an error.
#
# ORG: the login's name, or empty. AUTH_URL, or JWT_KEY with CLIENT_ID, ORG_USERNAME and
# INSTANCE_URL: secrets, or empty. EVENT, HEAD, ACTOR: whose run it is. SFSETUP: the program.
set -euo pipefail

say() { echo "login=$1" >>"${GITHUB_OUTPUT:?}"; }

# It goes into a folder that goes away with the job; logins that the machine may have of its own stay
# as they are.
config="${RUNNER_TEMP:?}/sfsetup-config"
sign_in() {
    SFSETUP_KEYRING=off XDG_CONFIG_HOME="$config" "${SFSETUP:?}" org login "$ORG" "$@"
    say own
}

is_stranger=no
if [ "${EVENT:-}" = pull_request ]; then
    if [ "${HEAD:-}" != "${GITHUB_REPOSITORY:?}" ]; then is_stranger=yes; fi
    if [ "${ACTOR:-}" = 'dependabot[bot]' ]; then is_stranger=yes; fi
fi

if [ -z "${ORG:-}" ]; then
    if [ -n "${SF_ACCESS_TOKEN:-}" ] && [ -z "${FROM:-}" ]; then say token; else say no; fi
elif [ -n "${AUTH_URL:-}" ]; then
    sign_in --auth-url-file - <<<"$AUTH_URL"
elif [ -n "${JWT_KEY:-}" ]; then
    umask 077
    mkdir -p "$config"
    # The login reads the key each time.
    printf '%s\n' "$JWT_KEY" >"$config/key.pem"
    words=(--jwt-key-file "$config/key.pem" --client-id "${CLIENT_ID:?client-id is missing}")
    words+=(--username "${ORG_USERNAME:?username is missing}")
    [ -z "${INSTANCE_URL:-}" ] || words+=(--instance-url "$INSTANCE_URL")
    sign_in "${words[@]}"
elif [ -n "${SF_ACCESS_TOKEN:-}" ]; then
    say token
elif [ "$is_stranger" = yes ]; then
    say no
elif "${SFSETUP:?}" org display --org "$ORG" --quiet >/dev/null; then
    # The machine knows it.
    say yes
else
    echo "::error::there is no way into the org: neither a secret (is it empty?) nor a login of this machine"
    exit 1
fi
