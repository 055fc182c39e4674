"""Opens pages from disk in a real browser, and holds against each what must be so.

    python -m browser PLAN

PLAN is a JSON file, which the piece ``pages`` writes. Playwright and Pillow stand in the venv of
that piece alone.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, sync_playwright

from browser import looking, picture, sifting
from browser.looking import Tools
from browser.opening import NOTHING_LEAVES, Faults
from browser.proving import prove


def main(plan_file: str) -> None:
    """Look at every page of the plan, and print as JSON what was found."""
    plan = json.loads(Path(plan_file).read_text(encoding="utf-8"))
    faults, looked = Faults(), []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=plan["chromium"], args=list(NOTHING_LEAVES)
        )
        tools = Tools(browser, plan["axe"], Path(plan["pictures"]))
        for page in plan["pages"]:
            began, before = time.monotonic(), len(faults.found)
            _look(tools, page, faults)
            looked.append((page["name"], time.monotonic() - began, len(faults.found) - before))
        if plan["picture"]:
            picture.hold(tools, plan["picture"], faults)
            prove(tools, faults)
        browser.close()
    sys.stdout.write(json.dumps({"looked": looked, "faults": faults.found}))


def _look(tools: Tools, page: dict[str, Any], faults: Faults) -> None:
    """One page, whose fault must not hide those of the others."""
    file, name = Path(page["file"]), page["name"]
    try:
        looking.look_at(tools, file, Path(page["within"]), name, page["texts"], faults)
        if page["sift"] == "page":
            sifting.sift(tools.browser, file, name, page["messages"], faults)
        elif page["sift"] == "index":
            sifting.search(tools, file, name, page["messages"], faults)
    except Error as exc:
        faults.add(name, f"it cannot be used as it should: {exc}")


if __name__ == "__main__":
    main(sys.argv[1])
