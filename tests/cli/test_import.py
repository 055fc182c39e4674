"""``import`` as staff type it: the real documents of UA 46/19, and what may come after them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from importkit import FINAL, SECOND, document
from uadispatch.campaign.file import read_campaign

if TYPE_CHECKING:
    from pathlib import Path

    from clikit import Cli

AT = "2019-08-20T09:00Z"


def third(home: Path, *swaps: tuple[str, str]) -> Path:
    return document(
        home, "third.txt", ("Second UA", "Third UA"), ("57/0894/2019", "57/0999/2019"),
        ("Date: 16 August 2019", "Date: 6 September 2019"),
        ("UNTIL: 27 September 2019", "UNTIL: 18 October 2019"), *swaps,
    )  # fmt: skip


def test_the_second_ua_becomes_a_campaign_without_a_question(
    office: Path, cli: Cli, root: Path
) -> None:
    ran = cli("import", SECOND)
    assert ran.code == 0
    assert "Next: uadispatch dry-run config/campaigns/ua-46-19.yaml" in ran.words
    for name in ("number", "deadline", "targets.prosecutor-general.fax", "letter.text"):
        assert name in ran.words
    written = (office / "config/campaigns/ua-46-19.yaml").read_text()
    assert written == (root / "config/campaigns/ua-46-19.yaml").read_text()


def test_its_json_has_the_agreed_shape(office: Path, cli: Cli) -> None:
    ran = cli("import", SECOND, "--json")
    assert ran.code == 0
    shape = ran.json
    assert shape["campaign"] == "46/19"
    assert shape["file"] == str(office / "config/campaigns/ua-46-19.yaml")
    assert [warning for warning in shape["warnings"] if warning["asks"]] == []
    fields = shape["fields"]
    assert fields["number"] == {"value": "46/19", "line": 12, "certainty": "labelled", "rule": ""}
    assert fields["deadline"]["value"] == "2019-09-27"
    assert fields["deadline"]["certainty"] == "labelled"
    assert fields["targets.ambassador-us.timezone"]["certainty"] == "inferred"
    assert {field["certainty"] for field in fields.values()} <= {"labelled", "inferred"}
    text = (office / SECOND).read_text(encoding="utf-8").splitlines()
    for name in ("number", "index", "targets.prosecutor-general.email", "people.name"):
        assert fields[name]["value"] in text[fields[name]["line"] - 1]


def test_what_was_imported_can_be_rehearsed(imported: Path, cli: Cli) -> None:
    ran = cli("rehearse", imported, "--now", AT, "--json")
    assert ran.code == 0
    assert ran.json["states"] == {"accepted": 2, "with_person": 7}


def test_its_messages_are_those_of_the_campaign_written_by_hand(
    imported: Path, root: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand = imported.parents[3] / "by-hand"
    assert cli("init", by_hand).code == 0
    shutil.copy(root / "tests/documents/ua-46-19-by-hand.yaml", by_hand / "ua.yaml")
    monkeypatch.setenv("UADISPATCH_FAX_GATEWAY", "telnyx")
    received = []
    for file in (imported, by_hand / "ua.yaml"):
        ran = cli("rehearse", file, "--now", AT, "--json")
        assert ran.code == 0
        folder = (file.parents[2] if file == imported else by_hand) / ran.json["folder"]
        received.append(
            {
                path.relative_to(folder): path.read_bytes()
                for path in sorted((folder / "received").rglob("*"))
                if path.is_file()
            }
        )
    assert len(received[0]) > 9
    assert received[0] == received[1]


@pytest.mark.parametrize("ending", ["docx", "pdf", "html", "txt"])
def test_every_form_of_the_document_is_the_same_campaign(
    office: Path, root: Path, cli: Cli, ending: str
) -> None:
    ran = cli("import", root / f"tests/documents/ua-46-19-second-ua.{ending}")
    assert ran.code == 0
    imported = read_campaign(office / "config/campaigns/ua-46-19.yaml")
    assert imported == read_campaign(root / "config/campaigns/ua-46-19.yaml")
    by_hand = read_campaign(root / "tests/documents/ua-46-19-by-hand.yaml")
    report = imported.urgent_action.report
    case = imported.urgent_action.model_copy(update={"report": None})
    assert imported.model_copy(update={"urgent_action": case}) == by_hand
    assert report == "Click here to let us know the actions you took on Urgent Action 46.19."


def test_the_same_document_again_changes_nothing(imported: Path, cli: Cli) -> None:
    before = imported.read_bytes()
    ran = cli("import", SECOND)
    assert ran.code == 0
    assert "Nothing new" in ran.words
    assert imported.read_bytes() == before


def test_lines_can_be_looked_at(office: Path, cli: Cli) -> None:
    ran = cli("import", SECOND, "--text")
    assert ran.code == 0
    assert "12 Second UA: 46/19 Index: EUR 57/0894/2019 Kazakhstan" in ran.words
    assert not (office / "config/campaigns/ua-46-19.yaml").exists()


def test_a_slip_in_the_number_of_a_closing_holds_the_campaign_and_asks(
    imported: Path, cli: Cli
) -> None:
    ran = cli("import", FINAL)
    assert ran.code == 1
    assert "46/16" in ran.words
    assert "Held: nothing more of Urgent Action 46/19 goes out" in ran.words
    assert "--closes" in ran.words
    assert cli("send", imported, "--yes").code == 3
    look = cli("dry-run", imported, "--now", AT, "--json")
    assert look.code == 3
    assert {guard["name"] for guard in look.json["guards"]} == {"stopped"}
    assert "status: open" in imported.read_text()
    again = cli("import", FINAL)
    assert again.code == 1
    assert cli("status", imported).words.count("this may close it") == 1


def test_the_closing_is_confirmed_and_an_older_copy_changes_nothing(
    imported: Path, cli: Cli
) -> None:
    older = imported.with_name("copy.yaml")
    shutil.copy(imported, older)
    assert cli("import", FINAL).code == 1
    ran = cli("import", FINAL, "--closes", imported)
    assert ran.code == 0
    assert (
        "status: closed # ua-46-19-final-output.txt, line 6: “NO FURTHER ACTION IS REQUESTED"
        in (" ".join(imported.read_text().split()))
    )
    for file in (imported, older):
        sent = cli("send", file, "--yes", "--json")
        assert sent.code == 3
        assert {guard["name"] for guard in sent.json["guards"]} == {"closed"}


def test_where_number_and_name_agree_no_question_is_asked(
    office: Path, imported: Path, cli: Cli
) -> None:
    final = document(office, "final.txt", ("UA 46/16", "UA 46/19"), of=FINAL)
    ran = cli("import", final, "--json")
    assert ran.code == 0
    assert (ran.json["campaign"], ran.json["state"]) == ("46/19", "closed")
    assert cli("send", imported, "--yes").code == 3


def test_a_closing_that_nobody_knows_is_said(office: Path, cli: Cli) -> None:
    ran = cli("import", FINAL)
    assert ran.code == 1
    assert "no campaign here is known" in ran.words
    assert str(office) in ran.words
    assert not list((office / "config/campaigns").iterdir())


def test_a_soft_closing_holds_and_asks(office: Path, imported: Path, cli: Cli) -> None:
    thanks = "MANY THANKS TO ALL WHO SENT APPEALS."
    last = "If you wish, send one last letter to the Prosecutor General to welcome the release."
    final = document(
        office, "final.txt", ("UA 46/16", "UA 46/19"), (thanks, f"{thanks} {last}"), of=FINAL
    )
    ran = cli("import", final)
    assert ran.code == 1
    assert "Held" in ran.words
    assert cli("send", imported, "--yes").code == 3


def test_an_update_changes_the_campaign_and_says_what(
    office: Path, imported: Path, cli: Cli
) -> None:
    ran = cli("import", third(office, ("press@prokuror.kz", "new@example.org")))
    assert ran.code == 0
    assert "deadline: 2019-09-27 -> 2019-10-18" in ran.words
    assert "press@prokuror.kz -> new@example.org" in ran.words
    text = imported.read_text()
    assert "sequence: 3" in text
    assert "round: 1" in text  # nothing had gone out


def test_an_older_document_changes_nothing(office: Path, imported: Path, cli: Cli) -> None:
    assert cli("import", third(office)).code == 0
    before = imported.read_bytes()
    ran = cli("import", SECOND)
    assert ran.code == 1
    assert "nothing was changed" in ran.words
    assert imported.read_bytes() == before


def test_the_text_of_a_superseded_document_is_not_sent(
    office: Path, imported: Path, cli: Cli
) -> None:
    older = imported.with_name("copy.yaml")
    shutil.copy(imported, older)
    assert cli("import", third(office)).code == 0
    ran = cli("dry-run", older, "--now", AT, "--json")
    assert ran.code == 3
    assert "superseded" in {guard["name"] for guard in ran.json["guards"]}
    assert cli("dry-run", imported, "--now", AT).code == 0


def test_what_a_person_has_changed_is_shown_before_it_is_replaced(
    office: Path, imported: Path, cli: Cli
) -> None:
    by_hand = imported.read_text().replace("fax: +7 7172 506 402", "fax: +7 7172 506 403")
    imported.write_text(by_hand)
    document = third(office)
    ran = cli("import", document)
    assert ran.code == 1
    assert "- fax: +7 7172 506 403" in ran.words
    assert "was left as it is" in ran.words
    assert imported.read_text() == by_hand
    ran = cli("import", document, "--yes")
    assert ran.code == 0
    assert "fax: +7 7172 506 402" in imported.read_text()


def test_several_documents_are_taken_in_their_order(office: Path, cli: Cli) -> None:
    final = document(office, "final.txt", ("UA 46/16", "UA 46/19"), of=FINAL)
    ran = cli("import", final, third(office), SECOND, "--json")
    assert ran.code == 0
    assert [each["state"] for each in ran.json["documents"]] == ["written", "written", "closed"]
    assert "status: closed" in (office / "config/campaigns/ua-46-19.yaml").read_text()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".docx"),
        (b"PK\x03\x04broken", "damaged"),
        (b"%PDF-1.7\nbroken", "damaged"),
    ],
)
def test_what_is_no_document_is_an_error_with_the_mend(
    office: Path, cli: Cli, content: bytes, says: str
) -> None:
    (office / "x.bin").write_bytes(content)
    ran = cli("import", "x.bin")
    assert ran.code == 2
    assert "x.bin" in ran.err
    assert says in ran.words


def test_a_recipe_becomes_no_campaign(office: Path, cli: Cli) -> None:
    (office / "recipe.txt").write_text("Pancakes\n\nTake 2 eggs and 300 ml of milk. Stir.\n")
    ran = cli("import", "recipe.txt")
    assert ran.code == 1
    assert not list((office / "config/campaigns").iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("--closes", "46/19", "--new"),
        ("--closes", "46/19", "--not-closing"),
        ("--updates", "46/19", "--new"),
        ("--updates", "1/99"),
        ("--closes", "1/99"),
    ],
)
def test_what_contradicts_itself_is_refused(
    imported: Path, cli: Cli, words: tuple[str, ...]
) -> None:
    before = imported.read_bytes()
    assert cli("import", SECOND, *words).code == 2
    assert imported.read_bytes() == before
