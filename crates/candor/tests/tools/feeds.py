"""Reads feeds with readers of PyPI: Atom with `feedparser`, JSON with `feedparser-rs`. Prints what they understood as JSON.

    python feeds.py FEED.atom FEED.feed.json
"""

import json
import sys

import feedparser
import feedparser_rs


def told(found):
    return {
        "bozo": bool(found.bozo),
        "version": str(found.version),
        "title": found.feed.title,
        "entries": [
            {"id": entry.id, "title": entry.title, "link": entry.link, "updated": entry.get("updated")}
            for entry in found.entries
        ],
    }


with open(sys.argv[1], "rb") as file:
    atom = feedparser.parse(file.read())
with open(sys.argv[2], "rb") as file:
    other = feedparser_rs.parse(file.read())
print(json.dumps({"atom": told(atom), "json": told(other)}))
