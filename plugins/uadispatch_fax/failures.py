"""What a gateway says of a fax that failed -> what became of the message.

Each list of reasons is open: services add to theirs without notice. A fax of which a service says
that it failed certainly did not arrive whole, so another call loses nothing and repeats nothing;
`attempts` limits how often an office's machine rings for it. So what is not known is tried again,
unless somebody has cancelled it at the gateway: a person's decision is not undone.
Only what says that there is no such number marks the contact; that no fax answers may be an hour's
fault.
"""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from uadispatch import Became, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["of_hylafax", "of_sinch", "of_telnyx"]

A_PERSON_FIRST = timedelta(hours=6)
"""Where money or a limit is missing: no call helps before somebody has mended it."""

_CANCELLED = "cancel"

_TELNYX_FINAL: Mapping[str, str] = MappingProxyType(
    {
        "account_disabled": "the account at the gateway is disabled",
        "destination_invalid": "the gateway cannot call this number",
        "destination_not_in_countries_whitelist": "the gateway may not call this country: "
        "allow it in the outbound profile",
        "destination_not_in_service_plan": "the service plan does not cover this number",
        "file_download_failed": "the gateway could not read the pages",
        "file_format_invalid": "the gateway could not read the pages",
        "file_size_limit_exceeded": "the pages are too large",
        "no_outbound_profile": "the Fax Application has no outbound profile",
        "page_count_limit_exceeded": "there are too many pages",
        "receiver_decline": "the far end refused the call",
        "receiver_incompatible_destination": "what answered there is no fax machine for this",
        "rejected": "the far end refused the call",
    }
)
_TELNYX_NUMBER: Mapping[str, str] = MappingProxyType(
    {
        "receiver_invalid_number_format": "this is no number that can be called",
        "receiver_unallocated_number": "there is no such number",
    }
)
_TELNYX_LATER: Mapping[str, str] = MappingProxyType(
    {
        "user_busy": "busy",
        "receiver_no_answer": "no answer",
        "receiver_no_response": "no answer",
        "receiver_call_dropped": "the call broke off",
        "fax_initial_communication_timeout": "somebody answered, but no fax machine",
        "service_unavailable": "the gateway had a fault of its own",
    }
)
_LIMIT = ("spend_limit_exceeded", "account_balance", "insufficient_funds")


def of_telnyx(reason: str) -> Outcome:
    """`reason` is ``failure_reason``, or empty: the service does not always give one."""
    says = _TELNYX_LATER.get(reason, reason.replace("_", " ") or "the gateway gives no reason")
    if _CANCELLED in reason:
        return _failed("it was cancelled at the gateway", reason)
    if reason in _TELNYX_NUMBER:
        return _failed(_TELNYX_NUMBER[reason], reason, contact=True)
    if reason in _TELNYX_FINAL:
        return _failed(_TELNYX_FINAL[reason], reason)
    wait = A_PERSON_FIRST if any(limit in reason for limit in _LIMIT) else None
    return _again(says, reason, wait)


# https://developers.sinch.com/docs/fax/api-reference/fax/tag/Error-Messages
_SINCH_NUMBER = frozenset({("CALL_ERROR", 34), ("CALL_ERROR", 49)})
"""“Phone number not operational”, “the destination phone number is not active”."""
_SINCH_FINAL = frozenset(
    {
        ("CALL_ERROR", 32),  # incompatible destination
        ("FAX_ERROR", 7),  # cannot receive at this size
        ("FAX_ERROR", 25),  # cannot receive at this resolution
        ("FAX_ERROR", 31),  # incompatible
        ("FAX_ERROR", 68),  # incompatible
        ("FAX_ERROR", 75),  # cancelled by a user
        ("FAX_ERROR", 113),  # the file is gone
        ("FAX_ERROR", 133),  # number not permitted
    }
)
_SINCH_MONEY = ("FAX_ERROR", 46)
_SINCH_PAGES = "DOCUMENT_CONVERSION_ERROR"


def of_sinch(kind: str, number: int | None, says: str) -> Outcome:
    """`kind`, `number` and `says` are ``errorType``, ``errorCode`` and ``errorMessage``."""
    code = f"{kind} {'' if number is None else number}".strip()
    says = says or code or "the gateway gives no reason"
    if number is not None and (kind, number) in _SINCH_NUMBER:
        return _failed(says, code, contact=True)
    if kind == _SINCH_PAGES or (kind, number) in _SINCH_FINAL or _CANCELLED in says.lower():
        return _failed(says, code)
    return _again(says, code, A_PERSON_FIRST if (kind, number) == _SINCH_MONEY else None)


_HYLAFAX_FINAL = ("reject", "abort", "removed", "blacklist", "invalid dial", "document")


def of_hylafax(says: str) -> Outcome:
    """`says` is the status of a job that failed: a text of the server or of its modem."""
    if any(word in says.lower() for word in _HYLAFAX_FINAL):
        return _failed(says, "F")
    return _again(says or "the fax server gives no reason", "F", None)


def _failed(says: str, code: str, *, contact: bool = False) -> Outcome:
    return Outcome(became=Became.FAILED, says=says, code=code or None, contact=contact)


def _again(says: str, code: str, wait: timedelta | None) -> Outcome:
    return Outcome(became=Became.RETRY, says=says, code=code or None, retry_after=wait)
