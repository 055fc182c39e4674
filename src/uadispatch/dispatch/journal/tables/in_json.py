"""What stands in a text of JSON, asked in SQL; of a text that a purge has emptied, nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, String, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement, GenericFunction

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, TableValuedAlias

__all__ = ["elements", "field", "is_json"]


def field(body: ColumnElement[Any], name: str) -> ColumnElement[str]:
    """The member `name` of the object in `body`, as a text; NULL where there is none."""
    return _Field(body, literal_column(f"'{name}'"))


def is_json(body: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether `body` can be read."""
    return _IsJson(body)


def elements(body: ColumnElement[Any]) -> TableValuedAlias:
    """The texts in the array in `body`, as a table with the column ``value``."""
    return _Elements(body).table_valued("value")


class _Field(FunctionElement[str]):
    type = String()
    inherit_cache = True


class _IsJson(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


class _Elements(GenericFunction[str]):
    type = String()
    inherit_cache = True
    name = "json_each"


@compiles(_Field)
def _field(element: _Field, compiler: Any, **more: Any) -> str:
    body, name = (compiler.process(each, **more) for each in element.clauses)
    return f"CASE WHEN json_valid({body}) THEN json_extract({body}, '$.' || {name}) END"


@compiles(_Field, "postgresql")
def _field_on_server(element: _Field, compiler: Any, **more: Any) -> str:
    body, name = (compiler.process(each, **more) for each in element.clauses)
    return f"({_readable(body)} ->> {name})"


@compiles(_IsJson)
def _is_json(element: _IsJson, compiler: Any, **more: Any) -> str:
    return f"json_valid({compiler.process(element.clauses, **more)})"


@compiles(_IsJson, "postgresql")
def _is_json_on_server(element: _IsJson, compiler: Any, **more: Any) -> str:
    # What is not empty was JSON when it was written, and no disk of ours has it.
    return f"{compiler.process(element.clauses, **more)} <> ''"


@compiles(_Elements, "postgresql")
def _elements_on_server(element: _Elements, compiler: Any, **more: Any) -> str:
    return f"json_array_elements_text({_readable(compiler.process(element.clauses, **more))})"


def _readable(body: str) -> str:
    return f"(CASE WHEN {body} <> '' THEN {body} END)::json"
