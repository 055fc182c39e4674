"""What the commands share: options, output, exit codes, the next step. No command is here."""
