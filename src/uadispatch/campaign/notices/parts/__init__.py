"""A document -> its parts: which lines are its head, its summary, its targets, its letter.

sections    every line in one part, by the layout that the document has
layout      which layout that is
labels      the headings and labels of every layout
greetings   how a letter opens and ends
prose       what is running text
bullets     what begins an item of a list
"""
