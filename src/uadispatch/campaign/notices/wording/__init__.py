"""How documents write things, whatever they say: the tools of all rooms that read.

plain       text levelled for comparing, letter by letter
run         lines as one text that knows its lines, and its sentences
asides      what is set off and not the document's own: brackets, other documents, mail heads
casing      capitals, and the spelling that a word has elsewhere
dates       days, as they are written
countries   countries, as they are called
"""
