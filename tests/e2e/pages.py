"""The piece pages: what reviewers look at, opened from disk in Debian's Chromium, as they do.

It makes the pages with the installed program and says what each must show; ``browser/`` looks.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from debian import installed, unpacked
from pages_cases import MANY, arabic, hostile, large, real, refused, russian
from piece import ROOT, Failed, expect, installed_from_wheel, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pages_cases import Case
    from piece import Piece

AXE = "axe-core@4.14.1"
AXE_SHA512 = (
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)
HERE = Path(__file__).parent
REQUIREMENTS = HERE / "pages-requirements.txt"
PICTURE = ROOT / "docs/images/dry-run.png"
KEEP = "KEEP_PICTURES"
"""The variable that makes the README's picture anew, instead of holding it against the page."""
OF_A_MESSAGE = ("key", "target", "channel", "language", "state", "held")
MOST_OF_THE_FIRST = 2_000_000
"""Bytes of the first page of many."""
PICTURES = ROOT / "build/pages"
"""Where the pictures of all pages are left to look at."""
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<dir>{fonts}</dir>
<cachedir>{cache}</cachedir>
<match>
  <test name="family"><string>monospace</string></test>
  <edit name="family" mode="prepend" binding="strong"><string>DejaVu Sans Mono</string></edit>
</match>
<match>
  <edit name="family" mode="append" binding="strong"><string>Noto Sans</string></edit>
</match>
</fontconfig>
"""


ALIKE = ("russian-rehearsal", "russian-tasks", "russian-report")
"""They run as English ones do: of Cyrillic the first page is enough."""
SIFTED_ONCE = ("arabic", "hostile")
"""What sifts their rehearsals is what sifts their dry-runs."""


def pages(piece: Piece) -> None:
    """Every page of real, Arabic, hostile and large campaigns, looked at in every way."""
    uadispatch = installed_from_wheel(piece)
    homes = _emptied(piece.folder / "homes")
    fonts = unpacked(piece, "fonts-noto-core", "fonts-dejavu-core") / "usr/share/fonts"
    _nothing_controls(piece, uadispatch, homes)
    shares = min(os.cpu_count() or 1, 4)
    with ThreadPoolExecutor(max_workers=shares) as at_once:
        four = [
            at_once.submit(_four, piece, uadispatch, make(homes, fonts))
            for make in (real, russian, arabic, hostile)
        ]
        one = at_once.submit(_many, piece, uadispatch, large(homes, fonts))
        shared = {
            "chromium": installed(piece, "chromium", "chromium"),
            "axe": _axe(piece),
            "pictures": str(_emptied(PICTURES)),
        }
        env = {"FONTCONFIG_FILE": str(_only(piece, fonts)), "PYTHONDONTWRITEBYTECODE": "1"}
        python = _driver(piece)
        every = [page for each in (*four, one) for page in each.result()]
        made = [page for page in every if page["name"] not in ALIKE]
        say(f"  pictures of every page: {PICTURES}")
        picture = {
            "file": made[0]["file"], "kept": str(PICTURE), "keep": bool(os.environ.get(KEEP))
        }  # fmt: skip
        made.sort(key=lambda page: page["sift"], reverse=True)  # those that take longest, first
        plans = [
            shared | {"pages": made[n::shares], "picture": None if n else picture}
            for n in range(shares)
        ]
        looks = [at_once.submit(_look, piece, python, plan, env, n) for n, plan in enumerate(plans)]
        faults = [fault for look in looks for fault in look.result()]
    expect(not faults, "\n".join(faults))


def _look(
    piece: Piece, python: Path, plan: dict[str, Any], env: Mapping[str, str], number: int
) -> list[str]:
    """Look at the pages of a plan; returns the faults."""
    file = piece.folder / f"plan-{number}.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    found = json.loads(piece.run(python, "-m", "browser", file, cwd=HERE, env=env))
    for name, seconds, bad in found["looked"]:
        say(f"  {name:<20}{seconds:6.1f} s  {bad or 'no'} faults")
    faults: list[str] = found["faults"]
    return faults


def _four(piece: Piece, uadispatch: Path, case: Case) -> list[dict[str, Any]]:
    """The four pages of a campaign: foreseen, tried, left to people, and told."""
    home, now = case.file.parent, ("--now", case.now)
    folder = home / "dry-run"
    looked = piece.json(uadispatch, "dry-run", case.file, *now, "--html", folder, codes=(0, 1))
    messages = looked["messages"]
    tried = piece.json(uadispatch, "rehearse", case.file, *now, codes=(0, 1))
    of_it = (looked["campaign"], "--journal", Path(tried["folder"], "journal.db"))
    states = piece.json(uadispatch, "status", *of_it, "--messages", codes=(0, 1))["messages"]
    by_key = {each["key"][:12]: each for each in states}
    now_is = [each | {"state": by_key[each["key"][:12]]["state"]} for each in messages]
    went = [each for each in now_is if each["state"] != "refused"]
    left = piece.json(uadispatch, "tasks", *of_it, *now, "--html", home / "tasks")["tasks"]
    expect(left, f"{case.name} leaves nothing to people")
    piece.run(uadispatch, "report", *of_it, "--html", home / "report.html", codes=(0, 1))

    received = _words(went) + ["not tried"] * (len(went) < len(messages))
    names = [each["name"] for each in left]
    sift = "" if case.name in SIFTED_ONCE else "page"
    told = [*case.texts, *_words(messages)]
    return [
        _page(f"{case.name}-dry-run", folder / "index.html", told, messages, "page"),
        _page(f"{case.name}-rehearsal", Path(tried["html"]), received, went, sift),
        _page(f"{case.name}-tasks", home / "tasks/tasks.html", names),
        _page(f"{case.name}-report", home / "report.html", names),
    ]


def _many(piece: Piece, uadispatch: Path, case: Case) -> list[dict[str, Any]]:
    """The first of a dry-run's many pages, from which the others are searched."""
    folder = case.file.parent / "dry-run"
    command = ("dry-run", case.file, "--now", case.now, "--html", folder)
    messages = piece.json(uadispatch, *command)["messages"]
    expect(len(messages) == MANY, f"{len(messages)} messages, not {MANY}")
    first = folder / "index.html"
    expect(first.stat().st_size < MOST_OF_THE_FIRST, f"{first} has {first.stat().st_size} bytes")
    return [_page(f"{case.name}-dry-run", first, [], messages, "index")]


def _nothing_controls(piece: Piece, uadispatch: Path, homes: Path) -> None:
    """A control character in any text of a campaign file is refused, and its place named."""
    file, number = refused(homes)
    shown = homes / "refused"
    says = piece.run("sh", "-c", '"$0" dry-run "$1" --html "$2" 2>&1', uadispatch, file, shown,
                     codes=(2,))  # fmt: skip
    found = says.count("an invisible control character (U+0007)")
    expect(found == number, f"{found} of {number} texts with a control character are refused")
    expect(not shown.exists(), "there is a page of a campaign that was refused")


def _page(
    name: str, file: Path, texts: Sequence[str], messages: Sequence[Any] = (), sift: str = "",
    within: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    expect(file.is_file(), f"there is no page {file}")
    return {
        "name": name, "file": str(file), "texts": list(dict.fromkeys(texts)), "sift": sift,
        "within": str(within or file.parent),
        "messages": [{key: each[key] for key in OF_A_MESSAGE} for each in messages],
    }  # fmt: skip


def _words(messages: Iterable[Any]) -> list[str]:
    """Every line of the messages as their recipients will see them."""
    texts = [each["text"] for each in messages if each["text"] is not None]
    lines = [line for text in texts for line in text.split("\n") if line.strip()]
    # The page sets the headers of a mail as names and values.
    return [re.sub(r"\A(From|Reply-To|To|Subject): ", "", line) for line in lines]


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _axe(piece: Piece) -> str:
    """The script of axe-core, which npm has fetched, and whose sum was known before."""
    npm = installed(piece, "npm", "nodejs", "npm")
    piece.run(npm, "pack", "--silent", AXE)
    (packed,) = piece.folder.glob("axe-core-*.tgz")
    found = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    expect(found == AXE_SHA512, f"{AXE} is not what it was: sha512-{found}")
    with tarfile.open(packed) as archive:
        script = archive.extractfile("package/axe.min.js")
        if script is None:
            raise Failed(f"there is no axe.min.js in {AXE}")
        return script.read().decode()


def _driver(piece: Piece) -> Path:
    """A Python that has playwright; it never fetches a browser."""
    python = piece.fresh_venv() / "python"
    quiet = ("--disable-pip-version-check", "--quiet", "--require-hashes")
    piece.run(python, "-m", "pip", "install", *quiet, "-r", REQUIREMENTS)
    return python


def _only(piece: Piece, fonts: Path) -> Path:
    """What tells the browser to take these fonts and no others, so that all machines are alike."""
    file = piece.folder / "fonts.conf"
    cache = piece.folder / "fonts-cache"
    file.write_text(FONTS.format(fonts=fonts, cache=cache), encoding="utf-8")
    return file
