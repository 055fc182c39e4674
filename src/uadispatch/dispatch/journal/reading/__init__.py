"""What the journal says. Nothing here changes it."""
