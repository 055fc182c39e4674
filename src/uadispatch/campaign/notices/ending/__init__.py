"""Whether a document ends its campaign: `closing.read_closing`, judged by itself.

closing     the judgement: open, closed or doubtful
endings     each phrase that may end a campaign, with its verdict
phrases     how it is said, as patterns
no_further  "no further action" and its like
sayings     the other ways to say it
spoken      a phrase in its sentence
verdicts    what the words around it make of it
asking      whether the document still asks for appeals
"""
