"""An Urgent Action document -> what it says -> a campaign.

    document    what was read of a file: lines, each with its place
    reading/    a file -> a document, whatever kind of file it is
    notice      what a document says, each field with its line and how sure it is
    parse       a document -> a notice; below it parts/, wording/, head/, ending/, targets/, texts/
    lineage/    the campaign that a notice belongs to, and what it makes of it
    content     a notice or a campaign -> what a campaign file holds
    writing     that -> the text of a campaign file

A room imports from those above it in this list: document, notice, wording, parts, ending, head,
texts, targets, parse, content, lineage, writing; a test holds it.
"""
