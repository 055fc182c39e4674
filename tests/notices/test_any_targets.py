"""Whatever stands where officials should: nothing crashes, hangs, or is made up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from targetkit import FIELDS, read_lines, said
from uadispatch.campaign.model import Target
from uadispatch.campaign.notices.document import Line, Link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.campaign.notices.targets.targets import Targets

CONTACTS = ("phone", "fax", "email", "twitter", "facebook")
PIECES = (
    """
Minister of Justice;Prosecutor General;H.E. Askar Temirov;Mr Joseph Wanga;Ana Wambui;Kenya
Embassy of the Republic of Kazakhstan;Ministry of Justice;Office of the President;Cairo, Egypt
1401 16th St NW, Washington DC 20036;Nairobi;PO Box 100;Fax: +254 20 555 0100;fax;Email:;and;OR
I;Phone: 202 555 0188 I Fax: 202 555 0189;Tel/Fax: 020 555 0100;Email: a@example.org;@handle
b@example.org, c@example.org;[email protected];Twitter: @one;X: @two;+254 20 555 0177
Dear Ambassador;Facebook: https://www.facebook.com/page.one
Salutation: Dear Minister / Your Excellency;Salutation:;And copies to:;CC: d@example.org
Fax: e@example.org (please keep trying);,;/;|;No mail service
Name Address 1 Address 2 Address 3 Fax Fax number;diplomatic representatives of Kenya;Name:
Title:;https://example.org/form;Минюст;司法部長;Address:;Governor Dale Hartman, 1 High Street
""".strip()
    .replace("\n", ";")
    .split(";")
)
MARKS = [
    "",
    " ",
    ", ",
    " / ",
    " I ",
    " OR ",
    ": ",
    "; ",
    " (",
    ") ",
    "@",
    "+",
    "\u00a0",
    "\u202e",
    "\ufeff",
]

words = st.one_of(st.sampled_from(PIECES), st.text(max_size=12))
texts = st.lists(st.tuples(words, st.sampled_from(MARKS)), min_size=1, max_size=5).map(
    lambda found: "".join(word + mark for word, mark in found)
)
links = st.lists(
    st.builds(
        Link,
        st.sampled_from(["here", "Email", "a@example.org", "Fax", ""]),
        st.sampled_from(
            [
                "mailto:z@example.org?subject=x",
                "tel:+254205550199",
                "https://x.com/linked",
                "mailto:",
                "",
            ]
        ),
    ),
    max_size=2,
).map(tuple)
drawn = st.lists(st.tuples(texts, st.booleans(), st.none() | st.integers(1, 3), links), max_size=25)


def lines_from(found: Sequence[tuple[str, bool, int | None, tuple[Link, ...]]]) -> list[Line]:
    return [
        Line(number, text, begins=begins, cell=cell, links=linked)
        for number, (text, begins, cell, linked) in enumerate(found, 1)
        if text.strip()
    ]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def check_nothing_is_made_up(found: Targets, lines: Sequence[Line]) -> None:
    text = squeezed("".join(line.text for line in lines))
    linked = squeezed(" ".join(link.to for line in lines for link in line.links))
    everyone = (*found.targets, *found.copies)
    for target in everyone:
        values = said(target, *CONTACTS)
        for value in [*values.values(), *(value.value for _, value in target.more)]:
            parts = [squeezed(part) for part in value.split(", ")]
            assert all(part in text or part in linked for part in parts), value
        for part in (target.name, target.address):
            if part:
                # Lines, and what a label or a contact between them leaves of one.
                rest = [squeezed(line) for line in re.split(r"[\n,]", part.value)]
                assert all(line in text for line in rest)
        assert target.name.line in {line.number for line in lines}
    ids = [target.id.value.casefold() for target in everyone]
    assert len(ids) == len(set(ids))


@settings(max_examples=400)
@given(drawn, st.none() | st.sampled_from(["KE", "KZ", "US"]), st.none() | texts)
def test_nothing_is_made_up_and_every_target_is_one(
    found: list[tuple[str, bool, int | None, tuple[Link, ...]]],
    country: str | None,
    opening: str | None,
) -> None:
    lines = lines_from(found)
    half = len(lines) // 2
    read = read_lines(lines[:half], copies=lines[half:], country=country, opening=opening)
    check_nothing_is_made_up(read, lines)
    assert read.targets or any(doubt.asks for doubt in read.doubts)
    for target in (*read.targets, *read.copies):
        made = Target.model_validate(said(target))
        assert {field for field in FIELDS if getattr(made, field) is not None} == set(said(target))
    assert all(not doubt.says.endswith(".") for doubt in read.doubts)


WHOLE = """Prosecutor General
Nurlan Seitov
Prospect Mira, 14
Nur-Sultan 010000
Kazakhstan
Fax: +7 7172 55 04 02 (please keep trying)
Email: press@prokuror.example.org, office@prokuror.example.org
Salutation: Dear Prosecutor General

H.E. Askar Temirov
Embassy of the Republic of Kazakhstan
1401 16th St NW, Washington DC 20036
Phone: 202 555 0188 I Fax: 202 555 0189
Email: washington@embassy.example.org
Twitter: @KazEmbEx
Salutation: Dear Ambassador"""


@given(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)))
def test_a_list_cut_anywhere_makes_nothing_up(start: int, end: int) -> None:
    kept = WHOLE[start:end].split("\n")
    lines = [Line(n, line.strip()) for n, line in enumerate(kept, 1) if line.strip()]
    check_nothing_is_made_up(read_lines(lines, country="KZ"), lines)


@given(st.permutations(WHOLE.replace("\n\n", "\n").split("\n")))
def test_in_any_order_no_contact_is_given_to_two_officials(order: list[str]) -> None:
    lines = [Line(number, text) for number, text in enumerate(order, 1)]
    found = read_lines(lines, country="KZ")
    check_nothing_is_made_up(found, lines)
    values = [value for target in found.targets for value in said(target, *CONTACTS).values()]
    assert len(values) == len(set(values))


LONG = [
    "fax " * 50_000,
    "a@" * 100_000,
    "Email: " + "a" * 200_000 + "@example.org",
    "Fax: " + "+1 202 555 0100 / " * 10_000,
    "Fax: " + "1" * 200_000,
    "Minister of " * 15_000,
    "of the " * 25_000,
    "(" * 100_000 + ")" * 100_000,
    "Mr " * 60_000,
    "Salutation: " + "Dear Minister / " * 10_000,
    "-" * 200_000,
    "Washington DC 2003" * 10_000,
    "Dear " * 40_000,
    "\u0130" * 100_000,
]


@pytest.mark.parametrize("text", LONG, ids=[text[:12] for text in LONG])
def test_long_lines_are_read_in_time(text: str) -> None:
    for length in (200_000, 3_990):
        lines = [Line(n, text[:length].strip()) for n in range(1, 2 if length > 4_000 else 60)]
        check_nothing_is_made_up(read_lines(lines, country="US"), lines)


REPEATED = [
    ["Minister of Justice", "Mr Joseph Wanga", "Fax: +254 20 555 0100"],
    ["Ministry of Justice"],
    ["Fax: +254 20 555 0100"],
    ["+254 20 555 0100"],
    ["Nairobi, Kenya"],
    ["Dear Minister"],
    ["Minister of Justice and"],
    ["Please note that this is a remark."],
    ["And copies to:", "Prosecutor General"],
    ["H.E. Ana Lopes", "Email: a@example.org", "PO Box 1", "Ministry of Justice"],
]


@pytest.mark.timeout(15)
@pytest.mark.parametrize("lines", REPEATED, ids=[lines[0] for lines in REPEATED])
@pytest.mark.parametrize("celled", [False, True])
def test_many_lines_are_read_in_time(lines: list[str], *, celled: bool) -> None:
    many = [
        Line(n, lines[n % len(lines)], begins=n % 5 == 0, cell=n if celled else None)
        for n in range(1, 2_501)
    ]
    found = read_lines(many, country="KE")
    assert len(found.targets) + len(found.copies) <= 100
