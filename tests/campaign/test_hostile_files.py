"""Files that were made to harm, or that chance made: refused with a place, or taken literally."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from uadispatch.campaign import file, opening, places
from uadispatch.campaign.file import read_campaign
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from campaignkit import Read, Refuse

NAME = "Nurdauletov Gizat Daurenbekovich"


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's parsers: the second is used where the first could not be built."""
    monkeypatch.setattr(places, "_LOADER", getattr(yaml, request.param))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ('"A\\nBcc: x@y.test"', "its character 2 is a line break (U+000A)"),
        ('"A\\rB"', "a line break (U+000D)"),
        ('"A\\0B"', "an invisible control character (U+0000)"),
        ('"A\\LB"', "a line break (U+2028)"),
        ('"A\\tB"', "a tab"),
        ('"A\\u202eB"', "an invisible mark that reorders what a reader sees (U+202E)"),
        ('"A\\u2066B"', "an invisible mark that reorders"),
        ('"\\u200b"', "it is empty"),
        ("|\n      A\n      B", "a line break"),
        ("A" * 1001, "it has 1,001 characters; shorten it to 1,000 at most"),
    ],
)
def test_a_name_that_is_not_one_visible_line_is_refused(
    base: str, refuse: Refuse, name: str, says: str
) -> None:
    ((place, sentence),) = refuse(base.replace(NAME, name))
    assert place == "9:11"
    assert says in sentence


def test_the_refused_name_itself_is_not_repeated(base: str, refuse: Refuse) -> None:
    assert "Bilash" not in refuse(base.replace(NAME, '"Bilash\\n"" X"'))[0][1]


@pytest.mark.parametrize(
    "name", ["{{ 7*7 }}", "{% include '/etc/passwd' %}", "<b>&amp;</b>", "$(id)", "=1+1", "%s{0}"]
)
def test_a_name_that_looks_like_code_is_kept_as_it_is(read: Read, name: str) -> None:
    assert read(NAME, f'"{name}"').written[0].name == name


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d", "\u200e", "\u200f"])
def test_marks_that_scripts_need_are_kept(read: Read, joiner: str) -> None:
    assert read(NAME, f"\u0646{joiner}\u0645").written[0].name == f"\u0646{joiner}\u0645"


@pytest.mark.parametrize(
    "address",
    [
        "press@prokuror.kz, stranger@example.org",
        "press@prokuror.kz; stranger@example.org",
        "press@prokuror.kz stranger@example.org",
        "press@prokuror.kz@example.org",
        "Press <press@prokuror.kz>",
        '"press@prokuror.kz\\nBcc: stranger@example.org"',
        "{written: press@prokuror.kz, value: stranger@example.org}",
        "[press@prokuror.kz, stranger@example.org]",
    ],
)
def test_an_email_is_exactly_one_address(base: str, refuse: Refuse, address: str) -> None:
    ((place, _),) = refuse(base.replace("press@prokuror.kz", address))
    assert place == "11:12"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("prosecutor-general", "../../etc/passwd"),
        ("prosecutor-general", "/etc/passwd"),
        ("prosecutor-general", ".."),
        ("prosecutor-general", "a/b"),
        ("prosecutor-general", "a.b"),
        ("prosecutor-general", "кз"),
        ("prosecutor-general", "a" * 65),
        ("[email]", "[../email]"),
        ("[email]", '["email\\0"]'),
        ("  en:", "  ../en:"),
        ("  en:", "  en/../..:"),
    ],
)
def test_what_names_files_cannot_leave_its_folder(
    base: str, refuse: Refuse, old: str, new: str
) -> None:
    assert len(refuse(base.replace(old, new, 1))) == 1


def test_a_thousandfold_repetition_is_refused_at_its_first_mark(refuse: Refuse) -> None:
    laughs = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
    )
    problems = refuse(laughs)
    assert problems[0] == ("1:4", "&a marks a part to be repeated; write each part out instead")
    assert problems[1][0] == "2:4"


@pytest.mark.parametrize(
    ("content", "where", "says"),
    [
        ("a: !!python/object/apply:os.system [id]\n", "1:4", "remove it, and quote text"),
        ("a: !!str 3\n", "1:4", "remove it"),
        ("a: {x: 1}\nb:\n  <<: {y: 2}\n", "3:3", "write its keys out here"),
        ("a: 1\n---\nb: 2\n", "2:1", "a second document begins here"),
        ("[a, b]: 1\n", "1:1", "a key must be one word"),
        ("a: \x00\n", "1:4", "here stands an invisible control character (U+0000)"),
        ("a: b\r\nc: \x07\n", "2:4", "U+0007"),
        ("# see \u202e\n", "1:7", "an invisible mark that reorders"),
        ("a: b\u2028c: d\n", "1:5", "a line break (U+2028)"),
        (b"a: b\nc: caf\xe9\n", "2:7", "the byte 0xE9, which is not UTF-8; save the file as UTF-8"),
        ("a: b\n".encode("utf-16"), "1:1", "save it as UTF-8"),
        ("[" * 51, "1:51", "nested more than 50 deep"),
        ("a: " + "[" * 100_000, "1:53", "nested more than 50 deep"),
        ("{" * 100_000, "1:51", "nested more than 50 deep"),
        ("- " * 60, "1:101", "nested more than 50 deep"),
    ],
)
def test_yaml_beyond_plain_data_is_refused_at_its_place(
    refuse: Refuse, content: str | bytes, where: str, says: str
) -> None:
    place, sentence = refuse(content)[-1]
    assert place == where
    assert says in sentence


def test_a_file_with_too_many_parts_is_refused(
    refuse: Refuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST_PARTS", 100)
    assert "more than 100 parts" in refuse("[" + "a," * 200 + "]")[0][1]


def test_thousands_of_marks_are_counted_not_listed(refuse: Refuse) -> None:
    problems = refuse("[" + "&a x, " * 5_000 + "]")
    assert len(problems) == 51
    assert problems[-1][1] == "and 951 more"


def test_fifty_megabytes_of_one_line_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "ua.yaml"
    with path.open("wb") as sink:
        sink.truncate(50 * 1024 * 1024)
    start = time.perf_counter()
    with pytest.raises(ConfigError, match=r"larger than 32 MiB; split it") as caught:
        read_campaign(path)
    assert time.perf_counter() - start < 1
    assert len(str(caught.value)) < 500


def test_a_file_that_grows_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ua.yaml"
    path.write_bytes(b"x" * 200)
    monkeypatch.setattr(file, "LARGEST_FILE", 100)
    monkeypatch.setattr(opening.os, "fstat", lambda _: _Small())  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="larger"):
        read_campaign(path)


class _Small:
    st_mode = 0o100644
    st_size = 1


def test_a_long_wrong_value_is_cut_in_its_error(base: str, refuse: Refuse) -> None:
    problems = refuse(base.replace("press@prokuror.kz", "x" * 900))
    assert all(len(sentence) < 300 for _, sentence in problems)
    problems = refuse(base.replace("press@prokuror.kz", "x" * 1_000_000))
    assert all(len(sentence) < 300 for _, sentence in problems)
    problems = refuse(base.replace("  number", f"  {'k' * 1000}: x\n  number"))
    assert all(len(sentence) < 500 for _, sentence in problems)


def test_a_pipe_or_a_folder_is_no_campaign_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match=r"pipe\.yaml: this is no file; give a campaign file"):
        read_campaign(pipe)
    with pytest.raises(ConfigError, match="this is a folder; give the campaign file inside it"):
        read_campaign(tmp_path)


def test_a_file_that_may_not_be_read_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(opening.os, "open", denied)  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="the file cannot be opened: Permission denied"):
        read_campaign(tmp_path / "ua.yaml")


def test_a_path_that_no_file_can_have_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="its name cannot be used"):
        read_campaign(tmp_path / "a\0b")
