"""The commands `policies list`, `policies set` and `policies reset`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Literal

import click

from .._calls.policy_rows import TaskPolicy
from . import output
from . import text as _text
from .app import Command
from .failure import Failure, Usage
from .session import client
from .settings import Settings
from .table import Column
from .types import duration

_COLUMNS: list[Column[TaskPolicy]] = [
    Column("TASK", lambda policy: policy.task_identifier, narrowest=10),
    Column("TIMEOUT", lambda policy: policy.timeout and _text.duration(policy.timeout)),
    Column("RETRY", lambda policy: policy.retry and json.dumps(policy.retry), narrowest=10),
    Column("ATTEMPTS", lambda policy: policy.max_attempts),
    Column("PRIORITY", lambda policy: policy.priority),
    Column("EXPIRES", lambda policy: policy.expires_after and _text.duration(policy.expires_after)),
    Column("BAD PAYLOAD", lambda policy: policy.bad_payload, rank=2),
    Column("BY OPERATOR", lambda policy: ", ".join(policy.from_operator), narrowest=6, rank=1),
    Column("REASON", lambda policy: policy.reason, narrowest=10, rank=2),
]
_TASK = click.argument("task", metavar="TASK")


@click.group(invoke_without_command=True)
@click.pass_context
def policies(ctx: click.Context) -> None:
    """Look at the policies of tasks, and set them: time-outs, retries, defaults, expiry."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


@policies.command("list", cls=Command, examples=["graphile-worker policies list", "graphile-worker policies list mail"])
@click.argument("tasks", metavar="[TASK...]", nargs=-1)
@click.pass_obj
def list_policies(settings: Settings, tasks: tuple[str, ...]) -> None:
    """List the policies of tasks that have one: what their workers want, and what an operator has set."""
    with client(settings, only_looks=True) as queue_client:
        found = queue_client.list_task_policies(tasks or None)
    none = "no task has a policy" if not tasks else "none of these tasks has a policy"
    output.rows(settings, found, TaskPolicy, _COLUMNS, none)


@policies.command(
    "set",
    cls=Command,
    examples=[
        "graphile-worker policies set charge --max-attempts 5 --reason 'slow bank'",
        """graphile-worker policies set mail --retry '{"kind": "linear", "base": "9s"}'""",
    ],
)
@_TASK
@click.option("--timeout", callback=duration, metavar="DURATION", help="Stop a job that takes longer: 30s, 5m, 2h.")
@click.option("--retry", metavar="JSON", help="The delays of its retries; see docs/policies.md.")
@click.option("--max-attempts", type=click.IntRange(1, 32767), metavar="N", help="Of jobs that are added without.")
@click.option("--priority", type=click.IntRange(-32768, 32767), metavar="N", help="Of jobs that are added without.")
@click.option(
    "--expires-after", callback=duration, metavar="DURATION", help="What was not started so long after its time fails."
)
@click.option(
    "--bad-payload", type=click.Choice(["fail", "retry"]), help="What becomes of a payload that does not fit."
)
@click.option("--reason", metavar="TEXT", help="For whoever wonders.")
@click.pass_obj
def set_policy(
    settings: Settings,
    task: str,
    timeout: timedelta | None,
    retry: str | None,
    max_attempts: int | None,
    priority: int | None,
    expires_after: timedelta | None,
    bad_payload: Literal["fail", "retry"] | None,
    reason: str | None,
) -> None:
    """Set what becomes of the jobs of TASK, whatever its workers say; what is not given stays as it is."""
    retries = None if retry is None else _retries(retry)
    if all(value is None for value in (timeout, retry, max_attempts, priority, expires_after, bad_payload)):
        raise Usage(
            "nothing to set",
            hint="Give --timeout, --retry, --max-attempts, --priority, --expires-after or --bad-payload",
        )
    with client(settings) as queue_client:
        is_new = queue_client.set_task_policy(
            task,
            timeout=timeout,
            retry=retries,
            max_attempts=max_attempts,
            priority=priority,
            expires_after=expires_after,
            bad_payload=bad_payload,
            reason=reason,
        )
    if settings.as_json:
        output.document({"task": task, "is_new": is_new})
    else:
        click.echo(f"the policy of {_text.printable(task)} is {'set' if is_new else 'changed'}")


@policies.command("reset", cls=Command, examples=["graphile-worker policies reset charge"])
@_TASK
@click.pass_obj
def reset_policy(settings: Settings, task: str) -> None:
    """Take back what was set for TASK: what its workers say holds again."""
    with client(settings) as queue_client:
        changed = queue_client.reset_task_policy(task)
    if settings.as_json:
        output.document({"task": task, "changed": changed})
    elif changed:
        click.echo(f"the policy of {_text.printable(task)} is what its workers say")
    if not changed:
        raise Failure(f"nothing was set for {task!r}", hint=f"`{settings.command('policies', 'list')}` shows what is")


def _retries(written: str) -> dict[str, Any]:
    try:
        found = json.loads(written)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Usage(
            f"--retry {written!r} is no JSON object",
            hint="""Write for example '{"kind": "exponential", "base": "2s", "cap": "1h"}'""",
        )
    return found
