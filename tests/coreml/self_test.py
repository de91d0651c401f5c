#!/usr/bin/env python3
"""Tests of the checks of Core ML packages themselves, on packages that coremltools writes.

    self_test.py [kernels|features|lint|weights]...

kernels: every kernel equals NumPy's or PyTorch's function or its definition, and what coremltools makes of constants; with a wrong
kernel a case fails. features: pictures, flexible shapes, states, functions, both arithmetics; no file of a package changes. lint:
each of many faults is found, a sound package has none. weights: our reader of weight.bin agrees with coremltools'.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])
from coreml import feature_checks, kernel_checks, lint_checks, weight_checks  # noqa: E402

PARTS = {"kernels": kernel_checks, "features": feature_checks, "lint": lint_checks, "weights": weight_checks}  # the last reads all


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part")
    parts = parser.parse_args().parts or list(PARTS)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="coreml-") as folder:
        for name, part in PARTS.items():
            if name not in parts:
                continue
            start, results = time.monotonic(), []

            def report(what, wrong, part=name, results=results):
                """`wrong`: what is, or ""."""
                results.append(bool(wrong))
                if wrong:
                    print(f"{part}: {what}: {wrong}")

            part.check(report, Path(folder))
            failed += sum(results)
            print(f"{name}: {len(results) - sum(results)} of {len(results)} checks passed ({time.monotonic() - start:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
