"""A dry-run of more messages than anybody reads: what it lists, and what it only counts."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, cast

from clikit import mail_server, write_campaign
from uadispatch.cli.looking.dry_run_json import Listing
from uadispatch.cli.looking.dry_run_text import FULL, ROWS, Shown
from uadispatch.views.shapes import FEW

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli, Use
    from uadispatch.dispatch.planning.drafts import Draft

MANY = FEW + 20


def of_many(folder: Path, count: int = MANY) -> Path:
    """A campaign in which t7 has no address, and t9 the one of t8."""
    file = write_campaign(folder, count)
    text = file.read_text().replace(", email: t7@example.org", "")
    file.write_text(text.replace("t9@example.org", "t8@example.org"))
    return file


def test_all_of_very_many_messages_are_listed_in_one_json_object(tmp_path: Path, cli: Cli) -> None:
    ran = cli("dry-run", of_many(tmp_path), "--json")
    found = ran.json
    messages = found["messages"]
    expected = [f"t{number}" for number in range(MANY) if number != 7]
    assert [message["target"] for message in messages] == expected
    assert {message["text"] for message in messages} == {None}
    assert found["totals"] == {"planned": MANY - 1}
    assert found["without"] == [{"target": "t7", "channel": "email"}]
    assert [message["target"] for message in messages if message["held"]] == ["t9"]
    assert [guard["name"] for guard in found["guards"]] == ["held"]
    assert found["campaign"] == "46/30"
    assert found["digest"]
    assert ran.code == 1


def test_few_messages_are_shown_as_they_arrive(tmp_path: Path, cli: Cli) -> None:
    found = cli("dry-run", of_many(tmp_path), "--json", "--limit", 3).json
    assert [message["target"] for message in found["messages"]] == ["t0", "t1", "t2"]
    assert all("I am writing to you." in message["text"] for message in found["messages"])
    assert found["totals"] == {"planned": 3}


def test_where_nothing_is_planned_the_list_is_empty(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path, 1)
    file.write_text(file.read_text().replace("email: t0@example.org", "fax: '+7 717 250 6402'"))
    found = cli("dry-run", file, "--json").json
    assert (found["messages"], found["totals"]) == ([], {})
    assert found["without"] == [{"target": "t0", "channel": "email"}]


def test_the_table_of_many_begins_with_what_is_kept_back(tmp_path: Path, cli: Cli) -> None:
    count = ROWS + 10
    ran = cli("dry-run", of_many(tmp_path, count))
    table = ran.out[ran.out.index("message  ") :]
    assert table.splitlines()[1].startswith("t9/email")
    assert f"... and {count - 1 - ROWS:,} more" in ran.out
    assert f"Would go out: {count - 2} messages by email." in ran.words
    assert "No contact, so no message: t7 by email." in ran.words


def test_a_page_of_a_part_is_of_that_part(tmp_path: Path, cli: Cli) -> None:
    ran = cli("dry-run", of_many(tmp_path), "--limit", 4, "--html", tmp_path / "page")
    page = (tmp_path / "page/index.html").read_text()
    assert ran.code == 0
    assert page.count('<section class="target"') == 5  # the one that nobody reaches, too
    assert 'id="t-t3"' in page
    assert 'id="t-t4"' not in page


def test_what_was_sent_is_announced_with_its_first_few(tmp_path: Path, cli: Cli, use: Use) -> None:
    file = of_many(tmp_path, 12)
    with mail_server() as server:
        use(server)
        ran = cli("send", file, "--yes", "--limit", 7)
        assert ran.code == 1
        assert "from Group 12: 7 messages by email" in ran.words
        assert "t4/email to t4@example.org and 2 more 3 messages more later" in ran.words
        again = cli("send", file, "--yes")
        assert "3 messages by email t8/email" in again.words
        assert len(server.mails) == 10


def listed(few: int, number: int) -> dict[str, Any]:
    out = io.StringIO()

    def planned(draft: Draft, is_few: bool) -> dict[str, Any]:
        return {"state": "planned", "number": draft, "few": is_few}

    listing = Listing(out, few, planned)
    for draft in range(number):
        listing.add(cast("Draft", draft))
        # Until it is known whether they are few nothing is written; then each at once.
        assert out.getvalue().count('"number"') == (draft + 1 if draft + 1 > few else 0)
    listing.end({"campaign": "46/19"}, without=iter([{"target": "a"}, {"target": "b"}]))
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_messages_are_written_as_they_come_once_they_are_many() -> None:
    for number in (0, 1, 2, 3, 9):
        found = listed(2, number)
        few = number <= 2
        assert found["messages"] == [
            {"state": "planned", "number": each, "few": few} for each in range(number)
        ]
        assert found["totals"] == ({"planned": number} if number else {})
        assert found["without"] == [{"target": "a"}, {"target": "b"}]
        assert found["campaign"] == "46/19"


def test_of_a_few_messages_each_is_shown_whole(tmp_path: Path, cli: Cli) -> None:
    assert cli("dry-run", write_campaign(tmp_path, FULL)).out.count("words around it from") == FULL
    ran = cli("dry-run", write_campaign(tmp_path, FULL + 1))
    assert ran.out.count("words around it from") == 1
    assert Shown(None).samples == []
