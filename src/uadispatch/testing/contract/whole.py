"""The tests that every channel must pass.

::

    from uadispatch.testing import ChannelContract

    from my_channel import MyChannel


    class TestMyChannel(ChannelContract):
        channel = MyChannel

`testing.failures` has the table of what a far end may do and how `send` must sort it.

The tests cannot be weakened silently: overriding one is an error, and what is left out is told. A
failure that cannot be simulated is named in `cannot_simulate`, with the reason, which pytest then
shows.
"""

from __future__ import annotations

from typing import Any

from uadispatch.testing.contract.cases import Case
from uadispatch.testing.contract.costing import CostingContract
from uadispatch.testing.contract.crashing import CrashingContract
from uadispatch.testing.contract.failing import FailingContract
from uadispatch.testing.contract.form import FormContract
from uadispatch.testing.contract.handing import HandingContract
from uadispatch.testing.contract.learning import LearningContract
from uadispatch.testing.contract.looking import LookingContract
from uadispatch.testing.contract.queueing import QueueingContract
from uadispatch.testing.contract.secrets import SecretsContract
from uadispatch.testing.contract.sending import SendingContract
from uadispatch.testing.contract.stopping import StoppingContract
from uadispatch.testing.contract.workbench import Workbench

__all__ = ["PARTS", "ChannelContract"]

PARTS: dict[str, type[Workbench]] = {
    "its form": FormContract,
    "looking opens nothing": LookingContract,
    "sending": SendingContract,
    "handing to a person": HandingContract,
    "failures": FailingContract,
    "secrets and logs": SecretsContract,
    "stopping and closing": StoppingContract,
    "what is learnt later": LearningContract,
    "beginning, and queues": QueueingContract,
    "a crash": CrashingContract,
    "what many cost": CostingContract,
}
"""What is promised, and the tests of it."""


_OF_ONE_TEST = frozenset({"_guard", "_clock", "_messages", "_named"})


class ChannelContract(
    FormContract, LookingContract, SendingContract, HandingContract, FailingContract,
    SecretsContract, StoppingContract, LearningContract, QueueingContract, CrashingContract,
    CostingContract,
):  # fmt: skip
    """Subclass it in a test module; name at least `channel` of what `Workbench` lists."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse to be weakened silently."""
        super().__init_subclass__(**kwargs)
        ours: dict[str, object] = dict(vars(Workbench))
        for part in PARTS.values():
            ours |= vars(part)
        for name, stands in ours.items():
            if name.startswith("__") or not name.startswith(("test_", "_")) or name in _OF_ONE_TEST:
                continue
            if getattr(cls, name) is not stands:  # in the class itself, or in one mixed in
                raise TypeError(
                    f"{cls.__name__} overrides {name}; the contract's tests stand as they are. "
                    f"Name what cannot be simulated in cannot_simulate, with the reason"
                )
        for failure, reason in cls.cannot_simulate.items():
            if not reason.strip():
                raise TypeError(f"{cls.__name__}.cannot_simulate[{failure!r}] needs a reason")
        for case in cls.cases:
            if not isinstance(case, Case):
                raise TypeError(f"{cls.__name__}.cases holds {case!r}, which is no Case")
