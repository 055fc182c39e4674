"""One run: claim, try, record. Nothing leaves by another way."""
