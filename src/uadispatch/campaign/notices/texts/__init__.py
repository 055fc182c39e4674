"""The texts of a document: title, summary, actions, background, and the sample letter.

texts       all but the letter
letter      the sample letter, without its opening and ending
subject     what the letter is about, from its own demand
language    the language that it is in
"""
