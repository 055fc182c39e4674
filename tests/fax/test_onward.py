"""Faxes by mail: what the gateway's mail server gets."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxkit import NOW, NUMBER, Hands, a_fax, lent, pdf
from uadispatch import Channel, ConfigError, Receipt, Temporary
from uadispatch_email import EmailChannel
from uadispatch_fax import FaxChannel
from uadispatch_fax.onward import Onward, address_of
from uadispatch_fax.pages import pictures_of, tiff_of
from uadispatch_fax.settings import FaxSettings
from uadispatch_fax.stand_in import stand_in_for

if TYPE_CHECKING:
    from pathlib import Path


def mailed(folder: Path, **settings: Any) -> tuple[Receipt, Any, Any]:
    async def told() -> tuple[Receipt, Any, Any]:
        far = EmailChannel.stand_in(EmailChannel.__new__(EmailChannel))
        given = await far.start(folder)
        email = EmailChannel(EmailChannel.Settings.model_validate(given), lent(Hands()))

        def channel(name: str) -> Channel[Any]:
            assert name == "email"
            return email

        chosen = {"gateway": "email", "email_domain": "fax.tc"} | settings
        near = Onward(FaxSettings.model_validate(chosen), lent(Hands(), channel=channel))
        try:
            receipt = await near.send(pdf(), a_fax(7))
            assert isinstance(receipt, Receipt)
            assert await near.confirm(a_fax(7), receipt, NOW) is None
            assert await near.recall(a_fax(7), receipt) is False
        finally:
            await near.aclose()
            await email.aclose()
            await far.stop()
        (kept,) = far.received
        return receipt, kept, message_from_bytes(kept.file.read_bytes(), policy=default)

    return asyncio.run(told())


def test_the_pages_go_to_the_number_at_the_gateway_and_nothing_else_does(tmp_path: Path) -> None:
    receipt, kept, mail = mailed(tmp_path)
    assert kept.to == f"{NUMBER}@fax.tc"
    assert kept.reference == f"{7:064x}"
    assert mail["Subject"] == "UA 46/19"
    (file,) = mail.iter_parts()
    assert (file.get_content_type(), file.get_filename()) == ("application/pdf", "fax-46-19.pdf")
    assert file.get_content() == pdf()
    assert b"I am writing" not in kept.file.read_bytes()
    assert receipt.says.startswith(f"mailed to {NUMBER}@fax.tc: ")
    assert not receipt.confirmed
    assert receipt.ask_again_at is None


def test_some_gateways_want_digits_alone(tmp_path: Path) -> None:
    _, kept, _ = mailed(tmp_path, email_plus=False, email_domain="@RFAX.net")
    assert kept.to == f"{NUMBER[1:]}@rfax.net"


def test_the_gateway_faxes_the_pages_of_the_preview_to_the_number_of_the_mail(
    tmp_path: Path,
) -> None:
    _, kept, _ = mailed(tmp_path)
    fax = stand_in_for(FaxSettings(gateway="email", email_domain="fax.tc"), lambda: NOW)
    got = fax.handed_on(kept)
    assert got is not None
    assert (got.to, got.reference, got.shown) == (NUMBER, kept.reference, "")
    assert got.pages == pictures_of(tiff_of(pdf()))
    elsewhere = stand_in_for(FaxSettings(gateway="email", email_domain="fax.net"), lambda: NOW)
    strange = elsewhere.handed_on(kept)
    assert strange is not None
    assert strange.to == f"{NUMBER}@fax.tc", "another gateway's mail is no fax of this one"


def test_what_the_other_channel_says_passes() -> None:
    class Stopped:
        async def send(self, _: Any) -> Receipt:
            raise Temporary("the channel email is stopped")

    async def told(channel: Any) -> None:
        settings = FaxSettings(gateway="email", email_domain="fax.tc")
        await Onward(settings, channel).send(pdf(), a_fax())

    with pytest.raises(Temporary, match="email is stopped"):
        asyncio.run(told(lent(Hands(), channel=lambda _: Stopped())))  # type: ignore[arg-type,return-value] # all that is used
    with pytest.raises(ConfigError, match="no channel 'email'"):
        asyncio.run(told(lent(Hands())))


def test_a_rehearsal_sends_through_the_stand_in_of_email(tmp_path: Path) -> None:
    async def told() -> None:
        for domain, used in (("fax.tc", "fax.tc"), (None, "fax.example.org")):
            settings = FaxSettings.model_construct(gateway="email", email_domain=domain)
            stand_in = FaxChannel(settings, lent(Hands())).stand_in()
            assert stand_in is not None
            given = await stand_in.start(tmp_path)
            assert given == {"gateway": "email", "email_domain": used}
            assert (stand_in.tries, list(stand_in.received)) == (0, [])
            await stand_in.stop()

    asyncio.run(told())


@given(number=st.from_regex(r"\A\+[1-9][0-9]{5,14}\Z"), plus=st.booleans())
def test_every_number_makes_one_address_that_mail_takes(number: str, plus: bool) -> None:
    from uadispatch.campaign.values import EmailAddress

    address = address_of(number, "fax.example.org", plus=plus)
    assert EmailAddress.read(address).value == address
    assert address.lstrip("+") == f"{number[1:]}@fax.example.org"
