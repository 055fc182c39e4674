"""What a person, or a program, looks at.

- In words and shapes: `shapes` and `records` (JSON and CSV), `stories`, `tasks`, `books`.
- A message on a page: `messages` and `sheets` make the `cards` that the pages show, `differences`
  marks what two of them do not share, `folders` keeps what is written.
- The pages: `dry_run`, `report`, and `rehearsal_page` (what was meant beside what came, which
  `rehearsed` and `comparing` tell); `pages` has their templates, styles and scripts.
"""
