"""What ``new-channel`` writes: the files of a channel that already works, and of its package."""

from __future__ import annotations

from string import Template
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["drop_in", "package"]

_CHANNEL = Template('''\
"""The channel $name: for now it writes each message to a folder."""

from pathlib import Path

from pydantic import Field

from uadispatch import (
    Capabilities, Channel, ChannelSettings, Message, Receipt, StandIn, Unavailable, hookimpl,
    write_file,
)  # fmt: skip

REQUIRES_API = "$api"


class ${kind}Settings(ChannelSettings):
    folder: Path = Field(exclude=True)  # UADISPATCH_${upper}_FOLDER, or [$name] in uadispatch.toml


class ${kind}Channel(Channel[${kind}Settings]):
    name, contact, Settings = "$name", "$contact", ${kind}Settings
$templates    capabilities = Capabilities(idempotent=True)  # the same file is one message

    async def send(self, message: Message) -> Receipt:
        file = self.settings.folder / f"{message.reference}.txt"
        try:
            write_file(file, f"{message.to.value}\\n{message.body}".encode())
        except OSError as exc:
            raise Unavailable(f"{file} cannot be written: {exc.strerror}") from exc
        return Receipt(says=f"written to {file.name}")

    def stand_in(self) -> StandIn:
        from uadispatch.testing import FolderStandIn

        return FolderStandIn()


@hookimpl
def register_channels(register) -> None:
    register(${kind}Channel)
''')

_INLINE = (
    '    templates = {"any": "{% set subject = letter.subject %}{{ letter.text }}\\n"}  # jinja2\n'
)
_TEMPLATE = """\
{% set subject = letter.subject %}
{{ salutation or target.name }},

{{ letter.text }}
"""

_TEST = Template("""\
$imports

class Test${kind}(ChannelContract):
    channel = $channel
""")

_PYPROJECT = Template("""\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "uadispatch-$name"
version = "0.1.0"
description = "The channel $name for uadispatch."
requires-python = ">=3.11"
dependencies = ["uadispatch>=$version"]

[project.optional-dependencies]
testing = ["uadispatch[testing]"]

[project.entry-points.uadispatch]
$name = "uadispatch_$name"

[tool.hatch.build.targets.wheel]
packages = ["src/uadispatch_$name"]
""")

_README = Template("""\
# uadispatch-$name

The channel `$name` for uadispatch. It needs `UADISPATCH_${upper}_FOLDER`.

    pip install -e '.[testing]'
    pytest
    uadispatch check-channel $name
""")


def _filled(name: str, contact: str, api: str, version: str, templates: str) -> Mapping[str, str]:
    return MappingProxyType(
        {
            "name": name, "contact": contact, "api": api, "version": version,
            "kind": name.capitalize(), "upper": name.upper(), "templates": templates,
        }
    )  # fmt: skip


def drop_in(name: str, contact: str, *, api: str, version: str) -> dict[str, str]:
    """The files of a channel that is one file, below the folder of plugins."""
    known = _filled(name, contact, api, version, _INLINE)
    imports = (
        "from pathlib import Path\n\nfrom uadispatch.testing import ChannelContract, drop_in\n"
    )
    channel = f'drop_in(Path(__file__).parents[1] / "{name}.py")'
    return {
        f"{name}.py": _CHANNEL.substitute(known),
        f"tests/test_{name}.py": _TEST.substitute(known, imports=imports, channel=channel),
    }


def package(name: str, contact: str, *, api: str, version: str) -> dict[str, str]:
    """The files of a channel that is a distribution of its own, below its folder."""
    known = _filled(name, contact, api, version, "")
    kind = f"{known['kind']}Channel"
    imports = (
        f"from uadispatch_{name} import {kind}\n\nfrom uadispatch.testing import ChannelContract\n"
    )
    return {
        "pyproject.toml": _PYPROJECT.substitute(known),
        "README.md": _README.substitute(known),
        f"src/uadispatch_{name}/__init__.py": _CHANNEL.substitute(known),
        f"src/uadispatch_{name}/py.typed": "",
        f"src/uadispatch_{name}/templates/any.j2": _TEMPLATE,
        f"tests/test_{name}.py": _TEST.substitute(known, imports=imports, channel=kind),
    }
