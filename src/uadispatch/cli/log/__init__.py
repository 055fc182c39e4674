"""The log in JSON: its events, how it is written, and that it names nobody at risk."""
