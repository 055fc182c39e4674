"""What the docstrings of a model's fields say: for pages and schemas, read when they are made.

pydantic could read them as each class is made (``use_attribute_docstrings``), but every command
would wait for that, and none needs them.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["described"]


def described(model: type[BaseModel]) -> dict[str, str]:
    """The fields of `model` that have a docstring, its bases' too, each with its text."""
    says: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            says |= dict(_docstrings(base))
    return says


def _docstrings(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    (written,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    if isinstance(written, ast.ClassDef):
        for field, below in pairwise(written.body):
            match field, below:
                case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                    yield name, inspect.cleandoc(text)
