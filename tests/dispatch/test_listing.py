"""Targets from files: the same as if they were written, however many, and each id once."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from memorykit import memory_watched, once
from uadispatch.campaign.file import read_campaign
from uadispatch.dispatch.snapshot import canonical, digest, roster
from uadispatch.dispatch.targets.listing import FIRST, ListedRoster
from uadispatch.dispatch.targets.on_disk import CHUNK, Place, RefusedRow, TargetsOnDisk
from uadispatch.dispatch.targets.rejects import keep_rejects, write_rejects
from uadispatch.dispatch.targets.roster import Roster
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    Make = Callable[..., Roster]

UA = """\
urgent_action: {number: 46/30, title: A case, country: KZ, deadline: 2199-09-27}
channels: [email]
targets: TARGETS
letter:
  en: {subject: Release A. Person, text: "I am writing to you."}
"""
HEADER = ("id", "name", "country", "email", "phone", "languages")
ROWS = [
    ("m1", "Марія, Перша", "KZ", "m1@example.org", "8 7172 506 402", "ru kk"),
    ("m2", 'Two "Two"', "", "M2@Example.org", "", ""),
    ("m3", "Three", "US", "", "202 555 0143", "en"),
]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """``make("[{file: a.csv}]", a=ROWS)``: the targets of a campaign, with these files beside."""

    def make(targets: str, **files: Iterable[Iterable[str]]) -> Roster:
        for name, rows in files.items():
            with (tmp_path / f"{name}.csv").open("w", newline="", encoding="utf-8") as out:
                csv.writer(out).writerows([HEADER, *rows])
        file = tmp_path / "ua.yaml"
        file.write_text(UA.replace("TARGETS", targets), encoding="utf-8")
        campaign = read_campaign(file)
        return ListedRoster(campaign, file) if campaign.files else Roster(campaign.written)

    return make


def written(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """The rows as they would be written in a campaign file."""
    found = []
    for row in rows:
        target = {name: cell for name, cell in zip(HEADER, row, strict=True) if cell}
        languages = {"languages": row[-1].split()} if row[-1] else {}
        found.append(canonical({**target, **languages}))
    return found


def problems(make: Make, targets: str, **files: Iterable[Iterable[str]]) -> list[str]:
    with pytest.raises(ConfigError) as error:
        make(targets, **files)
    return [str(each).replace(each.where.rpartition("/")[0] + "/", "") for each in
            error.value.problems]  # fmt: skip


def test_a_file_gives_the_very_targets_that_could_be_written_instead(make: Make) -> None:
    by_hand = make(f"[{', '.join(written(ROWS))}]")
    listed = make("{file: a.csv}", a=ROWS)
    assert list(listed) == list(by_hand)
    assert list(listed) == list(listed)
    assert listed.digest == by_hand.digest == digest(roster(each.digest for each in by_hand))
    assert len(listed) == len(by_hand) == 3
    assert list(listed.ids()) == list(by_hand.ids())


def test_rows_stand_where_their_file_is_named(make: Make) -> None:
    first, second, third = written(ROWS)
    last = "{id: z, name: Z}"
    mixed = make(f"[{{file: b.csv}}, {second}, {{file: a.csv}}, {last}]", a=ROWS[2:], b=ROWS[:1])
    assert [each.target.id for each in mixed] == ["m1", "m2", "m3", "z"]
    assert mixed.digest == make(f"[{first}, {second}, {third}, {last}]").digest


def test_both_kinds_of_roster_find_their_targets(make: Make) -> None:
    for found in (make(f"[{', '.join(written(ROWS))}]"), make("{file: a.csv}", a=ROWS)):
        assert "m2" in found
        assert "M2" not in found
        assert found.get("m3") == list(found)[2]
        assert found.get("M3") is None
        assert found.digest_of("m3") == list(found)[2].digest
        assert found.digest_of("none") is None
        assert found.near("m-2") == "m2"
        assert found.near("something-else") is None


def test_both_kinds_of_roster_know_which_contacts_several_targets_have(make: Make) -> None:
    rows = [
        ("a", "A", "KZ", "One@example.org", "8 7172 506 402", ""),
        ("b", "B", "KZ", "one@Example.org", "+7 7172 506402", ""),
        ("c", "C", "KZ", "two@example.org", "", ""),
    ]
    for found in (make(f"[{', '.join(written(rows))}]"), make("{file: a.csv}", a=rows)):
        assert found.shared_among("email", ["one@example.org"]) == {"one@example.org"}
        assert not found.shared_among("email", ["two@example.org"])
        assert found.shared_among("phone", ["+77172506402"]) == {"+77172506402"}
        assert not found.shared_among("fax", ["+77172506402"])
        assert not found.shared_among("signal", ["x"])


def test_an_id_that_stands_twice_is_an_error_with_both_places(make: Make) -> None:
    again = ("m1", "Again", "", "", "", "")
    assert problems(make, "{file: a.csv}", a=[*ROWS, again, again]) == [
        f"a.csv:{line}: the id “m1” stands here and at a.csv:2; give one another id"
        for line in (5, 6)
    ]
    assert problems(make, "[{file: a.csv}, {file: b.csv}]", a=ROWS, b=[again]) == [
        "b.csv:2: the id “m1” stands here and at a.csv:2; give one another id"
    ]


def test_a_file_that_is_named_twice_is_said_to_be(tmp_path: Path, make: Make) -> None:
    (tmp_path / "b.csv").symlink_to("a.csv")
    (says,) = problems(make, "[{file: a.csv}, {file: b.csv}]", a=ROWS[:1])
    assert says == (
        "b.csv:2: the id “m1” stands here once, but the campaign names this file twice; name it "
        "once"
    )


def test_ids_that_differ_by_case_alone_are_one(make: Make) -> None:
    (says,) = problems(make, "{file: a.csv}", a=[*ROWS, ("M1", "Again", "", "", "", "")])
    assert says == "a.csv:5: the id “M1” stands here and at a.csv:2; give one another id"


def test_of_an_id_that_is_also_written_the_line_in_the_campaign_file_is_named(make: Make) -> None:
    targets = "\n  - {id: x, name: X}\n  - {file: a.csv}\n  - name: Y\n    id: m2"
    (says,) = problems(make, targets, a=ROWS)
    assert says == "ua.yaml:7: the id “m2” stands here and at a.csv:3; give one another id"


def test_of_very_many_ids_that_stand_twice_the_first_are_named_and_the_others_counted(
    make: Make,
) -> None:
    rows = [(f"t{n}", "N", "", "", "", "") for n in range(80)]
    said = problems(make, "{file: a.csv}", a=[*rows, *rows])
    assert len(said) == 51
    assert said[-1] == "ua.yaml: and 30 more"


def test_rows_that_are_no_targets_are_kept_with_their_line_and_reason(make: Make) -> None:
    wrong = [(f"w{n}", "W", "", "no address", "", "") for n in range(30)]
    found = make("{file: a.csv}", a=[*wrong, *ROWS])
    (rejected,) = found.rejected
    assert (rejected.rows, rejected.read, len(rejected.first)) == (30, 33, FIRST)
    assert rejected.all_words == "30 of 33 rows"
    line, says = rejected.first[0]
    assert line == 2
    assert says.startswith("email: “no address” is not exactly one email address")
    refused = list(found.refused(rejected))
    assert len(refused) == 30
    assert refused[29] == RefusedRow(31, says, list(wrong[29]))
    assert len(found) == 3


def test_what_is_rejected_and_not_mended_is_rejected_again(tmp_path: Path, make: Make) -> None:
    for number, row in enumerate(
        [
            b"b,B, Jr.,KZ,b@example.org,,", b"b,B,KZ,b@example.org,,,", b"b,B", b"b",
            b"b,A\xffB,KZ,b@example.org,,", b"b,A\0B,KZ,b@example.org,,", b'b,"A" B,KZ,,,',
            b'b,B,KZ,"b@example.org,,', b"b,B,XX,b@example.org,,", b"b," + b"x" * 1_000_001,
        ]
    ):  # fmt: skip
        first = tmp_path / "a.csv"
        first.write_bytes(",".join(HEADER).encode() + b"\na,A,,,,\n" + row + b"\n")
        found = make("{file: a.csv}")
        assert found.rejected[0].rows == 1, number
        (tmp_path / "b.csv").unlink(missing_ok=True)
        write_rejects(found, [tmp_path / "b.csv"])
        (says, *_) = problems(make, "{file: b.csv}")
        assert says == "b.csv: its only row cannot be used; mend what is said below", number


def test_a_file_of_rejects_runs_in_no_spreadsheet_and_is_read_as_what_it_was(
    tmp_path: Path, make: Make
) -> None:
    risky = ["=1+1", "+1", "-1", "@x", "'=1", "''@x", "'Ali", "=cmd|' /C calc'!A0", "a'=b", "'"]
    rows = [(f"t{n}", name, "ZZ", "", "", "") for n, name in enumerate(risky)]
    found = make("[{id: z, name: Z}, {file: a.csv}]", a=[*ROWS, *rows])
    cells = [row.cells for row in found.refused(found.rejected[0])]
    write_rejects(found, [tmp_path / "b.csv"])
    with (tmp_path / "b.csv").open(newline="", encoding="utf-8-sig") as out:
        for row in csv.reader(out, strict=True):
            assert not [cell for cell in row if cell[:1] in {"=", "+", "-", "@"}]
    with (tmp_path / "b.csv").open("a") as out:
        out.write("z,Z,,,,,,\n")
    again = make("{file: b.csv}")
    assert [row.cells[:-2] for row in again.refused(again.rejected[0])] == cells
    assert cells[4][1] == "=1"  # as a spreadsheet has it: the apostrophe is no part of it


def test_what_was_rejected_twice_says_once_why(tmp_path: Path, make: Make) -> None:
    found = make("{file: a.csv}", a=[*ROWS, ("x", "X", "ZZ", "", "", "")])
    write_rejects(found, [tmp_path / "b.csv"])
    with (tmp_path / "b.csv").open("ab") as out:
        out.write("w,Wörter,,no address,,,9,said before\r\nz,Z,,,,,10,so it was\r\n".encode())
    again = make("{file: b.csv}")
    write_rejects(again, [tmp_path / "c.csv"])
    with (tmp_path / "c.csv").open(newline="", encoding="utf-8-sig") as out:
        header, *rows = csv.reader(out)
    assert header == [*HEADER, "line", "reason"]
    assert [row[:-1] for row in rows] == [
        ["x", "X", "ZZ", "", "", "", "2"], ["w", "Wörter", "", "no address", "", "", "3"],
    ]  # fmt: skip
    assert rows[1][-1].startswith("email: “no address”")


def test_a_file_of_rejects_has_the_delimiter_of_its_file_and_is_known_as_utf_8(
    tmp_path: Path, make: Make
) -> None:
    text = "id;name;country\na;Ä;DE\nm;Müller, Jörg;ZZ\n"
    (tmp_path / "a.csv").write_bytes(text.encode("cp1252"))
    found = make('{file: a.csv, encoding: windows-1252, delimiter: ";"}')
    write_rejects(found, [tmp_path / "b.csv"])
    assert (tmp_path / "b.csv").read_text("utf-8-sig").splitlines()[1].startswith(
        'm;Müller, Jörg;ZZ;3;"country: '
    )  # fmt: skip
    (says,) = problems(make, '{file: b.csv, encoding: windows-1252, delimiter: ";"}')
    assert says == "b.csv: this file is UTF-8, and not windows-1252; leave its encoding out"
    mended = (tmp_path / "b.csv").read_bytes().replace(b"ZZ", b"DE")
    (tmp_path / "b.csv").write_bytes(mended)
    (target,) = make('{file: b.csv, delimiter: ";"}')
    assert target.target.name == "Müller, Jörg"


def test_a_file_of_rejects_that_somebody_may_be_mending_is_never_lost(
    tmp_path: Path, make: Make
) -> None:
    wrong = ("x", "X", "ZZ", "", "", "")
    found = make("{file: a.csv}", a=[*ROWS, wrong])
    kept = tmp_path / "kept"

    def keep() -> list[str]:
        return [path.name for path in keep_rejects(found, kept, "46-30-", [])]

    assert keep() == keep() == ["46-30-a.csv"]
    mended = (kept / "46-30-a.csv").read_bytes().replace(b"ZZ", b"KZ")
    (kept / "46-30-a.csv").write_bytes(mended)
    assert keep() == keep() == ["46-30-a-2.csv"]
    assert (kept / "46-30-a.csv").read_bytes() == mended
    with pytest.raises(ConfigError, match="is there already and says something else"):
        write_rejects(found, [kept / "46-30-a.csv"])
    assert (kept / "46-30-a.csv").read_bytes() == mended
    write_rejects(found, [kept / "46-30-a-2.csv"])
    assert sorted(path.name for path in kept.iterdir()) == ["46-30-a-2.csv", "46-30-a.csv"]


def test_a_file_of_rejects_has_a_name_that_a_disk_takes(tmp_path: Path, make: Make) -> None:
    name = "\N{CJK UNIFIED IDEOGRAPH-20000}" * 60  # 240 bytes
    found = make(f"{{file: {name}.csv}}", **{name: [*ROWS, ("x", "X", "ZZ", "", "", "")]})
    (path,) = keep_rejects(found, tmp_path / "kept", "46-30-", [])
    assert path.is_file()
    for wrong in ("x" * 300, f"{name}.csv/b.csv", "no/such/folder/a.csv"):
        with pytest.raises(ConfigError, match="the rejected rows cannot be written here"):
            write_rejects(found, [tmp_path / wrong])
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(ConfigError, match="says something else"):
        write_rejects(found, [tmp_path / "circle"])


def test_a_file_of_which_nothing_can_be_used_is_an_error(make: Make) -> None:
    wrong = [(f"w{n}", "", "", "", "", "") for n in range(25)]
    said = problems(make, "[{id: x, name: X}, {file: a.csv}]", a=wrong)
    assert said[0] == "a.csv: none of its 25 rows can be used; mend what is said below"
    assert said[1] == "a.csv:2: name is missing"
    assert said[-1] == "a.csv: and 5 more"
    assert problems(make, "{file: a.csv}", a=[]) == [
        "a.csv: the file has the names of its columns and no row; add rows, or leave the file out"
    ]


def test_it_is_told_how_far_the_reading_is(tmp_path: Path, make: Make) -> None:
    make("{file: a.csv}", a=[(f"t{n}", "N", "", "", "", "") for n in range(2_500)])
    told: list[int] = []
    file = tmp_path / "ua.yaml"
    ListedRoster(read_campaign(file), file, told.append)
    assert told == [1_000, 2_000, 2_500]


def test_the_memory_of_many_targets_is_that_of_few(tmp_path: Path, make: Make) -> None:
    def peak(number: int) -> int:
        rows = ((f"t{n}", f"Name {n}", "KZ", f"t{n}@example.org", "", "") for n in range(number))
        found = make("{file: a.csv}", a=rows)
        found.close()
        file = tmp_path / "ua.yaml"
        campaign = read_campaign(file)
        with memory_watched() as worst:
            many = ListedRoster(campaign, file)
            assert sum(1 for _ in many) == number
            assert not many.shared_among("email", ["t1@example.org"])
            return worst()

    peak(CHUNK)  # what is read once, and kept
    assert once(lambda: peak(20 * CHUNK) < 1.2 * peak(4 * CHUNK))


def test_nothing_of_the_targets_is_left_on_the_disk(
    tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setenv("SQLITE_TMPDIR", str(aside))
    found = make("{file: a.csv}", a=[(f"t{n}", "N" * 900, "", "", "", "") for n in range(9_000)])
    assert list(aside.iterdir()) == []
    assert len(list(found)) == 9_000
    found.close()
    found.close()


def test_an_order_of_many_chunks_is_kept() -> None:
    on_disk = TargetsOnDisk()
    bodies = [canonical({"id": f"t{n}", "name": "N"}) for n in range(CHUNK * 3 + 7)]
    for number, body in enumerate(bodies):
        on_disk.add(Place(0, number), f"t{number}", body, digest(body))
    on_disk.end()
    assert [each.body for each in on_disk] == bodies
    assert [each.digest for each in on_disk] == [digest(body) for body in bodies]
    one, other = iter(on_disk), iter(on_disk)
    assert [next(one).target.id for _ in range(600)] == [next(other).target.id for _ in range(600)]
