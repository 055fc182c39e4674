"""Which campaign a document belongs to, and what a further document makes of it.

finding         the campaign, by number, link, index, place and name together
names           people's names in a text, however they are spelt
updating        what is merged, and whether a new round begins
same_targets    which official is which
reach           whom the campaign reaches by what, before and after
changes         what is different, for people
"""
