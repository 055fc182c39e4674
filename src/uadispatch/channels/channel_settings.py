"""The settings that every channel has; each channel adds its own."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - pydantic reads what a model has
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretBytes,
    SecretStr,
    ValidationError,
    model_validator,
)

from uadispatch.channels.durations import Duration
from uadispatch.channels.rates import Rate
from uadispatch.resources import contents_of

__all__ = ["ChannelSettings"]


class ChannelSettings(BaseModel):
    """The settings of one channel: ``[NAME]`` in uadispatch.toml, ``UADISPATCH_NAME_FIELD``.

    Subclass it with what the channel needs. Keys and passwords are `SecretStr`; fields that do
    not change what the recipient gets (host, port, time limits) are ``Field(exclude=True)``, so
    that they stay out of the snapshot and its digest, as secrets always do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    reads: ClassVar[tuple[str, ...]] = ()
    """Fields that name a file or folder whose contents shape a message, such as fonts."""

    concurrency: int = Field(default=1, ge=1, le=1000, exclude=True)
    """How many messages may be on their way at once."""
    window: int | None = Field(default=None, ge=1, le=10_000, exclude=True)
    """How many messages may be claimed and not recorded yet; by default `concurrency`. After a
    crash, or a power cut, so many may be in doubt: somebody must find out whether they went out. A
    larger one is faster, for more are recorded at once while others are sent."""
    rate: Rate | None = Field(default=None, exclude=True)
    """How many messages may be begun in any length of time: ``30/minute``, ``100/15 minutes``."""
    attempts: int = Field(default=8, ge=1, exclude=True)
    """How many tries a message gets before it is `failed`."""
    give_up_after: Duration = Field(default=timedelta(days=3), gt=timedelta(0), exclude=True)
    """How long after its first try a message is still tried."""
    retry_wait: Duration = Field(default=timedelta(minutes=1), ge=timedelta(0), exclude=True)
    """The wait before the second try."""
    retry_factor: float = Field(default=2.0, ge=1, exclude=True)
    """How much longer each further wait is."""
    retry_longest: Duration = Field(default=timedelta(hours=4), ge=timedelta(0), exclude=True)
    """No wait of ours is longer than this; the far end may ask for more."""

    def lacking(self) -> Sequence[str]:
        """Fields that are required only with what is set here (a gateway, say) and are missing.

        They are asked for like those that are always required.
        """
        return ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if lacking := self.lacking():
            raise ValidationError.from_exception_data(
                type(self).__name__,
                [{"type": "missing", "loc": (name,), "input": None} for name in lacking],
                hide_input=True,
            )
        return self

    def for_snapshot(self) -> dict[str, object]:
        """The fields that shape a message, as JSON values; never a secret."""
        secret = {
            name
            for name, info in type(self).model_fields.items()
            if isinstance(getattr(self, name), SecretStr | SecretBytes) or info.exclude
        }
        told = self.model_dump(mode="json", exclude=secret)
        for name in self.reads:
            if isinstance(path := getattr(self, name), Path):
                told[f"{name}, what is there"] = contents_of(path)
        return told
