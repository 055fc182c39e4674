"""The pure parts: the table of states, the guards, and when to try again."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casekit import NOW
from uadispatch.channels.channel_settings import ChannelSettings
from uadispatch.dispatch.guards import Candidate, Facts, Stop, ask
from uadispatch.dispatch.pace.retrying import JITTER, Failed, next_try
from uadispatch.dispatch.states import CLAIMABLE, MOVES, SERVED, IllegalMove, State, check_move

TABLE = """
planned -> claimed | cancelled | refused
claimed -> accepted | confirmed | retry | failed | in_doubt | with_person | planned
retry -> claimed | cancelled | planned
accepted -> confirmed | failed | retry | cancelled
in_doubt -> accepted | confirmed | failed | planned
with_person -> done | cancelled
done -> done
failed -> planned
refused -> planned
"""


def test_the_moves_are_those_of_the_design() -> None:
    expected = {
        (before.strip(), after.strip())
        for line in TABLE.strip().splitlines()
        for before, _, rest in [line.partition("->")]
        for after in rest.split("|")
    }
    assert {(b.value, a.value) for b in MOVES for a in MOVES[b]} == expected


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_an_illegal_move_raises(before: State, after: State) -> None:
    if after in MOVES[before]:
        check_move(before, after)
    else:
        with pytest.raises(IllegalMove):
            check_move(before, after)


def test_nothing_that_may_have_gone_out_can_be_claimed() -> None:
    assert not CLAIMABLE & SERVED
    assert all(State.CLAIMED not in MOVES[state] for state in State if state not in CLAIMABLE)


def candidate(**other: object) -> Candidate:
    values: dict[str, object] = {
        "target": "minister",
        "channel": "email",
        "contact": "m@example.org",
        "expires_at": NOW + timedelta(days=1),
    }
    return Candidate(**(values | other))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "other", "guard"),
    [
        (Facts(now=NOW), {}, None),
        (Facts(now=NOW, closed="he is free"), {}, "closed"),
        (Facts(now=NOW + timedelta(days=1)), {}, "expired"),
        (Facts(now=NOW + timedelta(hours=23, minutes=59)), {}, None),
        (Facts(now=NOW, stops=(Stop(None, None, "x"),)), {}, "stopped"),
        (Facts(now=NOW, stops=(Stop("other", None, "x"),)), {}, None),
        (Facts(now=NOW, stops=(Stop("minister", "fax", "x"),)), {}, None),
        (Facts(now=NOW, stops=(Stop("minister", "email", "x"),)), {}, "stopped"),
        (Facts(now=NOW), {"held": "twice"}, "held"),
        (Facts(now=NOW, opted_out=frozenset({("email", "m@example.org")})), {}, "opted out"),
        (Facts(now=NOW, opted_out=frozenset({("fax", "m@example.org")})), {}, None),
        (Facts(now=NOW, unapproved="nobody has"), {}, "not approved"),
    ],
)
def test_each_guard_speaks_for_its_fact(
    facts: Facts, other: dict[str, object], guard: str | None
) -> None:
    verdict = ask(candidate(**other), facts)
    assert (verdict.guard if verdict else None) == guard
    assert verdict is None or verdict.reason


def test_a_closing_speaks_before_everything_else() -> None:
    facts = Facts(now=NOW + timedelta(days=9), closed="he is free", unapproved="x")
    verdict = ask(candidate(held="twice"), facts)
    assert verdict is not None
    assert verdict.guard == "closed"
    assert verdict.final


def test_a_closing_needs_no_reason_to_be_one() -> None:
    facts = Facts(now=NOW, closed="")
    assert not facts.object_to_nobody
    verdict = ask(candidate(), facts)
    assert verdict is not None
    assert verdict.guard == "closed"


def failed(attempt: int, **other: timedelta) -> Failed:
    after = other.get("first_before", timedelta(0))
    return Failed(
        attempt=attempt, first_at=NOW - after, at=NOW, retry_after=other.get("retry_after")
    )


def test_waits_grow_and_are_bounded() -> None:
    settings = ChannelSettings(attempts=20, give_up_after=timedelta(days=30))
    waits = [next_try(settings, failed(n), lambda: 0.0) for n in range(1, 12)]
    minutes = [(wait - NOW) / timedelta(minutes=1) for wait in waits if wait]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240]


def test_jitter_only_lengthens() -> None:
    settings = ChannelSettings()
    assert next_try(settings, failed(1), lambda: 1.0) == NOW + timedelta(minutes=1) * (1 + JITTER)


def test_it_gives_up_by_count_and_by_time() -> None:
    settings = ChannelSettings(attempts=3, give_up_after=timedelta(days=1))
    assert next_try(settings, failed(2), lambda: 0.0) is not None
    assert next_try(settings, failed(3), lambda: 0.0) is None
    late = failed(1, first_before=timedelta(days=1))
    assert next_try(settings, late, lambda: 0.0) is None


@given(
    attempt=st.integers(1, 7),
    wait=st.timedeltas(timedelta(0), timedelta(days=30)),
    random=st.floats(0, 1, exclude_max=True),
)
def test_no_try_is_earlier_than_the_far_end_asked(
    attempt: int, wait: timedelta, random: float
) -> None:
    settings = ChannelSettings(attempts=20, give_up_after=timedelta(days=60))
    again = next_try(settings, failed(attempt, retry_after=wait), lambda: random)
    assert again is not None
    assert again - NOW >= wait - timedelta(microseconds=1)
    assert again > NOW
