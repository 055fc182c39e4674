"""Where the files lie that ship beside the code: the one loader for a wheel and a checkout."""

from __future__ import annotations

from pathlib import Path

__all__ = ["shipped"]

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The folder `name` (``templates`` or ``config``) as it came with this installation.

    A wheel holds it in ``uadispatch/_data``; in a checkout (an editable install) it stands at
    the top level, two folders above this package.
    """
    packed = _PACKAGE / "_data" / name
    return packed if packed.is_dir() else _PACKAGE.parents[1] / name
