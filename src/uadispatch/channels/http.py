"""A client for channels that speak HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

__all__ = ["open_client"]


def open_client(**options: Any) -> httpx.AsyncClient:
    """A client of httpx; `options` are its own. It follows no redirect and heeds no proxy."""
    import httpx  # noqa: PLC0415 - costly, and most commands need none

    given: dict[str, Any] = {"trust_env": False, "follow_redirects": False, "timeout": 30.0}
    return httpx.AsyncClient(**(given | options))
