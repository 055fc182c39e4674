"""``report``: what became of a campaign, in words, as a page, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import re
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from casekit import CAMPAIGN, NOW, Case, Fax, targets, write_home
from reportkit import differences, messages_of
from uadispatch.channels.message import Counts, Handover, Receipt
from uadispatch.dispatch.journal import Done, Hour, Purge, Totals
from uadispatch.errors import Rejected, Unknown
from uadispatch.testing import FakeChannel
from uadispatch.views.report import words
from uadispatch.views.report.counting import Report, Unit
from uadispatch.views.report.shape import shape
from uadispatch.views.report.table import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli
    from uadispatch.channels.message import Message

CASE = """\
  people: [{name: Anna Maria Example}]
  report: Please let us know if you took action.
  title:"""
EVIL = '<script>alert(1)</script><img src=x onerror=alert(2)>"&\u202e{{ 7*7 }}'
PLACE = ".uadispatch/reports/report-46-19.html"


def a_case(folder: Path, count: int = 6, *, title: str | None = None) -> Case:
    """Officials by two channels: what becomes of each is told by its number."""
    text = CAMPAIGN.format(channels="fake, fax", targets=targets(count))
    text = text.replace("  title:", CASE, 1)
    if title is not None:
        text = re.sub(r"title: .*", f"title: {title!r}", text)
    case = Case(write_home(folder, text=text), kinds=(FakeChannel, Fax))
    for channel in case.channels.values():
        channel.send = answer  # type: ignore[method-assign]
    return case


async def answer(message: Message) -> Receipt | Handover:
    """By fake: two are refused, one is in doubt; by fax a person acts on two."""
    number = int(message.target.id.rpartition("-")[2])
    if message.channel == "fax":
        if number < 2:
            return Handover(links=("https://example.org",))
        return Receipt(says="delivered", confirmed=True)
    if number in (0, 1):
        raise Rejected(
            f"550 <{message.to.value}>: we know no Anna Maria Example, nor maria", code="550"
        )
    if number == 2:
        raise Unknown("no answer after the dot")
    return Receipt(says="taken")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    case = a_case(tmp_path)
    case.run()
    with case.journal() as journal:
        tasks = [entry for entry in journal.entries("46/19") if entry.state == "with_person"]
        done = [
            Done(tasks[0].key, "reached", Counts.CONTACT),
            Done(tasks[1].key, "no_answer", Counts.AGAIN),
        ]
        journal.record_done(done, at=NOW + timedelta(days=2), by="Ann")
        journal.state_fact("46/19", "approved", at=NOW, by="Ann", value="a" * 64)
        journal.state_fact(
            "46/19", "unapproved", at=NOW, by="Bob", value="b" * 64, because="it is Sunday"
        )
        journal.state_fact("46/19", "stopped", at=NOW, by="Ann", because="wait", channel="fax")
    return case


def test_it_says_what_is_known_and_what_is_not(case: Case, cli: Cli) -> None:
    ran = cli("report", case.file)
    assert ran.code == 1
    assert (
        "At least 8 appeals by fax (5) and fake (3) have gone out to 5 officials on behalf of "
        "Urgent Action 46/19 between 20 and 22 August 2019." in ran.words
    )
    assert "3 accepted: a mail server, gateway or service took them. That is no proof" in ran.words
    assert "4 confirmed: the far end has said that the recipient has them." in ran.words
    assert "1 made by people" in ran.words
    assert "Not counted, though it may be out: 1 in doubt. That is why" in ran.words
    assert "12 messages planned:" in ran.words
    assert "Of what is done: 1 reached somebody; 1 nobody, and can be tried again" in ran.words
    assert "2 by fake: 550 …: we know no Anna Maria Example" in ran.words
    assert "approved (digest aaaaaaaaaaaa), by Ann" in ran.words
    assert "let go out without an approval (digest bbbbbbbbbbbb), by Bob: it is Sunday" in ran.words
    assert "stopped, channel fax only, by Ann: wait" in ran.words
    assert "Of 6 targets 1 is not known to have been reached" in ran.words
    assert ran.out.rstrip().splitlines()[-1] == (
        f"Next: find out which of the 1 in doubt arrived (uadispatch status {case.file} lists "
        f"them), and for each: uadispatch resolve {case.file} TARGET/CHANNEL --sent (or --not-sent)"
    )
    assert "official-2/fake" in cli("status", case.file).words
    assert cli("resolve", case.file, "official-2/fake", "--sent").code == 0


def test_json_is_one_object_that_an_export_proves(case: Case, cli: Cli) -> None:
    ran = cli("report", case.file, "--json")
    told = ran.json
    with case.journal() as journal:
        assert differences(told, messages_of(journal.records("46/19"))) == []
    assert told["campaign"] == "46/19"
    assert told["organisation"] == "Group 12"
    assert told["gone_out"]["messages"] == 8
    assert told["sentence"] in told["report_back"]
    assert told["targets"][0]["target"] == "official-2", "at which a person must look"
    assert [fact["kind"] for fact in told["facts"]] == ["approved", "unapproved", "stopped"]


def test_the_text_to_report_back_stands_for_itself(case: Case, cli: Cli) -> None:
    text = cli("report", case.file, "--json").json["report_back"]
    assert text.startswith("Urgent Action 46/19: Human rights defender facing bogus charges\n")
    assert "Report of Group 12, as of " in text
    assert "- fax: reached 1\n" in text
    assert "- fax: no answer 1 (reached nobody yet, and can be tried again)\n" in text
    assert "Failed: 2\n- 2 by fake: 550 …: we know no" in text
    assert "In doubt: they may have gone out, or not: 1\n- 1 by fake: no answer" in text
    assert "Replies from officials: unknown." in text
    assert "deliver" not in text.replace("delivered, ", "")


class Page(HTMLParser):
    """What stands in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = [""]
        self.attributes: list[tuple[str, str | None]] = []
        self.shown = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        if self.tags[-1] != "style":
            self.shown += data

    def all(self, name: str) -> list[str]:
        return [value or "" for key, value in self.attributes if key == name]


def test_the_page_is_one_file_that_loads_and_runs_nothing(case: Case, cli: Cli) -> None:
    ran = cli("report", case.file, "--html")
    path = case.file.parent / PLACE
    assert f"The page: {path}" in ran.out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert "default-src 'none'" in text
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert not page.all("style") + page.all("src")
    assert all(href.startswith("#") for href in page.all("href"))
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    wanted = {word for value in page.all("aria-labelledby") for word in value.split()}
    assert wanted | {href[1:] for href in page.all("href")} <= set(ids)
    fills = set(re.findall(r"url\(#([a-z_-]+)\)", text))
    assert fills <= set(ids)


def test_the_page_shows_each_chart_also_as_a_table(case: Case, cli: Cli) -> None:
    cli("report", case.file, "--html")
    text = (case.file.parent / PLACE).read_text(encoding="utf-8")
    page = Page(text)
    assert page.all("role").count("img") == 3
    assert page.tags.count("h1") == page.tags.count("main") == 1
    assert "<caption>When messages reached where they stand, by hour (UTC)</caption>" not in text
    assert "<caption>When messages reached where they stand, by day (UTC)</caption>" in text
    row = '<tr><th scope="row">20 Aug 2019</th><td class="number">3</td><td class="number">4</td>'
    assert row in text
    assert "At least 8 appeals by fax (5) and fake (3)" in page.shown
    assert "Please let us know if you took action." in page.shown
    assert "let go out without an approval" in page.shown
    assert "not known to be reached" in page.shown
    assert "@example.org" not in page.shown.replace("…", ""), "no contact stands on it"


def test_markup_and_control_characters_are_shown_as_text(tmp_path: Path, cli: Cli) -> None:
    case = a_case(tmp_path, 1)
    case.run()
    with case.journal() as journal:
        journal.state_fact("46/19", "closed", at=NOW, by=EVIL, because=EVIL)
    with closing(sqlite3.connect(case.url.database or "")) as book, book:
        book.execute("UPDATE campaigns SET title = ?", (EVIL,))
        book.execute("UPDATE messages SET reason = ?", (EVIL,))
    ran = cli("report", case.file, "--html", tmp_path / "out", "--csv", tmp_path / "out.csv")
    assert "\u202e" not in ran.out
    text = (tmp_path / "out/report-46-19.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not {"script", "img"} & set(page.tags)
    assert "<script>alert(1)</script>" in page.shown
    assert "{{ 7*7 }}" in page.shown
    assert "\u202e" not in text
    assert "[U+202E]" in page.shown


def test_csv_has_each_message_and_no_name_of_those_at_risk(case: Case, cli: Cli) -> None:
    path = case.file.with_name("out.csv")
    ran = cli("report", case.file, "--csv", path)
    assert f"12 messages written to {path}" in ran.out
    written = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert written.endswith(b"\r\n")
    table = list(csv.DictReader(io.StringIO(written.decode(), newline="")))
    assert list(table[0]) == list(COLUMNS)
    with case.journal() as journal:
        keys = [entry.key for entry in journal.entries("46/19")]
    assert [row["key"] for row in table] == keys
    assert sum(row["counted"] == "yes" for row in table) == 8
    refused = next(row for row in table if row["state"] == "failed")
    assert refused["reason"].endswith(": we know no [name], nor [name]")
    assert (refused["name"], refused["code"]) == ("Official 0", "550")
    assert {row["proves"] for row in table if row["state"] == "confirmed"} == {
        "the recipient has it"
    }
    assert b"Anna" not in written
    assert b"Example," not in written


def test_no_cell_is_a_formula(case: Case, cli: Cli) -> None:
    with closing(sqlite3.connect(case.url.database or "")) as book, book:
        book.execute("UPDATE messages SET reason = '=1+1', \"to\" = '+7 7172'")
    path = case.file.with_name("out.csv")
    cli("report", case.file, "--csv", path)
    table = list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert {(row["reason"], row["to"]) for row in table} == {("'=1+1", "'+7 7172")}


@pytest.mark.parametrize("option", ["--csv", "--html"])
def test_a_file_that_a_person_names_is_replaced_only_if_they_say_so(
    case: Case, cli: Cli, option: str
) -> None:
    path = case.file.with_name("mine.html")
    path.write_text("mine")
    ran = cli("report", case.file, option, path)
    assert ran.code == 2
    assert "--force" in ran.words
    assert path.read_text() == "mine"
    assert cli("report", case.file, option, path, "--force").code == 1
    assert path.read_text() != "mine"
    journal = case.file.parent / ".uadispatch/journal.db"
    before = journal.read_bytes()
    assert cli("report", case.file, "--csv", journal, "--force").code == 2
    assert journal.read_bytes() == before


def test_a_page_of_ours_is_made_anew(case: Case, cli: Cli) -> None:
    for _ in range(2):
        assert cli("report", case.file, "--html").code == 1
        assert cli("report", case.file, "--html", case.file.parent).code == 1
    assert case.file.with_name("report-46-19.html").exists()


def test_a_place_that_cannot_be_written_is_named(case: Case, cli: Cli) -> None:
    ran = cli("report", case.file, "--html", case.file / "below")
    assert ran.code == 2
    assert "the page cannot be written" in ran.words


def test_nothing_is_changed_by_it(case: Case, cli: Cli) -> None:
    journal = case.file.parent / ".uadispatch/journal.db"
    before = journal.read_bytes()
    cli("report", case.file, "--html")
    assert journal.read_bytes() == before
    assert not journal.with_name("journal.db-wal").exists()


def test_it_works_while_a_run_goes_on(case: Case, cli: Cli) -> None:
    with case.journal() as journal, journal._deciding_everywhere() as writing:
        writing.exec_driver_sql("UPDATE messages SET state = 'claimed'")
        assert cli("report", case.file, "--json").json["gone_out"]["messages"] == 8


def test_the_campaign_file_may_be_gone(
    case: Case, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case.file.parent)
    case.file.unlink()
    assert cli("report", "46/19", "--json").json["gone_out"]["messages"] == 8
    ran = cli("report", "47/19")
    assert ran.code == 2
    assert "has never seen campaign 47/19" in ran.words


def test_one_round_alone(case: Case, cli: Cli) -> None:
    text = case.file.read_text()
    case.file.write_text(text.replace("channels:", "round: 2\nchannels:").replace(", fax", ""))
    again = Case(case.file, kinds=(FakeChannel, Fax))
    with case.journal() as journal:
        journal.state_fact("46/19", "resumed", at=NOW, by="Ann")
    again.run()
    told = cli("report", case.file, "--round", "2", "--json").json
    assert told["states"] == {"accepted": 6}
    assert told["sentence"].startswith("6 appeals by fake have gone out to 6 officials")
    assert "Urgent Action 46/19, round 2 on 20 August 2019." in told["sentence"]
    both = cli("report", case.file, "--json").json
    assert both["messages"] == 18
    assert set(both["rounds"]) == {"1", "2"}
    ran = cli("report", case.file, "--round", "3")
    assert ran.code == 2
    assert "the campaign has no such one; it has 1, 2" in ran.words


def test_after_a_purge_the_numbers_are_the_same(case: Case, cli: Cli) -> None:
    with case.journal() as journal:
        doubtful = [e.key for e in journal.entries("46/19") if e.state == "in_doubt"]
        journal.resolve(doubtful, sent=True, at=NOW, by="Ann")
        journal.state_fact("46/19", "closed", at=NOW, by="Ann", because="she is free")
    before = cli("report", case.file, "--json").json
    at = datetime.now(UTC)
    with case.journal() as journal:
        journal.purge(["46/19"], Purge(before=at, at=at, by="Ann", because="old"))
    ran = cli("report", case.file, "--json")
    after = ran.json
    for name in ("states", "gone_out", "done", "outcomes", "channels", "over_time", "messages"):
        assert after[name] == before[name], name
    assert after["gone_out"]["on_a_persons_word"] == 1
    assert [each["says"] for each in after["reasons"]["failed"]] == ["no reason is kept"]
    assert [fact["kind"] for fact in after["facts"]][-2:] == ["closed", "purged"]
    assert after["sentence"] == before["sentence"]
    assert after["targets"][0]["name"] is None
    assert "The campaign is closed. " in cli("report", case.file).words
    assert cli("report", case.file, "--html", "--csv", case.file.with_name("t.csv")).code == 1


def test_a_campaign_of_which_only_a_decision_is_known(tmp_path: Path, cli: Cli) -> None:
    file = write_home(tmp_path)
    assert cli("close", file, "--because", "she is free").code == 0
    ran = cli("report", file, "--html")
    assert ran.code == 0
    assert "No appeal is known to have gone out on behalf of Urgent Action 46/19." in ran.words
    assert "The campaign is closed: she is free" in ran.words
    assert "Nothing was planned." in (tmp_path / PLACE).read_text(encoding="utf-8")


def test_a_table_is_not_written_to_a_file_that_is_called_as_standard_output(
    case: Case, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case.file.parent)
    ran = cli("report", case.file, "--csv", "-")
    assert (ran.code, "--csv: name a file" in ran.words) == (2, True)
    assert not (case.file.parent / "-").exists()


def test_each_last_line_names_the_next_step(tmp_path: Path, cli: Cli) -> None:
    case = a_case(tmp_path, 3)
    case.run()

    def step() -> str:
        return cli("report", case.file).out.rstrip().rpartition("uadispatch ")[2].split()[0]

    assert step() == "resolve"
    with case.journal() as journal:
        entries = {entry.key: entry for entry in journal.entries("46/19")}
        journal.resolve(entries, sent=True, at=NOW, by="Ann")
    assert step() == "tasks"
    tasks = [key for key, entry in entries.items() if entry.state == "with_person"]
    with case.journal() as journal:
        done = [Done(key, "mailed", Counts.CONTACT) for key in tasks]
        journal.record_done(done, at=NOW, by="Ann")
    assert step() == "export"
    with closing(sqlite3.connect(case.url.database or "")) as book, book:
        book.execute("UPDATE messages SET ask_again_at = 1 WHERE state = 'accepted'")
    assert step() == "confirm"
    with closing(sqlite3.connect(case.url.database or "")) as book, book:
        book.execute("UPDATE messages SET ask_again_at = NULL")
        book.execute("UPDATE messages SET state = 'planned', expires_at = 1 << 52 WHERE id = 1")
    assert step() == "send"


def a_report(hours: list[Hour]) -> Report:
    totals = Totals(
        campaign="46/19", title="", snapshot_body="", rounds=[1], cells=[], reasons=[],
        hours=hours, targets=0, reached=0, outlines=[], said=[], planned_at=None, open_until=None,
    )  # fmt: skip
    return Report(totals=totals, at=NOW, round=None)


@pytest.mark.parametrize(
    ("later", "unit", "periods"),
    [
        (timedelta(0), Unit.HOUR, 1),
        (timedelta(hours=47), Unit.HOUR, 48),
        (timedelta(hours=48), Unit.DAY, 3),
        (timedelta(days=61), Unit.DAY, 62),
        (timedelta(days=62), Unit.WEEK, 10),
        (timedelta(days=3650), Unit.WEEK, 522),
    ],
)
def test_what_took_longer_is_shown_in_longer_periods(
    later: timedelta, unit: Unit, periods: int
) -> None:
    report = a_report([Hour(NOW, "accepted", None, 3), Hour(NOW + later, "done", "again", 4)])
    found, shown = report.over_time
    assert (found, len(shown)) == (unit, periods)
    counted = [{end: n for end, n in period.ends.items() if n} for period in shown]
    assert counted[0]["accepted"] == 3  # type: ignore[index]
    assert counted[-1]["no_contact"] == 4  # type: ignore[index]
    assert sum(sum(ends.values()) for ends in counted) == 7


def test_dates_are_written_without_what_they_share() -> None:
    def between(first: tuple[int, int, int], last: tuple[int, int, int]) -> str:
        return words._between(datetime(*first, tzinfo=UTC), datetime(*last, tzinfo=UTC))

    assert between((2019, 8, 16), (2019, 8, 16)) == "on 16 August 2019"
    assert between((2019, 8, 16), (2019, 8, 27)) == "between 16 and 27 August 2019"
    assert between((2019, 8, 16), (2019, 9, 27)) == "between 16 August and 27 September 2019"
    assert between((2019, 12, 30), (2020, 1, 2)) == "between 30 December 2019 and 2 January 2020"


def test_a_large_campaign_has_a_page_of_bounded_size(tmp_path: Path, cli: Cli) -> None:
    case = a_case(tmp_path, 1)
    case.run()
    multiply(case, 12_000)
    ran = cli("report", case.file, "--html", "--csv", tmp_path / "t.csv", "--json")
    assert ran.json["messages"] == 12_002
    assert ran.json["targets_in_all"] == 12_001
    assert len(ran.json["targets"]) == 2_000
    page = tmp_path / PLACE
    assert page.stat().st_size < 5_000_000
    text = page.read_text(encoding="utf-8")
    assert "Here are 2,000 of them" in text
    assert len((tmp_path / "t.csv").read_bytes().splitlines()) == 12_003
    with case.journal() as journal:
        dead = {record.get("owner") for record in journal.records("46/19")}
        rows = messages_of(journal.records("46/19"), dead)
    told = {**ran.json, "targets": []}
    assert [says for says in differences(told, rows) if "targets" not in says] == []


def multiply(case: Case, count: int) -> None:
    """So many more messages, each to a target of its own."""
    with closing(sqlite3.connect(case.url.database or "")) as book, book:
        names = [row[1] for row in book.execute("PRAGMA table_info(messages)")]
        first = dict(zip(names, book.execute("SELECT * FROM messages").fetchone(), strict=True))
        many: list[dict[str, Any]] = [
            {**first, "id": n, "key": f"{n:064d}", "target": f"x{n}", "state": "confirmed"}
            for n in range(10, 10 + count)
        ]
        marks = ", ".join("?" * len(names))
        book.executemany(
            f"INSERT INTO messages VALUES ({marks})",  # noqa: S608 - only question marks
            [tuple(message.values()) for message in many],
        )
        book.execute(
            'INSERT INTO moves (message, at, after, attempt, "to", reason, by) '
            "SELECT id, changed_at, 'confirmed', 0, '', '', 'x' FROM messages WHERE id > 9"
        )


def test_the_shape_is_the_same_for_a_campaign_of_nothing() -> None:
    told = shape(a_report([]))
    assert told["messages"] == 0
    assert told["gone_out"]["first"] is None
    assert told["report_back"].startswith("Urgent Action 46/19\nAs of")


def test_a_rehearsals_journal_can_be_reported_too(tmp_path: Path, root: Path, cli: Cli) -> None:
    for name in ("config", "templates"):
        shutil.copytree(root / name, tmp_path / name)
    file = tmp_path / "config/campaigns/ua-46-19.yaml"
    ran = cli("rehearse", file, "--now", "2019-08-20T09:00Z", "--json")
    journal = tmp_path / ran.json["folder"] / "journal.db"
    told = cli("report", "46/19", "--journal", journal, "--json").json
    assert told["states"] == ran.json["states"]
