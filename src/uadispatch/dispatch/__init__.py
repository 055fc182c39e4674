"""From plan to outcome: states, guards, planning, retrying, the journal and the engine."""
