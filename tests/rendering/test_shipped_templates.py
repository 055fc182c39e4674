"""The templates that come with the program greet, close and sign as they should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from uadispatch.rendering.templates import collect
from uadispatch.rendering.text import Renderer
from uadispatch.resources import shipped
from uadispatch_email import EmailChannel

if TYPE_CHECKING:
    from pathlib import Path

LANGUAGES = sorted({path.stem for path in (shipped("templates") / "email").glob("*.j2")} | {"kk"})


def context(**other: Any) -> dict[str, Any]:
    values = {
        "salutation": None,
        "target": {"role": None, "name": "A. Official"},
        "letter": {"subject": "Release her", "text": "I urge you.", "closing": None},
        "organisation": {"name": "Group 12"},
    }
    return values | other


def body(folder: Path, language: str, **other: Any) -> str:
    templates = collect(folder, {"email": EmailChannel}, LANGUAGES)
    text = Renderer(templates).render("email", language, context(**other), who="x")
    assert text.subject == "Release her"
    return text.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_greets_with_the_targets_own_salutation_once(tmp_path: Path, language: str) -> None:
    letter = {"subject": "Release her", "text": "I urge you.", "closing": "With respect,"}
    for salutation in ("Dear Minister", "Dear Minister,", "Dear Minister!"):
        text = body(tmp_path, language, salutation=salutation, letter=letter)
        assert text.splitlines()[0].rstrip("!,") == "Dear Minister"
        assert not text.splitlines()[0].endswith((",,", "!!", "!,"))
        assert text.endswith("\n\nI urge you.\n\nWith respect,\nGroup 12\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_does_without_what_is_optional(tmp_path: Path, language: str) -> None:
    text = body(tmp_path, language)
    assert "None" not in text
    assert "A. Official" in text.splitlines()[0]
    assert "\n\n\n" not in text


def test_the_fixed_words_are_in_the_letters_language(tmp_path: Path) -> None:
    assert body(tmp_path, "en").startswith("Dear A. Official,\n\n")
    assert "Yours sincerely,\nGroup 12" in body(tmp_path, "en")
    assert "С уважением,\nGroup 12" in body(tmp_path, "ru")
    assert "sincerely" not in body(tmp_path, "kk")
