"""What P7 is measured beside: bare matching of words (pyahocorasick) and a character n-gram model
(scikit-learn). Answers one JSON document: rates in messages/s, best of three rounds, and what was found."""
import csv
import json
import sys
import time

import ahocorasick
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression


def timed(work):
    best, result = None, None
    for _ in range(3):
        begun = time.perf_counter()
        result = work()
        took = time.perf_counter() - begun
        best = took if best is None else min(best, took)
    return best, result


words, messages, labelled = sys.argv[1:4]
with open(words, encoding="utf8") as file:
    words = file.read().split("\n")
with open(messages, encoding="utf8") as file:
    messages = file.read().split("\n")
matcher = ahocorasick.Automaton(ahocorasick.STORE_LENGTH)
for word in words:
    matcher.add_word(word)
matcher.make_automaton()
matching, hits = timed(lambda: [n for n, text in enumerate(messages) if next(matcher.iter(text), None) is not None])

with open(labelled, encoding="utf8", newline="") as file:
    rows = list(csv.DictReader(file))
known, unknown = [r for r in rows if r["split"] == "train"], [r for r in rows if r["split"] == "test"]
grams = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2)
model = LogisticRegression(max_iter=50).fit(grams.fit_transform([r["text"] for r in known]), [r["label"] for r in known])
texts = [r["text"] for r in unknown]
predicting, labels = timed(lambda: model.predict(grams.transform(texts)))
right = sum(1 for row, label in zip(unknown, labels) if row["label"] == label)
print(json.dumps({
    "match": len(messages) / matching, "hits": hits,
    "classify": len(texts) / predicting, "right": right / len(texts),
}))
