"""What people type who come from the Node.js runtime: each option of its command, its addresses and its defaults."""

from __future__ import annotations

import signal

from psycopg.conninfo import conninfo_to_dict

from tests.py.commands.table import (
    EXAMPLE_URL,
    Effect,
    Given,
    Place,
    Row,
    all_of,
    file,
    in_database,
    jobs,
    says,
    statement,
    warns,
)

_NO_URL = {"DATABASE_URL": ""}
_JOBS_LEFT = "select count(*) from q.jobs"
_TASKS_LEFT = "select count(*) from q._private_tasks"
_QUEUES_LEFT = "select count(*) from q._private_job_queues"
_A_JOB_IS_RUN = in_database(_JOBS_LEFT, 0)
_TASKS = file(
    "tasks.py", "import graphile_worker\ntasks = graphile_worker.TaskRegistry()\ntasks.add(lambda: None, 'a')\n"
)
_TASK_WITH_A_JOB = all_of(_TASKS, jobs(1, task="a"))
_PLUGIN = """
import sys
from graphile_worker import JobComplete

class Told:
    def register(self, hooks):
        @hooks.on(JobComplete)
        def tell(event):
            sys.stderr.write(f"told that {event.job.task_identifier} is done\\n")
"""
_FOLDER = all_of(
    file("tasks/write.sh", "#!/bin/sh\ncat > written\n", 0o755),
    file("crontab", "* * * * * write\n"),
    jobs(1, task="write"),
)
_RUBBISH = all_of(
    jobs(1, task="failed", queue_name="kept"),
    statement("select q.permanently_fail_jobs(array[1])"),
    statement("insert into q._private_tasks (identifier) values ('unused')"),
    statement("insert into q._private_job_queues (queue_name) values ('unused')"),
)


def _left(*, failed: int, tasks: int, queues: int) -> Effect:
    return all_of(in_database(_JOBS_LEFT, failed), in_database(_TASKS_LEFT, tasks), in_database(_QUEUES_LEFT, queues))


def _names_the_database(place: Place) -> None:
    """Makes a file for a shell with libpq's variables, and one with a service, for the row's database."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    params = {name: value for name, value in conninfo_to_dict(place.url).items() if name in names}
    (place.folder / "variables").write_text("\n".join(f"export {names[name]}='{params[name]}'" for name in params))
    (place.folder / "services").write_text("\n".join(["[queue]", *(f"{name}={params[name]}" for name in params)]))


def _by_variables(command: str, effect: Effect, *given: Given, exit_code: int = 0) -> Row:
    """A line where libpq's variables say which database it is."""
    line = f"sh -c '. ./variables; exec graphile-worker {command}'"
    return Row(line, effect, exit_code, environment=_NO_URL, given=all_of(_names_the_database, *given))


_RUN = [
    Row(f"graphile-worker run -c {EXAMPLE_URL} --once", _A_JOB_IS_RUN, environment=_NO_URL, given=_TASK_WITH_A_JOB),
    Row(
        f"graphile-worker run --connection {EXAMPLE_URL} -s graphile_worker -j 2 -m 10 --poll-interval 2000ms --once",
        all_of(_A_JOB_IS_RUN, warns(", 2 at a time")),
        environment=_NO_URL,
        given=_TASK_WITH_A_JOB,
    ),
    Row(
        "graphile-worker run --jobs 3 --max-pool-size 10 --schema graphile_worker --no-prepared-statements --once",
        all_of(_A_JOB_IS_RUN, warns(", 3 at a time")),
        given=_TASK_WITH_A_JOB,
    ),
    Row(
        "graphile-worker run -C worker.toml --once",
        all_of(_A_JOB_IS_RUN, warns(", 4 at a time", "told that a is done")),
        given=all_of(
            _TASK_WITH_A_JOB,
            file("worker.toml", 'concurrency = 4\nplugins = ["plugin_here:Told"]\n'),
            file("plugin_here.py", _PLUGIN),
        ),
    ),
    Row(
        "graphile-worker run",
        all_of(lambda ran: ran.until_it_says("runs a, "), warns("tasks found in ./tasks.py\n")),
        given=_TASKS,
        ended_by=signal.SIGTERM,
    ),
    Row(
        "graphile-worker run",
        all_of(
            lambda ran: ran.until_it_says("runs write, "),
            warns(r"tasks found in ./tasks/\n.* crontab found in ./crontab\n"),
        ),
        given=_FOLDER,
        ended_by=signal.SIGTERM,
    ),
    Row(
        "sh -c 'graphile-worker run --once && cat written'",
        all_of(says(r'^\{"payload":\{\}\}$'), _A_JOB_IS_RUN),
        given=_FOLDER,
    ),
    Row("graphile-worker run --once", warns("neither ./tasks.py nor ./tasks/"), exit_code=2),
    Row("graphile-worker run -j 0", warns("0 is not in the range"), exit_code=2, given=_TASKS),
    Row("graphile-worker run -C nowhere.toml", warns("nowhere.toml can't be read"), exit_code=2),
    Row(
        "graphile-worker run --poll-interval 2000",
        warns("--poll-interval '2000' has no unit: 2000 ms or 2000 s\\?\nhint: Write 2000ms or 2000s"),
        exit_code=2,
        given=_TASKS,
    ),
    Row(
        "graphile-worker run",
        warns("GRAPHILE_WORKER_POLL_INTERVAL: '2000' has no unit"),
        exit_code=2,
        environment={"GRAPHILE_WORKER_POLL_INTERVAL": "2000"},
        given=_TASKS,
    ),
]
_INSTEAD = [
    Row("graphile-worker run --schema-only", says("schema graphile_worker is up to date")),
    Row(
        f"graphile-worker run -c {EXAMPLE_URL} -s jobs_here --schema-only",
        in_database("select to_regclass('jobs_here.jobs') is not null", True),
        environment=_NO_URL,
    ),
    Row("graphile-worker run --schema-only --once", warns("--schema-only and --once exclude each other"), exit_code=2),
    Row(
        "graphile-worker run --cleanup GC_TASK_IDENTIFIERS,GC_JOB_QUEUES,DELETE_PERMAFAILED_JOBS",
        _left(failed=0, tasks=0, queues=0),
        given=_RUBBISH,
    ),
    Row("graphile-worker run --cleanup DELETE_PERMAFAILED_JOBS", _left(failed=0, tasks=2, queues=2), given=_RUBBISH),
    Row("graphile-worker run --cleanup GC_TASK_IDENTIFIERS", _left(failed=1, tasks=1, queues=2), given=_RUBBISH),
    Row("graphile-worker run --cleanup 'GC_JOB_QUEUES'", _left(failed=1, tasks=2, queues=1), given=_RUBBISH),
    Row("graphile-worker cleanup GC_JOB_QUEUES", _left(failed=1, tasks=2, queues=1), given=_RUBBISH),
    Row(
        "graphile-worker run --cleanup GC_QUEUES",
        warns("'GC_QUEUES' is not one of delete-permanently-failed-jobs, gc-task-identifiers, gc-job-queues"),
        exit_code=2,
    ),
    Row("graphile-worker run --cleanup ''", warns("'' is not one of delete-perm"), exit_code=2),
]
_DATABASES = [
    Row("""sh -c 'graphile-worker stats -c "pg://${DATABASE_URL#*://}"'""", says("^field\tvalue\n")),
    Row("""sh -c 'DATABASE_URL="pg://${DATABASE_URL#*://}" exec graphile-worker stats'""", says("^field\tvalue\n")),
    Row("graphile-worker stats", warns("^error: no database is named\n"), exit_code=2, environment=_NO_URL),
    _by_variables(
        "stats", all_of(says("^field\tvalue\n"), warns("^the database is .*, named by PGHOST, PGDATABASE\n"))
    ),
    _by_variables("run --once", all_of(_A_JOB_IS_RUN, warns("^.* INFO    the database is .*\n")), _TASK_WITH_A_JOB),
    _by_variables(
        "run --cleanup GC_JOB_QUEUES",
        all_of(_left(failed=1, tasks=2, queues=2), warns("Give --yes")),
        _RUBBISH,
        exit_code=2,
    ),
    _by_variables("run --cleanup GC_JOB_QUEUES --yes", _left(failed=1, tasks=2, queues=1), _RUBBISH),
    _by_variables("remove --state all", all_of(in_database(_JOBS_LEFT, 1), warns("Give --yes")), jobs(1), exit_code=2),
    _by_variables("remove --state all --yes", in_database(_JOBS_LEFT, 0), jobs(1)),
    Row(
        "graphile-worker stats",
        all_of(says("^field\tvalue\n"), warns("^the database is .*, named by PGSERVICE\n")),
        environment={**_NO_URL, "PGSERVICE": "queue", "PGSERVICEFILE": "services"},
        given=_names_the_database,
    ),
]
ROWS = [*_RUN, *_INSTEAD, *_DATABASES]
