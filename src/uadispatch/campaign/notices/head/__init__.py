"""What a document says of itself: `head.read_head`.

head        all of it together
numbers     the numbers and indexes that it claims as its own
issue       its day, and the countries that it concerns
until       its deadline
people      whom it is for
preferred   the languages to write in
"""
