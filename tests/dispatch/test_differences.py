"""What has changed since an approval is said in words; of any two campaigns, at least something."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uadispatch.campaign.model import Campaign
from uadispatch.channels.message import Organisation
from uadispatch.dispatch.approval.approving import Approved
from uadispatch.dispatch.approval.differences import differences
from uadispatch.dispatch.approval.excerpts import from_to
from uadispatch.dispatch.snapshot import (
    Snapshot,
    canonical,
    take,
)
from uadispatch.dispatch.targets.roster import Roster
from uadispatch.rendering.templates import Template

Taken = tuple[Snapshot, Roster]

MINISTER = {"id": "minister", "name": "Ola Normann", "country": "NO", "email": "m@example.org"}
EMBASSY = {"id": "embassy", "name": "Embassy", "country": "GB", "fax": "020 7946 0102"}
LETTER = {"subject": "Release her", "text": "I am writing to you.\n\nRelease her.\n"}
CASE = {"number": "46/19", "title": "A case", "deadline": "2019-09-27"}
TEMPLATES = {
    "email/ru": Template("one\ntwo\nthree\n", "templates/email/ru.j2"),
    "plugin/email/ru": Template("{{ letter.text }}", "uadispatch_email/templates/ru.j2"),
}


def taken(**changes: Any) -> Taken:
    """A small campaign as it is stored; `changes` replace its parts."""
    parts: dict[str, Any] = {
        "urgent_action": CASE, "round": 1, "languages": ["ru", "en"], "channels": ["email", "fax"],
        "targets": [MINISTER, EMBASSY], "letter": {"en": LETTER},
        "organisation": {"name": "Group 12", "email": "ua@example.org"}, "templates": TEMPLATES,
        "settings": {"email": {}, "fax": {"gateway": None, "pages": 3}},
        "versions": {"uadispatch": "0.1.0", "email": "0.1.0"},
        **changes,
    }  # fmt: skip
    model = {name: parts[name] for name in Campaign.model_fields}
    campaign = Campaign.model_validate(model)
    stored = Roster(campaign.written)
    snapshot = take(
        campaign,
        organisation=Organisation.model_validate(parts["organisation"]),
        templates=parts["templates"],
        settings=parts["settings"],
        versions=parts["versions"],
        targets=stored.digest,
    )
    return snapshot, stored


def approved(given_: Taken) -> Approved:
    snapshot, stored = given_
    return Approved(
        snapshot=snapshot, targets=stored, by="Ann", at=datetime(2019, 8, 20, tzinfo=UTC),
    )  # fmt: skip


def changed(before: Taken, now: Taken) -> list[tuple[str, str]]:
    found = differences(approved(before), *now)
    return [(difference.what, difference.says) for difference in found]


def templates(**sources: str) -> dict[str, Template]:
    """The templates with another text in that of email/ru."""
    return TEMPLATES | {"email/ru": Template(sources["ru"], "templates/email/ru.j2")}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, str]]]] = {
    "one letter of a template": (
        {}, {"templates": templates(ru="one\ntwo\nthrea\n")},
        [("templates/email/ru.j2", "line 3: “three” → “threa”")],
    ),
    "a line that was added at the end": (
        {}, {"templates": templates(ru="one\ntwo\nthree\n\nfive")},
        [("templates/email/ru.j2", "line 5 is new: nothing → “five”")],
    ),
    "a line that was taken from the end": (
        {}, {"templates": templates(ru="one\ntwo\nthree")},
        [("templates/email/ru.j2", "line 4 is gone: “” → nothing")],
    ),
    "a template that is new": (
        {"templates": {}}, {"templates": {"_foot": Template("", "templates/_foot.j2")}},
        [("templates/_foot.j2", "is new")],
    ),
    "a template that is gone": (
        {}, {"templates": {"email/ru": TEMPLATES["email/ru"]}},
        [("uadispatch_email/templates/ru.j2", "is not used any more")],
    ),
    "another template in the place of one": (
        {"templates": {"email/ru": Template("one", "plugin.py")}},
        {"templates": {"email/ru": Template("two", "templates/email/ru.j2")}},
        [("templates/email/ru.j2",
          "is used for email/ru instead of plugin.py; line 1: “one” → “two”")],
    ),
    "a letter's subject": (
        {}, {"letter": {"en": LETTER | {"subject": "Release him"}}},
        [("letter en, subject", "“Release her” → “Release him”")],
    ),
    "a letter in another language": (
        {}, {"letter": {"en": LETTER, "ru": LETTER}}, [("letter ru", "is new")],
    ),
    "the order of the letters, which decides who gets which": (
        {"letter": {"en": LETTER, "ru": LETTER}}, {"letter": {"ru": LETTER, "en": LETTER}},
        [("letters", "stand in another order, from ru on (it was en); the first serves")],
    ),
    "a closing that was taken out": (
        {"letter": {"en": LETTER | {"closing": "Yours sincerely,"}}}, {},
        [("letter en, closing", "“Yours sincerely,” → nothing")],
    ),
    "a target": (
        {"targets": [MINISTER]}, {}, [("target embassy", "is new: Embassy")],
    ),
    "a target that was taken out": (
        {}, {"targets": [EMBASSY]}, [("target minister", "is not there any more: Ola Normann")],
    ),
    "a target's contact": (
        {}, {"targets": [MINISTER | {"email": "o@example.org"}, EMBASSY]},
        [("target minister, email", "“m@example.org” → “o@example.org”")],
    ),
    "a target's country, and with it how its number is read": (
        {}, {"targets": [MINISTER, EMBASSY | {"country": "IE"}]},
        [("target embassy, country", "“GB” → “IE”"),
         ("target embassy, fax",
          "is written as before, but read as “+442079460102” → “+3532079460102”")],
    ),
    "the order of the targets": (
        {}, {"targets": [EMBASSY, MINISTER]},
        [("targets", "stand in another order, from embassy on (it was minister)")],
    ),
    "the deadline and the status": (
        {}, {"urgent_action": CASE | {"deadline": "2019-10-04", "status": "closed"}},
        [("deadline", "“27 September 2019” → “4 October 2019”"), ("status", "“open” → “closed”")],
    ),
    "the people it is for": (
        {}, {"urgent_action": CASE | {"people": [{"name": "A. Person", "pronoun": "she/her"}]}},
        [("people", "nothing → “name: A. Person; pronoun: she/her”")],
    ),
    "round, languages and channels": (
        {}, {"round": 2, "languages": ["en"], "channels": ["email"]},
        [("channels", "“email, fax” → “email”"), ("preferred languages", "“ru, en” → “en”"),
         ("round", "“1” → “2”")],
    ),
    "the organisation": (
        {}, {"organisation": {"name": "Group 12", "email": "ua@example.org",
                              "address": "1 Street\nTown"}},
        [("the organisation's address", "nothing → “1 Street⏎Town”")],
    ),
    "a setting": (
        {}, {"settings": {"email": {}, "fax": {"gateway": "telnyx", "pages": 3}}},
        [("fax.gateway", "nothing → “telnyx”")],
    ),
    "a setting of another kind, which Python takes for the same": (
        {"settings": {"email": {}, "fax": {"pages": 1}}},
        {"settings": {"email": {}, "fax": {"pages": True}}},
        [("fax.pages", "“1” → “yes”")],
    ),
    "a channel that can be used now": (
        {"settings": {"email": {}}}, {"settings": {"email": {}, "fax": {}}},
        [("settings of fax", "are new: it could not be used before")],
    ),
    "a plugin's version": (
        {}, {"versions": {"uadispatch": "0.1.0", "email": "0.2.0"}},
        [("version of email", "“0.1.0” → “0.2.0”")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_change_is_named_and_nothing_else(name: str) -> None:
    before, now, wanted = CASES[name]
    found = changed(taken(**before), taken(**now))
    assert [what for what, _ in found] == [what for what, _ in wanted]
    for (_, says), (_, begins) in zip(found, wanted, strict=True):
        assert says.startswith(begins)


def test_what_was_approved_is_not_different_from_itself() -> None:
    assert changed(taken(), taken()) == []


def test_a_part_that_this_version_does_not_know_is_named_all_the_same() -> None:
    snapshot, stored = taken()
    newer = Snapshot(canonical({**snapshot.content, "format": 2, "wind": {"from": "east"}}))
    found = differences(approved((newer, stored)), snapshot, stored)
    assert {difference.what for difference in found} == {"format", "wind"}


WORDS = st.sampled_from(["one", "one\ntwo", "one two", "onе", "", "\u202e", "é", "é"])
LINES = st.sampled_from(["A", "B", "А", "A B", "é", "é"])
TEMPLATE = st.builds(Template, source=WORDS, file=st.sampled_from(["a.j2", "b.j2"]))
TARGETS = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from("abc"), "name": LINES},
        optional={"email": st.sampled_from(["a@example.org", "A@example.org"]), "role": LINES,
                  "salutation": LINES | st.dictionaries(st.sampled_from(["en", "ru"]), LINES)},
    ),
    min_size=1, max_size=3, unique_by=lambda target: str(target["id"]),
)  # fmt: skip
LETTERS = st.dictionaries(
    st.sampled_from(["en", "ru", "kk"]),
    st.fixed_dictionaries({"subject": LINES, "text": LINES}, optional={"closing": LINES}),
    min_size=1,
)
SETTING = st.none() | st.booleans() | st.integers(0, 1) | st.floats(0, 1) | WORDS | st.lists(WORDS)
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "urgent_action": st.fixed_dictionaries(
            {"number": st.just("46/19"), "title": LINES, "deadline": st.dates()},
            optional={"status": st.sampled_from(["open", "closed"]), "summary": LINES,
                      "people": st.lists(st.fixed_dictionaries({"name": LINES}), max_size=2)},
        ),
        "round": st.integers(1, 2),
        "languages": st.lists(st.sampled_from(["en", "ru"]), unique=True),
        "channels": st.lists(st.sampled_from(["email", "fax"]), min_size=1, unique=True),
        "targets": TARGETS,
        "letter": LETTERS,
        "templates": st.dictionaries(st.sampled_from(["email/en", "plugin/email/en"]), TEMPLATE),
        "settings": st.dictionaries(
            st.sampled_from(["email", "fax"]),
            st.dictionaries(st.sampled_from(["a", "b"]), SETTING | st.dictionaries(LINES, SETTING)),
        ),
        "versions": st.dictionaries(st.sampled_from(["email", "fax"]), LINES),
    },
)  # fmt: skip


@given(before=PARTS, now=PARTS)
def test_of_any_two_campaigns_something_is_said_and_of_one_nothing(
    before: dict[str, Any], now: dict[str, Any]
) -> None:
    old, new = taken(**before), taken(**now)
    found = changed(old, new)
    assert bool(found) == (old[0].digest != new[0].digest)
    assert len(set(found)) == len(found)
    for what, says in found:
        assert what
        assert says
        assert "has no name here" not in says
        assert (what + says).isprintable(), "one line, in which nothing is hidden"
    assert changed(old, old) == changed(new, new) == []


@given(base=PARTS, part=PARTS)
def test_one_change_does_not_bring_forth_others(base: dict[str, Any], part: dict[str, Any]) -> None:
    """What is said is of the part that was changed, whatever else the campaign holds."""
    for name in ("round", "versions"):
        if name in part:
            found = changed(taken(**base), taken(**(base | {name: part[name]})))
            word = "round" if name == "round" else "version of"
            assert all(what.startswith(word) for what, _ in found)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("a" * 100 + "x" + "b" * 100, "a" * 100 + "y" + "b" * 100,
         f"“…{'a' * 24}x{'b' * 39}…” → “…{'a' * 24}y{'b' * 39}…”"),
        ("Sofia", "S\u043efia",
         "“Sofia” → “S\u043efia” (a LATIN SMALL LETTER O, and now a CYRILLIC SMALL LETTER O)"),
        ("e\u0301", "é", "“e\u0301” → “é” (the same letters, stored in another way)"),
        ("a b", "a\u00a0b", "“a b” → “a<U+00A0>b”"),
        ("a", "a\u202e\x1b", "“a” → “a<U+202E><U+001B>”"),
        ("кот", "кит", "“кот” → “кит”"),
        (None, "a", "nothing → “a”"),
    ],
)  # fmt: skip
def test_an_excerpt_shows_what_the_eye_would_miss(
    old: str | None, new: str | None, says: str
) -> None:
    assert from_to(old, new) == says


def test_of_a_hundred_thousand_targets_the_one_that_changed_is_found() -> None:
    snapshot, (one, _) = taken()
    targets = [one.target.model_copy(update={"id": f"t{number}"}) for number in range(100_000)]
    before = approved((snapshot, Roster(targets)))
    targets[500] = targets[500].model_copy(update={"name": "Another"})
    after = Snapshot(canonical({**snapshot.content, "targets": "another"}))
    found = differences(before, after, Roster(targets))
    assert [difference.what for difference in found] == ["target t500, name"]
