#!/usr/bin/env bash
# Finds sfsetup, or builds it from the action's own source, and says where it is.
#
# PROGRAM: where it is installed already, or empty. ACTION: the action's folder.
set -euo pipefail

kept="${RUNNER_TEMP:?}/sfsetup-program"
if [ -n "${PROGRAM:-}" ]; then
    path="$PROGRAM"
elif [ -x "$kept/bin/sfsetup" ]; then
    path="$kept/bin/sfsetup"
else
    cargo install --locked --quiet --no-default-features --path "${ACTION:?}" --root "$kept"
    path="$kept/bin/sfsetup"
fi
"$path" --version
echo "path=$path" >>"${GITHUB_OUTPUT:?}"
