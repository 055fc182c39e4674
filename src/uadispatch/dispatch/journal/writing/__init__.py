"""What changes the journal: each move checked, and audited."""
