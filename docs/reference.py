"""docs/reference.md: every name of the public API, in the words of its docstring.

``make docs`` writes it. A name that is exported and stands in no group here is an error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import griffe
import public_api

from uadispatch.channels.contract import Hooks
from uadispatch.observers.hooks import ObserverHooks
from uadispatch.testing.contract.failures import SORTED
from uadispatch.testing.contract.whole import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["GROUPS", "reference", "undocumented"]

HEAD = """\
# Reference

<!-- Made from the docstrings by `make docs`: edit them instead. -->

Every name that a plugin may import: from `uadispatch` what a channel or an observer needs, from
`uadispatch.testing` what its tests need. [first-channel.md](first-channel.md) shows them at work,
[channels.md](channels.md) says what a channel promises, [observers.md](observers.md) what an observer
does, [compatibility.md](compatibility.md) what may change.
"""
GROUPS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "A channel": (
        "uadispatch",
        "What a plugin implements, and what the core lends it.",
        ("Channel", "Capabilities", "By", "ChannelSettings", "Duration", "Tools", "RegisterChannel",
         "hookimpl", "API_VERSION", "__version__"),
    ),
    "A message": (
        "uadispatch",
        "What `send` is given.",
        ("Message", "Target", "Contact", "EmailAddress", "PhoneNumber", "Organisation",
         "Attachment"),
    ),
    "What a channel says of it": (
        "uadispatch",
        "What `preview`, `send` and `confirm` return.",
        ("Preview", "Figure", "Receipt", "Handover", "Outcome", "Became", "Counts"),
    ),
    "Errors": (
        "uadispatch",
        "What `send` raises says what becomes of the message.",
        ("UadispatchError", "ConfigError", "PluginError", "DeliveryError", "Temporary",
         "Unavailable", "Rejected", "OptedOut", "Unknown", "UadispatchDeprecationWarning"),
    ),
    "Helpers": (
        "uadispatch",
        "What channels need again and again.",
        ("WebService", "WebAnswer", "hand_over", "write_file", "page_data", "is_open",
         "opens_next", "local_times"),
    ),
    "A stand-in": (
        "uadispatch",
        "The far end on this machine, for rehearsals and tests.",
        ("StandIn", "Received", "Failure", "CannotSimulate"),
    ),
    "An observer": (
        "uadispatch",
        "What the hooks of an observer are told.",
        ("RunStarted", "MessageSettled", "RunFinished", "CampaignClosed", "ObserverSettings",
         "ObserverTools", "RegisterSettings"),
    ),
    "Tests of a channel": (
        "uadispatch.testing",
        "What proves it. `pip install 'uadispatch[testing]'`.",
        ("ChannelContract", "Case", "Asked", "drop_in", "SORTED", "VirtualClock",
         "nothing_is_opened", "FakeChannel", "FakeSettings"),
    ),
    "Stand-ins that are there": (
        "uadispatch.testing",
        "Said in a few lines.",
        ("WebStandIn", "FolderStandIn", "Desk"),
    ),
    "A web server that misbehaves": (
        "uadispatch.testing",
        "For stand-ins of your own.",
        ("HttpServer", "Request", "Answer", "in_json", "Act", "SILENCE", "CLOSE", "RESET",
         "GARBAGE", "raw", "cut", "late"),
    ),
}  # fmt: skip
"""Title, module, words, names."""
LONGEST_DEFAULT, LONGEST_TYPE = 40, 90
NAMED = (("channels.contract", "Begin"), ("channels.contract", "Typeset"), ("clock", "Clock"))
"""What is lent, and never imported."""
SPECS = (Hooks, ObserverHooks)
_AS_PYDANTIC_HAS_IT = frozenset({"model_config"})
_TYPED_CODE = re.compile(r"::\n\n((?:(?: {4}.*)?\n)*(?: {4}.*))")


def reference() -> str:
    """The page."""
    _check_groups()
    parts = [HEAD]
    for title, (face, words, names) in GROUPS.items():
        parts.append(f"## {title}\n\nFrom `{face}`. {words}\n")
        for name in names:
            parts += _of(name, _thing(face, name))
    parts += [*_named(), *_hooks(), *_failures(), *_promises()]
    return "\n".join(parts)


def undocumented() -> list[str]:
    """Public names without a word: neither a docstring of their own nor a place in their class's."""
    found = []
    for face, names in public_api.FACES.items():
        for name in names:
            thing = _thing(face, name)
            words = _docstring(thing)
            if not words:
                found.append(f"{face}.{name}")
            if isinstance(thing, griffe.Class):
                found += [
                    f"{face}.{name}.{member_name}"
                    for member_name, member in _members(thing)
                    if not _docstring(member) and f"`{member_name}`" not in words
                ]
    return found


def _check_groups() -> None:
    """Raise ValueError unless each name stands in exactly one group."""
    for face, exported in public_api.FACES.items():
        grouped = [name for of, _, names in GROUPS.values() if of == face for name in names]
        if sorted(grouped) != sorted(exported):
            wrong = {*grouped} ^ {*exported} or "one of them twice"
            raise ValueError(f"docs/reference.py: the groups of {face} lack or have {wrong}")


def _thing(face: str, name: str) -> griffe.Object:
    package = public_api.package()
    found: griffe.Object | griffe.Alias
    found = (package if face == "uadispatch" else package["testing"])[name]
    return found.final_target if isinstance(found, griffe.Alias) else found


def _members(kind: griffe.Class) -> Iterator[tuple[str, griffe.Object]]:
    exported = {name for names in public_api.FACES.values() for name in names}
    # What a class has of another that stands here is told there.
    told = {name for base in kind.mro() if base.name in exported for name in base.members}
    for name, member in public_api.members(kind).items():
        if name not in told | _AS_PYDANTIC_HAS_IT | {"__init__"}:
            yield name, member.final_target if isinstance(member, griffe.Alias) else member


def _of(name: str, thing: griffe.Object) -> Iterator[str]:
    """A name with its words, and its members below it."""
    if isinstance(thing, griffe.Function):
        yield f"### `{_call('', name, thing)}`\n"
        yield _words(thing)
        return
    yield f"### `{name}`\n"
    yield _words(thing)
    if not isinstance(thing, griffe.Class):
        return
    members = dict(_members(thing))
    if _is_called(thing):
        yield f"`{_call('', name, thing.members['__init__'])}`\n"
    values = {n: m for n, m in members.items() if isinstance(m, griffe.Attribute)}
    if values:
        yield _table(values)
    for member_name, member in members.items():
        if isinstance(member, griffe.Function):
            yield f"#### `{_call(f'{name}.', member_name, member)}`\n"
            yield _words(member)


def _is_called(kind: griffe.Class) -> bool:
    """Whether it has a constructor of its own, which its fields do not say."""
    made = kind.members.get("__init__")
    return isinstance(made, griffe.Function) and made.lineno != kind.lineno and bool(made.lineno)


def _table(values: dict[str, griffe.Attribute]) -> str:
    rows = ["| | type | |", "|---|---|---|"]
    for name, value in values.items():
        kinds = [str(part) for part in (value.annotation, _short(value)) if part is not None]
        kind = f"`{' = '.join(kinds)}`" if kinds and len(kinds[0]) < LONGEST_TYPE else ""
        says = " ".join(_in_markdown(_docstring(value)).split())
        rows.append(f"| `{name}` | {_cell(kind)} | {_cell(says)} |")
    return "\n".join((*rows, ""))


def _short(value: griffe.Attribute) -> str | None:
    """What it is by default, where that says something."""
    text = str(value.value)
    is_said = value.value is not None and not set(text) & {"(", "_"} and text != value.name
    return text if is_said and text != "None" and len(text) < LONGEST_DEFAULT else None


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _call(of: str, name: str, function: griffe.Object | griffe.Alias) -> str:
    """As it is called, with the class that it is `of`: names, and what it gives."""
    assert isinstance(function, griffe.Function)  # noqa: S101 - who calls it has looked
    parts: list[str] = []
    keyword_only = False
    for parameter in function.parameters:
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is griffe.ParameterKind.keyword_only and not keyword_only:
            parts.append("*")
            keyword_only = True
        stars = {
            griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**",
        }.get(parameter.kind or griffe.ParameterKind.positional_or_keyword, "")  # fmt: skip
        keyword_only = keyword_only or stars == "*"
        has = f"={parameter.default}" if parameter.default is not None and not stars else ""
        parts.append(f"{stars}{parameter.name}{has}")
    is_async = "await " if "async" in function.labels else ""
    gives = f" -> {function.returns}" if function.returns not in (None, "None") else ""
    return f"{is_async}{of}{name}({', '.join(parts)}){gives}"


def _docstring(thing: griffe.Object) -> str:
    return thing.docstring.value if thing.docstring is not None else ""


def _words(thing: griffe.Object) -> str:
    """A docstring in Markdown; what it raises as a list."""
    if thing.docstring is None:
        return ""
    parts: list[str] = []
    for section in thing.docstring.parse("google", warnings=False):
        if section.kind is griffe.DocstringSectionKind.raises:
            rows = [
                f"- `{raised.annotation}`: {' '.join(_in_markdown(raised.description).split())}"
                for raised in section.value
            ]
            parts.append("\n".join(("Raises:\n", *rows)))
        else:
            parts.append(_in_markdown(str(section.value)))
    return "\n\n".join(parts) + "\n"


def _in_markdown(text: str) -> str:
    """Docstrings are written in a little reStructuredText."""

    def fenced(found: re.Match[str]) -> str:
        code = "\n".join(line.removeprefix("    ") for line in found[1].strip("\n").splitlines())
        kind = "text" if code.startswith(("uadispatch\n", "UadispatchError")) else "python"
        return f"\n\n```{kind}\n{code}\n```"

    text = _TYPED_CODE.sub(fenced, text.replace("``", "`"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _named() -> Iterator[str]:
    yield "## Named above, and never imported\n"
    for module, name in NAMED:
        thing = public_api.package()[module][name]
        if not isinstance(thing, griffe.Class):
            raise TypeError(f"docs/reference.py: {module}.{name} is no class")
        yield from _of(name, thing)


def _hooks() -> Iterator[str]:
    yield "## Hooks\n"
    yield "Functions of a plugin's module, each marked with `@hookimpl`. It may take fewer arguments.\n"
    yield "| hook | |\n|---|---|"
    for spec in SPECS:
        module = public_api.package()[spec.__module__.removeprefix("uadispatch.")]
        kind = module[spec.__name__]
        for name, hook in kind.members.items():
            if isinstance(hook, griffe.Function):
                says = " ".join(_in_markdown(_docstring(hook)).split())
                yield f"| `{_call('', name, hook)}` | {_cell(says)} |"
    yield ""


def _failures() -> Iterator[str]:
    yield "## What a far end may do, and what `send` must raise\n"
    yield "| `Failure` | the far end | error |\n|---|---|---|"
    for failure, error in SORTED.items():
        yield f"| `{failure.name}` | {failure} | `{error.__name__}` |"
    yield ""


def _promises() -> Iterator[str]:
    yield "## What `ChannelContract` asks of every channel\n"
    for title, part in PARTS.items():
        yield f"**{title[0].upper()}{title[1:]}**\n"
        for name, test in vars(part).items():
            if name.startswith("test_"):
                yield f"- {_in_markdown(test.__doc__ or '').splitlines()[0]} (`{name}`)"
        yield ""
