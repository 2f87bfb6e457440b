"""What people type who come from another queue's command, and what it is here: hints of errors."""

from __future__ import annotations

from collections.abc import Mapping

COMMANDS: Mapping[str, str] = {
    "defer": "Jobs are added by `graphile-worker add IDENTIFIER --payload JSON`",
    "healthchecks": "`graphile-worker stats` reaches the queue, or says why not",
    "schema": "The tables come from `graphile-worker migrate`, at every release",
    "shell": "`graphile-worker list`, `show`, `retry` and `cancel` look after jobs; `graphile-worker psql` is a shell",
    "worker": "A worker is `graphile-worker run MODULE`; `graphile-worker workers` lists those there are",
}
"""Names of commands."""

OPTIONS: Mapping[str, str] = {
    **dict.fromkeys(("-a", "--app"), "The module of the tasks is an argument of run: `graphile-worker run app.tasks`"),
    **dict.fromkeys(
        ("-q", "--queues"),
        "A queue here is a lock: its jobs run one at a time. A worker takes the tasks of its module",
    ),
    **dict.fromkeys(("--delete-jobs",), "What is done is deleted, always"),
    **dict.fromkeys(("-w", "--wait", "--one-shot"), "What is due now, and no more, runs with --once"),
    **dict.fromkeys(("--listen-notify", "--no-listen-notify"), "It is --notifications or --no-notifications"),
    "--at": "It is --run-at 2030-01-01T08:00:00Z",
    "--fetch-job-polling-interval": "It is --poll-interval 1s",
    "--in": "It is --run-at TIME; `date -Is -d '1 hour'` writes one",
    "--lock": "Jobs that must not run at the same time share a queue: --queue NAME",
    "--queueing-lock": "It is --unique-key KEY --unique-until started",
    "--shutdown-graceful-timeout": "It is --grace-period 5s",
}
"""Options, of any command."""
