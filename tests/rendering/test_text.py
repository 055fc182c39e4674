"""Templates: strict, sandboxed, found in order; data is never compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uadispatch.rendering.language import choose
from uadispatch.rendering.templates import Template, collect
from uadispatch.rendering.text import EMPTY, BrokenTemplate, Renderer
from uadispatch.testing import FakeChannel
from uadispatch_email import EmailChannel

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.rendering.text import Rendered


def render(source: str, context: dict[str, object] | None = None, **others: str) -> Rendered:
    templates = {"email/en": Template(source, "templates/email/en.j2")}
    templates |= {name: Template(text, f"templates/{name}.j2") for name, text in others.items()}
    return Renderer(templates).render("email", "en", context or {}, who="minister")


def complaint(source: str, context: dict[str, object] | None = None, **others: str) -> str:
    with pytest.raises(BrokenTemplate) as caught:
        render(source, context, **others)
    return str(caught.value)


def test_what_it_writes_is_the_body_and_what_it_sets_are_the_parts() -> None:
    text = render(
        "{% set subject %}\n  Release\n A. Person {% endset %}\n"
        "{% set opening %}Hello{% endset %}\n\nDear {{ name }},\n",
        {"name": "Minister"},
    )
    assert text.subject == "Release A. Person"
    assert text.body == "Dear Minister,\n"
    assert text.parts == {"opening": "Hello"}


def test_an_undefined_name_is_placed() -> None:
    says = complaint("Dear\n\n{{ target.nmae }}", {"target": {"name": "x"}})
    assert says.startswith("templates/email/en.j2:3: ")
    assert "nmae" in says
    assert "minister" in says


def test_an_undefined_name_in_an_included_template_is_placed_there() -> None:
    says = complaint('{% include "_foot" %}', _foot="\n{{ nobody }}")
    assert says.startswith("templates/_foot.j2:2: ")


def test_an_empty_field_is_never_printed_as_none() -> None:
    for source in (
        "{{ role }}",
        "{{ role|upper }}",
        "{{ 'x' ~ role }}",
        "{{ '%s'|format(role) }}",
        "{{ ['x', role]|join }}",
        "{{ role|trim }}",
    ):
        assert "leaves this field empty" in complaint(source, {"role": EMPTY}), source
    assert "prints nothing" in complaint("{{ role }}", {"role": None})
    assert "prints nothing" in complaint("{{ range }}")
    for source in ("{% if role %}{{ role }}{% endif %}x", "{{ role or 'x' }}"):
        assert render(source, {"role": EMPTY}).body == "x\n"


def test_a_mistake_of_syntax_is_placed() -> None:
    assert complaint("a\n{% if %}").startswith("templates/email/en.j2:2: ")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..\\secret", "email/../../x", "\0"]
)
def test_no_path_leads_out_of_the_templates(name: str) -> None:
    assert "there is no template" in complaint("{% include name %}", {"name": name})


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ [].append(1) }}",
        "{{ x.__init__.__globals__ }}",
        "{{ range(10**9) | list }}",
    ],
)
def test_a_template_is_sandboxed(source: str) -> None:
    complaint(source, {"x": "y"})


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp"))))
def test_data_is_never_compiled(name: str) -> None:
    text = render("[{{ name }}]", {"name": name + "{{ 7*7 }}{% raw %}{# x #}"})
    assert text.body == f"[{name}{{{{ 7*7 }}}}{{% raw %}}{{# x #}}]\n"


def test_the_organisations_template_wins_and_may_extend_the_plugins(tmp_path: Path) -> None:
    folder = tmp_path / "templates/email"
    folder.mkdir(parents=True)
    (folder / "en.j2").write_text(
        '{% extends "plugin/email/en" %}{% block closing %}With respect,\n{% endblock %}'
    )
    templates = collect(tmp_path, {"email": EmailChannel}, ["en"])
    context = {
        "salutation": None,
        "target": {"role": None, "name": "A. Official"},
        "letter": {"subject": "S", "text": "T", "closing": None},
        "organisation": {"name": "Group 12"},
    }
    text = Renderer(templates).render("email", "en", context, who="x")
    assert text.subject == "S"
    assert text.body == "Dear A. Official,\n\nT\n\nWith respect,\nGroup 12\n"


def test_a_plugin_of_one_file_brings_its_texts_itself(tmp_path: Path) -> None:
    templates = collect(tmp_path, {"fake": FakeChannel}, ["en"])
    assert {"fake/any", "plugin/fake/any"} <= set(templates)


def test_only_templates_that_may_speak_are_taken(tmp_path: Path) -> None:
    folder = tmp_path / "templates/fake"
    folder.mkdir(parents=True)
    for name in ("pt.j2", "pt-BR.j2", "fr.j2", "_shared.j2", "any.j2", "notes.txt"):
        (folder / name).write_text("x")
    templates = collect(tmp_path, {"fake": FakeChannel}, ["pt-BR"])
    ours = {name for name, found in templates.items() if found.file.startswith("templates/fake")}
    assert ours == {"fake/pt", "fake/pt-BR", "fake/_shared", "fake/any"}


def test_a_language_without_a_template_takes_the_shorter_one_then_any() -> None:
    templates = {
        "email/pt": Template("pt", "pt"),
        "email/any": Template("any", "any"),
    }
    renderer = Renderer(templates)
    assert renderer.render("email", "pt-BR", {}, who="x").body == "pt\n"
    assert renderer.render("email", "fr", {}, who="x").body == "any\n"
    with pytest.raises(BrokenTemplate, match=r"templates/fax/fr\.j2"):
        renderer.render("fax", "fr", {}, who="x")


@pytest.mark.parametrize(
    ("preferred", "available", "language", "falls_back"),
    [
        (["kk", "ru", "en"], ["en"], "en", False),
        (["kk", "ru", "en"], ["en", "ru"], "ru", False),
        (["pt-BR"], ["pt"], "pt", False),
        (["pt"], ["pt-BR", "en"], "pt-BR", True),
        (["kk"], ["en", "ru"], "en", True),
        ([], ["ru", "en"], "ru", False),
        (["zh-Hant-TW"], ["zh-Hans", "zh-Hant"], "zh-Hant", False),
    ],
)
def test_the_language_is_the_first_preferred_one_that_is_there(
    preferred: list[str], available: list[str], language: str, falls_back: bool
) -> None:
    choice = choose(preferred, available)
    assert choice.language == language
    assert bool(choice.fallback) is falls_back
