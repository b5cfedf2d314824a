#!/usr/bin/env bash
# Makes a page of every kind with the program, opens each in headless Chromium, and renders each
# comment as GitHub does. Needs Node and npm; installs the rest. Pictures are left in FOLDER, to be
# looked at.
set -euo pipefail
folder=${1:?usage: run.sh FOLDER [PROGRAM]}
root=$(cd "$(dirname "$0")/../.." && pwd)
program=${2:-$root/target/debug/sfsetup}
mkdir -p "$folder/pages" "$folder/home"
folder=$(cd "$folder" && pwd)

need() { # command, Debian's package
    command -v "$1" >/dev/null || { apt-get update -q && apt-get install -qy "$2"; } >&2
}
need chromium chromium
need cmark-gfm cmark-gfm
npm install --prefix "$folder" --no-audit --no-fund --loglevel error axe-core puppeteer-core >&2

# A home of its own, so that nothing of this machine's is asked or shown.
run() { # what the page is called, whether more is to come, the command
    local name=$1 rc=0
    shift
    env -i PATH="$PATH" HOME="$folder/home" SFSETUP_KEYRING=off SOURCE_DATE_EPOCH=1795737600 \
        XDG_STATE_HOME="$folder/home/state" XDG_CONFIG_HOME="$folder/home/config" \
        "$program" "$@" >"$folder/pages/$name" 2>"$folder/stderr" || rc=$?
    # 2 says that something differs; 1 that an org could not be asked, which is a page too.
    [ "$rc" -le 2 ] && [ -s "$folder/pages/$name" ] || { cat "$folder/stderr"; exit 1; }
}
cd "$root"
both() { # name, command
    local name=$1
    shift
    run "$name.html" "$@" --format html
    run "$name.md" "$@" --format markdown
}
long=$(printf '%01000d' 0 | tr 0 x)
sed "s/LONG\"/$long\"/" "$root/tests/browser/states.toml" >"$folder/states.toml"
both demo diff --template ampersand --org demo
both several diff --template ampersand --template gong --from fixtures/drifted \
    --set gong.user=it@example.com
both good diff --template ampersand --from fixtures/good-order
both baseline diff --baseline fixtures/good-order --from fixtures/drifted
both states diff --template "$folder/states.toml" --from fixtures/drifted
both failed diff --template ampersand --org nowhere --set app=A --set user=it@example.com
run plan.json diff --template ampersand --org demo --format json --save-plan "$folder/plan.json"
both plan plan show "$folder/plan.json"
run night.jsonl diff --template ampersand --org demo:a --org demo:b --format jsonl
run fleet.html merge "$folder/pages/night.jsonl" --format html
run trend.html trend "$folder/pages/night.jsonl" --format html
run template.html template show ampersand --format html

for comment in "$folder"/pages/*.md; do
    {
        printf '<!doctype html><html lang="en"><meta charset="utf-8"><title>x</title><style>body {overflow-wrap: anywhere} pre {white-space: pre-wrap}</style><main>'
        # GitHub labels its boxes, which this does not.
        cmark-gfm --unsafe -e table -e strikethrough -e autolink -e tagfilter -e tasklist \
            "$comment" | sed 's/<input /&aria-label="to do" /'
        printf '</main></html>\n'
    } >"$folder/pages/comment-$(basename "$comment" .md).html"
done
cp "$root/tests/browser/look.mjs" "$folder/look.mjs"
node "$folder/look.mjs" "$folder/pictures" "$folder"/pages/*.html
