"""How long the program takes to begin: `--help` and a small dry-run, beside what cannot be avoided.

`--help` stands beside an application of typer that does nothing; `dry-run` of the real Urgent
Action 46/19 beside a script that imports the same libraries, in the same order, and ends: those
that the dry-run itself has loaded, found out in the same run. They take turns. It asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from measuring import surroundings
from summary import Figure

ROOT = Path(__file__).resolve().parents[1]
UADISPATCH = str(Path(sys.prefix, "bin/uadispatch"))
DRY_RUN = ("dry-run", str(ROOT / "config/campaigns/ua-46-19.yaml"), "--now", "2019-08-20T09:00Z")
# With the same settings as ours: with its own, typer takes longer.
EMPTY = """
import typer
app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
@app.command()
def nothing() -> None: ...
app()
"""
# twitter-text asks pkg_resources for one file of its own; to load that of setuptools would take
# longer than all of twitter-text, and the program loads none either.
BARE = """
import sys
from importlib import import_module
from importlib.resources import files
from types import ModuleType
stand_in = sys.modules["pkg_resources"] = ModuleType("pkg_resources")
stand_in.resource_string = lambda module, name: (
    files(module.rpartition(".")[0]) / name
).read_bytes()
for name in {names!r}:
    import_module(name)
"""
LOADED = """
import json, sys
from uadispatch.cli import main
sys.argv = ["uadispatch", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
origins = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps({name: origin for name, origin in origins.items() if origin}), file=sys.stderr)
"""
PAIRS = {
    "--help": "an empty typer application",
    "dry-run of 46/19": "bare imports of its libraries",
}


def libraries() -> list[str]:
    """The modules of other projects that a dry-run loads, in their order."""
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, *DRY_RUN], env=surroundings(), cwd=ROOT, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True,
    )  # fmt: skip
    folders = tuple(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    loaded = json.loads(ran.stderr.splitlines()[-1])
    return [
        name
        for name, file in loaded.items()
        if file.startswith(folders) and not name.startswith("uadispatch")
    ]


def seconds(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=surroundings(), cwd=ROOT, capture_output=True, check=True)
    return time.perf_counter() - began


def measured(runs: int) -> dict[str, list[float]]:
    """Seconds of every run, by what ran."""
    with tempfile.TemporaryDirectory() as name:
        empty, bare = Path(name, "empty.py"), Path(name, "bare.py")
        empty.write_text(EMPTY)
        bare.write_text(BARE.format(names=libraries()))
        commands = {
            "--help": (UADISPATCH, "--help"),
            PAIRS["--help"]: (sys.executable, str(empty), "--help"),
            "dry-run of 46/19": (UADISPATCH, *DRY_RUN),
            PAIRS["dry-run of 46/19"]: (sys.executable, str(bare)),
        }
        found: dict[str, list[float]] = {what: [] for what in commands}
        for _ in range(runs + 1):  # the first one fills the caches, and does not count
            for what, command in commands.items():
                found[what].append(seconds(*command))
    return {what: times[1:] for what, times in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", action="store_true", help="print every run, for figures.py")
    given = parser.parse_args()
    found = measured(given.runs)
    if given.json:
        print(json.dumps(found))
        return
    print("| | ms | times |\n|---|---:|---:|")
    for what, beside in PAIRS.items():
        ours, bare = (Figure.of(value * 1000 for value in found[each]) for each in (what, beside))
        print(f"| {what} | {ours} | {ours.median / bare.median:.2f} |\n| {beside} | {bare} | 1 |")


if __name__ == "__main__":
    main()
