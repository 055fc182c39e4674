"""The targets of a campaign, one after the other, however many there are."""
