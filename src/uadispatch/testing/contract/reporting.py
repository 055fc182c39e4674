"""A plugin of pytest: what was left out of the contract's tests is told at the end of a run.

It is found through pytest's entry point, and costs nothing where no channel is tested.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pytest

__all__ = ["pytest_configure"]

_HOME = "uadispatch.testing.contract"
_MARKS = ("skip", "skipif", "xfail")
_NAMED = 3


class _LeftOut:
    """Listens to one run."""

    def __init__(self) -> None:
        self._why: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(
            lambda: defaultdict(list)
        )
        """Class, reason, tests."""
        self._many: dict[str, int] = {}

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Some were chosen away."""
        for item in _of_contract(items):
            self._note(item, "were not run (deselected)")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Which of those that will run bear a mark."""
        for item in _of_contract(session.items):
            for name in _MARKS:
                if any(True for _ in item.iter_markers(name)):
                    self._note(item, f"are marked {name}")
            kind: Any = getattr(item, "cls", None)
            full = next(
                vars(each)["many"] for each in reversed(kind.__mro__) if "many" in vars(each)
            )
            if kind.many < full:
                self._many[kind.__name__] = kind.many

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what was left out, if anything was."""
        if not (self._why or self._many):
            return
        terminalreporter.section("the contract was not tested as a whole")
        for kind, reasons in self._why.items():
            for reason, tests in reasons.items():
                named = ", ".join(tests[:_NAMED])
                more = f" and {len(tests) - _NAMED} more" if len(tests) > _NAMED else ""
                terminalreporter.write_line(f"{kind}: {named}{more} {reason}")
        for kind, many in self._many.items():
            terminalreporter.write_line(f"{kind}: what messages cost was seen on {many} alone")

    def _note(self, item: pytest.Item, why: str) -> None:
        kind: Any = getattr(item, "cls", None)
        self._why[kind.__name__][why].append(item.name)


def pytest_configure(config: pytest.Config) -> None:
    """Listen."""
    config.pluginmanager.register(_LeftOut(), "uadispatch-left-out")


def _of_contract(items: Iterable[pytest.Item]) -> Iterable[pytest.Item]:
    return (item for item in items if _home_of(item).startswith(_HOME))


def _home_of(item: pytest.Item) -> str:
    return str(getattr(getattr(item, "function", None), "__module__", ""))
