"""A campaign file that an import writes reads back as exactly what it was given."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uadispatch.campaign.file import read_campaign
from uadispatch.campaign.notices.content import (
    MISSING,
    campaign_of,
    content_of,
    content_of_campaign,
    fields_of,
    remarks_on,
)
from uadispatch.campaign.notices.notice import (
    Certainty,
    Closing,
    Ending,
    Found,
    FoundPerson,
    FoundTarget,
    Kind,
    Notice,
    Variant,
)
from uadispatch.campaign.notices.writing import closed, is_as_written, written
from uadispatch.campaign.places import compose
from uadispatch.campaign.text import block
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.campaign.model import Campaign


def text_of(campaign: Campaign) -> str:
    return written(content_of_campaign(campaign), {})


@pytest.fixture
def real(root: Path) -> Campaign:
    return read_campaign(root / "config/campaigns/ua-46-19.yaml")


def test_a_campaign_survives_being_written_and_read(real: Campaign, tmp_path: Path) -> None:
    file = tmp_path / "ua.yaml"
    file.write_text(text_of(real))
    assert read_campaign(file) == real


HARD = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1),
    st.sampled_from(
        ["NO", "yes", "null", "~", "- a", "a: b", "a #b", "#", "@x", "*a", "&a", "!t", "%", "`",
         "'", '"', "|", ">", "1e5", "007", "12:30", "2019-08-16", "0x1F", "{a}", "[a]", "? a",
         "---", "...", "+7", "2022325488", "1.10", "=", "<<", "?0", "\ud7fc"]
    ),
)  # fmt: skip


@given(HARD, st.lists(HARD, min_size=1), HARD)
def test_no_text_is_read_as_anything_else(line: str, lines: list[str], remark: str) -> None:
    content: dict[str, Any] = {
        "line": line,
        "text": "\n".join(lines),
        "targets": [{"id": line, "address": "\n".join(lines)}],
        "languages": [line, line],
    }
    remarks = {
        ("line",): remark,
        ("text",): remark,
        ("targets", 0, "id"): remark,
        ("targets", 0, "address"): remark,
        ("languages",): remark,
    }
    try:
        text = written(content, remarks, head=[remark], foot=[remark])
    except ConfigError:
        # Some characters no YAML may hold; what the model takes for a text is never among them.
        with pytest.raises(ValueError, match="character"):
            block("\n".join([line, *lines, "x"]))
        return
    found = compose(text)
    assert found["line"] == line
    assert found["languages"] == [line, line]
    assert found["text"].removesuffix("\n") == content["text"].removesuffix("\n")
    assert set(found) == set(content)
    assert is_as_written(text)


@given(st.integers(0, 10_000), st.sampled_from("x#: \n"))
def test_any_change_below_the_head_is_seen(at: int, what: str) -> None:
    text = written({"a": "b", "text": "c\nd"}, {}, head=["from a document"])
    head = text.index("\n\n") + 2
    where = head + at % (len(text) - head + 1)
    assert not is_as_written(text[:where] + what + text[where:])
    assert is_as_written(text)
    assert is_as_written(text.replace("\n", "\r\n").replace("\r\n\r\n", "\n\n", 1))


def test_closing_changes_nothing_but_the_status(real: Campaign, tmp_path: Path) -> None:
    text = text_of(real)
    after = closed(text, "final.txt, line 5: “NO FURTHER ACTION IS REQUESTED”")
    assert after is not None
    changed = [
        line
        for line in after.splitlines()
        if line not in text.splitlines() and "As imported" not in line
    ]
    assert changed == ["  status: closed  # final.txt, line 5: “NO FURTHER ACTION IS REQUESTED”"]
    assert is_as_written(after)
    file = tmp_path / "ua.yaml"
    file.write_text(after)
    assert read_campaign(file).urgent_action.status == "closed"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  status: open", "  status: closed  # why"),
        ("  status: open # mine", "  status: closed  # why  mine"),
        ("  status: open\r", "  status: closed  # why"),
        ("  title: x", "  status: closed  # why\n  title: x"),
    ],
)
def test_a_persons_file_is_closed_as_it_stands(before: str, after: str) -> None:
    text = f"# mine\nurgent_action:\n  number: 46/19\n{before}\n  deadline: 2019-09-27\n"
    assert closed(text, "why") == text.replace(before, after)


@pytest.mark.parametrize(
    "text",
    [
        "urgent_action: {number: 46/19, status: open, title: x}\n",
        "urgent_action: {number: 46/19, title: x}\n",
        "urgent_action:\n  number: 46/19\n  status: closed\n",
        "urgent_action:\n  number: 46/19\n  status: [open]\n",
        "nothing: of that\n",
        "a: [\n",
        "",
    ],
)
def test_what_cannot_be_closed_surely_is_left_to_a_person(text: str) -> None:
    assert closed(text, "why") is None


def notice(**more: Any) -> Notice:
    said: dict[str, Any] = {
        "variant": Variant.SAMPLE_LETTER,
        "kind": Found(Kind.FURTHER, 12),
        "closing": Closing(Ending.OPEN),
    }
    return Notice(**said | more)


def test_what_is_missing_stands_in_the_file_as_missing() -> None:
    content = content_of(notice())
    text = written(content, remarks_on(notice(), content))
    for says in ("no number", "no title", "no deadline", "nobody to write to", "no sample letter"):
        assert f"{MISSING}: the document" in text
        assert says in text
    campaign, wrong = campaign_of(content)
    assert campaign is None
    assert wrong == ()


def test_every_key_bears_its_line_and_its_rule() -> None:
    found = notice(
        number=Found("46/30", 12),
        deadline=Found(date(2030, 9, 27), 60),
        title=Found("A case", 3, Certainty.INFERRED, "in capitals in the document"),
        people=(FoundPerson(Found("A. Person", 70), Found("she/her", 70)),),
        summary=Found("In short.", 4),
        actions=(Found("Write.", 7), Found("Tell us.", 8)),
        targets=(
            FoundTarget(
                id=Found("minister", 13, Certainty.INFERRED, "the role"),
                name=Found("B. Minister", 14),
                email=Found("b@example.org", 15, Certainty.GUESSED, "no label before it"),
            ),
            FoundTarget(id=Found("c", 20), name=Found("C. Copy", 20), copy=True),
        ),
    )
    content = content_of(found)
    lines = written(content, remarks_on(found, content)).splitlines()
    assert "  number: 46/30 # line 12" in lines
    assert "  deadline: 2030-09-27 # line 60" in lines
    assert "  title: A case # line 3, inferred: in capitals in the document" in lines
    assert "  - id: minister # line 13, inferred: the role" in lines
    assert "    email: b@example.org # line 15, LOOK, a guess: no label before it" in lines
    assert lines[lines.index("  summary: |") - 1] == "  # line 4"
    assert lines[lines.index("  actions:") - 1] == "  # lines 7, 8"
    assert "C. Copy" not in "\n".join(lines)
    names = dict(fields_of(found))
    assert names["targets.minister.email"].certainty == "guessed"
    assert names["copies.c.name"].value == "C. Copy"
    assert names["people.name"].value == "A. Person"


def test_a_key_that_says_something_else_than_the_document_bears_no_line() -> None:
    found = notice(number=Found("46/30", 12), title=Found("A case", 3))
    content = content_of(found)
    content["urgent_action"]["title"] = "What a person made of it"
    text = written(content, remarks_on(found, content))
    assert "  title: What a person made of it\n" in text


def test_what_the_model_refuses_is_said() -> None:
    found = notice(
        number=Found("46/30", 1),
        title=Found("A case", 2),
        deadline=Found(date(2019, 1, 1), 3),
        issued=Found(date(2019, 2, 2), 4),
    )
    _, wrong = campaign_of(content_of(found))
    (doubt,) = wrong
    assert doubt.says == (
        "urgent_action.deadline cannot be used as it stands: the deadline 2019-01-01 is before the "
        "day of issue, 2019-02-02; mend one of them"
    )
