"""The officials of the second Urgent Action 46/19 are those of the campaign written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from targetkit import FIELDS, cells_of, lines_of, read_lines, said
from uadispatch.campaign.file import read_campaign
from uadispatch.campaign.model import Target
from uadispatch.campaign.notices.document import Document
from uadispatch.campaign.notices.notice import Certainty
from uadispatch.campaign.notices.parts.sections import divide
from uadispatch.campaign.notices.targets.targets import read_targets

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.campaign.notices.notice import Found, FoundTarget
    from uadispatch.campaign.notices.targets.targets import Targets

DOCUMENT = "tests/documents/ua-46-19-second-ua.txt"


def by_hand(root: Path) -> list[dict[str, str]]:
    """The targets of the campaign file, as it is written."""
    found = []
    for target in read_campaign(root / "tests/documents/ua-46-19-by-hand.yaml").targets:
        values = {name: getattr(target, name) for name in FIELDS}
        found.append(
            {
                name: str(getattr(value, "written", value)).strip()
                for name, value in values.items()
                if value is not None
            }
        )
    return found


def the_seed(root: Path) -> Targets:
    text = (root / DOCUMENT).read_text(encoding="utf-8")
    document = Document("seed.txt", tuple(lines_of(text)))
    return read_targets(document, divide(document), opening="Dear Prosecutor General", country="KZ")


def test_every_field_is_that_of_the_campaign_written_by_hand(root: Path) -> None:
    found = the_seed(root)
    assert [said(target) for target in found.targets] == by_hand(root)
    assert (found.copies, found.doubts) == ((), ())
    assert not any(target.more for target in found.targets)


def rules(target: FoundTarget) -> dict[str, str]:
    """The fields that no label tells, each with what it follows from."""
    found = {}
    for name in FIELDS:
        value: Found[str] | None = getattr(target, name)
        if value is not None and value.certainty is not Certainty.LABELLED:
            assert value.certainty is Certainty.INFERRED
            found[name] = value.rule
    return found


def test_each_field_names_its_line(root: Path) -> None:
    lines = (root / DOCUMENT).read_text(encoding="utf-8").split("\n")
    for target in the_seed(root).targets:
        for name in ("name", "phone", "fax", "email", "twitter", "facebook"):
            value: Found[str] | None = getattr(target, name)
            if value is not None:
                assert value.line is not None
                assert value.value in lines[value.line - 1]


def test_what_was_inferred_is_marked_so(root: Path) -> None:
    official, ambassador = the_seed(root).targets
    assert rules(official) == {
        "id": "the office",
        "salutation": "the opening of the sample letter",
        "timezone": "the zone of Nur-Sultan",
    }
    assert rules(ambassador) == {
        "id": "the office and the country it is in",
        "role": "“H.E.”, the embassy and the salutation",
        "country": "a US state and its ZIP code",
        "timezone": "the zone of Washington DC",
    }


def test_a_model_takes_what_was_read(root: Path) -> None:
    for target in the_seed(root).targets:
        made = Target.model_validate(said(target))
        assert made.id == target.id.value
        assert {field for field in FIELDS if getattr(made, field) is not None} == set(said(target))


@pytest.mark.parametrize("order", ["one after the other", "row by row"])
def test_two_cells_give_the_same_as_two_blocks(root: Path, order: str) -> None:
    text = (root / DOCUMENT).read_text(encoding="utf-8").split("\n")
    left, right = "\n".join(text[12:20]), "\n".join(text[21:29])
    lines = cells_of(left, right)
    if order == "row by row":
        lines = [line for pair in zip(lines[:8], lines[8:], strict=True) for line in pair]
    found = read_lines(lines, opening="Dear Prosecutor General", country="KZ")
    assert [said(target) for target in found.targets] == by_hand(root)
