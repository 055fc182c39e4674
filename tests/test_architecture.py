"""The house: imports run one way, each library has one room, and no room is too large."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SRC, PLUGINS = ROOT / "src", ROOT / "plugins"

FLOORS = [
    "deprecations", "errors", "clock", "resources", "campaign", "observers", "channels",
    "settings", "rendering", "dispatch", "views", "testing", "cli",
]  # fmt: skip
"""From the ground up: nothing imports what stands behind it here."""

ROOMS = {
    "pluggy": {"channels/registry.py", "channels/contract.py", "observers/hooks.py"},
    "jinja2": {"rendering/text.py", "rendering/html.py"},
    "pydantic_settings": {"settings.py"},
    "tenacity": {"dispatch/pace/retrying.py"},
    "yaml": {"campaign/places.py"},
    "phonenumbers": {"campaign/contacts.py"},
    "email_validator": {"campaign/contacts.py"},
    "langcodes": {"campaign/codes.py"},
    "typst": {"rendering/pages.py"},
    "ftfy": {"campaign/notices/reading/cleaning.py"},
    "charset_normalizer": {"campaign/notices/reading/encodings.py"},
    "pygal": {"views/report/charts.py"},
    "pypdfium2": {"campaign/notices/reading/glyphs.py"},
    "uvloop": {"cli/common/loops.py"},
    "procrastinate": {"dispatch/distributed/queue.py"},
    "structlog": {"dispatch/distributed/logs.py"},
    "prometheus_client": {"dispatch/distributed/metrics.py"},
}
"""Libraries that one room alone may use."""

FOLDERS: dict[str, tuple[str, ...]] = {
    "sqlalchemy": ("dispatch/journal/",),
    "psycopg": (
        "dispatch/journal/on_server/", "dispatch/journal/tables/raw.py",
        "dispatch/distributed/queue.py",
    ),
    "sqlite3": ("dispatch/journal/", "dispatch/targets/on_disk.py"),
    "typer": ("cli/",), "rich": ("cli/",),
    "lxml": ("campaign/notices/reading/", "views/report/charts.py"),
}  # fmt: skip

LONGEST_FILE, LONGEST_FUNCTION = 400, 60


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "_data" not in path.parts)


def _is_module(name: str) -> bool:
    path = SRC / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a file names in an import, wherever it stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            assert node.module is not None
            # A name is a module where there is one, else something in its module.
            found |= {
                f"{node.module}.{alias.name}"
                if _is_module(f"{node.module}.{alias.name}")
                else node.module
                for alias in node.names
            }
    return frozenset(found)


def floor(module: str) -> int:
    parts = module.split(".")
    if len(parts) == 1 or parts[1] not in FLOORS:
        return FLOORS.index("channels")  # the package's face: errors and the contract
    return FLOORS.index(parts[1])


def module_of(path: Path, base: Path) -> str:
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


OURS = [path for path in files(SRC / "uadispatch") if path.name != "__main__.py"]


WITHIN: dict[str, tuple[str, ...]] = {
    "campaign/notices": (
        "document", "reading", "notice", "wording", "parts", "ending", "head", "texts", "targets",
        "parse", "content", "lineage", "writing",
    ),
    "dispatch": (
        "guards", "states", "snapshot", "reasons", "keys", "news", "targets", "journal", "pace",
        "planning", "approval", "followup", "sending", "distributed",
    ),
    "views": (
        "folders", "shapes", "cards", "stories", "sheets", "differences", "books", "records",
        "report", "messages", "tasks", "dry_run", "rehearsal",
    ),
    "testing": ("clock", "fake", "far_ends", "contract"),
    "cli": (
        "log", "common", "progress", "init", "app", "deciding", "plugins", "books", "looking",
        "documents", "sending",
    ),
}  # fmt: skip
"""The rooms within a room, in the same way."""


@pytest.mark.parametrize("room", WITHIN)
def test_every_room_within_is_listed(room: str) -> None:
    folder = SRC / "uadispatch" / room
    there = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    assert there - {"__init__"} == set(WITHIN[room])


@pytest.mark.parametrize("room", WITHIN)
def test_imports_within_a_room_run_one_way(room: str) -> None:
    name = f"uadispatch.{room.replace('/', '.')}."
    for path in OURS:
        here = module_of(path, SRC)
        if not here.startswith(name):
            continue  # the room's face may hand on all of it
        floor_here = _floor_within(room, name, here)
        for module in imports(path):
            if module.startswith(name):
                assert _floor_within(room, name, module) <= floor_here, (
                    f"{shown(path)} imports {module}, which stands above it"
                )


def _floor_within(room: str, name: str, module: str) -> int:
    return WITHIN[room].index(module.removeprefix(name).split(".")[0])


def test_every_room_of_the_house_is_listed() -> None:
    package = SRC / "uadispatch"
    rooms = {path.stem for path in package.glob("*.py")} | {
        path.parent.name for path in package.glob("*/__init__.py")
    }
    assert rooms - {"__init__", "__main__"} == set(FLOORS)


@pytest.mark.parametrize("path", OURS, ids=shown)
def test_imports_run_one_way(path: Path) -> None:
    here = floor(module_of(path, SRC))
    for module in imports(path):
        if module.split(".")[0] == "uadispatch":
            assert floor(module) <= here, f"{shown(path)} imports {module}, which stands above it"
        assert not module.startswith("uadispatch_"), f"{shown(path)} imports a plugin"


def test_there_is_no_circle_of_imports() -> None:
    modules = {module_of(path, SRC): path for path in OURS}
    arrows = {name: {m for m in imports(path) if m in modules} for name, path in modules.items()}
    # The package's face only hands names on.
    arrows["uadispatch"] = set()
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for following in arrows[name] - {name}:
                visit(following, (*way, name))
            done.add(name)

    for name in modules:
        visit(name, ())


@pytest.mark.parametrize("path", files(PLUGINS), ids=shown)
def test_plugins_import_only_the_public_api(path: Path) -> None:
    own = path.relative_to(PLUGINS).parts[0].removesuffix(".py")
    for module in imports(path):
        top, _, rest = module.partition(".")
        if top == "uadispatch":
            assert rest.split(".")[0] in ("", "testing"), f"{shown(path)} imports {module}"
        elif top.startswith("uadispatch_"):
            assert top == own


@pytest.mark.parametrize("path", [*OURS, *files(PLUGINS)], ids=shown)
def test_each_library_has_its_room(path: Path) -> None:
    if PLUGINS in path.parents:
        return
    here = str(path.relative_to(SRC / "uadispatch"))
    used = {module.split(".")[0] for module in imports(path)}
    for library, rooms in ROOMS.items():
        assert library not in used or here in rooms, f"{here} uses {library}"
    for library, folder in FOLDERS.items():
        assert library not in used or here.startswith(folder), f"{here} uses {library}"


@pytest.mark.parametrize("path", [*OURS, *files(PLUGINS)], ids=shown)
def test_no_room_is_too_large(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    tree = ast.parse(text)
    assert ast.get_docstring(tree) or path.name == "__init__.py", "say what it knows"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"
