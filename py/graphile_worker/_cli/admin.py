"""The command `admin`."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from .._basis.log import logger
from . import log as _log
from . import output
from .app import Command
from .crontab import read
from .failure import Failure, Usage
from .session import database_url, explained
from .settings import Settings

if TYPE_CHECKING:
    from ..admin._door.auth import Auth

_MODES = ("basic", "bearer", "header", "none")
_ADDRESS = re.compile(r"(?:\[(?P<v6>[^\[\]]+)\]|(?P<name>[^:\[\]]+)):(?P<port>\d{1,5})", re.ASCII)


@click.command(
    cls=Command,
    examples=[
        "graphile-worker admin",
        "graphile-worker admin --read-only --listen 127.0.0.1:8080",
        "GRAPHILE_WORKER_ADMIN_BEARER_TOKEN=$(openssl rand -hex 32) graphile-worker admin --host 0.0.0.0",
    ],
)
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    default=5678,
    show_default=True,
    help="The port to listen on; 0 for any that is free.",
)
@click.option("--listen", metavar="HOST:PORT", help="Both at once: 127.0.0.1:5678, [::1]:5678.")
@click.option(
    "--auth",
    "mode",
    type=click.Choice(_MODES),
    show_default="what a secret is given for, or else basic",
    help="How people are told apart. none: only on this machine.",
)
@click.option("--username", "--user", "user", metavar="NAME", default="admin", show_default=True, help="With basic.")
@click.option(
    "--password",
    envvar="GRAPHILE_WORKER_ADMIN_PASSWORD",
    show_envvar=True,
    metavar="TEXT",
    help="With basic; better given in the environment. A random one is made, and shown, when there is none.",
)
@click.option(
    "--bearer-token",
    envvar="GRAPHILE_WORKER_ADMIN_BEARER_TOKEN",
    show_envvar=True,
    metavar="TEXT",
    help="With bearer; given, or made and shown, in the same way.",
)
@click.option("--header-name", metavar="NAME", default="x-graphile-worker-admin-token", show_default=True)
@click.option(
    "--header-token",
    envvar="GRAPHILE_WORKER_ADMIN_HEADER_TOKEN",
    show_envvar=True,
    metavar="TEXT",
    help="With header; given, or made and shown, in the same way.",
)
@click.option("--read-only", is_flag=True, help="Show everything, change nothing.")
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    show_default="any; with none, those of this machine",
    help="A name by which the page may be called; may be repeated.",
)
@click.option(
    "--trusted-proxy",
    "trusted_proxies",
    multiple=True,
    metavar="ADDRESS",
    help="A proxy, or a network of them, whose X-Forwarded-For says who tries wrong passwords; may be repeated.",
)
@click.option(
    "--crontab",
    "crontab_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Show when the entries of this file are due.",
)
@click.option(
    "--prepare-statements/--no-prepare-statements",
    default=True,
    help="Keep statements prepared, or not: for a connection pooler that does not know them.",
)
@click.pass_context
def admin(
    ctx: click.Context,
    /,
    listen: str | None,
    mode: str | None,
    user: str,
    password: str | None,
    bearer_token: str | None,
    header_name: str,
    header_token: str | None,
    allowed_hosts: tuple[str, ...],
    crontab_file: Path | None,
    **options: Any,
) -> None:
    """Serve the admin page, until Ctrl-C.

    On http://127.0.0.1:5678, unless told otherwise; graphile_worker.admin.serve() is on port 4000.

    There is no TLS: through a network use a proxy that has it, or ssh -L 5678:127.0.0.1:5678.
    """
    try:
        from ..admin import serve
    except ImportError as error:
        raise Usage(
            f"the admin page is not available here: {error}", hint="pip install 'graphile-worker[admin]'"
        ) from None
    settings: Settings = ctx.obj
    if listen is not None:
        for name in ("host", "port"):
            if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
                raise Usage(f"--listen and --{name} exclude each other")
        options["host"], options["port"] = _host_and_port(listen)
    given = {"basic": password, "bearer": bearer_token, "header": header_token}
    with explained(settings):
        auth = _auth(mode or _the_mode(given), given, user, header_name)
    crontab = read(crontab_file) if crontab_file else None
    _log.configure("info", as_json=settings.as_json)
    with database_url(settings, tell=logger.info) as url, _until_signalled():
        try:
            serve(
                url,
                auth=auth,
                on_start=lambda address: _tell(settings, address, auth),
                schema=settings.schema,
                allowed_hosts=allowed_hosts or None,
                crontab=crontab,
                **options,
            )
        except OSError as error:
            # Its own text repeats the address. The numbers of what keeps a name from being found are negative.
            has_number = error.errno is not None and error.errno > 0
            reason = os.strerror(error.errno or 0) if has_number else str(error.strerror or error)
            reason = reason.partition(" (while ")[0]
            host = f"[{options['host']}]" if ":" in options["host"] else options["host"]
            where = f"{host}:{options['port']}"
            raise Failure(f"can't listen on {where}: {reason}", hint="Choose another with --listen") from None


def _host_and_port(text: str) -> tuple[str, int]:
    match = _ADDRESS.fullmatch(text.strip())
    if match is None or int(match["port"]) > 65535:
        raise Usage(f"--listen {text!r} is not HOST:PORT", hint="Write 127.0.0.1:5678, or [::1]:5678")
    return match["v6"] or match["name"], int(match["port"])


@contextmanager
def _until_signalled() -> Iterator[None]:
    """Ends the block at Ctrl-C and SIGTERM alike, and without an error.

    uvicorn hands on the signal that it has obeyed; what is around the block, an embedded server say, has to end too.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _the_mode(given: dict[str, str | None]) -> str:
    modes = [mode for mode, secret in given.items() if secret]
    if len(modes) > 1:
        raise Usage(f"there are secrets for {' and '.join(modes)}", hint="Say which is meant: --auth")
    return modes[0] if modes else "basic"


def _auth(mode: str, given: dict[str, str | None], user: str, header_name: str) -> Auth:
    from ..admin import BasicAuth, BearerAuth, HeaderAuth, NoAuth

    # Of an empty one, as a variable that is not set leaves it, one is made, too.
    secret = given.get(mode) or None
    match mode:
        case "bearer":
            return BearerAuth(secret)
        case "header":
            return HeaderAuth(secret, header_name=header_name)
        case "none":
            return NoAuth()
        case _:
            return BasicAuth(user, secret)


def _tell(settings: Settings, address: str, auth: Auth) -> None:
    # A secret that was given is known to whoever gave it.
    made = auth.secret.decode() if auth.is_generated and auth.secret else None
    is_password = auth.mode == "basic"
    if settings.as_json:
        said = {"url": address, "auth": auth.mode, "user": auth.user, "password": made if is_password else None}
        output.document({**said, "token": None if is_password else made, "header_name": auth.header_name})
        return
    click.echo(f"the admin page is at {address}")
    match made and auth.mode:
        case "basic":
            click.echo(f"user {auth.user}, password {made}")
        case "bearer":
            click.echo(f"authorization: Bearer {made}")
        case "header":
            click.echo(f"{auth.header_name}: {made}")
