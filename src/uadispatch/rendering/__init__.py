"""How a message reads: which language, which template, and the text that comes of them."""
