"""Commands for authors of plugins: which there are, a new one, whether it keeps the contract."""
