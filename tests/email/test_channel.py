from __future__ import annotations

import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from mailkit import ORGANISATION, a_message, lent
from uadispatch import Attachment, Rejected, Target
from uadispatch.campaign.values import Contact, EmailAddress
from uadispatch.rendering.templates import Template
from uadispatch.rendering.text import Renderer
from uadispatch_email import EmailChannel, channel, register_channels
from uadispatch_email.mime import build
from uadispatch_email.settings import EmailSettings

if TYPE_CHECKING:
    from uadispatch.rendering.text import Rendered


@pytest.fixture
def email_channel() -> EmailChannel:
    return EmailChannel(EmailSettings(host="mail.example.org"), lent())


def test_the_plugin_registers_its_channel() -> None:
    found: list[type] = []
    register_channels(found.append)
    assert found == [EmailChannel]


def test_registering_loads_neither_the_client_nor_the_test_server() -> None:
    heavy = ("aiosmtplib", "uadispatch.testing", "uadispatch_email.pool", "uadispatch_email.mime")
    code = f"import sys, uadispatch_email; print([m for m in {heavy} if m in sys.modules])"
    asked = [sys.executable, "-c", code]
    path = {"PYTHONPATH": ":".join(sys.path)}
    assert subprocess.run(asked, check=True, capture_output=True, env=path).stdout == b"[]\n"


def as_contact(text: str) -> Contact:
    return EmailAddress(written=text, value=text)


@pytest.mark.parametrize(
    "changes",
    [
        {"to": as_contact("")},
        {"to": as_contact("a@example.org, b@example.org")},
        {"to": as_contact("a@example.org\r\nBcc: b@example.org")},
        {"to": as_contact("ä@example.org")},
        {"to": as_contact("Boss <a@example.org>")},
        {"to": as_contact("a" * 300 + "@example.org")},
        {"subject": ""},
        {"subject": "  "},
        {"subject": "a\r\nBcc: b@example.org"},
        {"subject": "a\0b"},
        {"subject": "a\ud800"},
        {"body": " \n"},
        {"body": "a\0b"},
        {"body": "a\udfff"},
        {"language": "en\r\nBcc: b@example.org"},
        {"reference": "a> <b"},
        {"attachments": (Attachment(name="", media_type="application/pdf", content=b""),)},
        {"attachments": (Attachment(name="../a", media_type="application/pdf", content=b""),)},
        {"attachments": (Attachment(name='"a"', media_type="application/pdf", content=b""),)},
        {"attachments": (Attachment(name=" ", media_type="application/pdf", content=b""),)},
        {"attachments": (Attachment(name="a\nb", media_type="application/pdf", content=b""),)},
        {"attachments": (Attachment(name="a", media_type="message/rfc822", content=b""),)},
        {"attachments": (Attachment(name="a", media_type="a/b; c=d", content=b""),)},
        {"attachments": (Attachment(name="a", media_type="a/b", content=bytes(channel.LARGEST)),)},
    ],
)
def test_what_cannot_be_one_mail_is_refused(
    changes: dict[str, Any], email_channel: EmailChannel
) -> None:
    with pytest.raises(Rejected):
        email_channel.check(a_message(**changes))


def test_an_ordinary_message_is_fine(email_channel: EmailChannel) -> None:
    email_channel.check(a_message(subject="Босатыңыз!", body="tab\there\n"))


def test_attachments_may_go_without_a_text(email_channel: EmailChannel) -> None:
    pdf = Attachment(name="fax.pdf", media_type="application/pdf", content=b"%PDF-1.7\n\xff")
    message = a_message(body="", attachments=(pdf,))
    email_channel.check(message)
    mail = message_from_bytes(build(message), policy=default)
    (file,) = mail.iter_parts()
    assert (file.get_content(), file.get_filename()) == (pdf.content, "fax.pdf")
    assert email_channel.preview(message).text.endswith("Attachment: fax.pdf (10 bytes)\n\n")
    with pytest.raises(Rejected, match="subject is empty"):
        email_channel.check(a_message(subject="", body="", attachments=(pdf,)))


def test_the_preview_reads_as_the_recipient_will_read_it(email_channel: EmailChannel) -> None:
    name = "Генеральный прокурор Республики Казахстан, доктор Нурдаулетов Гизат"
    message = a_message(
        subject="Немедленно и безоговорочно освободите Серикжана Билаша, правозащитника",
        body="Құрметті Бас прокурор,\n\n.dot\nFrom me\n",
        target=Target(id="p", name=name),
        sender=ORGANISATION.model_copy(update={"reply_to": as_contact("re@example.org")}),
        attachments=(Attachment(name="обращение.pdf", media_type="a/b", content=b"12345"),),
    )
    assert email_channel.preview(message).text == (
        "From: Group 12 <ua@example.org>\n"
        "Reply-To: re@example.org\n"
        f"To: {name} <press0@example.org>\n"
        f"Subject: {message.subject}\n"
        "Attachment: обращение.pdf (5 bytes)\n"
        "\n"
        f"{message.body}"
    )


@pytest.mark.parametrize(
    ("given", "port"),
    [({}, 587), ({"security": "tls"}, 465), ({"security": "none"}, 25), ({"port": 2525}, 2525)],
)
def test_the_port_follows_from_the_security(given: dict[str, Any], port: int) -> None:
    settings = EmailSettings(host="mail.example.org", **given)
    assert settings.server == ("mail.example.org", port)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"host": "a b"},
        {"host": "a..b"},
        {"host": "почта.example.org"},
        {"host": "a\r\nb"},
        {"host": "a", "security": "maybe"},
        {"host": "a", "port": 0},
        {"host": "a", "username": "u"},
        {"host": "a", "password": "p"},
        {"host": "a", "patience": 0},
        {"host": "a", "concurrency": 0},
        {"host": "mail.example.org", "security": "none", "username": "u", "password": "p"},
        {"host": "127.0.0.1.example.org", "security": "none", "username": "u", "password": "p"},
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EmailSettings.model_validate(given)


def test_no_setting_shapes_a_message_and_none_shows_a_secret() -> None:
    settings = EmailSettings.model_validate(
        {"host": "mail.example.org", "username": "u", "password": "a secret"}
    )
    assert settings.for_snapshot() == {}
    assert "a secret" not in repr(settings)


def rendered(language: str, **context: Any) -> Rendered:
    folder = Path(channel.__file__).parent / "templates"
    sources = {
        f"email/{path.stem}": Template(path.read_text(encoding="utf-8"), path.name)
        for path in folder.glob("*.j2")
    }
    values: dict[str, Any] = {
        "letter": SimpleNamespace(
            subject="Release her", text="I am writing.\n\nNow.", closing=None
        ),
        "target": Target(id="p", name="A. Official", role="Prosecutor"),
        "salutation": None,
        "organisation": ORGANISATION,
        "campaign": SimpleNamespace(number="46/19"),
        "language": language,
    }
    return Renderer(sources).render("email", language, values | context, who="p")


def test_the_english_letter() -> None:
    found = rendered("en")
    assert found.subject == "Release her"
    assert found.body == (
        "Dear Prosecutor,\n\nI am writing.\n\nNow.\n\nYours sincerely,\nGroup 12\n"
    )
    assert found.parts == {}


@pytest.mark.parametrize(
    ("salutation", "line"),
    [("Your Excellency", "Your Excellency,"), ("Dear Sir:", "Dear Sir:"), ("Hello!", "Hello!")],
)
def test_a_salutation_gets_a_comma_unless_it_has_its_own_mark(salutation: str, line: str) -> None:
    for language in ("en", "kk"):
        assert rendered(language, salutation=salutation).body.startswith(line + "\n\n")


def test_the_letter_of_any_language_has_no_words_of_its_own() -> None:
    assert rendered("kk").body == "A. Official,\n\nI am writing.\n\nNow.\n\nGroup 12\n"
    letter = SimpleNamespace(subject="s", text="Құрметті хат.", closing="Құрметпен,")
    found = rendered("kk", letter=letter, salutation="Құрметті прокурор")
    lines = ["Құрметті прокурор,", "", "Құрметті хат.", "", "Құрметпен,", "Group 12", ""]
    assert found.body.split("\n") == lines
