"""What happens to a run while its window is claimed: to the time, the guards, the journal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from casekit import Case, to_the_tick, write_home
from uadispatch.dispatch.journal import Journal
from windowkit import TAKEN, script_all

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from uadispatch.channels.message import Message, Receipt


def test_a_turn_that_comes_while_the_journal_writes_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rate lets the next go just between two looks at the clock: the run is not over."""
    case = Case(write_home(tmp_path, count=9), settings={"rate": "60/minute"})
    turn = Journal.turn

    def slow_disk(journal: Journal, finished: Any, *words: Any, **named: Any) -> Any:
        try:
            return turn(journal, finished, *words, **named)
        finally:
            case.clock._now += timedelta(seconds=0.02)

    async def slowly(_: Message) -> Receipt:
        await case.clock.sleep(0.99)
        return TAKEN

    monkeypatch.setattr(Journal, "turn", slow_disk)
    script_all(case, 9, slowly)
    with to_the_tick():
        ended = case.run()
    assert set(case.states().values()) == {"accepted"}
    assert ended.tried == 9
