"""What a person, or a program, looks at: the JSON shapes, and the same in words."""
