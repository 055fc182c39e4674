"""The settings of the letter channel: which envelope, which fonts, and where the files go."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from uadispatch import ChannelSettings
from uadispatch_letter.sheets import ENVELOPES, PAPERS, Sheet, Window

__all__ = ["LetterSettings"]

LEAST = (40.0, 15.0)
"""Width and height of a window into which an address of three lines goes."""
INSET = 2.0
LOWEST = 0.55
"""How much of the sheet may be above the window's lower edge; the letter begins below it."""

_OWN = ("window_left", "window_top", "window_width", "window_height")


class LetterSettings(ChannelSettings):
    """Which envelope the letters go into. All but `duplex` and `folder` change the letter."""

    reads: ClassVar[tuple[str, ...]] = ("fonts",)

    envelope: Literal["din-b", "us-10", "own"] = "din-b"
    """``din-b``: A4 in a DL envelope with the window of DIN 5008 form B; ``us-10``: US letter in a
    no. 10 envelope with its standard window; ``own``: the window that the four measures say."""
    paper: Literal["a4", "us-letter"] | None = None
    """Only with ``envelope = "own"``; A4 by default."""
    window_left: float | None = Field(default=None, ge=0)
    """Of your own window: millimetres from the left edge of the sheet in its envelope."""
    window_top: float | None = Field(default=None, ge=0)
    """Of your own window: millimetres from the top edge of the sheet."""
    window_width: float | None = Field(default=None, gt=0)
    """Of your own window, in millimetres: what shows of the sheet wherever it slips."""
    window_height: float | None = Field(default=None, gt=0)
    """Of your own window, in millimetres."""
    fonts: Path | None = None
    """A folder with fonts for what the built-in one cannot draw (it has Latin, Greek and
    Cyrillic), such as Debian's ``/usr/share/fonts/truetype/noto``."""
    duplex: bool = Field(default=False, exclude=True)
    """Letters are printed on both sides: in the file for the printer each begins on a new sheet."""
    folder: Path | None = Field(default=None, exclude=True)
    """Where the letters are put; by default ``.uadispatch/outbox/letter``."""

    @property
    def sheet(self) -> Sheet:
        """How a letter lies on its paper."""
        if self.envelope != "own":
            return ENVELOPES[self.envelope]
        left, top, width, height = (getattr(self, name) or 0.0 for name in _OWN)
        return Sheet(self.paper or "a4", Window(left, top, width, height, INSET), ())

    @field_validator("fonts")
    @classmethod
    def _a_folder(cls, fonts: Path | None) -> Path | None:
        if fonts is not None and not fonts.is_dir():
            raise ValueError("there is no such folder; name one that holds fonts")
        return fonts

    @model_validator(mode="after")
    def _measures(self) -> Self:
        given = [name for name in ("paper", *_OWN) if getattr(self, name) is not None]
        if self.envelope != "own":
            if given:
                raise ValueError(
                    f'{given[0]} goes with envelope = "own"; {self.envelope} has its own measures'
                )
            return self
        if missing := [name for name in _OWN if name not in given]:
            raise ValueError(f'envelope = "own" needs {", ".join(missing)} too')
        sheet = self.sheet
        window = sheet.window
        width, height = PAPERS[sheet.paper]
        if window.left + window.width > width:
            raise ValueError(f"the window reaches beyond the paper, which is {width:.0f} mm wide")
        if window.top + window.height > height * LOWEST:
            raise ValueError(
                f"the window must end at {height * LOWEST:.0f} mm from the top at the latest, for "
                f"the letter begins below it"
            )
        if window.width < LEAST[0] or window.height < LEAST[1]:
            raise ValueError(
                f"the window is too small for an address; {LEAST[0]:.0f} x {LEAST[1]:.0f} mm are "
                f"the least"
            )
        return self
