"""The index is data in scripts: whatever a name holds, it stays in its string."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from uadispatch.views.dry_run.index import as_script


@given(st.text())
@example("</script><script>alert(1)</script>")
@example("<!--")
@example("\u2028\u2029\"'\\`${1}")
def test_any_text_stays_in_its_string(text: str) -> None:
    script = as_script([text])
    assert json.loads(script) == [text]
    assert not set(script) & set("<>&\u2028\u2029")
    assert "\n" not in script
