"""Commands that look before anything is sent: ``dry-run`` and ``approve``."""
