"""A row of a file is a target by the rules, and in the words, of one in a campaign file."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from uadispatch.campaign.codes import countries
from uadispatch.campaign.contacts import EmailAddress, usual_address
from uadispatch.campaign.file import read_campaign
from uadispatch.campaign.model import Target
from uadispatch.campaign.target_files.declared import TargetFile
from uadispatch.campaign.target_files.rows import RefusedRowError, TargetRows, ids_in
from uadispatch.campaign.target_files.sheet import Sheet
from uadispatch.campaign.target_files.trusted import trusted_target
from uadispatch.campaign.values import FROM_A_FILE
from uadispatch.dispatch.snapshot import canonical, stored_target, target_body
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """``write(["id", "name"], ["a", "A"])``: a file with this header and these rows."""

    def write(*rows: Sequence[str]) -> Path:
        path = tmp_path / "officials.csv"
        with path.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
        return path

    return write


def read(path: Path, columns: Mapping[str, str] | None = None) -> tuple[list[Any], str]:
    """What each row says, a dict or the reason why it is refused; and the unused columns."""
    found: list[Any] = []
    with Sheet(path) as sheet:
        rows = TargetRows(sheet, columns or {})
        for row in sheet:
            assert not row.wrong
            try:
                found.append(rows.content(row.cells))
            except RefusedRowError as error:
                found.append(str(error))
    return found, rows.unused.rpartition("/")[2]


def problems(path: Path, columns: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as error:
        read(path, columns)
    return [str(problem).rpartition("/")[2] for problem in error.value.problems]


FULL = {
    "id": "pg", "name": "Nurdauletov Gizat", "role": "Prosecutor General",
    "salutation": "Dear Prosecutor General,", "country": "kz", "represents": "US",
    "timezone": "Asia/Almaty", "hours": "Mon-Fri 09:00-18:30", "languages": "kk, RU;en",
    "say_as": "noor", "address": "Prospect 14\nNur-Sultan\n", "phone": "8 7172 506 402",
    "fax": "+7 7172 506 402", "email": "Press@Prokuror.KZ", "twitter": "@GenProkRK",
    "facebook": "https://facebook.com/gen.prok", "contacts.signal": "@gp.01",
}  # fmt: skip


def test_every_field_of_a_target_can_be_a_column(write: Write) -> None:
    (found,), unused = read(write(list(FULL), list(FULL.values())))
    target = Target.model_validate(found)
    given_ = {name: value for name, value in FULL.items() if "." not in name}
    given_ |= {"languages": ["kk", "ru", "en"], "contacts": {"signal": "@gp.01"}}  # type: ignore[dict-item]
    assert target == Target.model_validate(given_, context=FROM_A_FILE)
    assert target.phone is not None
    assert target.phone.value == "+77172506402"
    assert set(FULL) == {*Target.model_fields, "contacts.signal"} - {"contacts"}
    assert unused == ""


def test_greetings_by_language_have_a_column_each(write: Write) -> None:
    header = ["id", "name", "salutation.en", "Salutation.RU"]
    found, _ = read(write(header, ["a", "A", "Dear A,", "Уважаемый А"], ["b", "B", "", ""]))
    assert found[0]["salutation"] == {"en": "Dear A", "ru": "Уважаемый А"}
    assert "salutation" not in found[1]


def test_headers_are_found_whatever_their_case_spaces_and_underscores(write: Write) -> None:
    for mail in ("E_Mail", "E-Mail", "e\u2011mail"):
        path = write([" ID ", "NAME", "Say As", mail, "time zone"], ["a", "A", "x", "a@b.org", ""])
        (found,), unused = read(path)
        assert (found["id"], found["say_as"], found["email"]["value"]) == ("a", "x", "a@b.org")
        assert unused == ""


def test_a_language_of_a_greeting_may_have_parts(write: Write) -> None:
    header = ["id", "name", "Salutation.pt_BR", "salutation. zh-Hant"]
    (found,), unused = read(write(header, ["a", "A", "Prezado", "x"]))
    assert found["salutation"] == {"pt-BR": "Prezado", "zh-Hant": "x"}
    assert unused == ""


def test_mapped_columns_give_their_fields_and_no_other_does(write: Write) -> None:
    path = write(["Kürzel", "Name", "Amt"], ["a", "Kurz", "Ministerin"])
    (found,), unused = read(path, {"id": "Kürzel", "name": "Amt", "role": "amt"})
    assert (found["id"], found["name"], found["role"]) == ("a", "Ministerin", "Ministerin")
    assert unused == "officials.csv:1: nothing uses the column “Name”"


def test_columns_that_nothing_uses_are_named_with_what_was_perhaps_meant(write: Write) -> None:
    header = ["id", "name", "emial", "notes", "", "", *(f"x{n}" for n in range(20))]
    _, unused = read(write(header, [*"aA", *[""] * 24]))
    assert unused.startswith(
        "officials.csv:1: nothing uses the columns “emial” (did you mean email?), “notes”, “x0”"
    )
    assert unused.endswith("12 more, 2 without a name")


def test_the_last_columns_of_a_file_of_rejects_need_no_mention(write: Write) -> None:
    _, unused = read(write(["id", "name", "line", "reason"], ["a", "A", "17", "email: no"]))
    assert unused == ""


def test_a_header_that_cannot_be_used_is_an_error_with_its_line(write: Write) -> None:
    def only(*header: str, **columns: str) -> str:
        (says,) = problems(write(header), columns)
        return says

    assert problems(write(["uid", "Full name"])) == [
        f"officials.csv:1: no column gives {field}; name one so, or write “columns: "
        f"{{{field}: {header}}}” beside the file's name"
        for field, header in (("id", "uid"), ("name", "Full name"))
    ]
    assert only("id", "name", "email", "email") == (
        "officials.csv:1: the column “email” stands here twice, as column 3 and column 4; rename "
        "or remove one"
    )
    assert only("id", "name", "email", "E mail") == (
        "officials.csv:1: the columns “email” and “E mail” both give email; keep one"
    )
    assert only("id", "name", "E-mail", email="e-mial") == (
        "officials.csv:1: there is no column “e-mial”, which is to give email; did you mean E-mail?"
    )
    assert only("id", "name", "salutation", "salutation.en") == (
        "officials.csv:1: there are columns for salutation and for salutation.en; keep one kind of "
        "them"
    )
    assert problems(write(["id;name;email"])) == [
        'officials.csv:1: there is only one column; write “delimiter: ";"” beside the file\'s name'
    ]


def test_a_refused_row_says_all_that_a_campaign_file_would_say(write: Write, base: str) -> None:
    wrong = {
        "country": "Kazakhstan", "timezone": "Asia/Almatty", "email": "a@b@c", "twitter": "a b",
        "hours": "always", "languages": "xx-toolongforatag", "role": "a\tb",
    }  # fmt: skip
    path = write(["id", "name", *wrong], ["a b", "A", *wrong.values()], ["", " ", "KZ", *[""] * 6])
    (first, second), _ = read(path)
    assert second == "id is missing; name is missing"
    lines = "".join(
        f"    {key}: {['xx-toolongforatag'] if key == 'languages' else canonical(value)}\n"
        for key, value in wrong.items()
    )
    start = base.index("  - id:")
    end = base.index("letter:")
    file = path.with_suffix(".yaml")
    file.write_text(f'{base[:start]}  - id: a b\n    name: "A"\n{lines}{base[end:]}')
    with pytest.raises(ConfigError) as error:
        read_campaign(file)
    said = {problem.says for problem in error.value.problems}
    assert len(said) == 8
    assert all(says in first for says in said)


def test_a_phone_number_is_read_in_the_country_of_its_row(write: Write) -> None:
    rows = [["a", "US", "202 555 0143"], ["b", "GB", "020 7946 0101"], ["c", "", "020 7946 0101"],
            ["d", "nowhere", "020 7946 0101"]]  # fmt: skip
    found, _ = read(write(["id", "country", "phone", "name"], *([*row, "N"] for row in rows)))
    assert [each["phone"]["value"] for each in found[:2]] == ["+12025550143", "+442079460101"]
    assert "is a national number" in found[2]
    assert found[3].startswith("country: ")
    assert "phone" not in found[3]


def test_a_fax_with_an_extension_is_refused(write: Write) -> None:
    found, _ = read(write(["id", "name", "fax"], ["a", "A", "+7 7172 506 402 x12"]))
    assert found == ["fax: a fax has no extension; write the number of the machine itself"]


def test_hostile_names_are_names(write: Write) -> None:
    names = ["{{7*7}}", "=cmd|' /C calc'!A0", "+1", "@here", "<script>alert(1)</script>", "a,b"]
    found, _ = read(write(["id", "name"], *([f"t{n}", name] for n, name in enumerate(names))))
    assert [each["name"] for each in found] == names


def test_a_hundred_columns_are_no_trouble(write: Write) -> None:
    header = ["id", *(f"x{n}" for n in range(98)), "name"]
    (found,), _ = read(write(header, ["a", *["y"] * 98, "A"]))
    assert (found["id"], found["name"]) == ("a", "A")


def test_after_many_misspelt_words_no_more_is_guessed_and_all_is_said(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uadispatch.campaign.target_files.rows.MOST_GUESSES", 1)
    rows = [["a", "A", "Kazakstan"], ["b", "B", "Kazakhstann"], ["c", "C", "Kazakstan"]]
    found, _ = read(write(["id", "name", "country"], *rows))
    assert "did you mean KZ" in found[0]
    assert found[1] == (
        "country: “Kazakhstann” is no country; write its two-letter code, such as KZ"
    )
    assert found[2] == found[0]


def test_the_ids_alone_are_read_without_the_rest(write: Write) -> None:
    path = write(["name", "Key", "email"], ["A", " a ", "none"], ["B", "b", "none"])
    item = TargetFile(file=path.name, columns={"id": "Key"})
    assert list(ids_in(item, path.parent)) == ["a", "b"]


# The quick way agrees with the model.

LOCALS = st.one_of(
    st.sampled_from(["info", "Info", "POSTMASTER", "Web.Master", "a..b", ".a", "a.", "a+b", "o'x"]),
    st.text(st.sampled_from("aZ09_.+-'!é "), max_size=70),
)
DOMAINS = st.one_of(
    st.sampled_from(
        [
            "example.org", "Example.ORG", "a.test", "b.invalid", "xn--80ak6aa92e.com", "localhost",
            "пример.рф", "bücher.example", "a_b.org", "-a.org", "a..b", "x" * 64 + ".org",
            ".".join(["x" * 60] * 4) + ".org", "1.2.3.4", "[1.2.3.4]", "example.org.", "com",
        ]
    ),
    st.text(st.sampled_from("aZ9.-_é"), max_size=30),
)  # fmt: skip
ADDRESSES = st.builds("{}@{}".format, LOCALS, DOMAINS)


@settings(deadline=None, max_examples=500)
@given(address=st.one_of(ADDRESSES, st.text(max_size=30)))
def test_what_the_quick_way_makes_of_an_address_is_what_the_library_makes_of_it(
    address: str,
) -> None:
    found = usual_address(address)
    if found is not None:
        read_ = EmailAddress.read(address)
        assert (read_.written, read_.value) == (address, found)


def test_the_usual_addresses_are_read_the_quick_way() -> None:
    assert usual_address("Member.One@Parliament.example.org") == (
        "Member.One@parliament.example.org"
    )
    assert usual_address("Info@example.org") is None  # mail knows that name in any case


WORDS = st.one_of(
    st.sampled_from(["", " ", "A", "  A B ", "Dear A,", ",", "\u200b", "a\x07b", "x" * 1_001]),
    st.text(max_size=12),
)
CODES = st.sampled_from(["KZ", "kz", " US ", "UK", "Kazakhstan", "XX", "", "GB"])
CELLS: dict[str, st.SearchStrategy[str]] = {
    "id": st.sampled_from(["a", "A-1", " b ", "", "ä", "a b", "x" * 65]),
    "name": WORDS, "role": WORDS, "say_as": WORDS, "salutation": WORDS,
    "country": CODES, "represents": CODES,
    "timezone": st.sampled_from(["Asia/Almaty", "", " Europe/Oslo", "Mars/Base"]),
    "hours": st.sampled_from(["Mon-Fri 09:00-18:30", "", "late"]),
    "languages": st.sampled_from(["en", "en, ru", "EN;kk", ", ,", "xx-1", "", "zh-hant en"]),
    "address": st.sampled_from(["", "A\nB", "\n A \n\n", "x", "\x00"]),
    "phone": st.sampled_from(["", "+7 7172 506 402", "202 555 0143", "12", "+1 202 555 0143 x9"]),
    "fax": st.sampled_from(["", "+7 7172 506 402", "020 7946 0102", "x", "+1 202 555 0143 x9"]),
    "email": st.one_of(st.just(""), ADDRESSES, st.just(" m@example.org ")),
    "twitter": st.sampled_from(["", "@a", "a b", "https://x.com/abc"]),
    "facebook": st.sampled_from(["", "abcde", "a", "https://facebook.com/profile.php?id=12345"]),
    "salutation.en": WORDS, "salutation.ru": WORDS,
    "contacts.signal": WORDS,
}  # fmt: skip
PLAIN = [name for name in CELLS if not name.startswith("salutation.")]
BY_LANGUAGE = [name for name in CELLS if name != "salutation"]
ROWS = st.sampled_from([PLAIN, BY_LANGUAGE]).flatmap(
    lambda names: st.fixed_dictionaries({name: CELLS[name] for name in names})
)
MOSTLY_GOOD = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True),
        "name": st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12),
        "country": st.sampled_from(sorted(countries())),
        "email": st.sampled_from(["m.a@example.org", "Info@b.org", "x@bücher.example"]),
        "languages": st.sampled_from(["en", "ru,kk"]),
        "address": st.just("1 Street\nCity"),
    }
)


@settings(deadline=None, max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(row=st.one_of(ROWS, MOSTLY_GOOD))
def test_whatever_stands_in_a_row_the_model_says_the_same_of_it(row: dict[str, str]) -> None:
    columns = _Columns(list(row))
    reader = TargetRows(columns, {})  # type: ignore[arg-type]
    outcome: object
    expected: object
    try:
        outcome = reader.content(list(row.values()))
    except RefusedRowError:
        outcome = None
    try:
        target = Target.model_validate(as_written(row), context=FROM_A_FILE)
    except ValidationError:
        expected = None
    else:
        expected = target.model_dump(mode="json", exclude_none=True)
        body = target_body(target)
        assert canonical(outcome) == body
        assert trusted_target(body) == stored_target(body) == Target.model_validate_json(body)
        assert stored_target(body).model_fields_set == (
            Target.model_validate_json(body).model_fields_set
        )
    assert outcome == expected


class _Columns:
    """A sheet of which only the header matters."""

    line = 1

    def __init__(self, header: list[str]) -> None:
        self.header = header

    def where(self, line: int) -> str:
        return f"officials.csv:{line}"

    def other_delimiter(self) -> str:
        return ""


def as_written(row: dict[str, str]) -> dict[str, Any]:
    """The row as a person would write it into a campaign file."""
    given_: dict[str, Any] = {}
    for name, cell in row.items():
        if not cell.strip():
            continue
        group, dot, key = name.partition(".")
        if dot:
            given_.setdefault(group, {})[key] = cell
        elif name == "languages":
            given_[name] = cell.replace(",", " ").replace(";", " ").split()
        else:
            given_[name] = cell
    return given_


@pytest.mark.parametrize(
    "body",
    ["", "{}", "[]", '{"id":"a"}', '{"id":"a","name":"A","more":1}',
     '{"id":"a b","name":"A","email":1}'],
)  # fmt: skip
def test_what_is_no_stored_target_is_never_taken_for_one(body: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        stored_target(body)
