"""Sends are killed, at random moments and at every point: nothing is lost, nothing sent twice.

The long forms run in ``make e2e``; how it is done is in ``tests/torture``.
"""

from __future__ import annotations

import os
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from torture import points
from torture.checks import Wrong
from torture.server import MailServer
from torture.storm import FULL, SEED, SLOW, Speed, Storm, seed_from
from torture.sweep import Sweep
from torture.warm import Warm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Tell

MESSAGES, KILLS = 90, 5
AT_FULL_SPEED = 700, 4
LINES = 4

Counts = dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def seed(tell: Tell, the_seed: str) -> int:
    """As told, or drawn from the seed of all tests: it is the same in every process."""
    drawn = random.Random(the_seed).getrandbits(32)  # noqa: S311 - to be repeated
    found = seed_from({SEED: str(drawn), **os.environ})
    tell(f"the torture has {SEED}={found}")
    return found


@contextmanager
def repeatable(seed: int, request: pytest.FixtureRequest) -> Iterator[None]:
    try:
        yield
    except Wrong as exc:
        again = f'{SEED}={seed} python -m pytest "{request.node.nodeid}"'
        raise Wrong(f"{exc}\nTo do it again: {again}") from None


@pytest.mark.timeout(400)  # a killed run is waited for, however busy the machine is
@pytest.mark.parametrize(
    ("speed", "messages", "kills"), [(SLOW, MESSAGES, KILLS), (FULL, *AT_FULL_SPEED)]
)
def test_random_kills(
    speed: Speed,
    messages: int,
    kills: int,
    tmp_path: Path,
    seed: int,
    tell: Tell,
    request: pytest.FixtureRequest,
) -> None:
    storm = Storm(tmp_path, seed=str(seed), messages=messages, kills=kills, speed=speed)
    with repeatable(seed, request):
        tell(str(storm.run()))


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    folder = tmp_path_factory.mktemp("sweep")
    with MailServer(folder) as server, Warm() as warm:
        yield Sweep(folder, server, warm)


@pytest.fixture(scope="module")
def counts(sweep: Sweep) -> Counts:
    """How often a whole run comes by each point, by what it finds."""
    return {beginning: sweep.passes(beginning) for beginning in sweep.BEGINNINGS}


@pytest.mark.parametrize("point", [*points.NAMES, *[points.LINE] * LINES])
def test_a_kill_at(
    point: str, sweep: Sweep, counts: Counts, seed: int, request: pytest.FixtureRequest
) -> None:
    dice = random.Random(f"{seed} {request.node.name}")  # noqa: S311 - to be repeated
    beginning = dice.choice([name for name, passes in counts.items() if point in passes])
    with repeatable(seed, request):
        sweep.kill(beginning, point, dice.randint(1, counts[beginning][point]))
