#!/bin/sh
# Installs the clients that witness for the demo org into a folder, and prints what `cargo test witness` must know of them.
set -eu
folder=${1:?usage: install.sh FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
npm install --prefix "$folder" --no-audit --no-fund --loglevel error @salesforce/cli jsforce >&2
printf 'export SFSETUP_WITNESS=%s\n' "$folder"
