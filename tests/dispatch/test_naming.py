"""How people name a message: TARGET/CHANNEL, or the first digits of its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from casekit import NOW, Case, write_home
from uadispatch.dispatch.journal import Entry, Journal
from uadispatch.dispatch.journal.naming import find_messages, key_prefix, name_of
from uadispatch.dispatch.snapshot import message_key
from uadispatch.dispatch.states import State
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def entry(target: str, channel: str = "email", *, round_: int = 1, key: str = "") -> Entry:
    return Entry(
        key=key or message_key("46/19", round_, target, channel),
        round=round_, target=target, channel=channel, to="a@example.org", contact="a@example.org",
        state=State.ACCEPTED, reason="", held=None, attempts=1, not_before=None, claimed_at=None,
        expires_at=NOW, changed_at=NOW, owner=None,
    )  # fmt: skip


def says(entries: list[Entry], text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        find_messages(entries, text)
    return str(caught.value)


def test_target_and_channel_name_a_message() -> None:
    entries = [entry("a"), entry("a", "fax"), entry("b")]
    assert find_messages(entries, "a/fax") == [entries[1]]
    assert find_messages(iter(entries), " b/email ") == [entries[2]]


def test_of_several_rounds_the_newest_comes_first() -> None:
    entries = [entry("a", round_=number) for number in (1, 3, 2)]
    assert [found.round for found in find_messages(entries, "a/email")] == [3, 2, 1]


def test_the_first_digits_of_a_key_name_a_message() -> None:
    entries = [entry("a"), entry("b")]
    for length in (4, 12, 64):
        assert find_messages(entries, entries[1].key[:length]) == [entries[1]]
    assert find_messages(entries, entries[0].key[:8].upper()) == [entries[0]]


def test_digits_that_begin_several_keys_are_answered_with_what_they_begin() -> None:
    entries = [entry("a", key="beef1" * 12), entry("b", key="beef2" * 12), entry("c")]
    assert says(entries, "beef") == (
        "the keys of 2 messages begin with beef: a/email (beef1bee...) and b/email (beef2bee...); "
        "write more of the key, or TARGET/CHANNEL"
    )
    assert find_messages(entries, "beef2") == [entries[1]]
    twice = [entry("a", key="beef1" * 12), entry("a", key="beef2" * 12, round_=2)]
    assert "a/email of round 2" in says(twice, "beef")


def test_many_candidates_are_counted() -> None:
    entries = [entry(f"t{n}", key=f"beef{n:060x}") for n in range(25)]
    assert "and 15 more;" in says(entries, "beef")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a/fax", "it has a/email and a/phone"),
        ("a", "it has a/email and a/phone"),
        ("prosecutr/email", "did you mean prosecutor/email?"),
        ("PROSECUTOR/email", "did you mean prosecutor/email?"),
        ("abc", "write at least 4 digits of its key"),
        ("nobody", "it has a/email, a/phone and prosecutor/email"),
        ("", "it has"),
        ("\x1b\udcff/email", "the campaign has no message “\ufffd\ufffd/email”"),
    ],
)
def test_what_is_called_so_nowhere_is_answered_with_what_is_near(text: str, hint: str) -> None:
    assert hint in says([entry("a"), entry("a", "phone"), entry("prosecutor")], text)


def test_a_campaign_without_messages_says_so() -> None:
    assert says([], "a/email") == "the campaign has no messages yet"


def test_few_digits_and_other_letters_are_no_key() -> None:
    assert key_prefix(" BEEF ") == "beef"
    assert [key_prefix(text) for text in ("bee", "prosecutor", "beef/email", "a" * 65)] == [
        None
    ] * 4


def test_the_journal_finds_them_among_many(tmp_path: Path) -> None:
    case = Case(write_home(tmp_path, count=30))
    case.run()
    with Journal(case.url, write=False) as journal:
        everything = journal.entries("46/19")
        for wanted in everything:
            assert journal.find_messages("46/19", name_of(wanted)) == [wanted]
            assert journal.find_messages("46/19", wanted.key[:16]) == [wanted]
        for text in ("official-31/fake", "\udcff/fake", "ffff" * 16, "0000"):
            with pytest.raises(ConfigError, match="has no message"):
                journal.find_messages("46/19", text)
        with pytest.raises(ConfigError, match="no messages yet"):
            journal.find_messages("47/19", "official-1/fake")


def test_of_many_only_some_are_named() -> None:
    text = says([entry(f"t{n}") for n in range(30)], "nobody/fax")
    assert text.endswith("t8/email, t9/email and others: status --messages lists them")
