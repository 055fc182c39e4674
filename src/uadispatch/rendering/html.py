"""Pages for the browser: what a person looks at; every text is escaped, and none is hidden.

Only the program's own pages are made here, never an organisation's templates. A page loads nothing
from a network: its Content-Security-Policy lets in the program's own styles and scripts, which
bear the page's nonce, and pictures that lie beside it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

__all__ = ["page", "visible"]

# Control characters, those that turn the text after them round, and those that show nothing and
# that no script needs: a name could hide behind them, or look like another.
_HIDDEN = re.compile(
    "(?![\t\n])[\x00-\x1f\x7f-\x9f\u180e\u200b\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_PICTURES = 0x2400
"""Where Unicode has a picture of each character below U+0020."""
_DELETE, _ITS_PICTURE = 0x7F, "\u2421"


def page(name: str, *, nonce: str, **data: Any) -> str:
    """The page `name` of ``views/pages`` with `data`; `nonce` is random, anew for each page."""
    return _environment().get_template(f"{name}.html.j2").render(data, nonce=nonce)


def visible(text: str) -> str:
    """`text` with a sign for each character that would do something instead of being seen."""
    return _HIDDEN.sub(_sign, text)


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code == _DELETE:
        return _ITS_PICTURE
    return chr(_PICTURES + code) if code < ord(" ") else f"[U+{code:04X}]"


def _seen(value: Any) -> Any:
    # What has been escaped already is made of texts that came through here.
    return visible(value) if type(value) is str else value


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("uadispatch", "views/pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )
