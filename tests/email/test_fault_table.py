"""What becomes of a campaign for each thing that a mail server can do wrong, at each step.

Three officials; one fault, for the second of them; then a later run that waits. On a connection for
each; on one connection, one after the other; and on one connection all at once, so that an envelope
stands behind the text before. The times are those of RFC 5321, minutes, which the loop of `timekit`
skips.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, cast, get_args

import pytest

from mailcase import ADDRESSES, LONG, MIDDLE, MailCase, prepared_mail
from timekit import quietly
from uadispatch.testing.far_ends.smtp import (
    CLOSE,
    GARBAGE,
    SILENCE,
    SmtpServer,
    StepName,
    late,
    reply,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from mailcase import PreparedMail
    from uadispatch.testing.far_ends.smtp import Act

# What becomes of the message that is hit; “-”: it is the same as one line below. A connection
# that was kept for the second official is replaced if it proves dead, which costs no try.
TABLE = """
step         4xx       421       5xx       silence   close     garbage   late      too late
connect      -         -         -         paused    paused    -         accepted  paused
banner       paused    paused    paused    paused    paused    paused    accepted  paused
ehlo         paused    paused    paused    paused    paused    paused    accepted  paused
starttls     paused    paused    stopped   paused    paused    paused    accepted  paused
auth         paused    paused    stopped   paused    paused    paused    accepted  paused
mail, new    retry     paused    failed    retry     retry     retry     accepted  retry
mail, kept   retry     accepted  failed    accepted  accepted  retry     accepted  accepted
rcpt         retry     paused    failed    retry     retry     retry     accepted  retry
data         retry     paused    failed    retry     retry     retry     accepted  retry
body         retry     paused    failed    retry     retry     retry     accepted  retry
dot          retry     paused    failed    in_doubt  in_doubt  in_doubt  accepted  in_doubt
rset         retry     retry     retry     retry     retry     retry     retry     retry
quit         accepted  accepted  accepted  accepted  accepted  accepted  accepted  accepted
"""

# What differs where the envelope of the one that is hit stands behind the text of the first: what
# is not surely about it costs no try.
BEHIND = {
    **{(row, "garbage"): "accepted" for row in ("mail, kept", "rcpt", "data")},
    **{("rset", kind): "accepted" for kind in ("4xx", "421", "5xx", "silence", "close")},
    **{("rset", kind): "accepted" for kind in ("garbage", "too late")},
}


@dataclass(frozen=True)
class Fate:
    """The states after the run with the fault, and the last one of the message that was hit."""

    hit: set[str]
    others: set[str]
    finally_: str = "accepted"


FATES = {
    "accepted": Fate({"accepted"}, {"accepted"}),
    "retry": Fate({"retry"}, {"accepted"}),
    "failed": Fate({"failed"}, {"accepted"}, "failed"),
    "in_doubt": Fate({"in_doubt"}, {"accepted"}, "in_doubt"),
    # Nobody is served: what is not on its way yet may wait with the one that was hit.
    "paused": Fate({"retry"}, {"accepted", "planned"}),
    # A setting must be mended: nothing more is tried.
    "stopped": Fate({"planned"}, {"accepted", "planned"}),
}

KINDS: dict[str, Act] = {
    "4xx": reply(451, "4.3.0 Not now"),
    "421": reply(421, "4.3.2 Going down"),
    "5xx": reply(554, "5.0.0 Never"),
    "silence": SILENCE,
    "close": CLOSE,
    "garbage": GARBAGE,
    "late": late(5),
    "too late": late(1000),
}


def cells() -> dict[tuple[str, str], str]:
    """The table: (row, kind) -> word."""
    head, *rows = [line.split("  ") for line in TABLE.strip().splitlines()]
    kinds = [word.strip() for word in head if word.strip()][1:]
    table: dict[tuple[str, str], str] = {}
    for row in rows:
        name, *words = [word.strip() for word in row if word.strip()]
        table |= {(name, kind): word for kind, word in zip(kinds, words, strict=True)}
    return table


CELLS = cells()
ON_A_CONNECTION = ("connect", "banner", "ehlo", "starttls", "auth", "mail")
"""Steps at which the server does not know yet for whom a mail will be."""


def test_the_table_is_whole() -> None:
    steps = {row.partition(",")[0] for row, _ in CELLS}
    assert steps == set(get_args(StepName))
    assert {kind for _, kind in CELLS} == set(KINDS)
    assert set(CELLS.values()) == {*FATES, "-"}
    assert all(row == "dot" for (row, _), word in CELLS.items() if word == "in_doubt")


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> PreparedMail:
    return prepared_mail(tmp_path_factory.mktemp("short"))


@pytest.fixture(scope="module")
def long_mail(tmp_path_factory: pytest.TempPathFactory) -> PreparedMail:
    return prepared_mail(tmp_path_factory.mktemp("long"), text=LONG)


def misbehave(server: SmtpServer, step: StepName, act: Act, *, concurrency: int) -> None:
    """Play `act` once at `step`, for the second official or on the second connection."""
    if step in ("rcpt", "data", "body", "dot"):
        server.at(step, act, recipient=MIDDLE, times=1)
    elif step == "mail":
        server.at(step, act, after=1, times=1)
    elif step == "rset":  # is only sent after a refusal
        server.at("rcpt", reply(450, "4.2.0 Greylisted"), recipient=MIDDLE, times=1)
        server.at(step, act, times=1)
    elif step == "quit":
        server.at(step, act, times=1)
    else:
        if concurrency == 1:  # so that there is a second connection
            server.at("mail", CLOSE, after=1, times=1)
        server.at(step, act, after=1, times=1)


async def story(case: MailCase, fate: Fate, victims: Collection[str], most: int) -> None:
    """The run with the fault, which one of `victims` meets, or `most`, and the run after it."""
    ended = await case.run()
    first = case.states()
    assert first[ADDRESSES[0]] == "accepted"
    assert fate.hit & set(first.values()), first
    hit = [address for address in ADDRESSES if first[address] not in fate.others]
    assert len(hit) <= most, first
    assert all(first[address] in fate.hit and address in victims for address in hit), first
    assert [one.channel for one in ended.stopped] == ["email"] * (fate is FATES["stopped"])
    check_honest(case, first)
    if set(first.values()) == {"accepted"}:
        return

    ended = await case.run(wait=True)
    last = case.states()
    assert not ended.stopped
    for address in ADDRESSES:
        assert last[address] == (fate.finally_ if address in hit else "accepted"), last
    check_honest(case, last)


def check_honest(case: MailCase, states: dict[str, str]) -> None:
    """Nothing twice; what is called accepted arrived; what is to be sent again did not."""
    for address, state in states.items():
        wanted = {"accepted": 1, "in_doubt": 1}.get(state, 0)
        assert case.arrived[address] == wanted, (address, state)


NUMBERS = count()


@pytest.mark.parametrize("pipelining", [False, True], ids=["plain", "pipelined"])
@pytest.mark.parametrize(
    ("row", "kind", "concurrency", "window"),
    [
        (row, kind, concurrency, window)
        for (row, kind), word in CELLS.items()
        # One connection is kept, three are new, and one is kept and has mails waiting.
        for concurrency, window in ((1, 1), (3, 3), (1, 3))
        if word != "-" and row != ("mail, new" if concurrency == 1 else "mail, kept")
    ],
)
def test_a_campaign_meets_a_fault(
    row: str,
    kind: str,
    concurrency: int,
    window: int,
    *,
    pipelining: bool,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    step = cast("StepName", row.partition(",")[0])
    settings: dict[str, Any] = {"concurrency": concurrency, "window": window}
    offered: dict[str, Any] = {"pipelining": pipelining, "receive_buffer": 65_536}
    if step == "starttls":
        offered["starttls"] = request.getfixturevalue("context")
        settings |= {"security": "starttls", "ca_file": request.getfixturevalue("ca_file")}
    elif step == "auth":
        offered["users"] = {"ua": "secret"}
        settings |= {"username": "ua", "password": "secret"}
    campaign: PreparedMail = request.getfixturevalue("long_mail" if step == "body" else "mail")
    journal = tmp_path_factory.getbasetemp() / f"faults-{next(NUMBERS)}.db"
    victims = ADDRESSES[1:] if window > 1 and step in ON_A_CONNECTION else [MIDDLE]
    word = CELLS[row, kind]
    if pipelining and window > concurrency:
        word = BEHIND.get((row, kind), word)
    # Those who wait for a connection that cannot be had are told so, too.
    most = 2 if word == "paused" and window > concurrency else 1

    async def scene() -> None:
        async with SmtpServer(**offered) as server:
            misbehave(server, step, KINDS[kind], concurrency=concurrency)
            with MailCase(campaign, journal, server, settings) as case:
                await story(case, FATES[word], victims, most)
            assert server.counts[step] > 0

    quietly(scene())


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_bad_recipient_stops_nobody_else(
    concurrency: int, mail: PreparedMail, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with SmtpServer() as server:
            server.at("rcpt", reply(550, "5.1.1 No such user"), recipient=ADDRESSES[0])
            server.at("rcpt", reply(450, "4.2.0 Greylisted"), recipient=MIDDLE)
            with MailCase(
                mail, tmp_path / "journal.db", server, {"concurrency": concurrency}
            ) as case:
                await case.run()
                assert list(case.states().values()) == ["failed", "retry", "accepted"]
                assert case.arrived == {ADDRESSES[2]: 1}

    quietly(scene())


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_wrong_password_is_tried_once_and_costs_nobody_a_try(
    concurrency: int, mail: PreparedMail, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with SmtpServer(users={"ua": "right"}) as server:
            login = {"username": "ua", "concurrency": concurrency}
            with MailCase(
                mail, tmp_path / "journal.db", server, login | {"password": "wrong"}
            ) as case:
                ended = await case.run()
                assert [one.channel for one in ended.stopped] == ["email"]
                assert set(case.states().values()) == {"planned"}
                assert server.counts["auth"] == 1
                case.settings |= {"password": "right"}
                await case.run()
                assert set(case.states().values()) == {"accepted"}
                assert set(case.arrived.values()) == {1}

    quietly(scene())
