"""Reads an object that the formats wrote with Python's own modules, and prints its rows as one JSON value."""

import csv
import gzip
import io
import json
import sys

kind, path, delimiter = sys.argv[1:4]
with open(path, "rb") as file:
    packed = file.read()
text = (gzip.decompress(packed) if path.endswith(".gz") else packed).decode()

if kind == "lines":
    rows = [json.loads(line) for line in text.split("\n")[:-1]]
elif kind == "array":
    rows = json.loads(text)
else:
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
print(json.dumps(rows))
