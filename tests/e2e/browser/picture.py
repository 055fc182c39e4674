"""The picture in the README: made of the dry-run's page, and held against the one that is kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageChops, ImageStat

from browser.looking import LOAD_ALL
from browser.opening import opened

if TYPE_CHECKING:
    from browser.looking import Tools
    from browser.opening import Faults

SIZE = (1280, 1400)
SMALL = (160, 175)
MOST = 1.5
"""How much the small pictures may differ, of 255 in the mean: fonts and browsers have versions."""


def hold(tools: Tools, wanted: dict[str, Any], faults: Faults) -> None:
    """Make it anew, and keep it if that is asked for; else the one that is kept must be like it."""
    kept = Path(wanted["kept"])
    fresh = tools.pictures / kept.name
    with opened(tools.browser, Path(wanted["file"]), "the picture", faults) as page:
        page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
        page.evaluate(LOAD_ALL)
        page.screenshot(path=fresh)
    if wanted["keep"]:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(fresh, kept)
        return
    if (why := _differs(fresh, kept)) is not None:
        faults.add(f"{kept.name} of the README", f"{why}; `make pictures` makes it anew")


def _differs(fresh: Path, kept: Path) -> str | None:
    if not kept.exists():
        return "it is missing"
    with Image.open(fresh) as new, Image.open(kept) as old:
        if new.size != old.size:
            return f"it has {old.size} pixels, and the page makes {new.size}"
        pair = [each.convert("L").resize(SMALL, Image.Resampling.BOX) for each in (new, old)]
    (mean,) = ImageStat.Stat(ImageChops.difference(*pair)).mean
    return f"it is not what the page looks like now (by {mean:.1f})" if mean > MOST else None
