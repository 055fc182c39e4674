"""One campaign sent by many machines: jobs are handed out, and the journal stays the only truth.

- `orders`: what was handed over, and how it is to be sent; a fact of the journal.
- `queue`: the jobs, each a block of at most 500 ids; the only user of procrastinate.
- `branch`: one campaign on one machine: its channels, made from the snapshot alone, and its engine.
- `sweeping`: what has fallen by the way is taken up again.
- `worker`: the process that does all this until it is told to stop.
- To watch it: `outlook` (how all that was handed over stands), `asking` (the journal is asked, and
  not waited for), `metrics` (what is told of it), `page` (where).
"""
