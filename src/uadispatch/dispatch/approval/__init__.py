"""What a person has let go out, and what is different since."""
