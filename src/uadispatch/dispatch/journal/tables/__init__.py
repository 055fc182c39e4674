"""The journal's tables, their rows, and the words in which they are asked."""
