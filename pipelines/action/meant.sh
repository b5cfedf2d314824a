#!/usr/bin/env bash
# Says which program is meant: `path`. Where it is none that is installed already, also the `folder`
# that it is built into, and the `key` that names this very source.
#
# PROGRAM: where it is installed already, or empty.
set -euo pipefail

if [ -n "${PROGRAM:-}" ]; then
    "$PROGRAM" --version
    echo "path=$PROGRAM" >>"${GITHUB_OUTPUT:?}"
    exit 0
fi
# All that is compiled in. (`hashFiles` sees nothing outside the checkout.)
cd "${GITHUB_ACTION_PATH:?}"
hash() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
sum="$({
    rustc --version
    find Cargo.toml Cargo.lock build.rs src templates fixtures -type f | LC_ALL=C sort |
        while IFS= read -r file; do printf '%s\n' "$file"; cat "$file"; done
} | hash | cut -d ' ' -f 1)"
folder="${RUNNER_TEMP:?}/sfsetup-program"
{
    echo "folder=$folder"
    echo "path=$folder/bin/sfsetup"
    echo "key=sfsetup-${RUNNER_OS:-}-${RUNNER_ARCH:-}-$sum"
} >>"${GITHUB_OUTPUT:?}"
