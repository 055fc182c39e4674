"""``init``: a folder to begin in; what is already there is never overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

IGNORED = ".env\n.uadispatch/\n"


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to begin; made if missing.")],
) -> None:
    """Make a folder with settings, an example campaign and the templates."""
    from uadispatch.cli.common import output
    from uadispatch.errors import ConfigError, Problem
    from uadispatch.resources import shipped

    config, templates = shipped("config"), shipped("templates")
    wanted = {
        Path("config/uadispatch.toml"): config / "uadispatch.toml",
        Path("config/campaign.schema.json"): config / "campaign.schema.json",
        Path("config/campaigns/example.yaml"): config / "campaigns" / "example.yaml",
    }
    for source in sorted(templates.rglob("*.j2")):
        wanted[Path("templates") / source.relative_to(templates)] = source
    console = output.printer(as_json=False)
    try:
        for path, source in wanted.items():
            _write(console, folder / path, source.read_bytes())
        _write(console, folder / ".gitignore", IGNORED.encode())
    except OSError as exc:
        raise ConfigError(Problem(f"this cannot be written: {exc.strerror}", str(folder))) from None
    example = folder / "config/campaigns/example.yaml"
    console.print(f"Then: put your organisation into {folder / 'config/uadispatch.toml'}")
    console.print(f"Next: uadispatch dry-run {example}")


def _write(console: Console, path: Path, content: bytes) -> None:
    if path.exists():
        console.print(f"kept     {path}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    console.print(f"written  {path}")
