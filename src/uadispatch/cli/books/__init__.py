"""Commands that tell what the journal has, and look after it."""
