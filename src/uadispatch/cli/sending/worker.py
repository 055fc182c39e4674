"""``worker``: do what was handed over with ``send --workers``, on as many machines as one likes."""

from __future__ import annotations

import asyncio
import random
import signal
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli.common import options
from uadispatch.cli.common.exits import if_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uadispatch.channels.registry import Registry
    from uadispatch.dispatch.distributed.branch import Machine
    from uadispatch.dispatch.distributed.metrics import Heard
    from uadispatch.dispatch.distributed.worker import Worker
    from uadispatch.dispatch.journal import ServerUrl
    from uadispatch.settings import Settings


Port = Annotated[
    int | None,
    typer.Option(
        "--metrics",
        metavar="PORT",
        min=0,
        max=65535,
        show_default=False,
        help="Say at http://127.0.0.1:PORT/metrics (for Prometheus) and /health how it gets on; 0 "
        "takes a free port. Only this machine is answered: put a proxy before it if it must be "
        "seen elsewhere.",
    ),
]


@if_interrupted("what it had in hand is recorded; the sweep of another worker takes up the rest")
def worker(
    channel: options.Channels = None,
    concurrency: Annotated[
        int,
        typer.Option(
            "--concurrency",
            metavar="N",
            min=1,
            help="Jobs of a channel in hand at once, so that the next is there when one ends.",
        ),
    ] = 2,
    metrics: Port = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
) -> None:
    """Send what was handed over with ``send --workers``, until it is stopped (Ctrl-C, SIGTERM).

    It needs no campaign file, only the journal (on PostgreSQL) and the settings of its channels,
    of the working directory or the nearest folder above it.

    However many jobs it has in hand, a channel has one window, and a limit holds over all workers.
    """
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli.common import loops
    from uadispatch.cli.common.output import printer
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.distributed.branch import Machine
    from uadispatch.dispatch.distributed.logs import logger
    from uadispatch.dispatch.distributed.worker import Worker
    from uadispatch.dispatch.journal import ServerUrl
    from uadispatch.dispatch.planning.preparing import settings_of
    from uadispatch.dispatch.sending.observing import observers_of
    from uadispatch.errors import ConfigError
    from uadispatch.settings import find_home

    console = printer(as_json=True)
    home = find_home(Path.cwd() / "here")
    registry = Registry(discover(plugins_dir))
    settings = settings_of(home, registry)
    url = options.journal_of(journal, settings)
    if not isinstance(url, ServerUrl):
        raise ConfigError(
            f"the journal {url.database} is a file, which one machine alone can use; a worker "
            f"needs one on PostgreSQL: --journal postgresql://HOST/DATABASE"
        )
    served = _served(registry, settings, channel)
    machine, log = Machine(home, settings, registry, served), logger()
    heard = None if metrics is None else _heard(served)
    observers = observers_of(registry, settings, lambda says: log("observer", says=says))
    found = Worker(
        url, machine, served, concurrency=concurrency, clock=SystemClock(), random=random.random,
        log=log, tell=heard or (lambda _: None), observers=observers,
        loop=loops.factory(console, uvloop=loops.wanted(settings)),
    )  # fmt: skip
    with closing(observers), _watched(metrics, heard, found, url, machine, log):
        asyncio.run(_run(found))


def _heard(served: frozenset[str]) -> Heard:
    """What hears of the worker's runs. Raises ConfigError."""
    from uadispatch.errors import ConfigError

    if find_spec("prometheus_client") is None:
        raise ConfigError(
            "--metrics needs prometheus-client, which is not installed: "
            "pip install 'uadispatch[workers]'"
        )
    from uadispatch.dispatch.distributed.metrics import Heard

    return Heard(served)


@contextmanager
def _watched(
    port: int | None,
    heard: Heard | None,
    worker: Worker,
    url: ServerUrl,
    machine: Machine,
    log: Callable[..., None],
) -> Iterator[None]:
    """Let the worker be looked at while this lasts, if anybody wants to. Raises ConfigError."""
    if port is None or heard is None:
        yield
        return
    from uadispatch.dispatch.distributed import page
    from uadispatch.dispatch.distributed.metrics import Metrics

    rates = {
        name: machine.settings.section(name, machine.registry.get(name).channel.Settings).rate
        for name in heard.channels
    }
    spacings = {name: rate.spacing if rate else None for name, rate in rates.items()}
    metrics = Metrics(
        url, heard, lambda: worker.life, clock=worker.clock, spacings=spacings,
        unswept=worker.unswept,
    )  # fmt: skip
    with (
        closing(metrics),
        page.served(port, metrics=metrics.text, ails=metrics.ails, log=log) as taken,
    ):
        log("metrics served", address=page.HOST, port=taken)
        yield


async def _run(worker: Worker) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, worker.stop)
    await worker.run()


def _served(registry: Registry, settings: Settings, wanted: list[str] | None) -> frozenset[str]:
    """The channels that can be served here.

    Raises:
        ConfigError: one that was named cannot, or none can.
    """
    from uadispatch.channels.contract import By
    from uadispatch.dispatch.planning.preparing import capabilities_of
    from uadispatch.errors import ConfigError

    options.refuse_unknown("--channel", wanted or (), registry.channels)
    served, lacking = set(), []
    for name, registered in registry.channels.items():
        if wanted is not None and name not in wanted:
            continue
        if wanted is None and capabilities_of(registered, settings).by != By.PROGRAM:
            continue
        if missing := settings.missing(name, registered.channel.Settings):
            lacking.append(f"before {name} can send, set {', '.join(missing)}")
        else:
            served.add(name)
    if not served or (wanted and lacking):
        raise ConfigError("; ".join(lacking) or "there is no channel that a program sends")
    return frozenset(served)
