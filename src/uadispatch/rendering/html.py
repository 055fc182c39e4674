"""Pages for the browser: what a person works from; every text is escaped.

Only the program's own pages are made here, never an organisation's templates; no page loads
anything or runs a script (its Content-Security-Policy says so).
"""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

__all__ = ["page"]


def page(name: str, **data: Any) -> str:
    """The page `name` of ``views/pages`` with `data`."""
    environment = Environment(
        loader=PackageLoader("uadispatch", "views/pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{name}.html.j2").render(data)
