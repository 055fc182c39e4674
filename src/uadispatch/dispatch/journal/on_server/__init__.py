"""A journal on a server, for many machines: PostgreSQL, its locks, and who is alive anywhere."""
