"""The page of a rehearsal: what was meant, beside what the stand-ins really received."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from casekit import write_home
from clikit import mail_server, write_campaign
from faxkit import a_gateway
from htmlkit import harmless, read_page
from pdfkit import words

if TYPE_CHECKING:
    from clikit import Cli, Ran, Use

AT = "2019-08-20T09:00Z"
GATEWAYS = ["person", "telnyx", "sinch", "email", "hylafax"]

LIAR = '''
import json, struct, zlib
from pathlib import Path

from pydantic import Field

from uadispatch import *

def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

def page(grey):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(bytes([0, grey])))
    return b"\\x89PNG\\r\\n\\x1a\\n" + head + data + chunk(b"IEND", b"")

class Settings(ChannelSettings):
    folder: Path = Field(exclude=True)

class Pager(Channel[Settings]):
    """Keeps its word to some officials alone: their ids say how it lies to the others."""
    name = "pager"
    contact = "email"
    Settings = Settings
    templates = {"any": "{{ letter.text }} Dear {{ target.name }}."}

    def preview(self, message):
        return Preview(text=message.body, draw=lambda: (page(0), page(1), page(2)))

    async def send(self, message):
        lie, text, pages = message.target.id.partition("-")[0], message.body, [0, 1, 2]
        to, reference = message.to.value, message.reference
        if lie == "letter":
            text = text.replace("writing", "waiting")
        elif lie == "lost":
            pages = pages[:-1]
        elif lie == "smudged":
            pages[1] = 200
        elif lie == "astray":
            to = "stranger@example.org"
        elif lie == "invented":
            self.put({"to": to, "reference": "rehearsal-of-another", "text": "Buy", "pages": []})
        elif lie == "blank":
            text, pages = "", []
        kept = {"to": to, "reference": reference, "text": text, "pages": pages}
        if lie != "never":
            self.put(kept)
        if lie == "twice":
            self.put(kept)
        if lie == "failed":
            raise Rejected("no such pager")
        return Receipt(says="taken")

    def put(self, kept):
        number = len(list(self.settings.folder.iterdir()))
        (self.settings.folder / f"{number:03}.json").write_text(json.dumps(kept))

    def stand_in(self):
        return Spool()

class Spool(StandIn):
    async def start(self, folder):
        self.folder = folder
        return {"folder": folder}
    async def stop(self):
        pass
    tries = property(lambda self: len(self.received))
    received = property(lambda self: [self.read(path) for path in sorted(self.folder.iterdir())])
    def read(self, path):
        kept = json.loads(path.read_text())
        return Received(to=kept["to"], reference=kept["reference"], file=path, shown=kept["text"],
                        draw=lambda: tuple(map(page, kept["pages"])))

@hookimpl
def register_channels(register):
    register(Pager)
'''

CAMPAIGN = """\
urgent_action: {{number: 46/30, title: A case, country: KZ, deadline: 2199-09-27}}
channels: [pager]
targets:
{targets}
letter:
  en: {{subject: Release A. Person, text: "I am writing to you."}}
"""


class Page:
    """A page as a browser reads it."""

    def __init__(self, path: Path) -> None:
        self.page = read_page(path)
        harmless(self.page)
        self.text = self.page.text_content()
        self._cards = {
            f"{section.get('id').removeprefix('t-')}/{card.get('data-channel')}": card
            for section in self.page.xpath("//section[@class='target']")
            for card in section.xpath(".//article[contains(@class, 'message')]")
        }
        self.cards = {name: card.text_content() for name, card in self._cards.items()}
        self.pictures = self.page.xpath("//img/@src")
        assert all(self.page.xpath("//img/@alt"))

    def marked(self, name: str) -> list[tuple[str, str]]:
        """What is marked in a card as removed or added."""
        return [(mark.tag, mark.text) for mark in self._cards[name].xpath(".//del | .//ins")]


@pytest.fixture
def case(tmp_path: Path, root: Path) -> Path:
    """A copy of the campaign, in a home of its own."""
    for name in ("config", "templates"):
        shutil.copytree(root / name, tmp_path / name)
    return tmp_path / "config/campaigns/ua-46-19.yaml"


def page_of(ran: Ran, home: Path) -> Page:
    """The page that a rehearsal named, all of whose pictures are there."""
    path = home / str(ran.json["html"])
    page = Page(path)
    assert all((path.parent / src).is_file() for src in page.pictures)
    return page


def lied(folder: Path, cli: Cli, *ids: str) -> Ran:
    """A rehearsal with the channel that lies to those officials."""
    (folder / "plugins").mkdir()
    (folder / "plugins/pager.py").write_text(LIAR)
    targets = "\n".join(
        f"  - {{id: {name}, name: Official {n}, country: KZ, email: {name}@example.org}}"
        for n, name in enumerate(ids)
    )
    file = write_home(folder, text=CAMPAIGN.format(targets=targets))
    return cli("rehearse", file, "--plugins-dir", folder / "plugins", "--json")


def told(ran: Ran) -> dict[str, list[str]]:
    """What is said to differ, by target."""
    return {str(each["target"]): each["says"] for each in ran.json["differences"]}


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_what_the_stand_ins_received_stands_beside_what_was_meant_and_is_the_same(
    case: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, gateway: str
) -> None:
    monkeypatch.setenv("UADISPATCH_FAX_GATEWAY", gateway)
    ran = cli("rehearse", case, "--now", AT, "--json")
    assert (ran.code, ran.json["differences"]) == (0, [])
    page = page_of(ran, case.parents[2])
    assert len(page.cards) == 9
    assert all("Meant" in text and "Received" in text for text in page.cards.values())
    assert "as it was meant" in page.text
    for name, text in page.cards.items():
        if name.endswith(("/email", "/facebook")):
            assert text.count("I am writing to you concerning the arbitrary detention") == 2
    assert page.cards["prosecutor-general/twitter"].count("Prosecutor General @GenProkRK: R") == 2
    # The same pages twice are one file: the fax and the two letters, and the code to dial.
    assert len(page.pictures) == 7
    assert len(set(page.pictures)) == 4
    assert "Only what stands out" in page.text


def test_each_way_in_which_a_message_may_differ_is_marked(tmp_path: Path, cli: Cli) -> None:
    ran = lied(
        tmp_path, cli,
        "honest", "letter", "lost", "smudged", "twice", "astray", "never", "failed", "blank",
    )  # fmt: skip
    assert ran.code == 1
    assert told(ran) == {
        "letter": ["the text differs"],
        "lost": ["2 pages came instead of 3"],
        "smudged": ["page 2 differs"],
        "twice": ["received twice"],
        "astray": ["to another recipient: stranger@example.org"],
        "never": ["not received"],
        "failed": ["received, though it is recorded as failed"],
        "blank": ["nothing of it can be read or seen"],
    }
    page = page_of(ran, tmp_path)
    for target, says in told(ran).items():
        assert all(each in page.cards[f"{target}/pager"] for each in says)
        assert "differs" in page.cards[f"{target}/pager"]
        assert f"{target}/pager: not as it was meant: {says[0]}" in ran.words
    assert "differs" not in page.cards["honest/pager"]
    assert page.marked("letter/pager") == [("del", "writing"), ("ins", "waiting")]
    assert "8 of 9 did not come as they were meant" in page.text
    assert "Received (1 of 2)" in page.cards["twice/pager"]
    assert "do not send with it" in ran.words
    assert "Next: mend what is said above, then: uadispatch rehearse" in ran.words


def test_what_belongs_to_no_message_is_shown(tmp_path: Path, cli: Cli) -> None:
    ran = lied(tmp_path, cli, "honest", "invented")
    assert ran.code == 1
    assert ran.json["differences"] == [
        {"key": None, "target": None, "channel": "pager",
         "says": ["it belongs to no message of this rehearsal"]},
    ]  # fmt: skip
    page = page_of(ran, tmp_path)
    assert "not meant" in page.text
    (strange,) = page.page.xpath("//section[@class='look']/details[.//pre]")
    assert "to invented@example.org: it belongs to no message" in strange.text_content()
    assert "Buy" in strange.text_content()
    assert "pager: not meant at all: its stand-in got a message to invented@example" in ran.words


def test_of_very_many_messages_what_differs_is_named_first(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uadispatch.views.dry_run.site.MOST", 5)
    ran = lied(tmp_path, cli, *(f"honest-{n}" for n in range(8)), "letter-1", "lost-1", "honest-9")
    assert ran.code == 1
    page = page_of(ran, tmp_path)
    first = tmp_path / str(ran.json["html"])
    named = page.page.xpath("//section[@class='look']//a")
    assert [link.text for link in named] == ["letter-1/pager", "lost-1/pager"]
    assert all(link.get("href").startswith("pages/") for link in named)
    parts = [Page(path) for path in sorted((first.parent / "pages").iterdir())]
    assert sum(len(part.cards) for part in parts) == 11
    by_name = {name: text for part in parts for name, text in part.cards.items()}
    assert "what was received is the same" in by_name["honest-3/pager"]
    assert "Received" not in by_name["honest-3/pager"]
    assert "Received" in by_name["letter-1/pager"]
    for part in parts:
        assert all((first.parent / "pages" / src).resolve().is_file() for src in part.pictures)


def test_hostile_texts_are_shown_as_text(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins/pager.py").write_text(LIAR.replace("waiting", "<script>alert(1)</script>"))
    target = '  - {id: letter, name: "<img src=x onerror=alert(2)>", email: a@example.org}'
    file = write_home(tmp_path, text=CAMPAIGN.format(targets=target))
    ran = cli("rehearse", file, "--plugins-dir", tmp_path / "plugins", "--json")
    page = page_of(ran, tmp_path)
    assert "Dear <img src=x onerror=alert(2)>." in page.cards["letter/pager"]
    assert page.marked("letter/pager")[1] == ("ins", "<script>alert(1)</script>")


def test_what_goes_to_the_tester_is_not_compared_and_says_where_to_look(
    case: Path, cli: Cli, use: Use
) -> None:
    with mail_server() as server:
        use(server)
        ran = cli("rehearse", case, "--now", AT, "--to", "me@example.org", "--json")
        assert {mail.recipients for mail in server.mails} == {("me@example.org",)}
    assert (ran.code, ran.json["differences"]) == (0, [])
    page = page_of(ran, case.parents[2])
    text = page.cards["prosecutor-general/email"]
    assert "it went to your own contact, not to press@prokuror.kz: look there" in text
    assert "[TEST] Release Serikzhan Bilash" in text
    assert "Received" not in text
    assert "Received" in page.cards["prosecutor-general/letter"]
    assert "2 messages by email went to your own contact" in page.text


def test_a_page_that_cannot_be_written_is_said(
    case: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("uadispatch.views.folders._put", full)
    ran = cli("rehearse", case, "--now", AT, "--json")
    assert (ran.code, ran.json["html"]) == (1, None)
    assert "There is no page of it: " in ran.words
    assert "No space left on device" in ran.words
    assert ran.json["states"] == {"accepted": 2, "with_person": 7}


def test_the_page_is_named_and_lies_with_the_rehearsal(case: Path, cli: Cli) -> None:
    ran = cli("rehearse", case, "--now", AT)
    (path,) = re.findall(r"The page: (\S+)", ran.out)
    assert Path(path).parent.parent.parent == case.parents[2] / ".uadispatch/rehearsals"
    assert f"Open it:  {Path(path).as_uri()}" in ran.out
    assert "Guard" not in Page(Path(path)).text


# -- to the tester, by each channel ----------------------------------------------------------------


def files_of(home: Path) -> dict[str, bytes]:
    """All that lies in the outbox of a home."""
    outbox = home / ".uadispatch/outbox"
    return {str(path): path.read_bytes() for path in outbox.rglob("*") if path.is_file()}


def test_what_people_do_is_made_out_to_the_tester_and_never_put_among_their_real_tasks(
    case: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = case.parents[2]
    monkeypatch.setenv("UADISPATCH_FAX_GATEWAY", "person")
    # Whatever the hour is in Kazakhstan.
    monkeypatch.setenv("UADISPATCH_FAX_HOURS", "always")
    case.write_text(case.read_text(encoding="utf-8").replace("2019-09-27", "2199-09-27"))
    people = [f"--channel={name}" for name in ("fax", "twitter", "phone", "letter", "facebook")]
    assert cli("send", case, *people, "--yes", "--unapproved", "as a test").code == 0
    before = files_of(home)
    assert len(before) == 16, "seven messages, one of two files, their cards, and all letters"
    ran = cli(
        "rehearse", case, *people, "--now", AT, "--json", "--to", "fax=+12025550123",
        "--to", "phone=+12025550124", "--to", "twitter=@tester", "--to", "facebook=a.tester",
        "--to", "letter=1 My Street\nMy Town",
    )  # fmt: skip
    assert (ran.code, ran.json["differences"]) == (0, [])
    assert {kept["to"] for kept in ran.json["received"]} == {
        "+12025550123", "+12025550124", "tester", "a.tester", "1 My Street\nMy Town",
    }  # fmt: skip
    assert files_of(home) == before
    assert "letter is made out to 1 My Street, My Town instead" in ran.words
    page = page_of(ran, home)
    assert page.cards["ambassador-us/phone"].count("[TEST]") == 2
    assert "Received" in page.cards["ambassador-us/letter"]


def test_a_fax_goes_to_the_testers_own_number(
    case: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_gateway(tmp_path / "gateway", monkeypatch) as telnyx:
        ran = cli(
            "rehearse", case, "--channel", "fax", "--now", AT, "--to", "fax=+12025550123", "--json"
        )
        (call,) = telnyx.calls
        assert "[TEST] Release Serikzhan Bilash" in words(call.file.read_bytes())
    assert call.to == "+12025550123"
    assert ran.json["states"] == {"accepted": 1}
    assert "Every message by fax went to +12025550123 instead" in ran.words
    page = page_of(ran, case.parents[2])
    assert "not to +7 7172 506 402: look there" in page.cards["prosecutor-general/fax"]


def test_faxes_that_go_by_mail_need_the_mail_re_routed_too(
    case: Path, cli: Cli, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UADISPATCH_FAX_GATEWAY", "email")
    monkeypatch.setenv("UADISPATCH_FAX_EMAIL_DOMAIN", "fax.example.org")
    ran = cli("rehearse", case, "--now", AT, "--to", "fax=+12025550123")
    assert ran.code == 2
    assert "fax hands its messages on to email, which would go to a stand-in" in ran.words
    with mail_server() as server:
        use(server)
        ran = cli(
            "rehearse", case, "--now", AT, "--channel", "fax", "--channel", "email", "--json",
            "--to", "fax=+12025550123", "--to", "me@example.org",
        )  # fmt: skip
        to = {mail.recipients for mail in server.mails}
    assert to == {("me@example.org",), ("+12025550123@fax.example.org",)}
    assert ran.json["states"] == {"accepted": 3}


def test_a_public_post_cannot_go_to_the_tester_and_says_so(
    case: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("POSTING", "api"), ("ACCOUNT", "@example"), ("ACKNOWLEDGE_AUTOMATION_RULES", "true"),
        ("CONSUMER_KEY", "a"), ("CONSUMER_SECRET", "b"), ("ACCESS_TOKEN", "c"),
        ("ACCESS_TOKEN_SECRET", "d"),
    ):  # fmt: skip
        monkeypatch.setenv(f"UADISPATCH_TWITTER_{name}", value)
    ran = cli(
        "rehearse", case, "--now", AT, "--channel", "twitter", "--to", "twitter=@tester", "--json"
    )
    assert ran.code == 1
    assert ran.json["states"] == {"refused": 2}
    assert "A post is public: it cannot be sent to a tester alone" in ran.words
    again = cli("rehearse", case, "--now", AT, "--channel", "twitter", "--json")
    assert (again.code, again.json["differences"]) == (0, [])


def test_what_was_not_tried_is_named_with_its_reason(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path, 3)
    file.write_text(file.read_text().replace("t2@example.org", "t0@example.org"))
    ran = cli("rehearse", file, "--limit", "1", "--json")
    assert ran.json["states"] == {"accepted": 1, "planned": 2}
    page = " ".join(read_page(Path(ran.json["html"])).text_content().split())
    held = "held 1 message was not tried: t0@example.org is the contact of target t0 too t2/email"
    assert held in page
    assert "planned 1 message was not tried. t1/email" in page
