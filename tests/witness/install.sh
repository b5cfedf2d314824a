#!/bin/sh
# Installs the clients that witness for the demo org into a folder, and prints what `cargo test witness` must know of them.
set -eu
folder=${1:?usage: install.sh FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
# The newest `sf` asks for undici 8, which does not run on a Node before 22; undici 7 does.
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 22 ]; then
    [ -e "$folder/package.json" ] || echo '{}' >"$folder/package.json"
    (cd "$folder" && npm pkg set overrides.undici=7.16.0) >&2
fi
npm install --prefix "$folder" --no-audit --no-fund --loglevel error @salesforce/cli jsforce >&2
printf 'export SFSETUP_WITNESS=%s\n' "$folder"
