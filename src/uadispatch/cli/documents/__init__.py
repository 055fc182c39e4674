"""``import``: a document becomes a campaign, changes one, or closes it."""
