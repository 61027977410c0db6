"""Fetches the security.txt of a host and judges it with `sectxt` of PyPI, over TLS. Says each finding; 1 when there is an error.

    REQUESTS_CA_BUNDLE=AUTHORITY python security-txt.py HOST
"""

import sys

import sectxt

found = sectxt.SecurityTXT("https://" + sys.argv[1])
for level, findings in (
    ("error", found.errors),
    ("recommendation", found.recommendations),
    ("notification", found.notifications),
):
    for finding in findings:
        print(level, finding["code"], "line", finding["line"], finding["message"])
print("valid" if found.is_valid() else "not valid")
sys.exit(0 if found.is_valid() else 1)
