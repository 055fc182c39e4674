"""Stamped mails beside mails that the standard library makes of the same message."""

from __future__ import annotations

import binascii
import email
import re
from datetime import UTC, datetime, timedelta, timezone
from email.charset import Charset
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP, compat32
from email.utils import format_datetime, getaddresses, parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailkit import a_channel, a_message
from mimekit import BODIES, FILE_NAMES, LINES
from timekit import quietly
from uadispatch import Attachment, Message, Organisation, Target
from uadispatch.campaign.values import EmailAddress
from uadispatch.testing.far_ends.smtp import SmtpServer
from uadispatch_email import mime
from uadispatch_email.envelope import Envelope
from uadispatch_email.mime import build

if TYPE_CHECKING:
    from email.message import Message as AnyMail

REMEMBERED = (mime._prototype, mime._subject, mime._remembered)
_TRICKY = ["x" * 75, "=" * 30, "a ", ".", "From x", "é" * 20, ""]
TEXTS = st.one_of(
    BODIES,
    st.text(st.sampled_from("a Ж.=\t\r\nF"), max_size=400),
    st.lists(st.sampled_from(_TRICKY)).map("\n".join),
    st.lists(BODIES, max_size=3).map("\r\n".join),
)


def _is_a_name(name: str) -> bool:
    try:
        Target(id="t", name=name)
    except ValueError:
        return False
    return True


# The library takes “=?” for an encoded word of its own; test_mime has it.
SUBJECTS = LINES.map(lambda line: line.replace("=?", "= ?"))
NAMES = SUBJECTS.filter(_is_a_name)
MOMENTS = st.builds(
    datetime.fromtimestamp,
    st.integers(700_000_000, 4_000_000_000),
    st.sampled_from([UTC, timezone(timedelta(hours=5))]),
)
ATTACHED = st.lists(
    st.builds(
        lambda name, content: Attachment(name=name, media_type="application/pdf", content=content),
        FILE_NAMES,
        st.binary(max_size=200),
    ),
    max_size=2,
).map(tuple)


@st.composite
def messages(draw: st.DrawFn, attached: Any = ATTACHED) -> Message:
    answers = draw(st.sampled_from([None, EmailAddress.read("answers@example.org")]))
    address = EmailAddress.read(draw(st.sampled_from(["ua@example.org", "ua@mail.example.org"])))
    return a_message(
        draw(st.integers(0, 9)),
        subject=draw(SUBJECTS),
        body=draw(TEXTS.filter(str.strip)),
        language=draw(st.sampled_from(["en", "kk", "zh-Hant"])),
        target=Target(id="t", name=draw(NAMES)),
        sender=Organisation(name=draw(NAMES), email=address, reply_to=answers),
        at=draw(MOMENTS),
        attachments=draw(attached),
    )


def by_library(message: Message) -> bytes:
    """The same message by the standard library's older way, whose folding is sound."""
    text = MIMEText(one_line_end(message.body), "plain", "utf-8")
    mail: AnyMail = text
    if message.attachments:
        mail = MIMEMultipart("mixed", None, [text])
        for file in message.attachments:
            part = MIMEApplication(file.content, "pdf")
            part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", file.name))
            mail.attach(part)
    # As encoded words, all of them: a name with two spaces loses one in plain sight.
    coded = Charset("utf-8").header_encode
    for name, value in headers_of(message):
        if name in ("From", "To", "Reply-To"):
            shown, address = value
            mail[name] = f"{coded(shown)} <{address}>" if shown else address
        else:
            mail[name] = coded(value) if name == "Subject" else value
    return mail.as_bytes(policy=compat32.clone(linesep="\r\n"))


def headers_of(message: Message) -> list[tuple[str, Any]]:
    sender = message.sender
    found: list[tuple[str, Any]] = [("From", (sender.name, sender.email.value))]
    if sender.reply_to is not None:
        found.append(("Reply-To", ("", sender.reply_to.value)))
    return [
        *found,
        ("To", (message.target.name, message.to.value)),
        ("Subject", message.subject),
        ("Date", format_datetime(message.at.astimezone(UTC))),
        ("Message-ID", f"<{message.reference}@{sender.email.value.partition('@')[2]}>"),
        ("Content-Language", message.language),
    ]


def one_line_end(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"


def read(data: bytes) -> tuple[dict[str, object], list[object]]:
    """Every header field, and every part with its kind, name and contents."""
    mail = email.message_from_bytes(data)
    fields: dict[str, object] = {}
    for name, raw in mail.items():
        assert name not in fields, "each stands there once"
        value = raw.replace("\r\n", "")
        match name:
            case "From" | "To" | "Reply-To":
                ((shown, address),) = getaddresses([value])
                fields[name] = (str(make_header(decode_header(shown))), address)
            case "Message-ID":
                fields[name] = value.strip()  # the library begins it on a line of its own
            case "Date":
                fields[name] = parsedate_to_datetime(value)
            case "Content-Type" | "Content-Transfer-Encoding":
                fields[name] = None  # read with the parts
            case _:
                fields[name] = str(make_header(decode_header(value)))
    parts: list[object] = []
    for part in mail.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            if part.get_content_type() == "text/plain":
                content = content.replace(b"\r\n", b"\n")
            kind, charset = part.get_content_type(), part.get_content_charset()
            parts.append((kind, charset, file_name(data, len(parts)), content))
    return fields, parts


def file_name(data: bytes, number: int) -> str | None:
    """By the newer parser, which joins the pieces of a long name."""
    mail: EmailMessage = email.message_from_bytes(data, policy=SMTP)
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    return leaves[number].get_filename()


@settings(max_examples=75, deadline=None)
@given(messages())
@example(a_message(body=".\n..\n.x\nFrom me\nend  \n\tx\t\na\rb\r\nc"))
@example(a_message(body="x" * 5000 + "\n" + "Ж" * 5000))
def test_a_stamped_mail_reads_as_the_library_s_own(message: Message) -> None:
    ours, (their_fields, their_parts) = read(build(message)), read(by_library(message))
    their_fields.setdefault("Content-Transfer-Encoding", None)  # a multipart needs none
    assert {"Content-Transfer-Encoding": None} | ours[0] == their_fields
    assert ours[1] == their_parts


@settings(max_examples=75, deadline=None)
@given(messages())
def test_a_stamped_mail_has_what_an_email_message_has(message: Message) -> None:
    """What `EmailMessage` holds; not what it writes, since its folding loses spaces."""
    wanted = EmailMessage(policy=SMTP)
    for name, value in headers_of(message):
        wanted[name] = value if isinstance(value, str) else value[1]
    wanted.set_content(one_line_end(message.body), cte="base64")
    wanted["Content-Language"] = message.language  # which `set_content` takes away
    mail: EmailMessage = email.message_from_bytes(build(message), policy=SMTP)
    transfer = {"Content-Transfer-Encoding"}  # a multipart has none
    assert set(mail.keys()) | transfer == set(wanted.keys()) | transfer
    for name in ("Subject", "Date", "Message-ID", "Content-Language", "MIME-Version"):
        assert mail[name] == wanted[name], name
    for name in ("From", "To", "Reply-To"):
        if name in wanted:
            ours = [one.addr_spec for one in mail[name].addresses]
            assert ours == [one.addr_spec for one in wanted[name].addresses], name
    text, theirs = mail.get_body(("plain",)), wanted.get_body(("plain",))
    assert text is not None
    assert theirs is not None
    assert text.get_content().replace("\r\n", "\n") == theirs.get_content().replace("\r\n", "\n")


def whole(body: str, *, alone: bool) -> tuple[str, bytes]:
    """The text coded in one, and not line by line from memory."""
    raw = one_line_end(body).replace("\n", "\r\n").encode()
    fragile = re.compile(rb"(?:\A|\n)(?:\.|From )")
    fit = re.compile(rb"(?:(?!\.|From )[\t -~]{0,76}(?<![\t ])\r\n)+\Z")
    if alone and fit.match(raw):
        return "7bit", raw
    quoted = re.sub(
        rb"(?m)^(?:\.|F(?=rom ))(?=[^\r\n]{0,73}\r$)",
        lambda found: b"=%02X" % ord(found[0]),
        binascii.b2a_qp(raw, istext=True),
    )
    if len(quoted) <= len(raw) * 4 // 3 and not fragile.search(quoted):
        return "quoted-printable", quoted
    lines = (binascii.b2a_base64(raw[at : at + 57], newline=False) for at in range(0, len(raw), 57))
    return "base64", b"".join(line + b"\r\n" for line in lines)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
@example("x" * 3000)
@example("a" * 70 + "\n" + "b" * 71 + "=\n" + "c" * 76 + "\n" + "d" * 77)
def test_each_line_is_coded_as_in_the_whole_text(body: str) -> None:
    for alone in (True, False):
        encoding, coded = whole(body, alone=alone)
        head, _, content = mime._text(body, alone=alone).partition(b"\r\n\r\n")
        assert head.endswith(f"Content-Transfer-Encoding: {encoding}".encode())
        assert content == coded


@settings(max_examples=50, deadline=None)
@given(st.lists(messages(), min_size=2, max_size=8))
def test_nothing_that_is_remembered_of_one_mail_shows_in_another(many: list[Message]) -> None:
    together = [build(message) for message in many]
    for message, mail in zip(many, together, strict=True):
        for remembered in REMEMBERED:
            remembered.cache_clear()
        assert build(message) == mail


def test_what_is_remembered_is_bounded() -> None:
    for number in range(1000):
        at = datetime(2019, 8, 20, tzinfo=UTC) + timedelta(seconds=number)
        build(a_message(number, subject=f"Subject {number}", body=f"{number}\n" * 5, at=at))
    build(a_message(body="y" * 1_000_000))
    for remembered in REMEMBERED:
        found = remembered.cache_info()
        assert found.maxsize is not None
        assert found.currsize <= found.maxsize <= 256


@given(st.lists(st.sampled_from([b".", b"..", b"", b".x", b"x", b"From ."]), min_size=1))
def test_dots_are_stuffed_and_taken_off_again(lines: list[bytes]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    sent = Envelope("a@example.org", "b@example.org", content).body()
    *text, dot = sent.splitlines(keepends=True)
    assert dot == b".\r\n"
    assert b".\r\n" not in text
    assert b"".join(line.removeprefix(b".") for line in text) == content


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_mail_is_the_same_whatever_the_server_can_carry(*, pipelining: bool) -> None:
    """So that it can be shown again byte for byte, and no relay has to change it (RFC 6152)."""
    message = a_message(body="Құрметті Бас прокурор,\n.\n..\nFrom me\nend  \n")

    async def scene() -> None:
        arrived = set()
        for eightbit in (True, False):
            async with (
                SmtpServer(pipelining=pipelining, eightbit=eightbit) as server,
                a_channel(server) as channel,
            ):
                await channel.send(message)
                arrived.add(server.mails[0].content)
        assert arrived == {build(message)}
        assert build(message).isascii()

    quietly(scene())
