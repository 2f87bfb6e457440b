"""The command `completion`: what a shell runs to know the commands and options."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

from .app import Command

_NAME = "graphile-worker"
_VARIABLE = "_GRAPHILE_WORKER_COMPLETE"


@click.command(
    cls=Command,
    examples=[
        'eval "$(graphile-worker completion bash)"',
        "graphile-worker completion zsh > ~/.zfunc/_graphile-worker",
        "graphile-worker completion fish | source",
    ],
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Write what makes SHELL complete commands and options with the tab key.

    The lines for bash and fish go into ~/.bashrc and ~/.config/fish/config.fish.
    """
    completer = get_completion_class(shell)
    assert completer is not None, shell
    # Not the method of the class for bash, which starts a bash to ask for its version.
    click.echo(ShellComplete.source(completer(ctx.find_root().command, {}, _NAME, _VARIABLE)))
