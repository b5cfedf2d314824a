#!/usr/bin/env bash
# Builds sfsetup of the action's own source into the folder TO. It is done in that source's folder:
# what stands in the checkout does not choose the compiler.
set -euo pipefail

cd "${GITHUB_ACTION_PATH:?}"
cargo install --locked --quiet --force --path . --root "${TO:?}"
