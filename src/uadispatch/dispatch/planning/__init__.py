"""What would go out, and what speaks against it: the one path of a look and of a run."""
