"""A journal in a file of one machine: SQLite, the file and its disk, and who is alive there."""
