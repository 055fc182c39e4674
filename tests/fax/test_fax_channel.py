"""The channel itself: which pages, by whom, and when."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import time
from typing import TYPE_CHECKING, Any

import pytest

from faxkit import NOW, Hands, a_fax, lent, pdf
from uadispatch import By, Counts, Handover, Receipt, Rejected
from uadispatch.campaign.values import PhoneNumber
from uadispatch_fax import FaxChannel, channel, register_channels
from uadispatch_fax.settings import FaxSettings

if TYPE_CHECKING:
    from pathlib import Path

GATEWAYS: dict[str, dict[str, Any]] = {
    "person": {},
    "telnyx": {
        "telnyx_api_key": "k", "telnyx_connection_id": "1", "from_number": "+12025550100",
    },
    "sinch": {"sinch_project_id": "p", "sinch_key_id": "k", "sinch_key_secret": "s"},
    "email": {"email_domain": "fax.tc"},
    "hylafax": {},
}  # fmt: skip


def fax_channel(home: Path | None = None, /, **settings: Any) -> FaxChannel:
    return FaxChannel(FaxSettings.model_validate(settings), lent(Hands(), home))


def test_the_plugin_registers_its_channel() -> None:
    found: list[type] = []
    register_channels(found.append)
    assert found == [FaxChannel]


def test_registering_loads_no_library() -> None:
    heavy = ("httpx", "PIL", "pypdfium2", "typst", "uadispatch.testing", "uadispatch_fax.telnyx")
    code = f"import sys, uadispatch_fax; print([m for m in {heavy} if m in sys.modules])"
    asked = [sys.executable, "-c", code]
    path = {"PYTHONPATH": ":".join(sys.path)}
    assert subprocess.run(asked, check=True, capture_output=True, env=path).stdout == b"[]\n"


@pytest.mark.parametrize(
    ("gateway", "by", "confirms", "recalls"),
    [
        ("person", By.PERSON, False, False),
        ("telnyx", By.PROGRAM, True, True),
        ("sinch", By.PROGRAM, True, False),
        ("email", By.PROGRAM, False, False),
        ("hylafax", By.PROGRAM, True, True),
    ],
)
def test_what_each_way_can_do(gateway: str, by: By, confirms: bool, recalls: bool) -> None:
    found = fax_channel(gateway=gateway, **GATEWAYS[gateway]).capabilities
    assert (found.by, found.confirms, found.recalls) == (by, confirms, recalls)
    assert found.quiet_hours == (time(20), time(8))
    assert not found.idempotent
    assert found.outcomes["faxed"] is Counts.CONTACT
    assert found.outcomes["wrong_number"] is Counts.WRONG
    assert {found.outcomes[name] for name in ("busy", "no_answer")} == {Counts.AGAIN}
    assert found.outcomes["skipped"] is Counts.NOTHING


@pytest.mark.parametrize(
    ("gateway", "more", "far_end"),
    [
        ("person", {}, ""),
        ("telnyx", {}, "telnyx 1 +12025550100"),
        ("telnyx", {"from_number": "+12025550199"}, "telnyx 1 +12025550199"),
        ("sinch", {}, "sinch p"),
        (
            "sinch",
            {"sinch_url": "https://eu1.fax.api.sinch.com/v3"},
            "sinch p https://eu1.fax.api.sinch.com/v3",
        ),
        ("email", {}, "email fax.tc"),
        ("hylafax", {}, "hylafax"),
        (
            "hylafax",
            {"hylafax_host": "fax.example.org", "hylafax_user": "ua"},
            "hylafax fax.example.org ua",
        ),
    ],
)
def test_it_says_which_far_end_it_is_set_to_and_no_secret(
    gateway: str, more: dict[str, Any], far_end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAXSERVER", raising=False)
    near = fax_channel(gateway=gateway, **(GATEWAYS[gateway] | more))
    assert near.capabilities.far_end == far_end
    assert near.capabilities.hands_on_to == ("email" if gateway == "email" else None)
    bare = FaxSettings.model_construct(gateway=gateway)  # type: ignore[arg-type] # one of them
    words = FaxChannel(bare, lent(Hands())).capabilities.far_end
    assert words == ("" if gateway == "person" else gateway)


def test_another_server_in_the_environment_is_another_far_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAXSERVER", "fax.example.org")
    assert fax_channel(gateway="hylafax").capabilities.far_end == "hylafax fax.example.org"


@pytest.mark.usefixtures("drawn")
def test_the_reviewer_is_told_that_a_program_is_missing(tmp_path: Path) -> None:
    near = fax_channel(gateway="hylafax", hylafax_programs=tmp_path)
    says = "no sendfax on this machine: install hylafax-client, or set hylafax_programs"
    assert near.preview(a_fax()).notes[2:] == (says,)
    (tmp_path / "sendfax").write_text("#!/bin/sh\n")
    (tmp_path / "sendfax").chmod(0o700)
    assert near.preview(a_fax()).notes[2:] == ()


def test_its_hours_can_be_switched_off(drawn: list[str]) -> None:
    at_all_hours = fax_channel(hours="always")
    assert at_all_hours.capabilities.quiet_hours is None
    assert at_all_hours.preview(a_fax()).notes == ("1 page to +1 202 555 0101", "at any hour")
    assert drawn


@pytest.mark.parametrize("number", ["12025550101", "+", "+1 202 555 0101", "+12;rm", "-d", ""])
def test_what_is_no_number_is_refused(number: str, drawn: list[str]) -> None:
    contact = PhoneNumber(written=number, value=number)
    for gateway, settings in GATEWAYS.items():
        near = fax_channel(gateway=gateway, **settings)
        for act in (near.check, near.preview, lambda each, way=near: asyncio.run(way.send(each))):
            with pytest.raises(Rejected, match="fax number"):
                act(a_fax(to=contact))
    assert drawn == []


def test_pages_that_are_too_large_are_refused(
    drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "LARGEST", len(pdf(a_fax().key)) - 1)
    with pytest.raises(Rejected, match="bytes"):
        fax_channel().check(a_fax())
    assert drawn


@pytest.mark.usefixtures("drawn")
def test_the_preview_shows_the_pages_as_they_arrive() -> None:
    near = fax_channel()
    near.check(a_fax())
    seen = near.preview(a_fax())
    assert seen.text == a_fax().body
    assert [page[:8] for page in seen.pages] == [b"\x89PNG\r\n\x1a\n"]
    assert seen.notes == ("1 page to +1 202 555 0101", "only between 08:00 and 20:00 there")


def test_an_outline_makes_no_pages_before_they_are_drawn(drawn: list[str]) -> None:
    near = fax_channel()
    outline = near.outline(a_fax())
    assert not drawn
    assert outline.text == a_fax().body
    assert outline.notes == ("to +1 202 555 0101", "only between 08:00 and 20:00 there")
    assert outline.pages == near.preview(a_fax()).pages
    assert drawn


def test_a_person_gets_the_pages_and_the_number_as_it_was_printed(
    tmp_path: Path, drawn: list[str]
) -> None:
    for near, folder in (
        (fax_channel(tmp_path), tmp_path / "outbox"),
        (fax_channel(tmp_path, folder=tmp_path / "desk"), tmp_path / "desk"),
    ):
        handed = asyncio.run(near.send(a_fax()))
        assert isinstance(handed, Handover)
        (file,) = handed.files
        assert file == folder / "46-19" / "prosecutor-00000000.pdf"
        assert file.read_bytes() == pdf(a_fax().key)
        assert handed.says == "Fax it to +1 202 555 0101 between 08:00 and 20:00 there."
        assert asyncio.run(near.confirm(a_fax(), Receipt(says=""), NOW)) is None
        assert asyncio.run(near.recall(a_fax(), Receipt(says=""))) is False
    assert drawn


@pytest.mark.parametrize("gateway", list(GATEWAYS))
def test_every_way_has_a_far_end_even_before_it_is_set_up(gateway: str) -> None:
    bare = FaxSettings.model_construct(gateway=gateway)  # type: ignore[arg-type] # one of them
    assert FaxChannel(bare, lent(Hands())).stand_in() is not None
