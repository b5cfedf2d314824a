#!/usr/bin/env bash
# Opens one page in headless Chromium, and looks whether its script was let run. `run.sh` looks at all
# of them, and closely.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:-target/debug/sfsetup}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
rc=0
"$program" diff --template ampersand --from fixtures/drifted --format html --out "$folder/page.html" \
    2>/dev/null || rc=$?
[ "$rc" = 2 ] || { echo "a diff of fixtures/drifted ends with $rc, not with 2"; exit 1; }
# Each line of a form that the script fills in.
timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$folder/profile" \
    --dump-dom "file://$folder/page.html" >"$folder/dom.html" 2>/dev/null
for words in " are shown." " things to do are ticked."; do
    grep -q "[0-9]$words" "$folder/dom.html" || { echo "the page does not say \`$words\`"; exit 1; }
done
echo "a page opens, and its script runs"
