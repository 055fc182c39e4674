"""Commands that send, or ask what became of it: ``send``, ``rehearse``, ``confirm``."""
