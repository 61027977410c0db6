#!/bin/sh
# Makes data/cwe-4.20.tsv from a list of weaknesses with the tab-separated columns
# id, status, name, is-weakness, mapping usage:
#
#     tools/cwe-table.sh LIST > data/cwe-4.20.tsv
#
# Each line becomes: id, one letter of usage (A allowed, R allowed with review,
# D discouraged, P prohibited), name. A test compares the table with the list where the list is at hand.
set -eu
LC_ALL=C sort -n "$1" | tr -d '\r' | awk -F '\t' '
    { usage = $5 == "Allowed" ? "A" : $5 == "Allowed-with-Review" ? "R" : $5 == "Discouraged" ? "D" : "P"
      printf "%s\t%s\t%s\n", $1, usage, $3 }'
