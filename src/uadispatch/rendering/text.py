"""Templates into texts: the only user of jinja2.

The body is what the template writes; every further part is what it sets at its top level
(``{% set subject %}...{% endset %}``). Names, contacts and letters are data: they are never
compiled, so ``{{ 7*7 }}`` in a name stays as it is. Templates are sandboxed and strict.
"""

from __future__ import annotations

import re
import traceback
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import (
    FunctionLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    Undefined,
    UndefinedError,
)
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from uadispatch.errors import ConfigError, Problem
from uadispatch.rendering.language import lookup
from uadispatch.rendering.templates import ANY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from jinja2 import Template as Compiled

    from uadispatch.rendering.templates import Template

__all__ = ["EMPTY", "BrokenTemplate", "Rendered", "Renderer"]


_NO_FIELD = re.compile(r"has no attribute ('\w+')")
_OF_A_MAPPING = frozenset(dir(dict))
_OF_A_DATE = frozenset({"year", "month", "day", "isoformat", "strftime", "weekday", "isoweekday"})


class _Empty(StrictUndefined):
    """A field that was left empty: false in a condition, an error wherever else it is used."""

    __slots__ = ()

    # So that `{% if target.role %}` works.
    def __bool__(self) -> bool:  # type: ignore[override]
        return False


EMPTY = _Empty(hint="the campaign file leaves this field empty")
"""What stands in a context where there is nothing: “None” must never reach an official."""


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which a date is no clock either."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._compiled: dict[str, Compiled] = {}

    def get_template(
        self,
        name: str | Compiled,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - Jinja's own name
    ) -> Compiled:
        """As Jinja does it; but a template that extends another one asks for it each time."""
        if not isinstance(name, str) or globals is not None:
            return super().get_template(name, parent, globals)
        if (found := self._compiled.get(name)) is None:
            found = self._compiled[name] = super().get_template(name, parent)
        return found

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As the sandbox does it; but of a mapping's own keys no error need be raised first."""
        if type(obj) is dict and attribute not in _OF_A_MAPPING:
            try:
                return obj[attribute]
            except KeyError:
                pass
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Refuse what Jinja refuses, and every way to the present day."""
        if isinstance(obj, date) and attr not in _OF_A_DATE:
            return False
        return super().is_safe_attribute(obj, attr, value)


class BrokenTemplate(ConfigError):
    """A template that cannot be rendered: which, at which line, and for which target."""

    def __init__(self, fault: Problem, who: str = "") -> None:
        self.fault = fault
        self.who = who
        target = f" (target {who})" if who else ""
        super().__init__(Problem(fault.says + target, fault.where))


class Rendered(NamedTuple):
    """A text: one line of subject (may be empty), the body, and the template's further parts."""

    subject: str
    body: str
    parts: dict[str, str]


class Renderer:
    """Renders the templates of one snapshot; each is compiled once."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        """Take the templates by name, as `rendering.templates.collect` finds them."""
        self._templates = templates
        self._environment = _Environment(
            loader=FunctionLoader(self._source),
            undefined=StrictUndefined,
            autoescape=False,  # plain text; each channel escapes for its own format
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_only_values,
            auto_reload=False,
        )
        # The same message must read the same each time.
        del self._environment.filters["random"], self._environment.globals["lipsum"]
        self._find = cache(self._find_uncached)

    def render(
        self, channel: str, language: str, context: Mapping[str, Any], *, who: str
    ) -> Rendered:
        """The text for one target; `who` names it in errors.

        Raises:
            BrokenTemplate: no template, a mistake in it, or a name that it does not know.
        """
        return self.about(channel, language, {})(context, who)

    def about(
        self, channel: str, language: str, common: Mapping[str, Any]
    ) -> Callable[[Mapping[str, Any], str], Rendered]:
        """What renders the text for each target, as `render` does it; all share what is `common`.

        It is given what else is in the context, and who the target is.

        Raises:
            BrokenTemplate: there is no template, or a mistake in it.
        """
        compiled, names = self._find(channel, language)
        shared = {**names, **common}

        def render(context: Mapping[str, Any], who: str) -> Rendered:
            try:
                # As `make_module` does it, but for the names that are the same each time.
                inner = compiled.new_context({**shared, **context}, shared=True)
                return _rendered("".join(compiled.root_render_func(inner)), inner.get_exported())
            except Exception as exc:  # noqa: BLE001 - a template's mistake raises whatever it calls
                raise BrokenTemplate(self._problem(exc, compiled.name or "?"), who) from None

        return render

    def _source(self, name: str) -> tuple[str, str, None] | None:
        template = self._templates.get(name)
        return None if template is None else (template.source, name, None)

    def file_of(self, channel: str, language: str) -> str:
        """The file of the template that `render` would take; "" if there is none."""
        name = self._name(channel, language)
        return self._templates[name].file if name is not None else ""

    def _name(self, channel: str, language: str) -> str | None:
        names = [f"{channel}/{tag}" for tag in (*lookup(language), ANY)]
        return next((name for name in names if name in self._templates), None)

    def _find_uncached(self, channel: str, language: str) -> tuple[Compiled, dict[str, Any]]:
        """The template, and the names that every template knows."""
        name = self._name(channel, language)
        if name is None:
            raise BrokenTemplate(
                Problem(
                    f"there is no template for {channel} in {language}: write "
                    f"templates/{channel}/{language}.j2, or templates/{channel}/{ANY}.j2 for "
                    f"every language"
                )
            )
        try:
            compiled = self._environment.get_template(name)
        except TemplateError as exc:
            raise BrokenTemplate(self._problem(exc, name)) from None
        return compiled, dict(compiled.globals)

    def _problem(self, exc: Exception, name: str) -> Problem:
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
        return Problem(_says(exc), f"{file}:{line}")


def _rendered(written: str, exported: Mapping[str, Any]) -> Rendered:
    parts = {
        name: text.strip()
        for name, text in exported.items()
        if isinstance(text, str) and not name.startswith("_")
    }
    subject = " ".join(parts.pop("subject", "").split())
    return Rendered(subject, written.strip("\n") + "\n", parts)


def _only_values(value: object) -> object:
    """Refuse to print what is no value of the campaign."""
    if value is None or (callable(value) and not isinstance(value, Undefined)):
        raise UndefinedError("this prints nothing that a recipient could read")
    return value


def _says(exc: Exception) -> str:
    if isinstance(exc, TemplateNotFound):
        return f"there is no template {exc.name!r} to include or extend"
    if isinstance(exc, TemplateSyntaxError):
        return f"this is no template: {exc.message}"
    if isinstance(exc, SecurityError):
        return f"a template may not do this: {exc}"
    if isinstance(exc, UndefinedError):
        unknown = _NO_FIELD.search(str(exc))
        says = f"there is no field {unknown[1]} here" if unknown else str(exc)
        return f"{says}; guard it with {{% if %}} or mend the name"
    return f"{type(exc).__name__}: {exc}"
