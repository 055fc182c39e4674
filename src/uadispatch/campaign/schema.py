"""The JSON Schema of a campaign file, for editors; made from the models.

It knows shapes only: what must agree between fields, and whether a contact can be read, is
checked when the file is read. ``python -m uadispatch.campaign.schema`` prints it.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from uadispatch.campaign.described import described
from uadispatch.campaign.model import Campaign, Letter, Person, Target, UrgentAction

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["campaign_schema", "campaign_schema_text"]


def campaign_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12, of what a person writes."""
    schema = Campaign.model_json_schema(mode="validation")
    _describe(schema, Campaign)
    for model in (Letter, Person, Target, UrgentAction):
        _describe(schema["$defs"][model.__name__], model)
    _tidy(schema)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema, "title": "Campaign file"}


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Add what the docstrings of the fields say, where pydantic would."""
    for name, says in described(model).items():
        written = schema["properties"][name]
        schema["properties"][name] = dict(sorted({**written, "description": says}.items()))


def _tidy(node: Any) -> None:
    """Refuse keys that match no pattern, and leave out defaults that say nothing."""
    if isinstance(node, dict):
        if "patternProperties" in node:
            node["additionalProperties"] = False
        if node.get("default", ...) is None:
            del node["default"]
    for part in node.values() if isinstance(node, dict) else node:
        if isinstance(part, dict | list):
            _tidy(part)


def campaign_schema_text() -> str:
    """The schema as it stands in ``config/campaign.schema.json``."""
    return json.dumps(campaign_schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(campaign_schema_text())
