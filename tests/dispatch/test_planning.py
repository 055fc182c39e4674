"""What is planned, held, refused and kept back before anything leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from casekit import NOW, Case, Fax, write_home
from uadispatch.cli.common.output import refuse_broken
from uadispatch.dispatch.journal import Selection
from uadispatch.dispatch.snapshot import message_key
from uadispatch.errors import ConfigError
from uadispatch.testing import FakeChannel, VirtualClock
from uadispatch.views.shapes import reason_of, state_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(write_home(tmp_path, count=3))


def edit(case: Case, old: str, new: str) -> None:
    text = case.file.read_text()
    assert old in text
    case.file.write_text(text.replace(old, new))
    case.prepare()


def test_the_key_is_the_designs() -> None:
    # printf '[1,"46/19",1,"minister","email",null]' | sha256sum
    assert message_key("46/19", 1, "minister", "email") == (
        "e68a905e1347180f1068578f4cfb919f4b274c712ead25cd2cf1d52f6ce46839"
    )


def test_looking_writes_nothing(case: Case) -> None:
    before = sorted(case.file.parent.rglob("*"))
    case.look()
    assert sorted(case.file.parent.rglob("*")) == before


def test_looking_at_a_journal_writes_nothing(case: Case) -> None:
    case.run()
    before = {path: path.stat().st_mtime_ns for path in case.file.parent.rglob("*")}
    case.prepare()
    assert case.look().seen
    assert {path: path.stat().st_mtime_ns for path in case.file.parent.rglob("*")} == before


def test_a_second_target_with_the_same_contact_is_held(case: Case) -> None:
    edit(case, "official-1@example.org", "OFFICIAL-0@Example.org")
    held = [draft for draft in case.look().drafts if draft.held]
    assert [draft.target.id for draft in held] == ["official-1"]
    case.run()
    assert case.states()["official-1"] == "planned"
    assert "official-0" in (case.entries()["official-1"].held or "")
    assert len(case.channel.sent) == 2


def test_a_contact_already_served_under_another_id_is_held(case: Case) -> None:
    case.run()
    edit(case, "id: official-0", "id: renamed")
    case.run()
    assert case.channel.sent == []
    assert "official-0" in (case.entries()["renamed"].held or "")


def test_what_is_held_goes_out_once_the_contact_is_mended(case: Case) -> None:
    edit(case, "official-1@example.org", "official-0@example.org")
    case.run()
    edit(case, "id: official-1, name: Official 1, timezone: Asia/Almaty, email: official-0",
         "id: official-1, name: Official 1, timezone: Asia/Almaty, email: other")  # fmt: skip
    case.run()
    assert [message.to.value for message in case.channel.sent] == ["other@example.org"]


def test_an_unsent_message_of_a_removed_target_is_held_and_comes_back(case: Case) -> None:
    case.run(limit=1)
    whole = case.file.read_text()
    case.file.write_text(
        "\n".join(line for line in whole.splitlines() if "official-2" not in line) + "\n"
    )
    case.prepare()
    case.run()
    assert case.entries()["official-2"].held == "it is no longer in the campaign file"
    case.file.write_text(whole)
    case.prepare()
    case.run()
    assert [message.target.id for message in case.channel.sent] == ["official-2"]


FAX = ("official-0", "fax")


def held(case: Case) -> dict[tuple[str, str], str | None]:
    """What is held, by target and channel."""
    with case.journal() as journal:
        return {(entry.target, entry.channel): entry.held for entry in journal.entries("46/19")}


@pytest.fixture
def without_fax(tmp_path: Path) -> Case:
    """A campaign that was planned for a channel which is not installed today."""
    file = write_home(tmp_path, count=2, channels="fake, fax")
    Case(file, kinds=(FakeChannel, Fax)).run(selection=Selection(targets=frozenset()))
    return Case(file, kinds=(FakeChannel,))


def test_a_channel_that_is_missing_today_is_not_called_an_edit_of_the_file(
    without_fax: Case,
) -> None:
    without_fax.run()
    assert held(without_fax)[FAX] == "its channel fax is not installed here"
    assert without_fax.states_by_channel() == {"fake": {"accepted"}, "fax": {"planned"}}
    case = Case(without_fax.file, kinds=(FakeChannel, Fax))
    case.run()
    assert held(case)[FAX] is None
    assert case.states_by_channel() == {"fake": {"accepted"}, "fax": {"accepted"}}


def test_what_left_the_file_is_told_apart_from_a_channel_that_is_missing(
    without_fax: Case,
) -> None:
    edit(without_fax, "id: official-0, name", "id: other, name")
    without_fax.run()
    assert held(without_fax)[FAX] == "it is no longer in the campaign file"
    assert held(without_fax)["official-1", "fax"] == "its channel fax is not installed here"
    edit(without_fax, "[fake, fax]", "[fake]")
    without_fax.run()
    assert held(without_fax)["official-1", "fax"] == "it is no longer in the campaign file"


def test_after_an_edit_only_the_unclaimed_move_to_the_new_text(case: Case) -> None:
    case.run(limit=1)
    edit(case, "I am writing to you", "I write to you again")
    case.run()
    assert {message.target.id for message in case.channel.sent} == {"official-1", "official-2"}
    assert all("again" in message.body for message in case.channel.sent)


def test_a_passed_deadline_keeps_everything_back(case: Case) -> None:
    case.clock = VirtualClock(NOW + timedelta(days=60))
    look = case.look()
    assert look.all_refused
    assert {verdict.guard for verdict in look.objections} == {"expired"}
    assert {state_of(draft) for draft in look.drafts} == {"refused"}
    case.prepare()
    case.run()
    assert case.channel.sent == []


def test_a_deadline_that_passes_between_planning_and_claim_cancels(case: Case) -> None:
    case.run(selection=Selection(targets=frozenset()))  # plans, sends nothing
    assert set(case.states().values()) == {"planned"}
    look = case.look()
    case.clock = VirtualClock(NOW + timedelta(days=60))
    assert look.overview.outgoing
    case.prepare()
    case.run()
    assert set(case.states().values()) == {"cancelled"}
    assert case.channel.sent == []


def test_the_deadline_is_the_targets_own(tmp_path: Path) -> None:
    text = write_home(tmp_path, count=2).read_text()
    file = write_home(tmp_path, text=text.replace("Asia/Almaty", "America/New_York", 1))
    # 27 September is over in Almaty (18:00 UTC) and not yet in New York.
    case = Case(file, clock=VirtualClock(NOW.replace(month=9, day=27, hour=20)))
    case.run()
    assert [message.target.id for message in case.channel.sent] == ["official-0"]


def test_a_file_that_says_closed_keeps_everything_back(case: Case) -> None:
    edit(case, "  deadline:", "  status: closed\n  deadline:")
    look = case.look()
    assert look.all_refused
    assert {verdict.guard for verdict in look.objections} == {"closed"}


def test_a_closing_in_the_journal_overrides_a_file_that_says_open(case: Case) -> None:
    case.run(limit=1)
    with case.journal() as journal:
        journal.state_fact("46/19", "closed", at=NOW, by="Ann", because="he is free")
    case.prepare()
    assert {v.reason for v in case.look().objections} == {"the campaign is closed: he is free"}
    case.run()
    assert case.channel.sent == []
    assert sorted(case.states().values()) == ["accepted", "cancelled", "cancelled"]


def test_a_closing_without_a_reason_closes(case: Case) -> None:
    with case.journal() as journal:
        journal.state_fact("46/19", "closed", at=NOW, by="Ann")
    assert case.look().all_refused
    case.run()
    assert case.channel.sent == []
    assert set(case.states().values()) == {"cancelled"}


def test_a_reopening_is_a_fact_too(case: Case) -> None:
    with case.journal() as journal:
        journal.state_fact("46/19", "closed", at=NOW, by="Ann", because="he is free")
        journal.state_fact("46/19", "reopened", at=NOW, by="Ann", because="arrested again")
    case.run()
    assert len(case.channel.sent) == 3


@pytest.mark.parametrize(
    ("scope", "sent"),
    [
        ({}, set()),
        ({"channel": "fake"}, set()),
        ({"channel": "other"}, {"official-0", "official-1", "official-2"}),
        ({"target": "official-1"}, {"official-0", "official-2"}),
    ],
)
def test_a_stop_keeps_back_what_it_names(case: Case, scope: dict[str, str], sent: set[str]) -> None:
    with case.journal() as journal:
        journal.state_fact("46/19", "stopped", at=NOW, by="Ann", because="wait", **scope)
    case.run()
    assert {message.target.id for message in case.channel.sent} == sent
    assert set(case.states().values()) <= {"planned", "accepted"}


def test_a_stop_can_be_lifted(case: Case) -> None:
    with case.journal() as journal:
        journal.state_fact("46/19", "stopped", at=NOW, by="Ann")
    case.run()
    with case.journal() as journal:
        journal.state_fact("46/19", "resumed", at=NOW, by="Ann")
    case.run()
    assert len(case.channel.sent) == 3


def test_a_stop_of_another_campaign_is_none_of_ours(case: Case) -> None:
    with case.journal() as journal:
        journal.state_fact("47/19", "stopped", at=NOW, by="Ann")
    case.run()
    assert len(case.channel.sent) == 3


def test_what_must_be_approved_waits_for_it(case: Case) -> None:
    settings = case.file.parent / "config/uadispatch.toml"
    settings.write_text(settings.read_text() + "[approval]\nrequired = true\n")
    case.prepare()
    case.run()
    assert case.channel.sent == []
    with case.journal() as journal:
        approved = case.prepared.snapshot.digest
        journal.state_fact("46/19", "approved", value=approved, at=NOW, by="Ann")
    case.prepare()
    case.run(limit=1)
    assert len(case.channel.sent) == 1
    edit(case, "I am writing to you", "I am writing to you!")
    case.run()
    assert case.channel.sent == []
    assert "changed since it was approved" in (case.look().facts.unapproved or "")


def test_a_broken_template_is_said_of_every_message_and_nothing_is_sent(case: Case) -> None:
    folder = case.file.parent / "templates/fake"
    folder.mkdir(parents=True)
    (folder / "en.j2").write_text("Dear {{ target.nmae }},\n{{ letter.text }}\n")
    case.prepare()
    look = case.look()
    assert {state_of(draft) for draft in look.drafts} == {"refused"}
    assert "templates/fake/en.j2:1" in reason_of(next(iter(look.drafts)))
    with pytest.raises(ConfigError, match="official-2"):
        refuse_broken(look)


def test_a_language_that_is_missing_falls_back_visibly(case: Case) -> None:
    edit(case, "channels:", "languages: [kk, ru]\nchannels:")
    draft = next(iter(case.look().drafts))
    assert draft.choice.language == "en"
    assert reason_of(draft) == "there is no letter in kk, ru; it goes out in en"


def test_a_target_without_the_contact_gets_no_message_and_is_named(case: Case) -> None:
    edit(case, ", email: official-1@example.org", "")
    look = case.look()
    assert [draft.target.id for draft in look.drafts] == ["official-0", "official-2"]
    assert [gap.target for gap in look.without] == ["official-1"]


def test_the_digest_covers_every_text_and_nothing_of_the_machine(case: Case) -> None:
    first = case.prepared.snapshot.digest
    case.concurrency = 9
    case.clock = VirtualClock(NOW + timedelta(days=1))
    case.prepare()
    assert case.prepared.snapshot.digest == first
    edit(case, "Official 2", "Official Two")
    second = case.prepared.snapshot.digest
    edit(case, "I am writing to you", "I am writing to You")
    assert len({first, second, case.prepared.snapshot.digest}) == 3


def test_a_message_can_be_shown_again_from_the_journal_alone(case: Case) -> None:
    case.run(limit=1)
    sent = case.channel.sent[0]
    case.file.unlink()
    from uadispatch.campaign.model import Target
    from uadispatch.dispatch.planning.composing import Composer
    from uadispatch.dispatch.snapshot import Snapshot

    with case.journal() as journal:
        body = journal.snapshot_body(case.prepared.snapshot.digest)
    target = Target.model_validate_json(next(iter(case.prepared.targets)).body)
    contact = target.contact_on("email")
    assert contact is not None
    again = Composer(Snapshot(body)).compose(
        target, "fake", contact, "en", key=sent.key, at=sent.at
    )
    assert again == sent


def test_what_was_refused_goes_out_once_it_is_mended(case: Case) -> None:
    case.channel.reject("official-1", "too long")
    case.run()
    case.prepare()  # a channel that refuses it no more
    assert [draft.target.id for draft in case.look().outgoing] == ["official-1"]
    assert state_of(list(case.look().drafts)[1]) == "planned"
    case.run()
    assert [message.target.id for message in case.channel.sent] == ["official-1"]
    assert case.states()["official-1"] == "accepted"


def test_what_is_refused_again_stays_refused(case: Case) -> None:
    case.channel.reject("official-1", "too long")
    case.run()
    case.prepare()
    case.channel.reject("official-1", "still too long")
    assert not case.look().overview.outgoing
    case.run()
    assert case.channel.sent == []
    assert case.entries()["official-1"].reason == "still too long"
