"""A campaign that was stored is the same campaign when it is read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from uadispatch.campaign.file import read_campaign
from uadispatch.campaign.model import Campaign, Target

EXAMPLE = Path(__file__).parents[2] / "config" / "campaigns" / "ua-46-19.yaml"


def test_a_campaign_survives_storage_identically() -> None:
    campaign = read_campaign(EXAMPLE)
    stored = json.dumps(campaign.model_dump(mode="json"), sort_keys=True)
    again = Campaign.model_validate(json.loads(stored))
    assert again == campaign
    assert json.dumps(again.model_dump(mode="json"), sort_keys=True) == stored
    assert Campaign.model_validate_json(stored) == campaign


def test_a_number_without_a_country_code_is_not_read_again_from_a_snapshot() -> None:
    held = {"written": "232 5488", "value": "+1", "region": None, "extension": None}
    target = Target.model_validate({"id": "a", "name": "A", "phone": held})
    assert target.model_dump(mode="json")["phone"] == held


def test_nothing_in_a_campaign_can_be_changed() -> None:
    campaign = read_campaign(EXAMPLE)
    with pytest.raises(ValidationError, match="frozen"):
        campaign.round = 2  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        campaign.written[0].name = "X"  # type: ignore[misc]
