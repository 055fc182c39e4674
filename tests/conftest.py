"""Fixtures for every test: no settings of this machine, and nothing beyond loopback."""

from __future__ import annotations

import gc
import os
import random
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvloop
from hypothesis import settings

from clikit import Cli, Use, end_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from postgreskit import Spares

    Tell = Callable[[str], None]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TOLD = pytest.StashKey[Path]()
LOOPBACK = ("127.", "::1", "localhost")
SEED = "TEST_SEED"
"""The variable that makes what is random in the tests the same again."""

ON_BOTH = frozenset(
    f"dispatch/test_{name}.py"
    for name in (
        "any_run", "approvals", "asking_twice", "beginning", "breaker", "checking", "closing",
        "confirming", "consulting", "doubt", "engine", "in_flight", "journal_machine", "naming",
        "news_of_waits", "outlook", "planning", "quiet_hours", "rates", "recording", "settling",
        "slowing", "superseded",
    )
)  # fmt: skip
"""Whose tests are made twice, with the journal in a file and on a server, but for those that are
marked `on_file`: what a run may do must not depend on where its journal lies."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed of all that is random, before hypothesis asks for it.

    Where the tests are shared out among processes, each does as the one that shares them out.
    """
    # Where CI is set, hypothesis would draw the same each time, whatever the seed; and elsewhere
    # fail what takes a while on a busy machine.
    settings.register_profile("seeded", settings(deadline=None), derandomize=False)
    settings.load_profile("seeded")
    if (ours := getattr(config, "workerinput", None)) is not None:
        config.option.hypothesis_seed = ours[SEED]
        config.stash[TOLD] = Path(ours["told"])
        return
    if config.option.hypothesis_seed is None:
        new = random.SystemRandom().randrange(2**32)
        config.option.hypothesis_seed = os.environ.get(SEED) or str(new)
    folder = tempfile.mkdtemp()
    config.stash[TOLD] = Path(folder, "told")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Say to a process among which the tests are shared out what is the same in all (xdist)."""
    node.workerinput[SEED] = str(node.config.option.hypothesis_seed)
    node.workerinput["told"] = str(node.config.stash[TOLD])


def pytest_collection_finish() -> None:
    """Take all tests, which stay, out of what each collection of garbage goes through."""
    gc.collect()
    gc.freeze()


def pytest_report_header(config: pytest.Config) -> str:
    """Say the seed, so that what was found can be found again."""
    return f"seed: {SEED}={config.option.hypothesis_seed}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make each test of a module `ON_BOTH` twice; see `_journal_on`."""
    of_files_alone = metafunc.definition.get_closest_marker("on_file") is not None
    path = metafunc.definition.path
    if path.is_relative_to(HERE) and path.relative_to(HERE).as_posix() in ON_BOTH:
        if not of_files_alone:
            metafunc.parametrize("_journal_on", ["file", "server"], indirect=True)
    elif of_files_alone:
        raise pytest.UsageError(f"{metafunc.definition.nodeid} is on files anyway")


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("UADISPATCH_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _nothing_leaves_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection but to loopback: no test can reach an official."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def allowed(sock: socket.socket, address: Any) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(
            LOOPBACK
        ):
            pytest.fail(f"a test tried to leave this machine: {address}")

    def guarded(sock: socket.socket, address: Any) -> None:
        allowed(sock, address)
        connect(sock, address)

    def guarded_ex(sock: socket.socket, address: Any) -> int:
        allowed(sock, address)
        return connect_ex(sock, address)

    in_c = uvloop.Loop.create_connection  # it asks no socket of Python's

    async def guarded_in_c(loop: Any, make: Any, host: Any = None, *more: Any, **named: Any) -> Any:
        if host is not None and not str(host).startswith(LOOPBACK):
            pytest.fail(f"a test tried to leave this machine: {host}")
        return await in_c(loop, make, host, *more, **named)

    monkeypatch.setattr(uvloop.Loop, "create_connection", guarded_in_c)
    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)


@pytest.fixture(scope="session")
def the_server(request: pytest.FixtureRequest) -> str:
    """The URL of a PostgreSQL server for all tests of this session."""
    import postgreskit

    # Not below pytest's own folder, which each new session closes to other users again.
    return postgreskit.server(request.config.stash[TOLD].parent / "postgresql")


@pytest.fixture(scope="session")
def spares(the_server: str) -> Iterator[Spares]:
    """The databases that tests have done with."""
    import postgreskit

    spares = postgreskit.Spares(the_server)
    yield spares
    spares.drop()


@pytest.fixture(autouse=True)
def _journal_on(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep the test's journals in files, or on a server where it is to be tried on both."""
    if getattr(request, "param", "file") == "file":
        yield
        return
    import postgreskit
    from uadispatch.dispatch.journal.on_server import hearts

    the_server, spares = map(request.getfixturevalue, ("the_server", "spares"))
    databases = postgreskit.Databases(the_server, spares)
    with pytest.MonkeyPatch.context() as patch, postgreskit.journals_on(databases):
        # A test is over before the second beat: whom it takes for dead stays so.
        patch.setattr(hearts, "BEAT", 15)
        yield
    databases.drop()


@pytest.fixture(autouse=True)
def _no_process_outlives_its_test() -> Iterator[None]:
    yield
    end_all()


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    """Run a command."""
    return Cli(monkeypatch, capfd)


@pytest.fixture(scope="session")
def tell(request: pytest.FixtureRequest) -> Tell:
    """``tell("...")``: a line that is shown at the end, whatever becomes of the tests."""
    told = request.config.stash[TOLD]

    def tell(line: str) -> None:
        with told.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    return tell


@pytest.fixture(scope="session")
def the_seed(request: pytest.FixtureRequest) -> str:
    """The one from which all that is random is drawn."""
    return str(request.config.option.hypothesis_seed)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show what was told; and the seed, where there is no header (`-q`)."""
    if terminalreporter.verbosity < 0:
        terminalreporter.write_line(pytest_report_header(config))
    told = config.stash[TOLD]
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    for line in dict.fromkeys(lines):  # several processes may say the same
        terminalreporter.write_line(line)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Let the email channel send to a server of the test."""

    def use(server: Any, **settings: object) -> None:
        values = {"host": server.host, "port": server.port, "security": "none"} | settings
        for name, value in values.items():
            monkeypatch.setenv(f"UADISPATCH_EMAIL_{name.upper()}", str(value))

    return use
