"""What docs/many-machines.md and the examples say of workers is what the program knows."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer
import yaml
from typer.core import TyperGroup

from uadispatch import settings
from uadispatch.channels.registry import Registry, discover
from uadispatch.cli.app import gathered
from uadispatch.dispatch.distributed import page
from uadispatch.dispatch.distributed.metrics import METRICS
from uadispatch.dispatch.journal import has_password, journal_url

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

OTHERS = {"PGPASSWORD", "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"}
"""Variables of PostgreSQL: of its library, and of its image."""
HARDENED = {
    "CapabilityBoundingSet": "", "DynamicUser": "yes", "NoNewPrivileges": "yes",
    "PrivateDevices": "yes", "PrivateTmp": "yes", "ProtectHome": "yes", "ProtectSystem": "strict",
    "RestrictSUIDSGID": "yes", "SystemCallFilter": "@system-service", "UMask": "0077",
}  # fmt: skip


def unit(root: Path) -> dict[str, dict[str, list[str]]]:
    """Section to name to values: a name may stand several times."""
    found: dict[str, dict[str, list[str]]] = {}
    for line in (root / "examples/uadispatch-worker.service").read_text().splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, is_there, value = line.partition("=")
            assert is_there, line
            assert re.fullmatch("[A-Za-z]+", name), line
            section.setdefault(name, []).append(value)
    return found


def compose(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((root / "examples/compose.yaml").read_text())
    return found


def variables() -> set[str]:
    """Every variable that the program reads."""
    registry = Registry(discover())
    sections: dict[str, Any] = {
        name: found.channel.Settings for name, found in registry.channels.items()
    }
    found = {settings.JOURNAL, settings.SECRETS}
    for name, model in sections.items():
        found |= {f"{settings.PREFIX}{name}_{field}".upper() for field in model.model_fields}
    return found


def is_taken(words: Iterable[str]) -> None:
    """Raise what is shown to whoever types a command line that the program does not take."""
    program, name, *options = words
    assert program.rpartition("/")[2] == "uadispatch"
    group = typer.main.get_command(gathered([name]))
    assert isinstance(group, TyperGroup)
    group.commands[name].make_context(name, list(options))


def test_every_metric_stands_in_the_page_as_it_is_told(root: Path) -> None:
    text = (root / "docs/many-machines.md").read_text()
    for name, about in METRICS.items():
        labels = ", ".join(f"`{label}`" for label in about.labels) or "–"
        assert f"| `{name}` | {about.kind} | {labels} | {about.says} |\n" in text
    named = set(re.findall(r"\buadispatch_[a-z_]+", text))
    assert named == METRICS.keys()


def test_every_worker_that_the_page_begins_can_be(root: Path) -> None:
    text = (root / "docs/many-machines.md").read_text()
    lines = re.findall(r"^\$ (uadispatch worker.*)$", text, re.MULTILINE)
    assert len(lines) == 3
    for line in lines:
        is_taken(shlex.split(line))


def test_a_command_line_that_the_program_does_not_take_is_found() -> None:
    with pytest.raises(Exception, match="No such option"):
        is_taken(["uadispatch", "worker", "--metrik", "1"])
    with pytest.raises(Exception, match="valid integer"):
        is_taken(["uadispatch", "worker", "--metrics", "x"])


def test_the_unit_begins_a_worker_that_the_program_knows(root: Path) -> None:
    found = unit(root)
    assert found.keys() == {"Unit", "Service", "Install"}
    service = found["Service"]
    (begins,) = service["ExecStart"]
    is_taken(shlex.split(begins))
    given = dict(
        word.split("=", 1) for value in service["Environment"] for word in shlex.split(value)
    )
    assert given.keys() <= variables()
    where = given[settings.JOURNAL]
    assert not has_password(where)
    assert journal_url(where, root).database == where
    assert given[settings.SECRETS] == "%d"
    for credential in service["LoadCredential"]:
        assert credential.partition(":")[0].upper() in variables()


def test_the_unit_is_closed_to_what_a_worker_does_not_need(root: Path) -> None:
    service = unit(root)["Service"]
    assert {name: service[name] for name in HARDENED} == {k: [v] for k, v in HARDENED.items()}


def test_the_unit_ends_a_worker_as_it_wants_to_be_ended(root: Path) -> None:
    service = unit(root)["Service"]
    assert service["KillSignal"] == ["SIGTERM"]
    assert service["TimeoutStopSec"] == ["11min"]
    assert service["Restart"] == ["on-failure"]
    assert service["RestartPreventExitStatus"] == ["2"]


def test_the_composed_workers_are_such_that_the_program_knows(root: Path) -> None:
    found = compose(root)
    worker = found["services"]["worker"]
    is_taken(worker["command"])
    assert worker["deploy"]["replicas"] == 2
    assert worker["environment"].keys() <= variables() | OTHERS
    assert found["services"]["journal"]["environment"].keys() <= OTHERS
    where = worker["environment"][settings.JOURNAL]
    assert not has_password(where)
    assert where.startswith("postgresql://uadispatch@journal/")
    assert (worker["stop_signal"], worker["stop_grace_period"]) == ("SIGTERM", "11m")
    assert worker["read_only"]
    assert worker["cap_drop"] == ["ALL"]
    for name in worker["secrets"]:
        assert name.upper() in variables()
        assert found["secrets"][name]["file"].startswith("./")
    # No port is open to other machines.
    ports = [port for service in found["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize(("ails", "code"), [(None, 0), ("the journal: it is away", 1)])
def test_the_composed_look_at_a_workers_health_says_how_it_is(
    root: Path, ails: str | None, code: int
) -> None:
    worker = compose(root)["services"]["worker"]
    kind, program, *words = worker["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    port = worker["command"][-1]
    assert f"127.0.0.1:{port}/health" in words[-1]
    with page.served(0, metrics=bytes, ails=lambda: ails, log=print) as ours:
        words[-1] = words[-1].replace(port, str(ours))
        ran = subprocess.run([sys.executable, *words], check=False, capture_output=True)
    assert ran.returncode == code
