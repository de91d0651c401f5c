"""What a figure needs beside it: machine, date, commit; and where figures are kept."""

import datetime
import json
import os
import platform
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Installed, the scripts' own folder may be read-only: what they make then goes to the user's cache.
IN_CHECKOUT = (ROOT / "CMakeLists.txt").exists()
CACHE = (
    ROOT / ".cache"
    if IN_CHECKOUT
    else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "llama-pajamas")
)
RESULTS = ROOT / "bench/results" if IN_CHECKOUT else CACHE / "bench-results"
# `llama-pajamas bench --against` says which program it is.
PROGRAM = Path(os.environ.get("LLAMA_PAJAMAS_PROGRAM") or ROOT / "build/release/bin/llama-pajamas")
FAST_FLAGS = (
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "amx_bf16",
    "amx_int8",
    "asimd",
    "bf16",
    "i8mm",
)


def _output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def describe():
    """The machine and the state of the program, for a result file."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    fields = dict(line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    cpu = (
        fields.get("model name") or _output("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    )
    if "cpu family" in fields:
        cpu += f" (family {fields['cpu family']}, model {fields['model']})"
    changed = _output(
        "git",
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--",
        ".",
        ":!bench/results",
        ":!docs",
        ":!README.md",
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "extensions": [flag for flag in FAST_FLAGS if flag in flags],
        "system": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        "load": round(os.getloadavg()[0], 2),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": (_output("git", "rev-parse", "--short=12", "HEAD") or "none")
        + ("+changes" if changed else ""),
    }


def shown(command):
    """A command as one line, with paths from the root of the tree."""
    return shlex.join(str(part).replace(f"{ROOT}/", "") for part in command)


def computes_bf16():
    return any(flag in ("avx512_bf16", "amx_bf16", "bf16") for flag in describe()["extensions"])


def save(kind, result):
    """Keeps a result under bench/results, one file a kind: the newest measurement is the reported one."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{kind}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    return path
