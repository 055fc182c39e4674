"""``dry-run --html``: the page of a dry-run, as it is made and as a browser reads it."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from casekit import TOML
from clikit import write_campaign
from htmlkit import cards, harmless, read_page, skeleton, text_of
from uadispatch.rendering.html import visible
from uadispatch.views.dry_run import site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clikit import Cli, Use
    from uadispatch.testing.far_ends.smtp import SmtpServer

NOW = "2019-08-20T09:00Z"

HOSTILE = """</pre></script><script>alert(1)</script><img src=x onerror=alert(1)>"'`{{7*7}}<!--"""
EVERYWHERE = """\
urgent_action:
  number: 46/30
  index: TEXT
  title: TEXT
  country: KZ
  deadline: 2199-09-27
  people: [{name: TEXT, pronoun: TEXT, say_as: TEXT}]
channels: [email, phone, letter, facebook]
targets:
  - id: t0
    name: TEXT
    role: TEXT
    salutation: TEXT
    say_as: TEXT
    country: KZ
    address: TEXT
    phone: +7 7172 506 402
    email: t0@example.org
    facebook: an.official
letter:
  en: {subject: TEXT, text: TEXT, closing: TEXT}
"""


@pytest.fixture
def real(tmp_path: Path, root: Path, cli: Cli) -> Path:
    """The real campaign, in a home of its own."""
    assert cli("init", tmp_path / "home").code == 0
    file = tmp_path / "home/ua.yaml"
    file.write_bytes((root / "config/campaigns/ua-46-19.yaml").read_bytes())
    settings = tmp_path / "home/config/uadispatch.toml"
    settings.write_text(settings.read_text().replace("required = true", "required = false"))
    return file


def pages(folder: Path) -> Iterator[Path]:
    yield folder / "index.html"
    yield from sorted((folder / "pages").glob("*.html"))


def test_every_message_is_shown_as_its_recipient_will_see_it(
    real: Path, cli: Cli, tmp_path: Path
) -> None:
    planned = cli("dry-run", real, "--now", NOW, "--json").json["messages"]
    assert cli("dry-run", real, "--now", NOW, "--html", tmp_path / "page").code == 0
    page = read_page(tmp_path / "page/index.html")
    harmless(page)
    shown = cards(page)
    assert list(shown) == [message["key"][:12] for message in planned]
    for message in planned:
        card = shown[message["key"][:12]]
        text = text_of(page, card)
        # What stands above a mail's text is shown as a list.
        assert text in message["text"]
        assert message["body"].strip() in message["text"]
        (to,) = card.xpath(".//bdi[@class='to']/text()")
        assert to.splitlines()[0] in real.read_text(), "as it was written"
        assert card.xpath(".//pre/@lang") == [message["language"]]


def test_a_mail_is_shown_with_its_headers(real: Path, cli: Cli, tmp_path: Path) -> None:
    cli("dry-run", real, "--now", NOW, "--channel", "email", "--html", tmp_path / "page")
    page = read_page(tmp_path / "page/index.html")
    (head, _) = page.xpath("//dl[@class='head']")
    assert [term.text for term in head.xpath("dt")] == ["From", "To", "Subject"]
    assert head.xpath("dd")[1].text == "Nurdauletov Gizat Daurenbekovich <press@prokuror.kz>"


def test_what_stands_in_columns_keeps_them(real: Path, cli: Cli, tmp_path: Path) -> None:
    cli("dry-run", real, "--now", NOW, "--html", tmp_path / "page")
    shown = cards(read_page(tmp_path / "page/index.html")).values()
    in_columns = {card.get("data-channel") for card in shown if card.xpath(".//pre[@class]")}
    assert in_columns == {"phone"}, "of the others only the call sheet has columns"


def test_pages_are_pictures_that_lie_beside_it(real: Path, cli: Cli, tmp_path: Path) -> None:
    cli("dry-run", real, "--now", NOW, "--html", tmp_path / "page")
    pictures = read_page(tmp_path / "page/index.html").xpath("//div[@class='papers']//img")
    assert [picture.get("alt") for picture in pictures] == [
        "Page 1 of 1 of the fax to Nurdauletov Gizat Daurenbekovich",
        "Page 1 of 1 of the letter to Nurdauletov Gizat Daurenbekovich",
        "Page 1 of 1 of the letter to H.E. Erzhan Kazykhanov",
    ]
    for picture in pictures:
        content = (tmp_path / "page" / picture.get("src")).read_bytes()
        size = (int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big"))
        assert (int(picture.get("width")), int(picture.get("height"))) == size
        assert picture.get("loading") == "lazy"


def test_the_top_says_what_would_happen(real: Path, cli: Cli, tmp_path: Path) -> None:
    digest = cli("dry-run", real, "--now", NOW, "--json").json["digest"]
    ran = cli("dry-run", real, "--now", NOW, "--html", tmp_path / "page")
    page = read_page(tmp_path / "page/index.html")
    words = " ".join(page.text_content().split())
    assert "9 messages would go out now. 2 by the program, 7 by people." in words
    for part in ("20 August 2019, 09:00 UTC", "27 September 2019", "For Serikzhan Bilash"):
        assert part in words
    assert page.xpath("//header//code/@title") == [digest]
    (row,) = page.xpath("//tbody/tr[th='email']")
    assert [cell.text_content() for cell in row] == ["email", "the program", "2"]
    assert "by phone, 1 target: prosecutor-general" in words
    # Two hours after midnight in New York, nobody is called.
    assert "15:00 on Tuesday (Asia/Almaty) there" in words
    assert "The page:" in ran.out
    assert (tmp_path / "page/index.html").as_uri() in ran.out
    assert "Dear Prosecutor General" not in ran.out, "it is short"


def test_a_folder_of_its_own_is_for_this_user_alone(real: Path, cli: Cli) -> None:
    made = cli("dry-run", real, "--now", NOW, "--html", "--json").json
    page = Path(made["html"])
    assert page.parent == real.parent / f".uadispatch/dry-runs/46-19-{made['digest'][:12]}"
    assert page.is_file()
    assert page.parent.stat().st_mode & 0o077 == 0


def test_without_the_option_nothing_is_written(real: Path, cli: Cli) -> None:
    before = sorted(real.parent.rglob("*"))
    assert cli("dry-run", real, "--now", NOW).code == 0
    assert sorted(real.parent.rglob("*")) == before


def test_a_part_of_a_campaign_is_called_one(real: Path, cli: Cli, tmp_path: Path) -> None:
    cli(
        "dry-run", real, "--now", NOW, "--channel", "email", "--channel", "phone",
        "--target", "ambassador-us", "--limit", 1, "--html", tmp_path / "page",
    )  # fmt: skip
    page = read_page(tmp_path / "page/index.html")
    assert len(cards(page)) == 1
    words = " ".join(page.text_content().split())
    assert "a part of the campaign: by email, phone; to ambassador-us; at most 1" in words


def test_a_folder_with_other_files_is_refused(real: Path, cli: Cli, tmp_path: Path) -> None:
    ran = cli("dry-run", real, "--now", NOW, "--html", tmp_path)
    assert ran.code == 2
    assert "name an empty one or a new one" in ran.words
    assert not (tmp_path / "index.html").exists()


def test_texts_in_every_field_stay_texts(tmp_path: Path, cli: Cli) -> None:
    """The same elements, whatever the data are: none of them comes from the data."""
    (tmp_path / "config").mkdir()
    settings = TOML.replace('"Group 12"', json.dumps(HOSTILE))
    (tmp_path / "config/uadispatch.toml").write_text(settings)
    file = tmp_path / "ua.yaml"
    file.write_text(EVERYWHERE.replace("TEXT", json.dumps(HOSTILE)))
    ran = cli("dry-run", file, "--html", tmp_path / "page", "--json")
    states = [message["state"] for message in ran.json["messages"]]
    assert states == ["planned", "planned", "refused", "planned"], "no window has such an address"
    page = read_page(tmp_path / "page/index.html")
    harmless(page)
    assert page.text_content().count(HOSTILE) > 20

    (tmp_path / "config/uadispatch.toml").write_text(TOML)
    file.write_text(EVERYWHERE.replace("TEXT", "H" * len(HOSTILE)))
    cli("dry-run", file, "--html", tmp_path / "page")
    assert skeleton(page) == skeleton(read_page(tmp_path / "page/index.html"))


def test_what_hides_in_a_template_is_seen(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path, channels="email, twitter")
    (tmp_path / "templates/email").mkdir(parents=True)
    hidden = "abc\u202edesrever\u2066\u200b\u2060\ufeff\U000e0041 <b>bold</b>"
    (tmp_path / "templates/email/en.j2").write_text(
        f"{{% set subject %}}Release{{% endset %}}{hidden}\n{{{{ letter.text }}}}\n",
        encoding="utf-8",
    )
    cli("dry-run", file, "--html", tmp_path / "page")
    raw = (tmp_path / "page/index.html").read_text("utf-8")
    assert not set(raw) & set("\u202e\u2066\u200b\u2060\ufeff\U000e0041")
    assert "abc[U+202E]desrever[U+2066][U+200B][U+2060][U+FEFF][U+E0041] &lt;b&gt;" in raw
    harmless(read_page(tmp_path / "page/index.html"))


def test_control_characters_are_seen_as_signs() -> None:
    assert visible("a\x00\x07\x1b[31m\x7f\x85\ud800b\tc\n") == "a␀␇␛[31m␡[U+0085][U+D800]b\tc\n"


def test_marks_that_a_script_needs_stay_what_they_are(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path)
    needed = "می\u200cخواهم \u200f(1) 👩\u200d⚕️"
    file.write_text(file.read_text().replace("I am writing to you.", needed), encoding="utf-8")
    cli("dry-run", file, "--html", tmp_path / "page")
    assert needed in (tmp_path / "page/index.html").read_text("utf-8")


def test_a_broken_template_is_named_on_its_message(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path)
    (tmp_path / "templates/email").mkdir(parents=True)
    (tmp_path / "templates/email/en.j2").write_text("{{ nobody }}")
    ran = cli("dry-run", file, "--html", tmp_path / "page")
    assert ran.code == 1
    page = read_page(tmp_path / "page/index.html")
    card = cards(page)[next(iter(cards(page)))]
    assert card.get("data-state") == "refused"
    assert "templates/email/en.j2" in card.text_content()
    assert "There is nothing to show of it" in card.text_content()


def test_what_changed_since_the_approval_is_marked(real: Path, cli: Cli, tmp_path: Path) -> None:
    digest = cli("dry-run", real, "--json").json["digest"]
    assert cli("approve", real, digest, "--by", "Ann <b>Other</b>").code in (0, 3)
    template = real.parent / "templates/email/en.j2"
    template.write_text(
        template.read_text() + "{% block closing %}\nYours faithfully,\n{% endblock %}\n"
    )
    real.write_text(real.read_text().replace("@KazakhEmbassy'", "@KazakhEmbassyUS'"))
    cli("dry-run", real, "--now", NOW, "--html", tmp_path / "page")
    page = read_page(tmp_path / "page/index.html")
    harmless(page)
    words = " ".join(page.text_content().split())
    assert "by Ann <b>Other</b> on" in words
    assert "templates/email/en.j2: line" in words
    assert "“@KazakhEmbassy” → “@KazakhEmbassyUS”" in words
    changed = page.xpath("//article[@data-changed]")
    assert [card.get("data-channel") for card in changed] == ["email", "email", "twitter"]
    mail = changed[0]
    assert [mark.text for mark in mail.xpath(".//del")] == ["sincerely"]
    assert [mark.text for mark in mail.xpath(".//ins")] == ["faithfully"]
    assert page.xpath("//input[@name='changed']")


def test_an_approved_campaign_has_nothing_marked(real: Path, cli: Cli, tmp_path: Path) -> None:
    digest = cli("dry-run", real, "--json").json["digest"]
    cli("approve", real, digest, "--by", "Ann Other")
    cli("dry-run", real, "--now", NOW, "--html", tmp_path / "page")
    page = read_page(tmp_path / "page/index.html")
    assert "by Ann Other on" in page.text_content()
    assert not page.xpath("//article[@data-changed] | //input[@name='changed']")


def test_what_waits_for_approval_is_counted_as_if_it_had_it(
    real: Path, cli: Cli, tmp_path: Path
) -> None:
    settings = real.parent / "config/uadispatch.toml"
    settings.write_text(settings.read_text().replace("required = false", "required = true"))
    # At night in Nur-Sultan.
    cli("dry-run", real, "--now", "2019-08-20T20:00Z", "--html", tmp_path / "page")
    page = read_page(tmp_path / "page/index.html")
    words = " ".join(page.text_content().split())
    assert "Once it is approved, 8 messages would go out now, and 1 message later, on" in words
    assert "Guard “not approved”: nobody has approved it" in words
    assert "If all is right: uadispatch approve" in words
    assert {card.get("data-state") for card in cards(page).values()} == {"planned"}


def test_right_to_left_is_shown_so(root: Path, tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/uadispatch.toml").write_text(TOML)
    file = tmp_path / "ua.yaml"
    file.write_bytes((root / "tests/campaigns/arabic.yaml").read_bytes())
    cli("dry-run", file, "--now", "2031-03-10T09:00Z", "--html", tmp_path / "page")
    page = read_page(tmp_path / "page/index.html")
    harmless(page)
    assert page.get("dir") == "ltr"
    texts = page.xpath("//pre")
    assert {(text.get("lang"), text.get("dir")) for text in texts} == {("ar", "rtl")}
    assert not any(text.get("class") for text in texts), "one width makes Arabic hard to read"
    assert page.xpath("//h3/bdi/text()")[0] == "معالي الوزير سالم نموذج"
    assert "there is no letter in he, fr; it goes out in ar" in page.text_content()


def test_more_pictures_than_a_person_looks_at_are_not_drawn(
    real: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "DRAWN", 1)
    cli("dry-run", real, "--now", NOW, "--html", tmp_path / "page")
    page = read_page(tmp_path / "page/index.html")
    assert len(page.xpath("//div[@class='papers']//img")) == 2, "one of each kind"
    assert (
        f"uadispatch dry-run {real} --target ambassador-us --channel letter --now {NOW} --html"
        in page.text_content()
    )


def test_what_went_out_already_is_told_apart(
    tmp_path: Path, cli: Cli, server: SmtpServer, use: Use
) -> None:
    use(server, rate="30/minute")
    file = write_campaign(tmp_path, count=4)
    assert cli("send", file, "--yes", "--limit", 1).code == 0
    cli("dry-run", file, "--html", tmp_path / "page")
    page = read_page(tmp_path / "page/index.html")
    head = [cell.text_content() for cell in page.xpath("//thead//th")]
    (row,) = [[cell.text_content() for cell in row] for row in page.xpath("//tbody/tr")]
    assert dict(zip(head, row, strict=True)) == {
        "Channel": "email",
        "Sent by": "the program",
        "go out now": "3",
        "out already": "1",
        "Pace": "30 a minute; 3 messages take about 4 seconds",
    }
    states = [card.get("data-state") for card in cards(page).values()]
    assert states == ["accepted", "planned", "planned", "planned"]


def test_a_target_that_nobody_reaches_stands_out(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path)
    text = file.read_text()
    file.write_text(text.replace("letter:", "  - {id: unreached, name: A Judge}\nletter:"))
    cli("dry-run", file, "--html", tmp_path / "page")
    page = read_page(tmp_path / "page/index.html")
    words = " ".join(page.text_content().split())
    assert "1 target is reached by no channel: unreached." in words
    (section,) = page.xpath("//section[@id='t-unreached']")
    assert "No channel reaches this target: it has no contact for email" in section.text_content()


def test_what_a_guard_keeps_back_stands_out(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path, count=3)
    assert cli("stop", file, "--target", "t1", "--because", "on <leave>", "--by", "Ann").code == 0
    cli("dry-run", file, "--html", tmp_path / "page")
    page = read_page(tmp_path / "page/index.html")
    (kept,) = page.xpath("//article[@data-odd]")
    assert kept.get("data-kept") is not None
    assert "kept back" in kept.text_content()
    assert "kept back" in page.xpath("//select[@name='state']/option/text()")
    (look,) = page.xpath("//section[@class='look']")
    words = " ".join(look.text_content().split())
    assert "kept back 1 message: stopped by Ann: on <leave> t1/email Official 1" in words


def test_each_target_that_nobody_reaches_has_its_place(tmp_path: Path, cli: Cli) -> None:
    file = write_campaign(tmp_path)
    more = "".join(f"  - {{id: unreached-{n}, name: Judge {n}}}\n" for n in range(40))
    file.write_text(file.read_text().replace("letter:", f"{more}letter:"))
    cli("dry-run", file, "--html", tmp_path / "page")
    page = read_page(tmp_path / "page/index.html")
    assert "40 targets are reached by no channel" in page.text_content()
    assert len(page.xpath("//section[starts-with(@id, 't-unreached-')]")) == 40


def test_headings_and_landmarks_lead_through_the_page(real: Path, cli: Cli, tmp_path: Path) -> None:
    cli("dry-run", real, "--now", NOW, "--html", tmp_path / "page")
    page = read_page(tmp_path / "page/index.html")
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for landmark in ("header", "main", "footer"):
        assert len(page.xpath(f"/html/body/{landmark}")) == 1
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for name in page.xpath("//@aria-labelledby"):
        assert name in ids
    for field in page.xpath("//form//input | //form//select"):
        assert field.xpath("ancestor::label"), "each field has a label"
    for picture in page.xpath("//img"):
        assert picture.get("alt")
