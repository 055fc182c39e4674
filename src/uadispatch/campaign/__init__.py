"""What is said, to whom, until when. Nothing here sends, renders or keeps a record."""
