"""What every agent needs to read: a document's passages, sentences and words, and the words of its language."""
