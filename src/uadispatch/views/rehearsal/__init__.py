"""The page of a rehearsal: what was meant beside what came."""
