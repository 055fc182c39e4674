"""Telnyx on this machine: its fax API as its OpenAPI file describes it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from uadispatch.testing import Answer, in_json
from uadispatch_fax.stand_in_web import GatewayStandIn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch.testing import Request
    from uadispatch_fax.stand_in_web import Call

__all__ = ["TelnyxStandIn"]

_KEY, _CONNECTION, _NUMBER = "KEY0123456789-of-a-rehearsal", "234423", "+12025550100"
_TITLES = {
    401: ("10009", "Authentication failed", "Could not understand the provided credentials."),
    404: ("404", "Not Found", "The requested resource does not exist"),
    422: ("422", "Unprocessable Entity", "The request parameters failed validation"),
    429: ("10011", "Too many requests", "You have exceeded the maximum number of requests."),
    503: ("10007", "Service unavailable", "Try again later."),
}
_MOST_LISTED = 250


class TelnyxStandIn(GatewayStandIn):
    """Each question about a fax finds it one step further: queued, processed, sending, delivered.

    It reveals no name of a file, as the real one may not.
    """

    path = "/v2/faxes"
    steps = ("queued", "media.processed", "sending")
    delivered = "delivered"
    failed = "failed"

    def settings(self) -> Mapping[str, object]:
        """A key, an application and a number of its own."""
        return {
            "gateway": "telnyx",
            "telnyx_url": f"{self.server.url}/v2",
            "telnyx_api_key": _KEY,
            "telnyx_api_key_command": None,
            "telnyx_connection_id": _CONNECTION,
            "from_number": _NUMBER,
        }

    def refusal(self, status: int) -> Answer:
        """An error as Telnyx writes it."""
        code, title, detail = _TITLES[status]
        return in_json({"errors": [{"code": code, "title": title, "detail": detail}]}, status)

    def is_ours(self, request: Request) -> bool:
        """By the key."""
        return request.headers.get("authorization") == f"Bearer {_KEY}"

    def serve(self, request: Request) -> Answer:
        """Answer one request."""
        rest = request.path.removeprefix(self.path).strip("/").split("/")
        match request.method, rest:
            case "POST", [""]:
                return self._send(request)
            case "GET", [""]:
                return self._list(request)
            case "GET", [name] if (call := self.call(name)) is not None:
                return in_json({"data": _described(call, call.ask())})
            case "POST", [name, "actions", "cancel"] if (call := self.call(name)) is not None:
                return self._cancel(call)
        return self.refusal(404)

    def _send(self, request: Request) -> Answer:
        try:
            form = request.form
            file = form["contents"][0]
            given = {name: form[name][0].text for name in ("to", "from", "connection_id")}
        except (ValueError, LookupError):
            return self.refusal(422)
        good = file.content.startswith(b"%PDF-") and given["to"].startswith("+")
        if not good or given["connection_id"] != _CONNECTION or given["from"] != _NUMBER:
            return self.refusal(422)
        label = (file.file or "").removesuffix(".pdf")
        call = self.take(str(uuid.uuid4()), given["to"], label, file.content)
        return in_json({"data": _described(call, "queued")}, 202)

    def _list(self, request: Request) -> Answer:
        after = request.asked("filter[created_at][gte]")
        before = request.asked("filter[created_at][lte]")
        found = [
            _described(call, call.steps[0])
            for call in self.calls
            if request.asked("filter[to][eq]") in (None, call.to)
            and request.asked("filter[from][eq]") in (None, _NUMBER)
            and request.asked("filter[direction][eq]") in (None, "outbound")
            and (after is None or call.at >= datetime.fromisoformat(after))
            and (before is None or call.at <= datetime.fromisoformat(before))
        ]
        size = min(int(request.asked("page[size]") or "20"), _MOST_LISTED)
        number = int(request.asked("page[number]") or "1")
        meta = {
            "page_number": number, "page_size": size,
            "total_pages": -(-len(found) // size), "total_results": len(found),
        }  # fmt: skip
        return in_json({"data": found[(number - 1) * size : number * size], "meta": meta})

    def _cancel(self, call: Call) -> Answer:
        if call.steps[0] in (self.delivered, self.failed):
            return self.refusal(422)
        call.steps, call.reason, call.cancelled = [self.failed], "user_canceled", True
        return in_json({"data": {"result": "ok"}}, 202)


def _described(call: Call, status: str) -> dict[str, Any]:
    at = call.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    about: dict[str, Any] = {
        "record_type": "fax",
        "id": call.name,
        "connection_id": _CONNECTION,
        "direction": "outbound",
        "from": _NUMBER,
        "to": call.to,
        "quality": "high",
        "status": status,
        "store_media": False,
        "created_at": at,
        "updated_at": at,
    }
    if status == "failed":
        about["failure_reason"] = call.reason
    if status == "delivered":
        about["page_count"] = 1
    return about
