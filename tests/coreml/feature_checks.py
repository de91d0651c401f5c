"""What applications give to a package: pictures, flexible shapes, states, functions; both arithmetics; that files stay as they are."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from . import examples
from .cases import conv as conv_cases
from .cases.case import integers, numbers
from .interpreter import Interpreter
from .kernel_checks import difference
from .linter import lint
from .values import MilError

HERE = Path(__file__).resolve().parent


def scores_of(picture, memory):
    """What examples.whole computes, in float64: (scores, memory)."""
    x = picture.transpose(2, 0, 1)[None].astype(np.float64)
    filtered = conv_cases.conv(x, examples.KERNEL, examples.BIAS, [2, 2], [1, 1, 1, 1]).reshape(4, 16)
    weight = examples.NIBBLES * np.repeat(examples.SCALE, 8, 1).astype(np.float64)
    memory = memory + (filtered @ weight.T)[None]
    shares = np.exp(memory - memory.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True), memory


def refused(run, reason):
    """What is wrong with a run that should raise for this reason."""
    try:
        run()
    except MilError as error:
        return "" if reason in str(error) else f"it says {error}"
    return "it is not refused"


def check(report, folder):
    whole = examples.whole(folder / "whole.mlpackage")
    check_states(report, whole)
    older = examples.older(folder / "older.mlpackage")
    check_pictures(report, older)
    check_shapes(report, whole, older)
    functions = examples.two_functions(folder / "functions.mlpackage", folder)
    check_functions(report, functions)
    half = examples.half(folder / "half.mlpackage")
    check_precision(report, half)
    for package in (whole, older, functions, half):
        report(f"lint of {package.name}", "; ".join(lint(package)))
        check_untouched(report, package)
    check_commands(report, half, folder)


def check_states(report, package):
    interpreter = Interpreter(package)
    memory, states = np.zeros((1, 4, 8)), None
    tokens = np.int32([[3, 9, 0, 3, 1]])
    for step in range(3):
        picture = integers(0, 4 + step, examples.PICTURE, examples.PICTURE, 3).astype(np.uint8)
        outputs, states = interpreter.run({"picture": picture, "tokens": tokens}, states)
        scores, memory = scores_of(picture, memory)
        report(f"scores of step {step}", difference(outputs["scores"], scores))
        report(f"memory after step {step}", difference(states["memory"], memory))
        report(f"rows of step {step}", difference(outputs["rows"], examples.ROWS[tokens]))
    wrong = {"memory": np.zeros((1, 4, 7))}
    report("a state of another shape", refused(lambda: interpreter.run({"picture": picture, "tokens": tokens}, wrong), "state 'memory'"))
    report("a missing input", refused(lambda: interpreter.run({"picture": picture}), "input 'tokens' is missing"))


def check_pictures(report, package):
    interpreter = Interpreter(package)
    colours, grey = integers(0, 256, 2, 4, 3).astype(np.uint8), integers(0, 256, 3, 5).astype(np.uint8)
    vectors = numbers(7, 5)
    outputs, _ = interpreter.run({"colours": colours, "grey": grey, "vectors": vectors})
    report("a BGR picture", difference(outputs["darker"], colours[:, :, ::-1].transpose(2, 0, 1)[None] * np.float32(0.5)))
    report("a grey picture", difference(outputs["lighter"], grey[None, None] + np.float32(1)))
    report("one of listed shapes", difference(outputs["products"], vectors @ numbers(3, 5).T + numbers(3)))
    tensor = colours[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32)
    again, _ = interpreter.run({"colours": tensor, "grey": grey, "vectors": vectors})
    report("the same picture as a tensor", difference(again["darker"], outputs["darker"]))
    large = np.zeros((3, 7), np.uint8)
    report("a picture out of its range", refused(lambda: interpreter.run({"colours": colours, "grey": large, "vectors": vectors}), "range"))
    report("a picture of another size", refused(lambda: interpreter.run({"colours": colours[:1], "grey": grey, "vectors": vectors}), "1x4"))


def check_shapes(report, whole, older):
    interpreter = Interpreter(whole)
    picture = np.zeros((examples.PICTURE, examples.PICTURE, 3), np.uint8)
    for length in (1, examples.LONGEST):
        tokens = integers(0, 10, 1, length)
        outputs, _ = interpreter.run({"picture": picture, "tokens": tokens})
        report(f"{length} tokens", difference(outputs["rows"], examples.ROWS[tokens]))
    longer = integers(0, 10, 1, examples.LONGEST + 1)
    report("too many tokens", refused(lambda: interpreter.run({"picture": picture, "tokens": longer}), "out of the described range"))
    others = {"colours": np.zeros((2, 4, 3), np.uint8), "grey": np.zeros((2, 2), np.uint8)}
    report("a shape that is not listed", refused(lambda: Interpreter(older).run({**others, "vectors": numbers(3, 5)}), "none of"))


def check_functions(report, package):
    interpreter = Interpreter(package)
    x = numbers(12)
    for function, factor in (("double", 2), ("halve", 0.5), (None, 0.5)):
        outputs, _ = interpreter.run({"x": x}, function=function)
        report(f"function {function or 'by default'}", difference(outputs["y"], x * np.float32(factor)))
    report("a function that is not there", refused(lambda: interpreter.run({"x": x}, function="main"), "no function 'main'"))


def check_precision(report, package):
    x = np.float32([1.5, -0.25, 3])
    exact, rounded = x * 1001, (x.astype(np.float16) * np.float16(1001)).astype(np.float32)
    report("float16 has these products", "" if not np.array_equal(exact, rounded) else "and so the next two are one test")
    for precision, want in (("float32", exact), ("declared", rounded)):
        outputs, _ = Interpreter(package, precision).run({"x": x})
        report(f"precision {precision}", "" if np.array_equal(outputs["y"], want) else f"{outputs['y']}, not {want}")


def contents(package):
    """Bytes and time of the last change of each file."""
    return {path: (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) for path in package.rglob("*") if path.is_file()}


def check_untouched(report, package):
    """coremltools would write the manifest in its own layout."""
    manifest = package / "Manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text())))
    before = contents(package)
    Interpreter(package)
    lint(package)
    report(f"files of {package.name}", "" if contents(package) == before else "they were changed")


def check_commands(report, package, folder):
    """interpret.py and lint.py from the command line, without network and away from this folder."""
    np.savez(folder / "in.npz", x=np.float32([1, 2, 3]))
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run = [sys.executable, HERE / "interpret.py", package, folder / "in.npz", folder / "out.npz", "--precision", "declared"]
    done = subprocess.run(run, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    report("interpret.py", done.stderr[-300:] if done.returncode else "")
    if not done.returncode:
        with np.load(folder / "out.npz") as outputs:
            report("its output", difference(outputs["y"], np.float32([1001, 2002, 3004])))  # 3003 lies between two of float16
    done = subprocess.run([sys.executable, HERE / "lint.py", package], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    report("lint.py", f"{done.returncode}: {done.stdout}{done.stderr[-300:]}" if done.returncode or done.stdout else "")
