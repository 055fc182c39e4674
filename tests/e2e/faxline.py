"""A telephone line with a fax machine at each end: SpanDSP's modems, joined sample by sample.

`call` sends a TIFF-F file over it and says what the machines said. Nothing waits: a call of half
a minute takes a tenth of a second. It knows nothing of gateways and messages. Needs SpanDSP
(Debian's libspandsp2) and the standard library alone.
"""

from __future__ import annotations

import ctypes
import math
import random
from array import array
from ctypes import POINTER, c_char_p, c_int, c_int16, c_void_p
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, Protocol, get_args

if TYPE_CHECKING:
    from pathlib import Path

Answer = Literal["answers", "crackle", "busy", "no answer", "cut", "noise"]
Tone = Literal["", "busy", "ringing"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)

RATE = 8000
STEP = 160  # samples: 20 ms
SECOND = RATE // STEP
LONGEST = 600 * SECOND
AFTERWARDS = 3 * SECOND  # the caller's last word must still be heard
CUT_AFTER = 2 * SECOND  # of the second page
DIAL_TONE = 425  # Hz; so is busy and ringing in most of Europe and Asia (ITU-T E.180)
CADENCES: dict[Tone, tuple[int, int]] = {"busy": (350, 350), "ringing": (1000, 4000)}
"""ms on, off."""
LOUD = 4000  # rms; the machines speak at about 5,000
COMPRESSIONS = 0x2 | 0x4 | 0x8  # T.4 1D and 2D, T.6
RESOLUTIONS = 0x1 | 0x2 | 0x20000  # standard and fine, 204 a inch across
SIZES = 0x1 | 0x10000 | 0x20000  # 215 mm; A4 and any length
OK = 0
Samples = c_int16 * STEP
SILENCE = Samples()


@dataclass(frozen=True, slots=True)
class CallResult:
    """What the calling machine knows at the end."""

    ok: bool
    pages: int
    """So many were confirmed by the other machine."""
    code: int
    """T.30's completion code in SpanDSP's numbering; 0 is OK."""
    says: str
    tone: Tone
    """What the caller heard instead of a fax machine."""
    seconds: int
    """How long it would have taken."""
    received: Path | None
    """The TIFF of the other machine, if it got anything."""


def call(tiff: Path, received: Path, answer: Answer, *, library: Path) -> CallResult:
    """Call, send every page of `tiff`, and write what arrives to `received`."""
    spandsp = _load(library)
    caller = Machine(spandsp, calling=True, file=tiff)
    far = _far_end(spandsp, answer, received)
    line = Line(answer)
    ear = Ear(spandsp)
    passed, over = 0, LONGEST
    while passed < over + AFTERWARDS:
        passed += 1
        there, back = line.carry(caller.speak(), far.speak(), caller.pages)
        far.hear(there)
        caller.hear(back)
        if ear.listen(back) == "busy" or passed == LONGEST:
            caller.hang_up()
        if caller.ended is not None:
            over = min(over, passed)
    pages, code = caller.pages, caller.ended
    caller.leave()
    far.leave()
    ear.leave()
    if code is None:
        raise RuntimeError("SpanDSP says nothing although the caller has hung up")
    return CallResult(
        ok=code == OK,
        pages=pages,
        code=code,
        says=spandsp.t30_completion_code_to_str(code).decode(),
        tone=ear.tone,
        seconds=over // SECOND,
        received=received if received.exists() and received.stat().st_size else None,
    )


class FarEnd(Protocol):
    """Whoever is called: a machine, or the exchange with a tone."""

    def speak(self) -> ctypes.Array[c_int16]: ...
    def hear(self, samples: ctypes.Array[c_int16]) -> None: ...
    def leave(self) -> None: ...


def _far_end(spandsp: ctypes.CDLL, answer: Answer, received: Path) -> FarEnd:
    if answer == "busy":
        return Exchange("busy")
    if answer == "no answer":
        return Exchange("ringing")
    return Machine(spandsp, calling=False, file=received)


class Machine:
    """A fax machine: it sends `file` if it calls, and writes it if it is called."""

    def __init__(self, spandsp: ctypes.CDLL, *, calling: bool, file: Path) -> None:
        self._lib = spandsp
        self._fax = spandsp.fax_init(None, calling)
        if not self._fax:
            raise MemoryError("SpanDSP makes no fax machine")
        self.ended: int | None = None
        """T.30's completion code."""
        self.pages = 0
        self._t30 = spandsp.fax_get_t30_state(self._fax)
        self._ended = _PHASE_E(self._end)  # SpanDSP keeps no reference of it
        # Without it a silent machine sends fewer samples, and the clocks of both would differ.
        spandsp.fax_set_transmit_on_idle(self._fax, 1)
        spandsp.t30_set_tx_ident(self._t30, b"caller" if calling else b"called")
        spandsp.t30_set_ecm_capability(self._t30, 1)
        spandsp.t30_set_supported_compressions(self._t30, COMPRESSIONS)
        spandsp.t30_set_supported_resolutions(self._t30, RESOLUTIONS)
        spandsp.t30_set_supported_image_sizes(self._t30, SIZES)
        spandsp.t30_set_phase_e_handler(self._t30, self._ended, None)
        if calling:
            spandsp.t30_set_tx_file(self._t30, bytes(file), -1, -1)
        else:
            spandsp.t30_set_rx_file(self._t30, bytes(file), -1)

    def speak(self) -> ctypes.Array[c_int16]:
        samples = Samples()
        self._lib.fax_tx(self._fax, samples, STEP)
        return samples

    def hear(self, samples: ctypes.Array[c_int16]) -> None:
        self._lib.fax_rx(self._fax, samples, STEP)
        if self.ended is None:
            self._count()

    def hang_up(self) -> None:
        if self.ended is None:
            self._lib.t30_terminate(self._t30)

    def leave(self) -> None:
        self._lib.fax_release(self._fax)  # closes its file
        self._lib.fax_free(self._fax)

    def _end(self, _t30: int | None, _data: int | None, code: int) -> None:
        self._count()
        self.ended = code

    def _count(self) -> None:
        statistics = _Statistics()
        self._lib.t30_get_transfer_statistics(self._t30, ctypes.byref(statistics))
        self.pages = statistics.pages_tx


class Exchange:
    """A tone, on and off."""

    def __init__(self, tone: Tone) -> None:
        self._on, self._off = CADENCES[tone]
        self._spoken = 0

    def speak(self) -> ctypes.Array[c_int16]:
        first, self._spoken = self._spoken, self._spoken + STEP
        return Samples(*(self._sample(number) for number in range(first, first + STEP)))

    def _sample(self, number: int) -> int:
        if number * 1000 // RATE % (self._on + self._off) >= self._on:
            return 0
        return round(8000 * math.sin(2 * math.pi * DIAL_TONE * number / RATE))

    def hear(self, samples: ctypes.Array[c_int16]) -> None:
        """It does not listen."""

    def leave(self) -> None:
        """It has nothing to give back."""


class Line:
    """What becomes of the sound between the two: nothing, noise, or silence from some moment."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._cut_in = CUT_AFTER
        self._carried = 0
        self._chance = random.Random(46)  # noqa: S311 - the same noise each time
        self._noise = array("h", (round(self._chance.gauss(0, LOUD)) for _ in range(RATE)))

    def carry(
        self, there: ctypes.Array[c_int16], back: ctypes.Array[c_int16], pages: int
    ) -> tuple[ctypes.Array[c_int16], ctypes.Array[c_int16]]:
        """What each end hears of what the other one said."""
        self._carried += 1
        if self._is_noisy():
            return self._spoil(there), self._spoil(back)
        if self._answer == "cut" and pages:
            self._cut_in -= self._cut_in > 0
            if not self._cut_in:
                return SILENCE, SILENCE
        return there, back

    def _is_noisy(self) -> bool:
        """Noise comes in bursts: a carrier that never ends would be taken for a modem's."""
        if self._answer == "crackle":
            # Within the first page: the machine repeats what was lost of it. A first greeting
            # that is lost may end a call, on real lines as well.
            return 15 * SECOND < self._carried < 30 * SECOND and self._carried % 250 < 5
        return self._answer == "noise" and self._carried % 25 < 10

    def _spoil(self, samples: ctypes.Array[c_int16]) -> ctypes.Array[c_int16]:
        start = self._chance.randrange(RATE - STEP)
        noise = self._noise[start : start + STEP]
        mixed = (one + other for one, other in zip(samples, noise, strict=True))
        return Samples(*(max(-32768, min(32767, value)) for value in mixed))


class Ear:
    """The caller's ear for the tones of an exchange."""

    def __init__(self, spandsp: ctypes.CDLL) -> None:
        self._lib = spandsp
        self.tone: Tone = ""
        self._known = spandsp.super_tone_rx_make_descriptor(None)
        self._names: dict[int, Tone] = {}
        for name, (on, off) in CADENCES.items():
            tone = spandsp.super_tone_rx_add_tone(self._known)
            self._names[tone] = name
            for frequency, lasts in ((DIAL_TONE, on), (0, off), (DIAL_TONE, on), (0, off)):
                least, most = lasts - 60, lasts + 60
                spandsp.super_tone_rx_add_element(self._known, tone, frequency, 0, least, most)
        self._report = _TONE(self._hear)
        self._detector = spandsp.super_tone_rx_init(None, self._known, self._report, None)

    def listen(self, samples: ctypes.Array[c_int16]) -> Tone:
        """The tone that is known by now."""
        self._lib.super_tone_rx(self._detector, samples, STEP)
        return self.tone

    def leave(self) -> None:
        self._lib.super_tone_rx_free(self._detector)
        self._lib.super_tone_rx_free_descriptor(self._known)

    def _hear(self, _data: int | None, tone: int, _level: int, _delay: int) -> None:
        self.tone = self._names.get(tone, self.tone)  # -1: it is over


class _Statistics(ctypes.Structure):
    """SpanDSP 0.0.6's t30_stats_t."""

    _fields_ = [
        (name, c_int)
        for name in (
            "bit_rate",
            "error_correcting_mode",
            "pages_tx",
            "pages_rx",
            "pages_in_file",
            "x_resolution",
            "y_resolution",
            "width",
            "length",
            "image_size",
            "encoding",
            "bad_rows",
            "longest_bad_row_run",
            "error_correcting_mode_retries",
            "current_status",
        )
    ]


_PHASE_E = ctypes.CFUNCTYPE(None, c_void_p, c_void_p, c_int)
_TONE = ctypes.CFUNCTYPE(None, c_void_p, c_int, c_int, c_int)
_FUNCTIONS: dict[str, tuple[object, ...]] = {
    # Each: what it gives, what it takes.
    "fax_init": (c_void_p, c_void_p, c_int),
    "fax_get_t30_state": (c_void_p, c_void_p),
    "fax_set_transmit_on_idle": (None, c_void_p, c_int),
    "fax_tx": (c_int, c_void_p, POINTER(c_int16), c_int),
    "fax_rx": (c_int, c_void_p, POINTER(c_int16), c_int),
    "fax_release": (c_int, c_void_p),
    "fax_free": (c_int, c_void_p),
    "t30_set_tx_ident": (c_int, c_void_p, c_char_p),
    "t30_set_ecm_capability": (c_int, c_void_p, c_int),
    "t30_set_supported_compressions": (c_int, c_void_p, c_int),
    "t30_set_supported_resolutions": (c_int, c_void_p, c_int),
    "t30_set_supported_image_sizes": (c_int, c_void_p, c_int),
    "t30_set_phase_e_handler": (None, c_void_p, _PHASE_E, c_void_p),
    "t30_set_tx_file": (None, c_void_p, c_char_p, c_int, c_int),
    "t30_set_rx_file": (None, c_void_p, c_char_p, c_int),
    "t30_get_transfer_statistics": (None, c_void_p, POINTER(_Statistics)),
    "t30_terminate": (None, c_void_p),
    "t30_completion_code_to_str": (c_char_p, c_int),
    "super_tone_rx_make_descriptor": (c_void_p, c_void_p),
    "super_tone_rx_add_tone": (c_int, c_void_p),
    "super_tone_rx_add_element": (c_int, c_void_p, c_int, c_int, c_int, c_int, c_int),
    "super_tone_rx_init": (c_void_p, c_void_p, c_void_p, _TONE, c_void_p),
    "super_tone_rx": (c_int, c_void_p, POINTER(c_int16), c_int),
    "super_tone_rx_free": (c_int, c_void_p),
    "super_tone_rx_free_descriptor": (c_int, c_void_p),
}


@lru_cache
def _load(library: Path) -> ctypes.CDLL:
    spandsp = ctypes.CDLL(str(library))
    for name, (gives, *takes) in _FUNCTIONS.items():
        function = getattr(spandsp, name)
        function.restype, function.argtypes = gives, takes
    return spandsp
