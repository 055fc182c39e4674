"""Who hears of what was done, and is no channel: they can hold up and change nothing."""
