"""The contract's tests catch every broken channel of tests/testing/mutants.

Each mutant is tried with the test that is known to catch it, which is written in `caught_by.toml`;
`python tests/mutantkit.py` finds that out anew, with all of the contract's tests. In each run a
sixth of them is tried, another one each time.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from mutantkit import BASES, MODULE, caught_by, mutants, source_of, suite_of

if TYPE_CHECKING:
    from mutantkit import Mutant

pytest_plugins = ["pytester"]

ONE_IN = 6
FEW = 200
"""Messages are enough to see what a mutant keeps of each."""


def put(pytester: pytest.Pytester, module: str, source: str, suite: str) -> None:
    files = {
        module: source,
        f"test_{module}": suite.replace(MODULE, module) + f"    many = {FEW}\n",
    }
    pytester.makepyfile(**files)


@pytest.mark.parametrize("name", BASES)
def test_a_true_channel_keeps_the_contract(name: str, pytester: pytest.Pytester) -> None:
    base = BASES[name]
    put(pytester, "true_channel", source_of(base), suite_of(base))
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", "-rf")
    counted = result.parseoutcomes()
    assert counted.get("failed", 0) == counted.get("errors", 0) == 0
    assert counted["passed"] >= 35


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", BASES)
def test_each_mutant_is_caught(
    name: str, pytester: pytest.Pytester, request: pytest.FixtureRequest
) -> None:
    """Every sixth one, from a random one on; all of them with EVERY_MUTANT=1."""
    share = None if os.environ.get("EVERY_MUTANT") else int(request.config.option.hypothesis_seed)
    known = caught_by()
    tried: dict[str, Mutant] = {}
    for number, mutant in enumerate(mutants()):
        if mutant.base.name != name or mutant.unseen:
            continue
        if share is not None and (number - share) % ONE_IN:
            continue
        module = f"mutant_{number:03}"
        put(pytester, module, source_of(mutant), suite_of(mutant))
        tried[f"test_{module}.py::TestIt::{known[str(mutant)]}"] = mutant
    assert tried
    result = pytester.runpytest_subprocess(
        "-q", "-p", "no:cacheprovider", "-rf", "--tb=no", *tried, timeout=380
    )
    failed = set(re.findall(r"^FAILED (.+?)(?: - .*)?$", result.stdout.str(), re.MULTILINE))
    got_away = [str(mutant) for test, mutant in tried.items() if test not in failed]
    assert got_away == [], "the contract lets broken channels through"


def test_what_no_test_can_see_is_little_and_has_a_reason() -> None:
    unseen = [mutant for mutant in mutants() if mutant.unseen]
    assert len(unseen) <= 2
    assert len(mutants()) - len(unseen) >= 220
