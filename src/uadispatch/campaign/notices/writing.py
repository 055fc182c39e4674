"""Content -> the text of a campaign file with its remarks; and the edits that an import makes.

What it writes reads back as exactly the content that it was given. It knows nothing of documents.
"""

from __future__ import annotations

import re
from datetime import date
from hashlib import sha256
from io import StringIO
from typing import TYPE_CHECKING, Any

from uadispatch.campaign.places import Unreadable, compose, find_places
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["SCHEMA", "closed", "is_as_written", "is_sealed", "written"]

Steps = tuple[str | int, ...]

SCHEMA = "# yaml-language-server: $schema=../campaign.schema.json"
"""The first line of a file that stands where an editor finds the schema."""

_SEAL = "# As imported: "
_SEALED = re.compile(rf"^{_SEAL}([0-9a-f]{{16}})", re.MULTILINE)
_BLOCKS = {"summary", "actions", "report", "additional_information", "address", "text"}
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9-]*", re.ASCII)
_OPEN = re.compile(r"""(["']?)open\1(?![\w"'])""")
_ENDLESS = 10**9
_LONGEST_REMARK = 300


def written(
    content: Mapping[str, Any],
    remarks: Mapping[Steps, str],
    *,
    head: Iterable[str] = (),
    foot: Iterable[str] = (),
    schema: bool = True,
) -> str:
    """The text of a campaign file: lines of `head` as remarks, the content, lines of `foot`.

    Raises:
        ConfigError: it would read back as something else.
    """
    body = _body(content, remarks)
    if below := [f"{_comment(line)}\n" for line in foot]:
        body += "\n" + "".join(below)
    try:
        exact = _read_back(compose(body)) == _read_back(content)
    except Unreadable:
        exact = False
    if not exact:
        raise ConfigError("what the document says cannot be written as a campaign file; write one")
    lines = [SCHEMA] if schema else []
    lines += [_comment(line) for line in head]
    lines.append(f"{_SEAL}{_seal(body)}; while that is true, an import may replace this file.")
    return "\n".join(lines) + "\n\n" + body


def is_sealed(text: str) -> bool:
    """Whether `written` made this text, whatever has become of it since."""
    return _SEALED.search(text) is not None


def is_as_written(text: str) -> bool:
    """Whether nobody has changed this text since `written` made it."""
    found = _SEALED.search(text)
    if found is None:
        return False
    _, _, body = text[found.end() :].partition("\n\n")
    return _seal(body) == found[1]


def closed(text: str, because: str) -> str | None:
    """The text of a campaign file with its status closed; None if it cannot be edited surely.

    Nothing else is changed, whatever a person wrote there. The seal of a file that was as written
    is made anew, and the ends of its lines stay what they are.
    """
    if "\n" in text and text.count("\r\n") == text.count("\n"):
        after = closed(text.replace("\r\n", "\n"), because)
        return None if after is None else after.replace("\n", "\r\n")
    sealed = is_as_written(text)
    steps = ("urgent_action", "status")
    try:
        before = compose(text)
        place = find_places(text, {steps}).get(steps)
        lines = text.splitlines(keepends=True)
        if place is None:
            number = find_places(text, {("urgent_action", "number")})[("urgent_action", "number")]
            at, column = number.key.line, number.key.column
            lines.insert(at, f"{' ' * (column - 1)}status: closed  {_comment(because)}\n")
        else:
            at, column = place.value.line - 1, place.value.column - 1
            ended = lines[at][column:]
            opened = _OPEN.match(ended)
            if opened is None:
                return None
            rest = ended[opened.end() :].strip()
            if rest and not rest.startswith("#"):
                return None  # `{number: ..., status: open, ...}`: a person edits that
            lines[at] = (
                f"{lines[at][:column]}closed  {_comment(because)} {rest[1:]}".rstrip() + "\n"
            )
        after = "".join(lines)
        now = compose(after)
        before["urgent_action"]["status"] = "closed"
    except (Unreadable, KeyError, TypeError, IndexError):
        return None
    if now != before:
        return None
    return _sealed_anew(after) if sealed else after


def _sealed_anew(text: str) -> str:
    found = _SEALED.search(text)
    if found is None:
        return text
    _, _, body = text[found.end() :].partition("\n\n")
    return text[: found.start(1)] + _seal(body) + text[found.end(1) :]


def _seal(body: str) -> str:
    return sha256(body.replace("\r\n", "\n").encode()).hexdigest()[:16]


def _comment(text: str) -> str:
    """A remark on one line; whatever a document says cannot end it."""
    clean = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    cut = clean if len(clean) <= _LONGEST_REMARK else clean[: _LONGEST_REMARK - 1] + "…"
    return f"# {cut}".rstrip()


def _body(content: Mapping[str, Any], remarks: Mapping[Steps, str]) -> str:
    from ruamel.yaml import YAML  # noqa: PLC0415 - costly

    yaml = YAML()
    yaml.width = _ENDLESS
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(_tree(content, (), remarks), out)
    return out.getvalue()


def _tree(value: Any, steps: Steps, remarks: Mapping[Steps, str]) -> Any:
    """The content as ruamel.yaml keeps it, with the remarks in their places."""
    if isinstance(value, dict):
        return _mapping(value, steps, remarks)
    if isinstance(value, list):
        return _sequence(value, steps, remarks)
    if isinstance(value, str) and _is_block(value, steps):
        from ruamel.yaml.scalarstring import LiteralScalarString  # noqa: PLC0415 - costly

        return LiteralScalarString(value + "\n")
    return value


def _is_block(value: str, steps: Steps) -> bool:
    named = next((step for step in reversed(steps) if isinstance(step, str)), "")
    return named in _BLOCKS or "\n" in value


def _stands_below(value: Any, steps: Steps) -> bool:
    """Whether a value stands on lines of its own, so that its remark must come before them."""
    if isinstance(value, list):
        return not _is_flow(value)
    return isinstance(value, dict) or (isinstance(value, str) and _is_block(value, steps))


def _is_flow(value: list[Any]) -> bool:
    # Only codes: what may stand plainly within brackets is not the same to every reader.
    return all(isinstance(part, str) and _CODE.fullmatch(part) for part in value)


def _mapping(value: dict[str, Any], steps: Steps, remarks: Mapping[Steps, str]) -> Any:
    from ruamel.yaml.comments import CommentedMap  # noqa: PLC0415 - costly

    tree = CommentedMap()
    indent = 2 * len(steps)
    for key, part in value.items():
        here = (*steps, key)
        tree[key] = _tree(part, here, remarks)
        remark = _comment(remarks.get(here, ""))[2:]
        if not steps and len(tree) > 1 and isinstance(part, dict | list) and key != "channels":
            tree.yaml_set_comment_before_after_key(key, before="\n")
        if not remark:
            continue
        if _stands_below(part, here):
            tree.yaml_set_comment_before_after_key(key, before=remark, indent=indent)
        else:
            tree.yaml_add_eol_comment(remark, key, 0)
    return tree


def _sequence(value: list[Any], steps: Steps, remarks: Mapping[Steps, str]) -> Any:
    from ruamel.yaml.comments import CommentedSeq  # noqa: PLC0415 - costly

    tree = CommentedSeq([_tree(part, (*steps, at), remarks) for at, part in enumerate(value)])
    if _is_flow(value):
        tree.fa.set_flow_style()
    return tree


def _read_back(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _read_back(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_read_back(part) for part in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.removesuffix("\n") if isinstance(value, str) else value
