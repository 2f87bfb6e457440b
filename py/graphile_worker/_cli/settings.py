"""The global options as they were given."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .address import naming_variables, without_password

if TYPE_CHECKING:
    from .._tasks.registry import TaskRegistry

DEFAULT_SCHEMA = "graphile_worker"


@dataclass(slots=True)
class Settings:
    """The values of the global options; `explicit` has the names of those that stand on the command line."""

    database_url: str | None = field(default=None, repr=False)
    schema: str = DEFAULT_SCHEMA
    max_connections: int = 5
    as_json: bool = False
    embedded: bool = False
    embedded_dir: Path | None = None
    explicit: set[str] = field(default_factory=set)
    is_told: bool = False
    """Whether it was said which database libpq's variables name."""

    @property
    def url_source(self) -> str:
        """The source of the database's address, as people know it."""
        if self.embedded:
            return "--embedded"
        if "database_url" in self.explicit:
            return "--database-url"
        return ", ".join(self.naming_variables) or "DATABASE_URL"

    @property
    def naming_variables(self) -> list[str]:
        """libpq's own variables, where the database is named by nothing else: PGHOST, PGSERVICE, PGDATABASE."""
        # An address that was given, and is empty, is a mistake.
        is_named = self.database_url or self.embedded or "database_url" in self.explicit
        return [] if is_named else naming_variables()

    def command(self, *words: str) -> str:
        """Returns a command to type that reaches the same queue as this one. It never has a password in it.

        >>> Settings(schema="My Queue", explicit={"schema"}).command("migrate")
        "graphile-worker --schema 'My Queue' migrate"
        """
        options = []
        if "database_url" in self.explicit and self.database_url:
            options += ["--database-url", without_password(self.database_url)]
        if self.embedded:
            options.append("--embedded")
        if "embedded_dir" in self.explicit:
            options += ["--embedded-dir", str(self.embedded_dir)]
        if "schema" in self.explicit:
            options += ["--schema", self.schema]
        return shlex.join(["graphile-worker", *options, *words])

    def for_worker(self, tasks: TaskRegistry) -> TaskRegistry:
        """Returns the tasks as `run` is to run them: a framework's own command puts something around each."""
        return tasks
