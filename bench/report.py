#!/usr/bin/env python3
"""Writes docs/performance.md, and the table in README.md between its markers, from bench/results/*.json.

    report.py [--check]

`--check` writes nothing and fails where a file is not what it would write. Losses are shown like wins.
"""

import json
import sys
from pathlib import Path

import machine

BEGIN, END = "<!-- performance -->", "<!-- /performance -->"
OURS = "llama-pajamas"

METHOD = """\
Every figure comes from a script in `bench/`; the command stands beside it. Programs are processes of their
own with their own defaults, pinned to nothing. They take turns in blocks of five calls, in an order that
changes; at least 20 calls each in each of three rounds, at 1 and at 2 threads. Two inputs alternate, and a
call goes from the caller's buffer to the caller's buffer. *Ratio* is the peer's median time over ours, the
median of three rounds (in brackets: each round): above 1 we are faster. Within 0.97 to 1.03 is a tie. *CPU*
is processor time of all threads for one call. Memory is the highest resident set of the whole process;
*net* is without what a Python peer's interpreter holds after its imports.
"""


def load_results(folder):
    return [json.loads(path.read_text()) for path in sorted(Path(folder).glob("*.json"))]


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def origin(result):
    """Machine, date, commit and command of a result: without them a number is not one."""
    m = result["machine"]
    return (
        f"{m['cpu']}, {m['cores']} cores ({', '.join(m['extensions']) or 'no vector extensions listed'}), "
        f"{m['system']}; {m['date']}; "
        f"commit {m['commit']}; load before {m['load']}.\n`{result['command']}`"
    )


def against_section(result):
    rows = []
    for r in result["rows"]:
        ratio = (
            ""
            if r["program"] == OURS
            else f"{r['ratio']:.2f} ({', '.join(f'{x:.2f}' for x in r['round_ratios'])})"
        )
        cpu_ratio = "" if r["program"] == OURS else number(r["cpu_ratio"])
        rows.append(
            [
                named(result, r["program"]),
                str(r["threads"]),
                str(r["runs"]),
                number(r["min_ms"]),
                number(r["median_ms"]),
                ratio,
                number(r["cpu_ms"]),
                cpu_ratio,
                number(r["peak_mb"], 0),
                number(r["net_peak_mb"], 0),
            ]
        )
    head = [
        "program",
        "threads",
        "runs",
        "min ms",
        "median ms",
        "ratio",
        "CPU ms",
        "CPU ratio",
        "peak MB",
        "net MB",
    ]
    return f"## {title(result)}\n\n{origin(result)}\n\n{table(head, rows)}\n"


def named(result, program):
    version = result.get("peers", {}).get(program)
    return f"{program} {version}" if version else program


def title(result):
    if result["kind"] == "end-to-end":
        return f"{result['model']} at {result['size']}, from file to boxes"
    what = {"against": "network", "load": "start to first result"}[result["kind"]]
    size = f"{result['tokens']} tokens" if "tokens" in result else f"at {result.get('shape') or result['size']}"
    return f"{result['model']} {size}, {result['precision'].upper()}: {what}"


def load_section(result):
    rows = [
        [
            r["program"],
            str(r["threads"]),
            str(r["runs"]),
            number(r["min_ms"], 0),
            number(r["median_ms"], 0),
            number(r["net_median_ms"], 0),
        ]
        for r in result["rows"]
    ]
    head = ["program", "threads", "runs", "min ms", "median ms", "median without imports"]
    return f"## {title(result)}\n\n{origin(result)}\n\n{table(head, rows)}\n"


def end_to_end_section(result):
    rows = [
        [
            r["program"],
            str(r["runs"]),
            number(r["min_ms"]),
            number(r["median_ms"]),
            number(r["mean_ms"]),
            number(r["frames_per_second"], 1),
        ]
        for r in result["rows"]
    ]
    ours = result["rows"][0]
    stages = ", ".join(f"{stage} {number(ms)}" for stage, ms in ours["stages_ms"].items())
    head = ["program", "photos timed", "min ms", "median ms", "mean ms", "photos a second"]
    return (
        f"## {title(result)}\n\n{origin(result)}\n\n{table(head, rows)}\n\n"
        f"Ours by a clock outside of the process: {number(ours['outside_mean_ms'])} ms a photo "
        f"({result['runtime']}, {result['precision']}); "
        f"stages, ms: {stages}.\nAgainst {result['fastest']}: {number(result['ratio'])}x "
        f"({', '.join(number(x) for x in result['round_ratios'])}).\n"
    )


def losses(results):
    """Every measured point at which a peer is better than we are."""
    found = []
    for result in results:
        ours = {r["threads"]: r for r in result["rows"] if r["program"] == OURS and "threads" in r}
        if result["kind"] == "end-to-end":
            if result["ratio"] < 1:
                found.append(
                    f"{title(result)}: {result['fastest']} is faster, ratio {number(result['ratio'])}"
                )
            continue
        for r in (r for r in result["rows"] if r["program"] != OURS):
            our = ours[r["threads"]]
            where = f"{title(result)}, {r['threads']} thread{'s' if r['threads'] > 1 else ''}: {r['program']}"
            if r["median_ms"] < our["median_ms"] or r.get("ratio", 1) < 1:
                found.append(
                    f"{where} is faster, {number(r['median_ms'])} against {number(our['median_ms'])} ms"
                )
            if r.get("cpu_ratio") and r["cpu_ratio"] < 1:
                found.append(
                    f"{where} needs less processor time, "
                    f"{number(r['cpu_ms'])} against {number(our['cpu_ms'])} ms"
                )
            for key, words in (("peak_mb", "memory"), ("net_peak_mb", "memory, net")):
                if r.get(key) is not None and our.get(key) is not None and r[key] < our[key]:
                    found.append(
                        f"{where} needs less {words}, {number(r[key], 0)} against {number(our[key], 0)} MB"
                    )
            if result["kind"] == "load" and r["net_median_ms"] < our["median_ms"]:
                found.append(
                    f"{where} without its imports is sooner, "
                    f"{number(r['net_median_ms'], 0)} against {number(our['median_ms'], 0)} ms"
                )
    return found


def document(results):
    sections = {"against": against_section, "load": load_section, "end-to-end": end_to_end_section}
    parts = [
        "# Performance\n\nGenerated by `bench/report.py` from `bench/results/`; do not edit.\n\n" + METHOD
    ]
    lost = losses(results)
    parts.append(
        "## Where a peer is better\n\n"
        + ("\n".join(f"- {line}" for line in lost) if lost else "Nowhere in these results.")
        + "\n"
    )
    parts += [sections[kind](r) for kind in sections for r in results if r["kind"] == kind]
    return "\n".join(parts)


def readme_table(results):
    """The short table: medians, ratio to the fastest peer and peak memory at the highest thread count measured."""
    rows, origins = [], set()
    for result in results:
        m = result["machine"]
        if result["kind"] == "end-to-end":
            ours, best = (
                result["rows"][0],
                next(r for r in result["rows"] if r["program"] == result["fastest"]),
            )
            rows.append(
                [
                    title(result),
                    f"{number(ours['mean_ms'])} ms",
                    f"{result['fastest']} {number(best['mean_ms'])} ms",
                    number(result["ratio"]),
                    "",
                ]
            )
        else:
            threads = max(r["threads"] for r in result["rows"])
            here = [r for r in result["rows"] if r["threads"] == threads]
            ours, peers = (
                next(r for r in here if r["program"] == OURS),
                [r for r in here if r["program"] != OURS],
            )
            for r in sorted(peers, key=lambda r: r["median_ms"])[:1]:
                ratio = r.get("ratio", r["median_ms"] / ours["median_ms"])
                memory = (
                    f"{number(ours['peak_mb'], 0)} / {number(r['peak_mb'], 0)} MB"
                    if r.get("peak_mb") and ours.get("peak_mb")
                    else ""
                )
                rows.append(
                    [
                        f"{title(result)}, {threads} threads",
                        f"{number(ours['median_ms'])} ms",
                        f"{r['program']} {number(r['median_ms'])} ms",
                        number(ratio),
                        memory,
                    ]
                )
        origins.add(f"{m['cpu']}, {m['cores']} cores, {m['date'].split()[0]}, commit {m['commit']}")
    head = [
        "work",
        "llama-pajamas, median",
        "fastest peer",
        "ratio (above 1: we are faster)",
        "peak memory, ours / peer",
    ]
    return (
        f"{table(head, rows)}\n\nMeasured on {'; '.join(sorted(origins))}. "
        "All figures, methods, commands and losses: "
        "[docs/performance.md](docs/performance.md); made by `bench/report.py`."
    )


def with_table(readme, results):
    before, rest = readme.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n{readme_table(results)}\n{END}{after}"


def main():
    results = load_results(machine.RESULTS)
    if not results:
        sys.exit("bench/results is empty: run bench/against.py first")
    files = {machine.ROOT / "docs/performance.md": document(results)}
    readme = machine.ROOT / "README.md"
    if readme.exists() and BEGIN in readme.read_text() and END in readme.read_text():
        files[readme] = with_table(readme.read_text(), results)
    else:
        print(f"README.md has no {BEGIN} and {END}: left alone", file=sys.stderr)
    if "--check" in sys.argv[1:]:
        stale = [path.name for path, text in files.items() if not path.exists() or path.read_text() != text]
        sys.exit(f"not made from bench/results: {', '.join(stale)}" if stale else 0)
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        print(path)


if __name__ == "__main__":
    main()
