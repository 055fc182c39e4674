"""What docs/report.md says of each number is how it is counted."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from casekit import NOW, Case, Fax, write_home
from uadispatch.channels.message import Counts, Handover, Receipt
from uadispatch.dispatch.journal import Done
from uadispatch.errors import Rejected, Unknown
from uadispatch.testing import FakeChannel
from uadispatch.views.report.table import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli
    from uadispatch.channels.message import Message

NAMES = {
    "messages", "held", "states", "questions", "gone_out.messages", "gone_out.targets",
    "gone_out.channels", "gone_out.accepted", "gone_out.on_a_persons_word", "gone_out.confirmed",
    "gone_out.contacts", "done", "over_time",
}  # fmt: skip


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs/report.md").read_text(encoding="utf-8")


async def answer(message: Message) -> Receipt | Handover:
    number = int(message.target.id.rpartition("-")[2]) + 4 * (message.channel == "fax")
    if number in (0, 1):
        raise Unknown("no answer")
    if number == 2:
        raise Rejected("no")
    if number == 4:
        return Receipt(says="queued", id="f1", ask_again_at=NOW + timedelta(minutes=1))
    if number in (5, 6):
        return Handover(links=("https://example.org",))
    return Receipt(says="ok", confirmed=number == 7)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A campaign in which there is something of every number."""
    case = Case(write_home(tmp_path, count=4, channels="fake, fax"), kinds=(FakeChannel, Fax))
    for channel in case.channels.values():
        channel.send = answer  # type: ignore[method-assign]
    case.run()
    with case.journal() as journal:
        entries = journal.entries("46/19")
        doubtful = next(entry.key for entry in entries if entry.state == "in_doubt")
        journal.resolve([doubtful], sent=True, at=NOW + timedelta(days=3), by="Ann")
        tasks = [entry.key for entry in entries if entry.state == "with_person"]
        done = [
            Done(tasks[0], "reached", Counts.CONTACT), Done(tasks[1], "busy", Counts.AGAIN)
        ]  # fmt: skip
        journal.record_done(done, at=NOW + timedelta(days=4), by="Ann")
    with closing(sqlite3.connect(case.url.database or "")) as book, book:
        book.execute("UPDATE messages SET held = 'look' WHERE state = 'in_doubt'")
    return case


def test_every_query_gives_the_number_of_the_report(case: Case, cli: Cli, page: str) -> None:
    told = cli("report", case.file, "--json").json
    blocks = re.findall(r"```sql\n-- (\S+)\n(.*?)```", page, re.DOTALL)
    assert {name for name, _ in blocks} == NAMES
    with closing(sqlite3.connect(case.url.database or "")) as book:
        for name, query in blocks:
            found = book.execute(query).fetchall()
            value = reported(told, name)
            assert value, f"{name}: there is none here, so nothing is shown"
            assert (dict(found) if isinstance(value, dict) else found[0][0]) == value, name


def reported(told: dict[str, Any], name: str) -> Any:
    value: Any = told
    for part in name.split("."):
        value = value[part]
    if name == "over_time":
        days = {p["begins"][:10]: sum(n for n in p.values() if n is not p["begins"]) for p in
                value["periods"]}  # fmt: skip
        return {day: number for day, number in days.items() if number}
    return {k: n for k, n in value.items() if n} if isinstance(value, dict) else value


def test_every_column_of_the_csv_is_there(page: str) -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| (.*) \|$", page.rpartition("## The CSV")[2], re.MULTILINE)
    )
    assert rows == COLUMNS
