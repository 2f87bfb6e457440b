#!/usr/bin/env bash
# A worker in bash and psql: one call, worker_round, hands in what became of the last jobs and claims the next ones.
#
#     PGHOST=localhost PGDATABASE=app SLOTS=4 examples/worker.sh backup report
#
# A task is a program of its name in this folder, and reads the payload; its last words are the error when it fails.
set -um; shopt -s nullglob
schema=${GRAPHILE_WORKER_SCHEMA:-graphile_worker}
tasks=$(IFS=, && echo "{$*}")
worker=graphile_worker_$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
runs=$(mktemp -d) stopping=''
trap 'rm -rf "$runs"' EXIT
trap 'stopping=yes' INT TERM

ask() { # Tells what the database answers; fails when it does not.
  psql -qtAX -F $'\x1f' -v ON_ERROR_STOP=1 -v VERBOSITY=sqlstate -v "errors=${2-}" <<<"$1" 2>"$runs/error"
}

run() { # Runs a job. What came of it is there all at once, or not yet; only what the database takes for text.
  "./$2" <<<"$3" >"$runs/$1.output" 2>&1
  echo "exit status $?: $(tail -c 1000 "$runs/$1.output" | tail -n 1 | iconv -c -f utf-8 -t utf-8)" >"$runs/$1.new"
  mv "$runs/$1.new" "$runs/$1.status"
}

until ask "select $schema.worker_heartbeat('$worker')" >/dev/null; do cat "$runs/error" >&2 && sleep 1; done
beat=$SECONDS answered=yes
while true; do
  completed='' failed='' errors=''
  for status in "$runs"/*.status; do
    id=$(basename "$status" .status)
    if grep -q '^exit status 0:' "$status"; then completed+=",$id"
    else failed+=",$id" errors+=$'\n'$(<"$status"); fi
  done
  [ -z "$stopping" ] && free=$((${SLOTS:-4} - $(jobs -pr | wc -l))) || free=0
  # JSON may have line breaks between its words, and what is no jsonb, in it.
  sql="select kind, id, task_identifier, translate(payload::text, E'\n', ' '), error from $schema.worker_round(
    '$worker', completed => '{${completed#,}}', failed => '{${failed#,}}',
    error_messages => string_to_array(:'errors', E'\n'), task_identifiers => '$tasks', max_jobs => $free,
    must_be_registered => true)"
  # What a call without an answer has claimed goes back; not what stays locked as nobody can change it.
  held=$(cd "$runs" && ls | sed -nE 's/\.(held|stuck)$//p' | paste -sd,)
  [ -n "$answered" ] || sql="select $schema.resume_worker('$worker', '{$held}'); $sql"
  if ((SECONDS - beat >= 30)); then beat=$SECONDS sql="select $schema.beat_workers('{$worker}'); $sql"; fi
  if ! answered=$(ask "$sql" "${errors#?}" && echo .); then
    cat "$runs/error" >&2
    grep -q GWNRG "$runs/error" || { answered='' && sleep 1 && continue; }
    # Others took this worker for dead, and its jobs.
    for job in $(jobs -p); do kill -- "-$job"; done; exit 1
  fi
  for id in ${completed//,/ } ${failed//,/ }; do rm "$runs/$id".*; done
  while IFS=$'\x1f' read -r kind id task payload error; do
    case $kind in
      job) touch "$runs/$id.held" && run "$id" "$task" "$payload" & ;;
      refused) touch "$runs/$id.stuck" && echo "job $id stays locked: $error" >&2 ;;
    esac
  done <<<"$answered"
  [ -z "$stopping" ] || ls "$runs" | grep -q held || break
  sleep 0.2
done
ask "select $schema.worker_deregister('$worker')"
