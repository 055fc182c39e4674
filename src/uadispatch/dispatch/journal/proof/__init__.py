"""The proof that the books are consistent."""
