#!/usr/bin/env bash
# The shards of tests/fleet/shards.sh with a PostgreSQL and an object storage, both begun here on
# this machine, and the examples of docs/fleet held against what reads them. Installs what it needs,
# on a machine where `apt-get` and `pip` may bring it.
#
#     tests/fleet/run.sh PROGRAM [ORGS [SHARDS]]
set -euo pipefail
program=$(realpath "$1") orgs=${2:-200} shards=${3:-8}
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
chmod 755 "$folder"
pids=()
end() {
    [ ! -f "$folder/data/PG_VERSION" ] || "${as[@]}" "$postgres/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null || true
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}
as=()
trap end EXIT

find_postgres() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1; }
[ -n "$(find_postgres)" ] || apt-get install -y -q postgresql >/dev/null
postgres=$(find_postgres)
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install -q 'moto[server]' kubernetes-validate boto3
python=$folder/python/bin

"$python/kubernetes-validate" --strict docs/fleet/kubernetes.yaml

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# A PostgreSQL is never run by root.
if [ "$(id -u)" = 0 ]; then as=(runuser -u postgres --); fi
mkdir "$folder/data" "$folder/run"
echo owner-secret >"$folder/run/password"
[ "$(id -u)" != 0 ] || chown -R postgres "$folder/data" "$folder/run"
database=$(port)
cd "$folder"
"${as[@]}" "$postgres/initdb" -D "$folder/data" -A scram-sha-256 -U owner \
    --pwfile="$folder/run/password" >/dev/null
"${as[@]}" "$postgres/pg_ctl" -D "$folder/data" -w -l "$folder/run/log" \
    -o "-p $database -k $folder/run -c listen_addresses=127.0.0.1" start >/dev/null
export PGPASSWORD=owner-secret
sql() { "$postgres/psql" -h 127.0.0.1 -p "$database" -U owner -qAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }
sql postgres "create database fleet"

storage=$(port)
"$python/moto_server" -H 127.0.0.1 -p "$storage" >"$folder/moto.log" 2>&1 &
pids+=($!)
export AWS_ENDPOINT=http://127.0.0.1:$storage AWS_ALLOW_HTTP=true AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID=invented AWS_SECRET_ACCESS_KEY=invented
"$python/python" - <<END
import boto3, time
s3 = boto3.client("s3", endpoint_url="$AWS_ENDPOINT")
for attempt in range(100):
    try:
        s3.create_bucket(Bucket="fleet")
        break
    except Exception:
        time.sleep(0.1)
else:
    raise SystemExit("no object storage answers")
END
cd - >/dev/null

tests/fleet/shards.sh "$program" "$orgs" "$shards" \
    "postgres://owner@127.0.0.1:$database/fleet" s3://fleet/nights
# One row an org and run, though a shard was killed and two were put twice.
rows=$(sql fleet "select count(*), count(distinct org), count(distinct run) from sfsetup.result")
[ "$rows" = "$orgs|$orgs|1" ] || { echo "the database has $rows rows, orgs and runs" >&2; exit 1; }
# Once the tables are there, whoever was given what docs/fleet.md says does for all; in a database
# that sorts names otherwise than bytes.
sql postgres "create database narrow template template0 locale_provider icu icu_locale 'en-US'"
tests/fleet/shards.sh "$program" 2 1 "postgres://owner@127.0.0.1:$database/narrow" >/dev/null
sql narrow "delete from sfsetup.answer; delete from sfsetup.run"
sql narrow "create role fleet login password 'writer-secret'"
sql narrow "$(sed -n '/^```sql$/,/^```$/p' docs/fleet.md | grep -v '^```')"
PGPASSWORD=writer-secret tests/fleet/shards.sh "$program" 8 2 \
    "postgres://fleet@127.0.0.1:$database/narrow"
