"""The commands `limits`, `limit task`, `limit queue`, `unlimit task` and `unlimit queue`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import click

from .._basis.durations import read_duration
from .._calls.limit_rows import LimitSummary
from . import output
from . import text as _text
from .app import Command
from .failure import Failure, Usage
from .names import complete_limited, complete_queue, complete_task
from .session import client
from .settings import Settings
from .table import Column

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _running(limit: LimitSummary) -> str:
    if limit.max_running is None:
        return f"{limit.running}"
    if limit.kind == "pattern":
        return f"{limit.running}, {limit.max_running} each"
    return f"{limit.running} of {limit.max_running}"


def _rate(limit: LimitSummary) -> str:
    if limit.rate is None or limit.per is None:
        return ""
    burst = "" if limit.burst == limit.rate else f" burst {limit.burst}"
    per = _text.duration(limit.per).replace(" ", "")
    # 5/s, as people write it.
    return f"{limit.rate:g}/{per[1:] if per in ('1s', '1m', '1h', '1d') else per}{burst}"


def _held_back(limit: LimitSummary) -> str:
    return "" if limit.held_back is None else f"{limit.held_back}{'+' if limit.capped else ''}"


_COLUMNS: list[Column[LimitSummary]] = [
    Column("WHAT", lambda limit: limit.kind),
    Column("NAME", lambda limit: limit.name, narrowest=10),
    Column("RUNNING", _running, right=True),
    Column("RATE", _rate),
    Column("ROOM FOR", lambda limit: None if limit.tokens is None else int(limit.tokens), rank=4, right=True),
    Column("WAITING", _held_back, right=True),
    Column("NEXT AT", lambda limit: _text.short_time(limit.next_at), rank=5),
    Column("WEIGHT", lambda limit: limit.weight_by, narrowest=6, rank=6),
    Column("SHARE", lambda limit: None if limit.share is None else f"{limit.share:g}", rank=3, right=True),
    # Of those that workers publish it is their role.
    Column("SET BY", lambda limit: limit.set_by if limit.from_operator else "workers", narrowest=6, rank=1),
    Column("BY OPERATOR", lambda limit: ", ".join(limit.from_operator), narrowest=6, rank=8),
    Column("REASON", lambda limit: limit.reason, narrowest=10, rank=2),
]


def _per_interval(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[float, timedelta] | None:
    """Reads a rate: 100/1m, 100/m, 5/s; a number alone is per minute."""
    if value is None:
        return None
    number, slash, interval = value.partition("/")
    interval = interval.strip()
    per = read_duration(interval if interval[:1].isdigit() else f"1{interval}") if slash else timedelta(minutes=1)
    try:
        rate = float(number)
    except ValueError:
        rate = 0.0
    if not rate > 0 or not per or (slash and not interval):
        raise Usage(
            f"--rate {value!r} is no rate", hint="Write so many per interval: 100/1m, 5/s, 1000/24h; more than 0"
        )
    return rate, per


def _kind_and_name(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, str] | None:
    if value is None:
        return None
    kind, _, name = value.partition(":")
    if kind not in ("pattern", "queue", "task"):
        raise Usage(f"--after {value!r} names no limit", hint="Write task:NAME, queue:NAME or pattern:NAME")
    return kind, name


@click.command(
    cls=Command,
    examples=[
        "graphile-worker limits",
        "graphile-worker limits --held-back",
        "graphile-worker limits --json | jq '.[] | {name, running, held_back}'",
    ],
)
@click.option("--held-back", is_flag=True, help="Only those that something waits for.")
@click.option("--limit", type=click.IntRange(0, 100_000), default=100, show_default=True, metavar="N", help="How many.")
@click.option("--after", callback=_kind_and_name, metavar="KIND:NAME", help="Those behind this one.")
@click.pass_obj
def limits(settings: Settings, held_back: bool, limit: int, after: tuple[str, str] | None) -> None:
    """List the limits of tasks, queues and patterns of queues: what runs, what waits, and who set them."""
    kind, name = after or (None, None)
    with client(settings, only_looks=True) as queue_client:
        page = queue_client.list_limits(limit=limit, after_kind=kind, after_name=name)
    found = [row for row in page if row.held_back] if held_back else page
    output.rows(settings, found, LimitSummary, _COLUMNS, "nothing waits for a limit" if held_back else "no limits")
    output.more(settings, page, limit, "--after", lambda row: f"{row.kind}:{row.name}")


@click.group(invoke_without_command=True)
@click.pass_context
def limit(ctx: click.Context) -> None:
    """Limit how many jobs of a task or queue run at once, and how many start in a while, over all workers."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


def _rate_options(function: _Function) -> _Function:
    for option in reversed(
        (
            click.option("--rate", callback=_per_interval, metavar="N/INTERVAL", help="So many start: 100/1m, 5/s."),
            click.option(
                "--burst", type=click.IntRange(1, 1_000_000_000), metavar="N", help="So many of the rate at once."
            ),
            click.option("--weight-by", metavar="ATTRIBUTE", help="Of the payload: for how many a job counts."),
            click.option("--unlimited", is_flag=True, help="No limit holds, whatever workers publish."),
            click.option("--reason", metavar="TEXT", help="For whoever wonders."),
        )
    ):
        function = option(function)
    return function


@limit.command(
    "task",
    cls=Command,
    examples=[
        "graphile-worker limit task ask_model --max-running 5",
        "graphile-worker limit task ask_model --rate 100/1m --burst 20",
        "graphile-worker limit task ask_model --unlimited",
    ],
)
@click.argument("name", metavar="TASK", shell_complete=complete_task)
@click.option("--max-running", type=click.IntRange(1, 1_000_000), metavar="N", help="So many at once.")
@_rate_options
@click.pass_obj
def limit_task(settings: Settings, /, name: str, max_running: int | None, **options: Any) -> None:
    """Limit a task.

    It holds whatever its workers say; what is not given stays as it is.
    """
    values = _values(settings, "task", name, {"max_running": max_running}, options)
    with client(settings) as queue_client:
        is_new = queue_client.limit_task(name, **values)
    _tell(settings, "task", name, is_new=is_new)


@limit.command(
    "queue",
    cls=Command,
    examples=[
        "graphile-worker limit queue 'tenant:*' --width 3",
        "graphile-worker limit queue tenant:7 --width 10 --reason 'pays for more'",
        "graphile-worker limit queue imports --rate 5/s",
    ],
)
@click.argument("name", metavar="QUEUE", shell_complete=complete_queue)
@click.option("--width", type=click.IntRange(1, 1_000_000), metavar="N", help="So many at once; 1 where none is set.")
@click.option("--share", type=float, metavar="NUMBER", help="How much of the workers, beside other limited queues.")
@_rate_options
@click.pass_obj
def limit_queue(settings: Settings, /, name: str, width: int | None, share: float | None, **options: Any) -> None:
    """Limit a queue, or all that begin so: 'tenant:*'.

    It holds for each of them, whatever workers say; what is not given stays as it is. Quote the *, or the
    shell looks for files.
    """
    values = _values(settings, "queue", name, {"width": width, "share": share}, options)
    with client(settings) as queue_client:
        is_new = queue_client.limit_queue(name, **values)
    _tell(settings, "queue", name, is_new=is_new)


def _values(settings: Settings, kind: str, name: str, own: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    rate, per = options.pop("rate") or (None, None)
    values = {name: value for name, value in {**own, **options, "rate": rate, "per": per}.items() if value is not None}
    given = values.keys() - {"reason", "unlimited"}
    if values["unlimited"] and given:
        raise Usage("--unlimited goes with no other value than --reason")
    if not given and not values["unlimited"]:
        mine = "--max-running" if kind == "task" else "--width, --share"
        unlimit = settings.command("unlimit", kind, name)
        raise Usage("nothing to set", hint=f"Give {mine}, --rate or --unlimited; `{unlimit}` takes a limit back")
    return values


@click.group(invoke_without_command=True)
@click.pass_context
def unlimit(ctx: click.Context) -> None:
    """Take back what `limit` has set: what workers publish holds again."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


@unlimit.command("task", cls=Command, examples=["graphile-worker unlimit task ask_model"])
@click.argument("name", metavar="TASK", shell_complete=complete_limited("task"))
@click.pass_obj
def unlimit_task(settings: Settings, name: str) -> None:
    """Take back what was set for TASK: what its workers publish holds again."""
    with client(settings) as queue_client:
        changed = queue_client.unlimit_task(name)
    _tell_unlimited(settings, "task", name, changed=changed)


@unlimit.command("queue", cls=Command, examples=["graphile-worker unlimit queue 'tenant:*'"])
@click.argument("name", metavar="QUEUE", shell_complete=complete_limited("queue"))
@click.pass_obj
def unlimit_queue(settings: Settings, name: str) -> None:
    """Take back what was set for QUEUE, or for a pattern: what workers publish holds again."""
    with client(settings) as queue_client:
        changed = queue_client.unlimit_queue(name)
    _tell_unlimited(settings, "queue", name, changed=changed)


def _tell(settings: Settings, kind: str, name: str, *, is_new: bool) -> None:
    if settings.as_json:
        output.document({"kind": kind, "name": name, "is_new": is_new})
    else:
        click.echo(f"the limit of {kind} {_text.printable(name)} is {'set' if is_new else 'changed'}")


def _tell_unlimited(settings: Settings, kind: str, name: str, *, changed: bool) -> None:
    if settings.as_json:
        output.document({"kind": kind, "name": name, "changed": changed})
    elif changed:
        click.echo(f"the limit of {kind} {_text.printable(name)} is what workers publish")
    if not changed:
        raise Failure(f"no limit was set for {kind} {name!r}", hint=f"`{settings.command('limits')}` shows what is")
