"""When a try may begin: rates, pauses, the wait before another try."""
