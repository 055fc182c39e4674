"""How a target is reached: the contract of a channel and the registry of those that are there."""
