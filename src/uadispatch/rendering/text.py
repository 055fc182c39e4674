"""Templates into texts: the only user of jinja2.

The body is what the template writes; every further part is what it sets at its top level
(``{% set subject %}...{% endset %}``). Names, contacts and letters are data: they are never
compiled, so ``{{ 7*7 }}`` in a name stays as it is. Templates are sandboxed and strict.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import (
    FunctionLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from uadispatch.errors import ConfigError, Problem
from uadispatch.rendering.language import lookup
from uadispatch.rendering.templates import ANY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template as Compiled

    from uadispatch.rendering.templates import Template

__all__ = ["BrokenTemplate", "Rendered", "Renderer"]


class BrokenTemplate(ConfigError):
    """A template that cannot be rendered: which, at which line, for which target."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text: one line of subject (may be empty), the body, and the template's further parts."""

    subject: str
    body: str
    parts: dict[str, str]


class Renderer:
    """Renders the templates of one snapshot; each is compiled once."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        """Take the templates by name, as `rendering.templates.collect` finds them."""
        self._templates = templates
        self._environment = ImmutableSandboxedEnvironment(
            loader=FunctionLoader(self._source),
            undefined=StrictUndefined,
            autoescape=False,  # plain text; each channel escapes for its own format
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_no_blanks,
            auto_reload=False,
        )
        self._find = cache(self._find_uncached)

    def render(
        self, channel: str, language: str, context: Mapping[str, Any], *, who: str
    ) -> Rendered:
        """The text for one target; `who` names it in errors.

        Raises:
            BrokenTemplate: no template, a mistake in it, or a name that it does not know.
        """
        compiled = self._find(channel, language)
        try:
            module = compiled.make_module(dict(context))
            written = str(module)
        except Exception as exc:  # noqa: BLE001 - a template's mistake raises whatever it calls
            raise BrokenTemplate(self._problem(exc, compiled.name or "?", who)) from None
        parts = {
            name: text.strip()
            for name, text in vars(module).items()
            if isinstance(text, str) and not name.startswith("_")
        }
        subject = " ".join(parts.pop("subject", "").split())
        return Rendered(subject, written.strip("\n") + "\n", parts)

    def _source(self, name: str) -> tuple[str, str, None] | None:
        template = self._templates.get(name)
        return None if template is None else (template.source, name, None)

    def _find_uncached(self, channel: str, language: str) -> Compiled:
        names = [f"{channel}/{tag}" for tag in (*lookup(language), ANY)]
        name = next((name for name in names if name in self._templates), None)
        if name is None:
            raise BrokenTemplate(
                f"there is no template for {channel} in {language}: write "
                f"templates/{channel}/{language}.j2, or templates/{channel}/{ANY}.j2 for every "
                f"language"
            )
        try:
            return self._environment.get_template(name)
        except TemplateError as exc:
            raise BrokenTemplate(self._problem(exc, name, "")) from None

    def _problem(self, exc: Exception, name: str, who: str) -> Problem:
        """What went wrong, with the template's file and line."""
        line = 1
        if isinstance(exc, TemplateSyntaxError):
            name, line = exc.name or name, exc.lineno
        else:
            for frame in traceback.extract_tb(exc.__traceback__):
                if frame.filename in self._templates:
                    name = frame.filename
                    compiled = self._environment.get_template(name)
                    line = compiled.get_corresponding_lineno(frame.lineno or 1)
        file = self._templates[name].file if name in self._templates else name
        target = f" (target {who})" if who else ""
        return Problem(f"{_says(exc)}{target}", f"{file}:{line}")


def _no_blanks(value: object) -> object:
    """Refuse to print an empty optional field: “None” must never reach an official."""
    if value is None:
        raise UndefinedError("this prints a field that the campaign file leaves empty")
    return value


def _says(exc: Exception) -> str:
    if isinstance(exc, TemplateNotFound):
        return f"there is no template {exc.name!r} to include or extend"
    if isinstance(exc, TemplateSyntaxError):
        return f"this is no template: {exc.message}"
    if isinstance(exc, SecurityError):
        return f"a template may not do this: {exc}"
    if isinstance(exc, UndefinedError):
        return f"{exc}; guard it with {{% if %}} or mend the name"
    return f"{type(exc).__name__}: {exc}"
