"""HylaFAX: what its programs print, and what becomes of a job."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from faxkit import NOW, NUMBER, Hands, a_fax, lent, pdf
from uadispatch import (
    Became,
    ConfigError,
    Outcome,
    Receipt,
    Temporary,
    UadispatchError,
    Unavailable,
    Unknown,
)
from uadispatch_fax import programs
from uadispatch_fax.hylafax import HylaFax
from uadispatch_fax.queue import FORMAT, JobState, listed, reachable, submitted
from uadispatch_fax.settings import FaxSettings
from uadispatch_fax.stand_in_hylafax import HylaFaxStandIn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SERVER = "HylaFAX scheduler on fax.example.org: Running\nModem ttyIAX1 (): Running and idle\n\n"


def tell(folder: Path, story: Callable[[Any], Awaitable[Any]], **settings: Any) -> Any:
    async def told() -> Any:
        clock = Hands()
        far = HylaFaxStandIn()
        given = dict(await far.start(folder)) | settings
        near = HylaFax(FaxSettings.model_validate(given), lent(clock))
        world = SimpleNamespace(near=near, far=far, clock=clock, folder=folder)
        try:
            return await asyncio.wait_for(story(world), 60)
        finally:
            await near.aclose()
            await far.stop()

    return asyncio.run(told())


def program(world: Any, name: str, script: str) -> None:
    """Put another program in the place of `name`."""
    path = world.folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)


def test_a_fax_is_queued_once_and_followed_until_it_is_there(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        receipt = await world.near.send(pdf(), a_fax(7))
        assert receipt == Receipt(
            says="HylaFAX has it as job 1", id="1", ask_again_at=NOW + timedelta(seconds=30)
        )
        (kept,) = world.far.received
        assert (kept.to, kept.reference) == (NUMBER, f"{7:064x}")
        assert kept.file.read_bytes()[:4] in (b"II*\0", b"MM\0*")
        seen = [await world.near.confirm(a_fax(7), receipt, NOW) for _ in range(4)]
        assert [(outcome.became, outcome.says, outcome.code) for outcome in seen] == [
            (Became.ACCEPTED, "in the queue", "W"),
            (Became.ACCEPTED, "in the queue", "R"),
            (Became.CONFIRMED, "delivered, 1 page", "D"),
            (Became.CONFIRMED, "delivered, 1 page", "D"),
        ]
        assert seen[0].ask_again_at == NOW + timedelta(seconds=30)

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("says", "became"),
    [
        ("Busy signal detected; too many attempts to dial", Became.RETRY),
        ("No answer from remote; too many attempts to dial", Became.RETRY),
        ("No carrier detected; too many attempts to dial", Became.RETRY),
        ("Kill time expired", Became.RETRY),
        ("", Became.RETRY),
        ("Job aborted by user", Became.FAILED),
        ("REJECT: Unable to identify the remote", Became.FAILED),
        ("Invalid dialing command detected", Became.FAILED),
    ],
)
def test_each_reason_for_a_failure(says: str, became: Became, tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        world.far.line(NUMBER, says or " ")
        receipt = await world.near.send(pdf(), a_fax())
        for _ in range(3):
            outcome = await world.near.confirm(a_fax(), receipt, NOW)
        assert (outcome.became, outcome.contact) == (became, False)
        assert outcome.says.strip() == (says or "the fax server gives no reason")

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("echo 'Can not reach service hylafax at host \"x\".' >&2; exit 1", Unavailable),
        ("echo 'x: Unknown host' >&2; exit 1", Unavailable),
        ("echo 'Warning, getaddrinfo failed with -2: Name or service not known' >&2; exit 255",
         Unavailable),
        ("echo 'Login failed: 530 User denied.' >&2; exit 1", ConfigError),
        ("echo 'usage: sendfax [options]' >&2; exit 1", ConfigError),
        # Without a terminal getpass(3) asks on standard error, and ends no line.
        ("printf Password: >&2; echo 'Login failed: 530 No.' >&2; exit 1", ConfigError),
        ("printf Password: >&2; echo '530 Please login.' >&2; exit 1", ConfigError),
        ("printf Password: >&2; exit 1", Unknown),
        ("printf Password: >&2; echo 'remote server closed connection' >&2; exit 1", Unknown),
        ("echo 'job 530 is there; login again' >&2; exit 1", Unknown),
        ("exit 0", Unknown),
        ("exit 1", Unknown),
        ("echo 'request id is'", Unknown),
        ('for n in 1 2; do echo "request id is $n (group id $n) for host x"; done', Unknown),
        ("kill -9 $$", Unknown),
        ("sleep 60 & sleep 60", Unknown),
    ],
)  # fmt: skip
def test_how_each_end_of_sendfax_is_sorted(
    script: str, error: type[UadispatchError], tmp_path: Path
) -> None:
    async def story(world: Any) -> None:
        program(world, "sendfax", script)
        with pytest.raises(error) as caught:
            await world.near.send(pdf(), a_fax())
        assert type(caught.value) is error

    tell(tmp_path, story, patience=0.005)


async def use(world: Any) -> None:
    await world.near.send(pdf(), a_fax())
    await world.near.confirm(a_fax(), None, NOW)


@pytest.mark.parametrize("name", ["sendfax", "faxstat"])
def test_without_the_programs_a_person_is_told_what_to_install(name: str, tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        (world.folder / name).unlink()
        with pytest.raises(ConfigError, match=f"no program {name} here: install HylaFAX"):
            await use(world)
        (world.folder / name).write_text("no program")
        with pytest.raises(ConfigError, match="cannot be started: Permission denied"):
            await use(world)

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("echo 'Can not reach service hylafax at host \"x\".' >&2", Unavailable),
        ("echo 'HylaFAX scheduler on x: Not running'", Unavailable),
        ("sleep 60", Temporary),
    ],
)
def test_a_question_that_gets_no_answer_says_nothing(
    script: str, error: type[UadispatchError], tmp_path: Path
) -> None:
    async def story(world: Any) -> None:
        program(world, "faxstat", script)
        world.clock.later(minutes=5)
        with pytest.raises(error) as caught:
            await world.near.confirm(a_fax(), None, NOW)
        assert type(caught.value) is error

    tell(tmp_path, story, patience=0.005)


def test_a_fax_whose_answer_was_lost_is_found_by_its_tag(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        (world.folder / "misbehave").write_text("closed after it had the message")
        for number in (1, 0):
            with pytest.raises(Unknown, match="Server hung up"):
                await world.near.send(pdf(), a_fax(number))
        outcome = await world.near.confirm(a_fax(), None, NOW)
        assert (outcome.became, outcome.id) == (Became.ACCEPTED, "2")

    tell(tmp_path, story)


def test_a_prompt_for_the_password_is_no_refusal(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        (world.folder / "sendfax").rename(world.folder / "sendfax.real")
        real = f'exec {world.folder}/sendfax.real "$@"'
        program(world, "sendfax", f"printf Password: >&2; {real}")
        (world.folder / "misbehave").write_text("closed after it had the message")
        with pytest.raises(Unknown, match="may be there: Server hung up"):
            await world.near.send(pdf(), a_fax())
        assert len(world.far.jobs) == 1, "the server has it"

    tell(tmp_path, story, hylafax_password=SecretStr("hunter2"))


def test_an_earlier_job_says_nothing_of_a_try_that_may_still_be_at_work(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        world.far.line(NUMBER, "Busy signal detected")
        receipt = await world.near.send(pdf(), a_fax())
        for _ in range(3):
            first = await world.near.confirm(a_fax(), receipt, NOW)
        assert first.became is Became.RETRY
        world.clock.later(minutes=20)
        again = a_fax(at=world.clock.at)
        world.clock.later(seconds=1)
        assert await world.near.confirm(again, None, again.at) is None
        world.clock.later(minutes=2)
        outcome = await world.near.confirm(again, None, again.at)
        assert outcome.says == "the fax server has no job of this message"

    tell(tmp_path, story)


def test_a_failure_that_was_looked_up_is_told_once_nothing_else_can_turn_up(
    tmp_path: Path,
) -> None:
    async def story(world: Any) -> None:
        world.far.line(NUMBER, "Busy signal detected")
        (world.folder / "misbehave").write_text("closed after it had the message")
        with pytest.raises(Unknown):
            await world.near.send(pdf(), a_fax())
        seen = [await world.near.confirm(a_fax(), None, NOW) for _ in range(3)]
        assert [outcome and outcome.became for outcome in seen] == [
            Became.ACCEPTED, Became.ACCEPTED, None
        ]  # fmt: skip
        world.clock.later(minutes=2)
        outcome = await world.near.confirm(a_fax(), None, NOW)
        assert (outcome.became, outcome.exact) == (Became.RETRY, True)

    tell(tmp_path, story)


def test_who_waits_longer_for_the_programs_is_certain_later(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        for minutes, certain in ((9, False), (10, True)):
            world.clock.at = NOW + timedelta(minutes=minutes)
            assert (await world.near.confirm(a_fax(), None, NOW) is not None) is certain

    tell(tmp_path, story, patience=5)


def test_what_no_queue_has_was_not_sent_while_the_server_still_would_list_it(
    tmp_path: Path,
) -> None:
    async def story(world: Any) -> None:
        for minutes, certain in ((0, False), (1, False), (2, True), (14, True), (15, False)):
            world.clock.at = NOW + timedelta(minutes=minutes)
            outcome = await world.near.confirm(a_fax(), None, NOW)
            none = Outcome(became=Became.RETRY, says="the fax server has no job of this message")
            assert outcome == (none if certain else None)
            # A job that it took and has forgotten is another matter.
            assert await world.near.confirm(a_fax(), Receipt(says="", id="9"), NOW) is None

    tell(tmp_path, story)


def test_an_earlier_try_of_the_same_message_is_not_taken_for_this_one(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        world.far.line(NUMBER, "Busy")
        first = await world.near.send(pdf(), a_fax())
        world.clock.later(seconds=1)
        again = a_fax(at=world.clock.at)
        second = await world.near.send(pdf(), again)
        for _ in range(3):
            looked = await world.near.confirm(again, None, again.at)
        assert (looked.id, looked.became, looked.exact) == (second.id, Became.CONFIRMED, True)
        outcome = await world.near.confirm(a_fax(), first, NOW)
        assert (outcome.became, outcome.says) == (Became.RETRY, "Busy")

    tell(tmp_path, story)


def test_a_job_that_waits_is_removed_and_one_that_runs_counts_as_gone(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        receipt = await world.near.send(pdf(), a_fax())
        jobs = programs.load(world.folder)
        programs.save(world.folder, [job | {"states": [*"WWWWWD"]} for job in jobs])
        assert await world.near.recall(a_fax(1), receipt) is False
        assert await world.near.recall(a_fax(), Receipt(says="", id="9")) is False
        assert await world.near.recall(a_fax(), receipt) is True
        assert await world.near.recall(a_fax(), receipt) is False
        outcome = await world.near.confirm(a_fax(), receipt, NOW)
        assert (outcome.became, outcome.says) == (Became.FAILED, "Job aborted by user")
        await world.near.send(pdf(), a_fax(2))
        await world.near.confirm(a_fax(2), None, NOW)
        assert await world.near.recall(a_fax(2), None) is False  # it was running

    tell(tmp_path, story)


def test_the_programs_get_no_secret_of_ours_but_the_password_on_their_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".hylarc").write_text("Host: fax.example.org\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("UADISPATCH_FAX_HYLAFAX_PASSWORD", "hunter2")
    folder = tmp_path / "far"
    folder.mkdir()

    async def story(world: Any) -> None:
        program(
            world, "sendfax",
            f"cd {folder}; env > env; cat ~/.hylarc > rc; printf '%s\\n' \"$@\" > args\n"
            "read word; echo $word > word; echo hunter2 >&2",
        )  # fmt: skip
        with pytest.raises(Unknown, match=r"\*\*\*"):
            await world.near.send(pdf(), a_fax())
        assert "hunter2" not in (folder / "env").read_text()
        assert "FAXUSER=ua" in (folder / "env").read_text()
        assert (folder / "word").read_text() == "hunter2\n"
        settings = (folder / "rc").read_text()
        assert settings.startswith("Host: fax.example.org\n")
        assert "JobFmt:" in settings
        given = (folder / "args").read_text().split("\n")
        assert given[:2] == ["-h", "fax.example.org:4559"]
        assert given[given.index("-d") + 1] == NUMBER
        assert given[given.index("-i") + 1] == f"{a_fax().reference}.20190820T090000Z"
        assert "-n" in given

    tell(
        folder, story, hylafax_password=SecretStr("hunter2"), hylafax_user="ua",
        hylafax_host="fax.example.org:4559",
    )  # fmt: skip


def test_a_program_that_is_stopped_leaves_no_process_behind(tmp_path: Path) -> None:
    async def story(world: Any) -> None:
        program(world, "sendfax", f"sleep 600 & echo $! > {world.folder}/pid; wait")
        with pytest.raises(Unknown, match="did not end within"):
            await world.near.send(pdf(), a_fax())
        number = int((world.folder / "pid").read_text())
        for _ in range(200):
            if not alive(number):
                break
            await asyncio.sleep(0.01)
        assert not alive(number)

    tell(tmp_path, story, patience=0.005)


def alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text(encoding="ascii").split()[2] != "Z"
    except FileNotFoundError:
        return False


# -- what is printed ---------------------------------------------------------------------------


def test_the_lines_of_faxstat() -> None:
    tag = "rehearsal-20190820T090000Z-" + "0" * 64 + ".20190820T090000Z"
    lines = (
        f"{SERVER}uadispatch JID S Pgs Pages Number Tag Status\n"
        f"uadispatch 12 R 0 2 +12025550101 {tag} \r\n"
        f"uadispatch 7 F 1 2 +12025550101 {tag} No carrier; | uadispatch 1 D 1 1 x y\n"
        "uadispatch 8 D 1 1 +12025550101 \n"
        "127 W root 5550101 0:1 0:12\n"
    )
    first, second = listed(lines)
    assert (first.number, first.state, first.sent, first.pages) == ("12", JobState.RUNNING, 0, 2)
    assert (first.tag, first.says) == (tag, "")
    assert (second.state, second.sent) == (JobState.FAILED, 1)
    assert second.says == "No carrier; | uadispatch 1 D 1 1 x y"
    assert reachable(lines)
    assert not reachable("Can not reach service hylafax\n")
    assert not reachable("HylaFAX scheduler on x: Not running\n")


def test_the_answer_of_sendfax() -> None:
    said = "request id is 6 (group id 6) for host localhost (1 file)\n"
    assert submitted(said) == "6"
    assert submitted(said * 2) is None
    assert submitted("the request id is 6 (group id 6) for host x") is None
    assert submitted("") is None


@given(st.text())
def test_whatever_is_printed_is_read_or_left(text: str) -> None:
    assert all(job.number.isdigit() for job in listed(text))
    assert submitted(text) is None or submitted(text)


@given(
    number=st.integers(0, 999_999_999),
    state=st.sampled_from(list(JobState)),
    tag=st.from_regex(r"\A[A-Za-z0-9.-]{1,140}\Z"),
    says=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60),
)
def test_every_job_is_read_as_it_was_listed(
    number: int, state: JobState, tag: str, says: str
) -> None:
    line = FORMAT.split('"')[1]
    values = {"j": number, "a": state, "p": 1, "y": 2, "e": "+12025550101", "J": tag, "s": says}
    for letter in "japyeJs":
        line = line.replace(f"%{letter}", str(values[letter]), 1)
    (job,) = listed(f"{line}\n")
    assert (job.number, job.state, job.tag, job.says) == (str(number), state, tag, says)
    assert os.linesep not in job.says
