# mypy: ignore-errors
"""Keywords by yake, with its own defaults but for the length of a phrase.

Reads texts as JSON from stdin, writes lists of keywords as JSON. Runs in the environment of yake, where the project's
own packages are missing.
"""

import json
import sys

import yake


def main():
    answers = []
    for text in json.load(sys.stdin):
        extractor = yake.KeywordExtractor(lan=text["language"], n=text["longest"], top=text["top"])
        answers.append([found[0] for found in extractor.extract_keywords(text["text"])])
    json.dump(answers, sys.stdout)


main()
