#!/usr/bin/env python3
"""Every broken, hostile or huge file gets exit status 1 and one sentence: no crash, no endless memory.

    bad_input.py [PROGRAM] [--peak-mb 1024]

PROGRAM may be one built with sanitizers (memory is then not judged). Needs Python's standard library only.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bad_files
import common

TIMEOUT_S = 120
TELLTALES = (
    "terminate called",
    "Assertion",
    "std::",
    "Sanitizer",
    "runtime error",
    "Segmentation",
    "bad_alloc",
    "what()",
)


class Checks:
    """Runs the program and judges what it says."""

    def __init__(self, program, peak_mb):
        self.program, self.peak_mb, self.passed, self.failed, self.worst_mb = program, peak_mb, 0, 0, 0.0

    def run(self, arguments):
        """Exit status (negative: a signal), standard output and error, peak memory in MB."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen(
                [str(self.program), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )
            deadline = time.monotonic() + TIMEOUT_S
            while True:
                pid, status, usage = os.wait4(child.pid, os.WNOHANG)
                if pid:
                    break
                if time.monotonic() > deadline:
                    child.kill()
                time.sleep(0.005)
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0), err.seek(0)
            peak_kb = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
            return (
                child.returncode,
                out.read().decode(errors="replace"),
                err.read().decode(errors="replace"),
                peak_kb / 1024,
            )

    def judge(self, what, complaints, peak_mb):
        self.worst_mb = max(self.worst_mb, peak_mb)
        if self.peak_mb and peak_mb >= self.peak_mb:
            complaints.append(f"peak memory {peak_mb:.0f} MB")
        self.passed += not complaints
        self.failed += bool(complaints)
        print(
            f"{'FAIL' if complaints else 'ok  '}  {what}{': ' if complaints else ''}{'; '.join(complaints)}",
            flush=True,
        )

    def refused(self, what, name, arguments):
        """It must fail with one sentence that names the file."""
        status, out, err, peak = self.run(arguments)
        self.judge(f"{what} ({peak:.0f} MB)", self.sentence_complaints(name, status, out, err), peak)

    @staticmethod
    def is_json_error(out):
        """With --json the reason stands on standard output as well."""
        try:
            return bool(json.loads(out)["error"]["message"])
        except (ValueError, KeyError, TypeError):
            return False

    @staticmethod
    def sentence_complaints(name, status, out, err):
        lines, complaints = err.splitlines(), []
        if status != 1:
            complaints.append(f"exit status {status}, not 1")
        if out.strip() and not Checks.is_json_error(out):
            complaints.append(f"standard output has {out[:80]!r}")
        if len(lines) != 1:
            complaints.append(f"{len(lines)} lines on standard error: {err[:300]!r}")
        elif len(lines[0].split()) < 4 or len(lines[0]) > 1000 or not lines[0].isprintable():
            complaints.append(f"no sentence: {lines[0][:200]!r}")
        if name not in err:
            complaints.append(f"does not name {name}: {err[:200]!r}")
        complaints += [f"says {word!r}" for word in TELLTALES if word in err]
        return complaints

    def works(self, what, arguments, or_refused=None):
        """It must give an answer in JSON; `or_refused`: or the sentence that names this file."""
        status, out, err, peak = self.run(arguments)
        complaints, verdict = [], "answered"
        try:
            if status != 0 or len(json.loads(out)["images"]) != 1:
                raise ValueError
        except (ValueError, KeyError):
            verdict = "refused"
            complaints = (
                [f"exit status {status}: {err[:200]!r}"]
                if or_refused is None
                else self.sentence_complaints(or_refused, status, out, err)
            )
        self.judge(f"{what}: {verdict} ({peak:.0f} MB)", complaints, peak)


def photo_checks(checks, folder, model):
    """Pictures that are none, or are cut, tiny or huge."""
    detect = lambda path: ["detect", path, "--model", model, "--offline"]  # noqa: E731
    small = bad_files.grey_jpeg(320, 240)
    start_of_scan = small.index(b"\xff\xda")
    files = {
        "text.jpg": b"This is no picture.\n",
        "empty.png": b"",
        "zeros.bmp": bytes(1000),
        "head-only.png": b"\x89PNG\r\n\x1a\n",
        "wrong-sum.png": bad_files.black_png(8, 8).replace(b"IHDR\0\0\0\x08", b"IHDR\0\0\0\x09"),
        "cut.png": bad_files.black_png(640, 480)[:600],
        "no-size.jpg": bad_files.grey_jpeg(0, 0),
    }
    for at in (
        2,
        3,
        30,
        80,
        start_of_scan - 4,
        start_of_scan + 6,
        start_of_scan + 40,
        len(small) // 2 + start_of_scan // 2,
    ):
        files[f"cut-{at}.jpg"] = small[:at]
    if os.environ.get("LLAMA_PAJAMAS_FIXTURES"):
        photo = common.fixture_photos()[0].read_bytes()
        for part in (0.01, 0.1, 0.5, 0.9):
            files[f"photo-cut-{part}.jpg"] = photo[: int(len(photo) * part)]
    for name, data in files.items():
        (folder / name).write_bytes(data)
        checks.refused(name, name, detect(folder / name))
    os.mkfifo(folder / "pipe.jpg")
    checks.refused("pipe.jpg", "pipe.jpg", detect(folder / "pipe.jpg"))
    checks.refused("missing photo", "missing.jpg", detect(folder / "missing.jpg"))
    (folder / "good.png").write_bytes(bad_files.black_png(64, 48))
    status, _, err, peak = checks.run([*detect(folder / "good.png"), folder / "text.jpg", "--json"])
    checks.judge(
        "one bad photo in a batch",
        [] if status == 1 and "text.jpg" in err else [f"exit status {status}: {err[:200]!r}"],
        peak,
    )

    for name, data in {
        "1x1.png": bad_files.black_png(1, 1),
        "1x1.jpg": bad_files.grey_jpeg(1, 1),
        "1x5000.png": bad_files.black_png(1, 5000),
        "5000x1.png": bad_files.black_png(5000, 1),
        "900-texts.png": bad_files.text_png(900),
    }.items():
        (folder / name).write_bytes(data)
        checks.works(name, [*detect(folder / name), "--json"])
    for name, data in {
        "30000x20000.png": bad_files.black_png(30000, 20000),
        "30000x20000.jpg": bad_files.grey_jpeg(30000, 20000),
        "30000x20000-progressive.jpg": bad_files.grey_jpeg(30000, 20000, progressive=True),
        "65500x65500.jpg": bad_files.grey_jpeg(65500, 65500)[:5000],
        "2000000000x2000000000.png": bad_files.png(2_000_000_000, 2_000_000_000, bytes(100)),
    }.items():
        (folder / name).write_bytes(data)
        checks.works(
            name,
            ["detect", folder / name, "--model", model, "--offline"] + ["--json"] * name.startswith("30000"),
            or_refused=name,
        )
        (folder / name).unlink()


def broken_models(model, marker):
    """{file name: bytes} of models that are none, lie, or do not fit together, or would make `marker`."""
    files = {
        "empty.onnx": b"",
        "text.onnx": b"This is no model.\n",
        "picture.onnx": bad_files.grey_jpeg(64, 64),
    }
    for at in (1, 100, 1000, len(model) // 2, len(model) - 1):
        files[f"cut-{at}.onnx"] = model[:at]
    files |= {f"{name}.onnx": data for name, data in bad_files.hostile_onnx().items()}
    files |= {f"{name}.gguf": data for name, data in bad_files.hostile_gguf().items()}
    files |= {f"{name}.safetensors": data for name, data in bad_files.hostile_safetensors().items()}
    files |= {f"{name}.pt": data for name, data in bad_files.hostile_torch(marker).items()}
    weight = "model.4.m.0.cv1.conv.weight"  # [32, 32, 3, 3]

    def with_weight(change):
        return bad_files.with_initializers(
            model, lambda name, data: change(data) if name == weight else [data]
        )

    files["other-shape.onnx"] = with_weight(lambda data: [bad_files.with_dims(data, [32, 16, 6, 3])])
    files["too-few-values.onnx"] = with_weight(lambda data: [bad_files.with_dims(data, [64, 32, 3, 3])])
    files["lacks-a-weight.onnx"] = with_weight(lambda data: [])
    files["one-weight-more.onnx"] = with_weight(
        lambda data: [data, bad_files.tensor("model.99.conv.weight", [4], bytes(16))]
    )
    return files


def model_checks(checks, folder, model, photo):
    home = folder / "home"
    marker = folder / "a-pickle-was-run"
    for name, data in broken_models(model.read_bytes(), marker).items():
        (folder / name).write_bytes(data)
        checks.refused(
            f"detect with {name}",
            name,
            ["detect", photo, "--model", folder / name, "--offline", "--home", home],
        )
        checks.refused(
            f"convert {name}",
            name,
            [
                "convert",
                folder / name,
                "--to",
                "gguf",
                "--precision",
                "f32",
                "--name",
                "broken",
                "--offline",
                "--home",
                home,
            ],
        )
        (folder / name).unlink()
    ran = ["one was"] if marker.exists() else []
    checks.judge("no program in a checkpoint was run", ran, 0)
    os.mkfifo(folder / "pipe.onnx")
    checks.refused(
        "detect with pipe.onnx",
        "pipe.onnx",
        ["detect", photo, "--model", folder / "pipe.onnx", "--offline", "--home", home],
    )
    license_of_bytes = os.fsdecode(b"MIT\xff")
    checks.refused(
        "convert with a license that is no text",
        "UTF-8",
        ["convert", model, "--name", "broken", "--license", license_of_bytes, "--offline", "--home", home],
    )
    left = [
        str(p.relative_to(home))
        for p in home.rglob("*")
        if p.is_file() and "broken" in str(p.relative_to(home))
    ]
    checks.judge(
        "failed conversions leave nothing in the store", [f"left: {', '.join(left)}"] if left else [], 0
    )
    checks.refused(
        "missing model file",
        "missing.onnx",
        ["detect", photo, "--model", folder / "missing.onnx", "--offline", "--home", home],
    )
    checks.refused(
        "missing model name",
        "no-such-model",
        ["detect", photo, "--model", "no-such-model", "--offline", "--home", home],
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?", type=Path, default=common.PROGRAM)
    parser.add_argument("--peak-mb", type=float, default=1024)
    arguments = parser.parse_args()
    sanitized = b"__asan_init" in arguments.program.read_bytes()
    checks = Checks(arguments.program.resolve(), 0 if sanitized else arguments.peak_mb)
    model = common.demo_file("320n.onnx")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo_checks(checks, folder, model)
        model_checks(checks, folder, model, folder / "good.png")
    print(f"worst peak memory {checks.worst_mb:.0f} MB{' (sanitized: not judged)' if sanitized else ''}")
    print(f"{checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
