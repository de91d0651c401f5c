#!/usr/bin/env python3
"""Dependencies point down only: says which #include of src/ breaks that; exit status 1 if any does.

    check_layers.py [SRC]

A layer may include itself and those before it in LAYERS. A backend may include no other backend. Third-party headers stay
in the folders that wrap them (CONFINED).
"""
import re
import sys
from pathlib import Path

LAYERS = ["base", "net", "formats", "media", "ops", "ir", "nn", "models", "backends", "quantize", "hardware", "runtime", "tasks", "store",
          "llm", "router", "server", "cli"]

# What starts like this may be included under these folders only.
CONFINED = {
    "oneapi/dnnl": ["backends/onednn"],
    "dnnl": ["backends/onednn"],
    "protozero/": ["formats", "backends/coreml"],
    "jpeglib": ["formats"],
    "png": ["formats"],
    "webp/": ["formats"],
    "ft2build": ["formats", "tasks"],
    "CLI/": ["base", "cli"],
    "pcre2": ["tasks/tokenizer"],
    "utf8proc": ["tasks/tokenizer", "tasks/transcripts"],
    "curl/": ["net"],
    "archive": ["store"],
    "libav": ["media"],
    "libsw": ["media"],
    "sqlite3": ["store"],
    "doctest": [],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def backend_of(path):
    """The backend that `path` (relative to src) belongs to, or "" for what all backends share."""
    parts = Path(path).parts
    return parts[1] if parts[0] == "backends" and len(parts) > 2 else ""


def fault(source, quote, included):
    """Why `source` (relative to src) may not include `included`, or ""."""
    layer, other = Path(source).parts[0], Path(included).parts[0]
    if quote == '"' and len(Path(included).parts) > 1:
        if other not in LAYERS:
            return f"{other}/ is not a layer"
        if LAYERS.index(other) > LAYERS.index(layer):
            return f"{layer} is below {other}"
        if layer == "backends" and backend_of(source) and backend_of(included) not in ("", backend_of(source)):
            return f"backend {backend_of(source)} uses backend {backend_of(included)}"
    for prefix, folders in CONFINED.items():
        if included.startswith(prefix) and not any(source.startswith(folder + "/") for folder in folders):
            return f"only {' and '.join(folders) or 'the tests'} may use it"
    return ""


def main(src):
    faults, files = [], sorted(p for p in src.rglob("*") if p.suffix in (".cpp", ".hpp", ".mm", ".h", ".cu"))
    for path in files:
        source = path.relative_to(src).as_posix()
        if source.count("/") and source.split("/")[0] not in LAYERS:
            faults.append(f"{path}: {source.split('/')[0]}/ is not a layer")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            if found and source.count("/"):
                why = fault(source, found[1], found[2])
                if why:
                    faults.append(f"{path}:{number}: includes {found[2]}: {why}")
    print("\n".join(faults) or f"layers: {len(files)} files, every dependency points down")
    return 1 if faults else 0


if __name__ == "__main__":
    if len(sys.argv) > 2 or sys.argv[1:2] in (["-h"], ["--help"]):
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) == 2 else Path(__file__).resolve().parents[1] / "src"))
