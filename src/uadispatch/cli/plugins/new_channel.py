"""``new-channel``: the files of a further channel, which already works; nothing is overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console


def new_channel(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The channel's name: lower-case letters, digits.")
    ],
    folder: Annotated[
        Path | None,
        typer.Option(
            "--dir", metavar="DIR",
            help="Where to write it. Default: plugins, or with --package the working directory.",
        ),
    ] = None,
    contact: Annotated[
        str | None,
        typer.Option(
            "--contact", metavar="FIELD",
            help="The target's field that it writes to: email, phone, fax, address, twitter, "
            "facebook, or one of its own under `contacts`. Default: the channel's name.",
        ),
    ] = None,
    *,
    package: Annotated[
        bool, typer.Option("--package", help="As a distribution of its own, to be published.")
    ] = False,
) -> None:  # fmt: skip
    """Begin a channel: a file that already works, and a test that proves it.

    At first it writes each message to a folder. As a file in DIR it is used with --plugins-dir DIR;
    with --package it is installed like the program itself.
    """
    from uadispatch import API_VERSION, __version__
    from uadispatch.cli.common import output
    from uadispatch.cli.plugins import channel_files

    _check(name, contact)
    field = contact or name
    written = (channel_files.package if package else channel_files.drop_in)(
        name, field, api=API_VERSION, version=__version__
    )
    if folder is None:
        folder = Path() if package else Path("plugins")
    if package:
        folder = folder / f"uadispatch-{name}"
    console = output.printer(as_json=False)
    _write(console, {folder / path: text for path, text in written.items()})
    _tell(console, name, field, folder, package=package)


def _check(name: str, contact: str | None) -> None:
    """Raise ConfigError for a name that cannot be, or is taken."""
    import keyword

    from uadispatch.channels.contract import CHANNEL_NAME
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.errors import ConfigError

    if not CHANNEL_NAME.match(name) or keyword.iskeyword(name):
        raise ConfigError(
            f"{name!r} cannot be a channel's name: lower-case letters and digits, a letter first"
        )
    if contact is not None and not contact.isidentifier():
        raise ConfigError(f"--contact {contact}: a field's name is letters, digits and _")
    taken = Registry(discover(None)).channels.get(name)
    if taken is not None:
        raise ConfigError(f"there is a channel {name}, of {taken.plugin}: take another name")


def _write(console: Console, files: dict[Path, str]) -> None:
    """Write all, or nothing where one is there already. Raises ConfigError."""
    from uadispatch.errors import ConfigError, Problem

    if there := [str(path) for path in files if path.exists()]:
        raise ConfigError(
            f"nothing was written: {', '.join(there)} {'is' if len(there) == 1 else 'are'} there "
            f"already; take another name, or another --dir"
        )
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as exc:
            says = f"this cannot be written: {exc.strerror}"
            raise ConfigError(Problem(says, str(path))) from None
        console.print(f"written  {path}")


def _tell(console: Console, name: str, field: str, folder: Path, *, package: bool) -> None:
    """The three things to do next."""
    from uadispatch.campaign.model import Target

    where = "" if package else f" --plugins-dir {folder}"
    source = folder / (f"src/uadispatch_{name}/__init__.py" if package else f"{name}.py")
    install = f"pip install -e '{folder}[testing]', then " if package else ""
    entry = field if field in Target.model_fields else f"contacts: {{{field}: ...}}"
    console.print(
        f"Three things to do next:\n"
        f"  1. See that it keeps the contract: {install}uadispatch check-channel {name}{where}\n"
        f"  2. Let it talk to your service: change {source} (docs/first-channel.md shows how)\n"
        f"  3. List {name} under `channels:` of a campaign, give its targets `{entry}`, and\n"
        f"     try it: uadispatch rehearse CAMPAIGN{where}",
        markup=False,
    )
