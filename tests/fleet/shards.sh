#!/usr/bin/env bash
# Runs over many demo orgs in shards, each a process of its own as a pod would be, one of them killed
# and repeated, and holds what they come to against one process: from files and from results.
#
#     tests/fleet/shards.sh PROGRAM ORGS SHARDS [RESULTS..]
#
# SHARDS divides 16. The program is built with the feature `store`. RESULTS are addresses; a folder of its own is one
# always.
set -euo pipefail
program=$(realpath "$1") orgs=$2 shards=$3
shift 3
cd "$(dirname "$0")/../.."
examples=$PWD/docs/fleet
folder=$(mktemp -d)
cd "$folder"
# A build that goes on meanwhile does not change what is tried.
cp "$program" sfsetup
program=$folder/sfsetup
export XDG_STATE_HOME=$folder/state XDG_CONFIG_HOME=$folder/config HOME=$folder

"$program" demo serve --orgs "$orgs" --into demo --latency 20 >/dev/null 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; [ -n "${KEEP:-}" ] && echo $folder || rm -rf "$folder"' EXIT
for _ in $(seq 100); do [ ! -s demo/tokens.sh ] || break; sleep 0.1; done
. demo/tokens.sh

fail() { echo "$*" >&2; exit 1; }

# One org cannot be reached, in one process as in shards.
sed -i '0,/^access_token_env = .*/s//access_token_env = "NO_SUCH_TOKEN"/' demo/orgs.toml
printf '[parameters]\napp = "Ampersand"\n\n%s\n' "$(cat demo/orgs.toml)" >orgs.toml
mv orgs.toml demo/orgs.toml
asked=(--template ampersand --orgs demo/orgs.toml)
rc=0
"$program" diff "${asked[@]}" --run night --out one.jsonl --out one.json --out one.csv --out one.md \
    --out one.html --out one.sarif --out one.xml 2>/dev/null || rc=$?
[ "$rc" = 4 ] || fail "one process ends with $rc"
answered=$(grep -c '"format":"sfsetup.diff.summary/1".*"error":null' one.jsonl)
[ "$answered" = $((orgs - 1)) ] || fail "one process has $answered answers of $orgs orgs"

# What a pod of docs/fleet/kubernetes.yaml is given, with its variables put in as kubelet does.
arguments() { # run, results, file
    sed -n '/ args:$/,/ envFrom:$/p;/ envFrom:$/q' "$examples/kubernetes.yaml" |
        sed -n 's/^ *- //p' |
        sed -e "s|\$(JOB_COMPLETION_INDEX)/8|$JOB_COMPLETION_INDEX/$shards|" \
            -e "s|\$(RUN)|$1|" -e "s|\$(SFSETUP_RESULTS)|$2|" \
            -e "s|/etc/sfsetup/orgs.toml|demo/orgs.toml|" -e "s|/home/shard.jsonl|$3|"
}

shard() { # number from 0, run, results, more
    export JOB_COMPLETION_INDEX=$1
    mapfile -t words < <(arguments "$2" "$3" "$2-$1.jsonl")
    words+=("${@:4}")
    # What a pod is given when it is begun again is a disk without its file.
    "$program" "${words[@]}" >/dev/null 2>"$2-$1.log"
}

# The shard with most orgs; SHARDS divides 16, so that the digit before the seventeenth says it.
largest() {
    sed -n 's/^\[orgs\.\(.*\)\]$/\1/p' demo/orgs.toml | while read -r org; do
        digest=$(printf %s "$org" | sha256sum)
        echo $((0x${digest:15:1} % shards))
    done | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }'
}

run() { # name, results
    local pids=() killed number
    killed=$(largest)
    for number in $(seq 0 $((shards - 1))); do
        # The one that is killed asks one org after the other, so that it is at work then.
        if [ "$number" = "$killed" ]; then
            shard "$number" "$1" "$2" --jobs=1 &
        else
            shard "$number" "$1" "$2" &
        fi
        pids+=($!)
    done
    # Once a first answer of it is on the disk.
    for _ in $(seq 1500); do
        [ "$(wc -l 2>/dev/null <"$1-$killed.jsonl" || echo 0)" -lt 2 ] || break
        sleep 0.02
    done
    pkill -KILL -f -- "--shard=$killed/$shards --run=$1" || true
    for number in "${!pids[@]}"; do
        rc=0
        wait "${pids[$number]}" || rc=$?
        case $number:$rc in
            "$killed":[04]) fail "shard $killed of $1 was not killed" ;;
            *:0 | *:4) ;;
            "$killed":137) ;;
            *) cat "$1-$number.log" >&2; fail "shard $number of $1 ends with $rc" ;;
        esac
    done
    mv "$1-$killed.jsonl" "$1-$killed-first.jsonl"
    # Before it is repeated its orgs are missing, and that is said.
    rc=0
    "$program" merge "$1"-*.jsonl --out "$1-part.json" 2>"$1-merge.log" || rc=$?
    [ "$rc" = 4 ] && grep -q ' not answered: ' "$1-merge.log" ||
        fail "merging without a shard ends with $rc, and says no org that lacks"
    grep -q 'NOT_ANSWERED' "$1-part.json" || fail "$1-part.json does not tell of what lacks"
    rc=0
    shard "$killed" "$1" "$2" || rc=$?
    case $rc in 0 | 4) ;; *) cat "$1-$killed.log" >&2; fail "repeating ends with $rc" ;; esac
    # And once more, as a controller that has lost count.
    shard 0 "$1" "$2" || true
}

bare() {
    sed -E -e "s/night[0-9]+-[0-9]+/night/" -e 's/"(begun|looked_at)":"[^"]*"/"\1":""/g'
}

same() { # name, what is merged
    local name=$1 form
    shift
    rc=0
    "$program" merge "$@" --out "$name.jsonl" --out "$name.json" --out "$name.csv" \
        --out "$name.md" --out "$name.html" --out "$name.sarif" --out "$name.xml" \
        2>"$name.log" || rc=$?
    [ "$rc" = 4 ] || { cat "$name.log" >&2; fail "merging $name ends with $rc"; }
    # But for the run's name and the times it is the same to the byte.
    for form in jsonl json csv md html sarif xml; do
        cmp <(bare <"$name.$form") <(bare <"one.$form") ||
            fail "$name.$form is not what one process tells"
    done
    echo "$name: as one process tells it, in seven forms"
}

# What a trend says of each org; a failure that was tried again is one look more where it is kept.
orgs_of() { sed -n '/"orgs": \[/,/"days": \[/p' "$1" | grep -v '"last_look"'; }

number=0
mkdir kept
for results in "file://$folder/kept" "$@"; do
    number=$((number + 1))
    name=night$number-$$
    run "$name" "$results"
    same "files-$number" "$name"-[0-9]*.jsonl
    same "results-$number" --results "$results" --run "$name"
    # What is kept is told over time as its files are.
    rc=0
    "$program" trend --results "$results" --out "trend-$number.json" 2>trend.log || rc=$?
    [ "$rc" = 4 ] || { cat trend.log >&2; fail "the trend of ${results%%:*} ends with $rc"; }
    rc=0
    "$program" trend "results-$number.jsonl" --out trend-files.json 2>trend.log || rc=$?
    [ "$rc" = 4 ] || { cat trend.log >&2; fail "the trend of files ends with $rc"; }
    grep -q '"state": "drifted"' trend-files.json || fail "the trend of files tells of no drift"
    cmp <(orgs_of "trend-$number.json") <(orgs_of trend-files.json) ||
        fail "the trend of ${results%%:*} is another than that of files"
done
echo "$orgs orgs in $shards shards: as one process, from files and from $number kinds of results"
