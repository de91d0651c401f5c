"""The Python environments of the peers: made at the first use, made anew when their requirements change."""

import hashlib
import os
import shutil
import subprocess
import sys

import machine


def peers():
    """Python with OpenVINO and ONNX Runtime, pinned in bench/requirements.txt."""
    return _make("bench-venv", "requirements.txt", [])


def nncf():
    """Python with OpenVINO's quantizer."""
    return _make("bench-nncf", "requirements-nncf.txt", [])


def ultralytics():
    """Python with Ultralytics; PyTorch comes from the system (Debian: python3-torch, python3-torchvision)."""
    return _make("bench-ultralytics", "requirements-ultralytics.txt", ["--system-site-packages"])


def _make(name, requirements, options):
    folder, listed = machine.CACHE / name, machine.ROOT / "bench" / requirements
    stamp, wanted = folder / "made-from", hashlib.sha256(listed.read_bytes()).hexdigest()
    python = folder / "bin/python"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"making {folder} from bench/{requirements}", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    base = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable
    subprocess.run([base, "-m", "venv", *options, str(folder)], check=True)
    subprocess.run(
        [
            str(python),
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "--no-deps",
            "-r",
            str(listed),
        ],
        check=True,
        stdout=sys.stderr,
    )
    stamp.write_text(wanted)
    return python
