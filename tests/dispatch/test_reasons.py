"""Many texts for one reason are put together, and no message is lost by it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uadispatch.dispatch.reasons import GROUPS, OTHERS, SHOWN, Reasons, short

WORD = st.text(max_size=30)


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (
            ["550 5.1.1 <a@example.org>: not here", "550 5.1.1 <b.c@example.org>: not here"],
            "550 5.1.1 …: not here",
        ),
        (["it has 4f2a9b11c0", "it has  9911aa22bb33"], "it has …"),
        (["+1 202 555 0101 is busy", "+7 7172 506 402 is busy"], "… is busy"),
        (["see https://example.org/x?1", "see https://example.org/y"], "see …"),
        (["given up after 1 try: x", "given up after 3 tries: x"], "given up after its tries: x"),
        (["", " \n"], "no reason is kept"),
    ],
)  # fmt: skip
def test_what_differs_from_message_to_message_is_left_out(texts: list[str], says: str) -> None:
    assert {short(text) for text in texts} == {says}


@pytest.mark.parametrize(
    "text",
    [
        "550 5.7.1 no thanks", "the deadline has passed: it ended on 27 September 2019, 18:00 UTC",
        "421 4.7.0 try later", "there are too many pages",
    ],
)  # fmt: skip
def test_what_says_why_stays(text: str) -> None:
    assert short(text) == text


@given(
    st.lists(
        st.tuples(st.sampled_from(["failed", "held"]), st.sampled_from("ab"), WORD, WORD,
                  st.integers(1, 9))
    )
)  # fmt: skip
def test_every_message_is_counted_under_its_state_and_channel(
    given_: list[tuple[str, str, str, str, int]],
) -> None:
    reasons = Reasons()
    expected: Counter[tuple[str, str]] = Counter()
    for state, channel, code, text, number in given_:
        reasons.add(state, channel, code, text, number)
        expected[state, channel] += number
    found: Counter[tuple[str, str]] = Counter()
    for reason in reasons.all():
        found[reason.state, reason.channel] += reason.number
        assert len(reason.says) <= SHOWN + 2
    assert found == expected
    assert sum(reason.texts for reason in reasons.all()) == len(given_)


def test_of_very_many_the_later_ones_are_counted_together() -> None:
    reasons = Reasons()
    for number in range(GROUPS + 25):
        reasons.add("failed", "email", "", "no" * number, 2)
    found = reasons.all()
    assert len(found) == GROUPS + 1
    assert (found[0].says, found[0].number, found[0].texts) == (OTHERS, 50, 25)
    assert sum(reason.number for reason in found) == 2 * (GROUPS + 25)


def test_a_text_without_end_takes_no_time() -> None:
    assert short("x" * 5_000_000).endswith("…")
    assert short("a@" * 2_500_000)
