"""One document in four forms of file gives one campaign."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from uadispatch.campaign.notices.content import campaign_of, content_of, remarks_on
from uadispatch.campaign.notices.parse import parse
from uadispatch.campaign.notices.reading import read_document

if TYPE_CHECKING:
    from uadispatch.campaign.model import Campaign
    from uadispatch.campaign.notices.notice import Notice

DOCUMENTS = Path(__file__).resolve().parents[1] / "documents"
WITH_LINKS = (".docx", ".pdf", ".html")


def notice(ending: str) -> Notice:
    return parse(read_document(DOCUMENTS / f"ua-46-19-second-ua{ending}"))


def campaign(ending: str) -> Campaign:
    made, doubts = campaign_of(content_of(notice(ending)))
    assert made is not None, doubts
    return made


@pytest.mark.parametrize("ending", WITH_LINKS)
def test_every_form_gives_the_campaign_that_the_text_gives(ending: str) -> None:
    assert campaign(ending) == campaign(".txt")


@pytest.mark.parametrize("ending", WITH_LINKS)
def test_where_a_link_leads_is_remarked_and_no_part_of_what_is_said(ending: str) -> None:
    found = notice(ending)
    remark = remarks_on(found, content_of(found))["urgent_action", "report"]
    assert remark.endswith(", it leads to https://example.org/tell-us-what-you-did")
    assert "https://" not in (campaign(ending).urgent_action.report or "")
