from __future__ import annotations

import email
import email.policy
from email.header import decode_header, make_header
from email.utils import getaddresses, parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailkit import ORGANISATION, a_message
from mimekit import BODIES, FILE_NAMES, LINES
from uadispatch import Attachment, Message, Organisation, Target
from uadispatch.campaign.values import EmailAddress
from uadispatch_email.mime import build
from uadispatch_email.words import mailbox, parameter, unstructured

if TYPE_CHECKING:
    from email.message import EmailMessage, MIMEPart


def read(data: bytes) -> EmailMessage:
    message: EmailMessage = email.message_from_bytes(data, policy=email.policy.SMTP)
    return message


def text_of(part: MIMEPart) -> str:
    content = part.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def assert_fit_for_any_server(data: bytes) -> None:
    assert data.isascii()
    assert data.endswith(b"\r\n")
    assert b"\0" not in data
    assert data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n")
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    body = data.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert max(map(len, body)) <= 76
    assert not any(
        line.startswith((b".", b"From ")) or line.endswith((b" ", b"\t")) for line in body
    )


def headers(line: str) -> EmailMessage:
    return read(line.encode("ascii") + b"\r\n\r\n")


@given(LINES)
@example("Немедленно и безоговорочно освободите Серикжана Билаша, правозащитника из Алматы")
@example("a" * 75 + " b")
@example("a" * 1000)
def test_a_subject_reads_back_as_it_was(subject: str) -> None:
    line = unstructured("Subject", subject)
    assert headers(line)["Subject"] == subject
    compat = email.message_from_string(line + "\r\n\r\n")["Subject"]
    assert str(make_header(decode_header(compat))).replace("\r\n", "") == subject
    assert all(part.strip() for part in line.split("\r\n"))


@given(LINES)
def test_encoded_words_keep_to_their_length(subject: str) -> None:
    line = unstructured("Subject", subject)
    if "=?utf-8?" in line and line.partition(": ")[2] != subject:
        assert all(len(part) <= 76 for part in line.split("\r\n"))


@given(LINES)
@example('Доктор "Ф" <boss@example.org>, другой')
@example("O'Neil, Dr. (Prosecutor) <x@example.org>")
@example("Нурдаулетов Гизат Даурембекович, Генеральный прокурор Республики Казахстан, и другие")
def test_a_name_reads_back_as_it_was_and_adds_no_recipient(name: str) -> None:
    for field in ("From", "To"):
        line = mailbox(field, name, "press@example.org")
        # The name by the older parser: the newer one of CPython 3.11 reads a name of several
        # encoded words with spaces between them, against RFC 2047, section 6.2.
        plain = email.message_from_string(line + "\r\n\r\n")[field].replace("\r\n", "")
        ((shown, address),) = getaddresses([plain])
        assert (str(make_header(decode_header(shown))), address) == (name, "press@example.org")
        (one,) = headers(line)[field].addresses
        assert one.addr_spec == "press@example.org"
        assert all(part.strip() for part in line.split("\r\n"))


@given(BODIES)
@example("From me\n.\n..\nend")
def test_a_text_reads_back_as_it_was(body: str) -> None:
    data = build(a_message(body=body))
    assert_fit_for_any_server(data)
    assert text_of(read(data)) == body + ("" if body.endswith("\n") else "\n")


@given(
    BODIES,
    st.lists(st.tuples(FILE_NAMES, st.binary(max_size=300)), max_size=3),
)
def test_attachments_read_back_as_they_were(body: str, files: list[tuple[str, bytes]]) -> None:
    attached = tuple(
        Attachment(name=name, media_type="application/pdf", content=content)
        for name, content in files
    )
    data = build(a_message(body=body, attachments=attached))
    assert_fit_for_any_server(data)
    mail = read(data)
    plain = mail.get_body(("plain",))
    assert (plain is None) is (files != [] and not body.strip()), "the files alone may be the mail"
    assert plain is None or text_of(plain) == body + ("" if body.endswith("\n") else "\n")
    parts = list(mail.iter_attachments())
    assert [part.get_content() for part in parts] == [content for _, content in files]
    assert [part.get_content_type() for part in parts] == ["application/pdf"] * len(files)


@given(FILE_NAMES)
@example("Release Serikzhan Bilash \N{EN DASH} обращение.pdf")
@example("letter.pdf")
@example("ы" * 200)
def test_a_file_name_reads_back_as_it_was(name: str) -> None:
    mail = headers("Content-Disposition: attachment" + parameter("filename", name))
    assert mail.get_filename() == name


def test_the_headers_of_a_mail() -> None:
    sender = ORGANISATION.model_copy(update={"reply_to": EmailAddress.read("re@example.org")})
    mail = read(build(a_message(7, sender=sender, language="kk")))
    assert list(mail.items()) == [
        ("From", "Group 12 <ua@example.org>"),
        ("Reply-To", "re@example.org"),
        ("To", "Prosecutor General <press7@example.org>"),
        ("Subject", "Release Serikzhan Bilash"),
        ("Date", "Tue, 20 Aug 2019 09:00:00 +0000"),
        ("Message-ID", f"<{7:064x}@example.org>"),
        ("Content-Language", "kk"),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'text/plain; charset="utf-8"'),
        ("Content-Transfer-Encoding", "7bit"),
    ]
    assert parsedate_to_datetime(mail["Date"]) == a_message().at


def message_with(subject: str, name: str, body: str) -> Message:
    return a_message(
        subject=subject,
        body=body,
        target=Target(id="t", name=name),
        sender=Organisation(name=name, email=EmailAddress.read("ua@example.org")),
    )


@given(LINES.filter(lambda line: len(line) < 900), BODIES)
def test_the_same_message_gives_the_same_bytes(line: str, body: str) -> None:
    try:
        first, second = (message_with(line, line, body) for _ in range(2))
    except ValueError:
        return  # a name that shows nothing is no name
    assert build(first) == build(second)
    mail = read(build(first))
    assert mail["Subject"] == line
    assert len(mail["To"].addresses) == len(mail["From"].addresses) == 1


def test_line_ends_of_other_systems_are_line_ends() -> None:
    assert build(a_message(body="a\r\nb\rc\n")) == build(a_message(body="a\nb\nc\n"))


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("Dear Sir,\n\nplain.\n", "7bit"),
        ("Dear Sir,\n" + "a long paragraph " * 20 + "\n", "quoted-printable"),
        ("Très cher,\nFrom me\n.\n", "quoted-printable"),
        ("Құрметті Бас прокурор,\n", "base64"),
    ],
)
def test_a_text_stays_readable_in_its_raw_form_where_it_can(body: str, encoding: str) -> None:
    assert read(build(a_message(body=body)))["Content-Transfer-Encoding"] == encoding
