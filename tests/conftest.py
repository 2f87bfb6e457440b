"""The server under test, and the databases on it.

The server is the one that TEST_DATABASE_URL names, as a role that may create databases; else one of the programs in the
folder that TEST_SERVER_BIN names; else a container with pgTAP where a Docker engine answers; else the embedded one.
Tests ask for `database` or `empty_database` and get their own.

With TEST_LARGE_IDS=1 the ids in `database` begin where a queue is after years: those of jobs beyond 2^31, those of
tasks and queues, which are integers, close to it.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from graphile_worker import migrate
from graphile_worker._embedded import EmbeddedServer, EmbeddedServerError
from graphile_worker._embedded.binaries import find_binaries
from tests import support
from tests.releases import earlier
from tools.scratch import scratch_folder

# Nothing here outlives the run, so nothing has to reach the disk.
EPHEMERAL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "max_prepared_transactions": "4",
}

_server_description = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def server_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """The address of the server under test: a database to connect to when creating others."""
    with ExitStack() as stack:
        if url := os.environ.get("TEST_DATABASE_URL"):
            kind = "TEST_DATABASE_URL"
        elif bin_dir := os.environ.get("TEST_SERVER_BIN"):
            kind = "TEST_SERVER_BIN"
            url = stack.enter_context(_embedded(bin_dir)).url
        elif url := _container(stack):
            kind = "container"
        else:
            kind = "embedded"
            url = stack.enter_context(_embedded()).url
        with psycopg.connect(url) as connection:
            version = connection.info.parameter_status("server_version")
        pytestconfig.stash[_server_description] = f"PostgreSQL {version} ({kind})"
        yield url


@pytest.fixture(scope="session")
def schema() -> str:
    """The name of the schema in `template` and `database`."""
    return "graphile_worker"


@pytest.fixture(scope="session")
def template(server_url: str, schema: str) -> Iterator[str]:
    """The name of a database with the schema installed, to copy from; nobody may be connected to it."""
    name = support.create_database(server_url, label="template")
    migrate(support.database_url(server_url, name), schema=schema)
    yield name
    support.drop_database(server_url, name)


@pytest.fixture
def database(server_url: str, template: str, schema: str) -> Iterator[str]:
    """The url of a fresh database with the schema installed, dropped after the test."""
    with support.temporary_database(server_url, template) as url:
        support.start_ids(url, schema)
        yield url


@pytest.fixture
def empty_database(server_url: str) -> Iterator[str]:
    """The url of a fresh, empty database, dropped after the test."""
    with support.temporary_database(server_url, label="empty") as url:
        yield url


@pytest.fixture(scope="session")
def previous_release(tmp_path_factory: pytest.TempPathFactory) -> earlier.Release:
    """The last release before the tree: its command, and workers of it against any url."""
    version = earlier.versions()[-1]
    return earlier.unpack(version, tmp_path_factory.mktemp(f"release-{version}"))


@pytest.fixture
def restartable_server() -> Iterator[EmbeddedServer]:
    """A server of the test's own, empty, to be stopped and restarted at will."""
    try:
        find_binaries()
    except EmbeddedServerError as error:
        pytest.skip(str(error))
    # What is committed outlives a server that is killed, if not a machine that is.
    with _embedded(synchronous_commit="on") as server:
        yield server


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """An empty folder for the data of embedded servers; not tmp_path, as root's is closed to the server's account."""
    folder = Path(tempfile.mkdtemp(prefix="graphile-worker-test-"))
    yield folder
    EmbeddedServer(folder).remove()
    shutil.rmtree(folder, ignore_errors=True)


def pytest_configure() -> None:
    # A shell starts what it runs in the background deaf to Ctrl-C, and so would all be that tests start and interrupt.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    description = config.stash.get(_server_description, None)
    if description:
        terminalreporter.write_line(f"server under test: {description}")


@contextmanager
def _embedded(bin_dir: str | None = None, **settings: str) -> Iterator[EmbeddedServer]:
    """An embedded server in a folder that disappears with it."""
    folder = scratch_folder("graphile-worker-test-")
    server = EmbeddedServer(folder, bin_dir=bin_dir, settings={**EPHEMERAL, **settings})
    try:
        yield server.start()
    finally:
        server.stop("immediate")
        server.remove()


def _container(stack: ExitStack) -> str | None:
    """The url of a server in a container, or None where no engine answers."""
    import docker
    from docker.errors import DockerException

    try:
        docker.from_env(timeout=10).ping()
    except DockerException:
        return None

    from testcontainers.community.postgres import PostgresContainer
    from testcontainers.core.image import DockerImage

    try:
        # The image stays, so that the next run finds it built.
        image = stack.enter_context(DockerImage(Path(__file__).parent, tag="graphile-worker-test", clean_up=False))
        return stack.enter_context(PostgresContainer(str(image))).get_connection_url(driver=None)
    except (DockerException, OSError) as error:
        # An engine without a way to the registry: its images cannot be had, the tests can.
        warnings.warn(f"no server in a container, the embedded one takes its place: {error}", stacklevel=2)
        return None
