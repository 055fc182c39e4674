"""Targets in a file of their own: a spreadsheet, read in a stream."""
