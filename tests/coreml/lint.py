#!/usr/bin/env python3
"""Prints what is wrong with an .mlpackage, one problem a line; exit status 1 if anything is. See linter.py.

    lint.py PACKAGE
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
from coreml.linter import lint  # noqa: E402


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    try:
        found = lint(sys.argv[1])
    except OSError as error:
        sys.exit(f"lint.py: {error}")
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
