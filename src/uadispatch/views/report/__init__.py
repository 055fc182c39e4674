"""The report of a campaign: what became of it, in numbers that the journal can prove.

- `counting`: every number, from the journal's sums; `words`: what they are called, the sentence for
  the officials and the text for the organisation.
- `shape` (JSON), `table` (CSV), `page` with its `charts` (HTML).
"""
