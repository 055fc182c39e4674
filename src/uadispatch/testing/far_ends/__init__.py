"""Far ends on this machine: servers that misbehave, and the stand-ins made of them."""
