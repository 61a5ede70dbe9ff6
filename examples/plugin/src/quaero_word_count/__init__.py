"""Counts the words of text files: a step `word_count` with one child job for each file of a folder."""
