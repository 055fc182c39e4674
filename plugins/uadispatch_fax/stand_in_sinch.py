"""Sinch on this machine: its Fax API, version 3, as its documentation describes it."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC
from typing import TYPE_CHECKING, Any

from uadispatch.testing import Answer, in_json
from uadispatch_fax.sinch import LABEL
from uadispatch_fax.stand_in_web import GatewayStandIn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch.testing import Request
    from uadispatch_fax.stand_in_web import Call

__all__ = ["SinchStandIn"]

_PROJECT, _KEY, _SECRET = "rehearsal-project", "rehearsal-key", "not-a-real-secret"
_LOGIN = base64.b64encode(f"{_KEY}:{_SECRET}".encode()).decode("ascii")
_MESSAGES = {
    401: "Unauthorized",
    404: "The resource is not found, not available, or does not exist.",
    422: "The request could not be understood by the server due to malformed syntax.",
    429: "Too many requests",
    503: "Service unavailable",
}


class SinchStandIn(GatewayStandIn):
    """Each question about a fax finds it one step further: queued, in progress, completed.

    A reason for `line` is an error's type and code: ``CALL_ERROR 17``.
    """

    path = f"/v3/projects/{_PROJECT}/faxes"
    steps = ("QUEUED", "IN_PROGRESS")
    delivered = "COMPLETED"
    failed = "FAILURE"

    def settings(self) -> Mapping[str, object]:
        """A project and an access key of its own."""
        return {
            "gateway": "sinch",
            "sinch_url": f"{self.server.url}/v3",
            "sinch_project_id": _PROJECT,
            "sinch_key_id": _KEY,
            "sinch_key_secret": _SECRET,
            "sinch_key_secret_command": None,
        }

    def refusal(self, status: int) -> Answer:
        """An error as Sinch writes it."""
        return in_json({"code": str(status), "message": _MESSAGES[status]}, status)

    def is_ours(self, request: Request) -> bool:
        """By the access key."""
        return request.headers.get("authorization") == f"Basic {_LOGIN}"

    def serve(self, request: Request) -> Answer:
        """Answer one request."""
        rest = request.path.removeprefix(self.path).strip("/")
        if request.method == "POST" and not rest:
            return self._send(request)
        if request.method == "GET" and not rest:
            return self._list(request)
        if request.method == "GET" and (call := self.call(rest)) is not None:
            return in_json(_described(call, call.ask()))
        return self.refusal(404)

    def _send(self, request: Request) -> Answer:
        try:
            order = request.json
            pdf = base64.b64decode(order["files"][0]["file"], validate=True)
            to, labels = order["to"], order.get("labels", {})
        except (ValueError, LookupError, TypeError, binascii.Error):
            return self.refusal(422)
        if not pdf.startswith(b"%PDF-") or not to.startswith("+"):
            return self.refusal(422)
        name = f"01FAX{len(self.calls):021}"
        call = self.take(name, to, labels.get(LABEL, ""), pdf)
        return in_json(_described(call, "QUEUED"))

    def _list(self, request: Request) -> Answer:
        found = [
            _described(call, call.steps[0])
            for call in self.calls
            if call.to.startswith(request.asked("to") or "+")
            and request.asked("direction") in (None, "OUTBOUND")
        ]
        size = int(request.asked("pageSize") or "100")
        number = int(request.asked("page") or "1")
        return in_json(
            {
                "faxes": found[(number - 1) * size : number * size],
                "pageNumber": number,
                "pageSize": size,
                "totalItems": len(found),
                "totalPages": -(-len(found) // size),
            }
        )


def _described(call: Call, status: str) -> dict[str, Any]:
    at = call.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    about: dict[str, Any] = {
        "id": call.name,
        "direction": "OUTBOUND",
        "to": call.to,
        "status": status,
        "createTime": at,
        "labels": {LABEL: call.label},
        "maxRetries": 0,
        "projectId": _PROJECT,
        "hasFile": True,
    }
    if status == "COMPLETED":
        about |= {"numberOfPages": 1, "completedTime": at}
    if status == "FAILURE":
        kind, _, code = call.reason.partition(" ")
        about |= {"errorType": kind, "errorCode": int(code), "errorMessage": f"Error {code}"}
    return about
