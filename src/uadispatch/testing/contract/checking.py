"""The contract's tests on an installed channel: run by pytest, told as a verdict."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from uadispatch.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from uadispatch.channels.contract import Channel

__all__ = ["Kept", "Told", "Verdict", "check"]

_MODULE = "from uadispatch.testing.contract import checking\n\nTestChannel = checking.wanted()\n"
_NOT_SIMULATED = "not simulated, says its "
LONGEST_SAYS = 400

_wanted: list[type] = []


class Kept(StrEnum):
    """What became of one promise."""

    KEPT = "kept"
    BROKEN = "broken"
    UNTRIED = "not tried"
    """Its stand-in cannot play what it takes."""
    UNASKED = "not asked"
    """It is no promise of such a channel."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """One promise, and what became of it."""

    part: str
    """Which kind of promise, in words."""
    test: str
    """The test's name, as pytest has it."""
    promise: str
    """In words."""
    kept: Kept
    says: str = ""
    """Why it is not kept, or was not tried or asked."""
    where: str = ""
    """FILE:LINE in the channel, if it is known."""


@dataclass
class Verdict:
    """What became of all promises."""

    told: list[Told] = field(default_factory=list)
    cost: str = ""
    """What many messages cost, in words."""

    def number(self, kept: Kept) -> int:
        """How many of them are so."""
        return sum(told.kept is kept for told in self.told)

    def of(self, kept: Kept) -> list[Told]:
        """Those that are so."""
        return [told for told in self.told if told.kept is kept]

    @property
    def untried(self) -> Counter[str]:
        """Why some could not be tried, and how many for that reason."""
        return Counter(told.says for told in self.of(Kept.UNTRIED))


def check(
    channel: type[Channel[Any]],
    *,
    settings: Mapping[str, Any],
    contact: str | None,
    many: int,
    each: Callable[[str, Sequence[Told]], None],
) -> Verdict:
    """Run the contract's tests on `channel`; `each` is told of every part when it has ended.

    Raises:
        PluginError: the tests could not be run at all.
        KeyboardInterrupt: somebody wished so.
        OSError: `each` could not tell it, such as BrokenPipeError.
    """
    from uadispatch.testing import ChannelContract  # noqa: PLC0415 - pytest must be there first
    from uadispatch.testing.contract.whole import PARTS  # noqa: PLC0415 - as above

    about = {"channel": channel, "settings": dict(settings), "contact": contact, "many": many}
    _wanted[:] = [type("TestChannel", (ChannelContract,), about)]
    listener = _Listener({kind.__name__: words for words, kind in PARTS.items()}, channel, each)
    with tempfile.TemporaryDirectory(prefix="uadispatch-check-") as folder:
        (Path(folder) / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        file = Path(folder) / "test_channel.py"
        file.write_text(_MODULE, encoding="utf-8")
        words = [
            str(file), "-c", str(Path(folder) / "pytest.ini"), "--rootdir", folder,
            "--basetemp", str(Path(folder) / "files"), "-p", "no:cacheprovider",
            "--import-mode=importlib", "-p", "no:terminal",
        ]  # fmt: skip
        with _alone():
            sys.modules.pop(file.stem, None)  # that of an earlier check
            code = pytest.main(words, plugins=[listener])
    listener.ends()
    if listener.unheard is not None:
        raise listener.unheard
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or listener.trouble:
        says = listener.trouble or "pytest says no more"
        raise PluginError(f"{channel.name} cannot be checked: {says}")
    return listener.verdict


def wanted() -> type:
    """The test class that `check` asks for."""
    return _wanted[0]


@contextmanager
def _alone() -> Iterator[None]:
    """Let neither the options nor the plugins of this environment have a say."""
    names = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    before = {name: os.environ.pop(name, None) for name in names}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


class _Listener:
    """A plugin of pytest that hears what becomes of each test."""

    def __init__(
        self,
        parts: Mapping[str, str],
        channel: type[Channel[Any]],
        each: Callable[[str, Sequence[Told]], None],
    ) -> None:
        from uadispatch.testing.contract.costing import COST  # noqa: PLC0415 - after pytest

        self.verdict = Verdict()
        self.trouble = ""
        self.unheard: OSError | None = None
        """Nobody can be told any more."""
        self._session: pytest.Session | None = None
        self._parts = parts
        self._source = _file_of(channel)
        self._each = each
        self._errors: dict[str, pytest.ExceptionInfo[BaseException]] = {}
        self._part: list[Told] = []
        self._cost = COST
        self._aloud: Callable[[], Any] | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Find out how to be heard while what the tests print is kept back."""
        capture: Any = config.pluginmanager.getplugin("capturemanager")
        self._aloud = capture.global_and_fixture_disabled

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Keep what can be told to stop."""
        self._session = session

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Part after part, in their order."""
        order = list(self._parts)
        items.sort(key=lambda item: order.index(_kind_of(item)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """The class could not even be read."""
        if report.failed:
            self.trouble = " ".join(report.longreprtext.strip().splitlines()[-1:])

    def pytest_exception_interact(
        self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo[Any]
    ) -> None:
        """Keep the error of a test."""
        if call.excinfo is not None:
            self._errors[node.nodeid] = call.excinfo

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell what became of a test, once."""
        report = yield
        if report.when == "call" or (report.when == "setup" and not report.passed):
            self._tell(item, report)
        return report

    def _tell(self, item: pytest.Item, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == self._cost:
                self.verdict.cost = str(value)
        kept, says, where = Kept.KEPT, "", ""
        if report.skipped:
            says = _reason(report)
            kept = Kept.UNTRIED if says.startswith(_NOT_SIMULATED) else Kept.UNASKED
        elif report.failed:
            kept = Kept.BROKEN
        function: Any = getattr(item, "function", None)
        callspec = getattr(item, "callspec", None)
        which = f" [{callspec.id.replace('_', ' ')}]" if callspec is not None else ""
        told = partial(
            Told, part=self._parts[_kind_of(item)], test=item.name, kept=kept,
            promise=(function.__doc__ or item.name).strip().splitlines()[0] + which,
        )  # fmt: skip
        if kept is Kept.BROKEN:
            self._broken(told, item)
        else:
            self._add(told(says=says, where=where))

    def _broken(self, told: Callable[..., Told], item: pytest.Item) -> None:
        """Its error is known once pytest has looked at it."""

        def finish() -> None:
            found = self._errors.get(item.nodeid)
            says = "it failed" if found is None else _words(found.value)
            self._add(told(says=says, where="" if found is None else self._place(found)))

        item.addfinalizer(finish)

    def _add(self, told: Told) -> None:
        if self._part and self._part[0].part != told.part:
            self._end_part()
        self._part.append(told)
        self.verdict.told.append(told)

    def ends(self) -> None:
        """Nothing more comes."""
        self._aloud = None
        self._end_part()

    def _end_part(self) -> None:
        part, self._part = self._part, []
        if not part or self.unheard is not None:
            return
        with nullcontext() if self._aloud is None else self._aloud():
            try:
                self._each(part[0].part, part)
            except OSError as exc:
                self.unheard = exc
        if self.unheard is not None and self._session is not None:
            self._session.shouldstop = "nobody listens"

    def _place(self, found: pytest.ExceptionInfo[BaseException]) -> str:
        """The innermost line of the channel's own files that an error has passed."""
        error: BaseException | None = found.value
        while error is not None:
            trace, place = error.__traceback__, ""
            while trace is not None:
                file = Path(trace.tb_frame.f_code.co_filename)
                if self._source is not None and self._source in (file, *file.parents):
                    place = f"{file.name}:{trace.tb_lineno}"
                trace = trace.tb_next
            if place:
                return place
            error = error.__cause__ or error.__context__
        return ""


def _kind_of(item: pytest.Item) -> str:
    """The class of the contract that a test stands in."""
    function: Any = getattr(item, "function", None)
    return str(function.__qualname__).partition(".")[0]


def _file_of(channel: type[Channel[Any]]) -> Path | None:
    """The file, or the package's folder, in which a channel is written."""
    module = sys.modules.get(channel.__module__.partition(".")[0])
    file = getattr(module, "__file__", None)
    if file is None:
        return None
    path = Path(file)
    return path.parent if path.name == "__init__.py" else path


def _reason(report: pytest.TestReport) -> str:
    found = report.longrepr
    return str(found[2]).removeprefix("Skipped: ") if isinstance(found, tuple) else str(found)


def _words(error: BaseException) -> str:
    """What an error says, in a line or two: what pytest adds to an assertion comes after."""
    says = str(error).strip() or type(error).__name__
    if not isinstance(error, AssertionError | pytest.fail.Exception):
        says = f"{type(error).__name__}: {says}"
    lines = [line.strip() for line in says.splitlines() if line.strip()]
    first = lines[:1] if not lines[0].startswith("assert ") else lines[:2]
    notes = getattr(error, "__notes__", ())
    shown = "; ".join((" ".join(first), *notes))
    return shown if len(shown) <= LONGEST_SAYS else f"{shown[:LONGEST_SAYS]}…"
