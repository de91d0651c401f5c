#!/usr/bin/env python3
"""Speed and memory of one model here and in other runtimes, measured side by side.

    against.py MODEL [--onnx FILE] [--against openvino,onnxruntime] [--precision f32] [--size 640]
               [--part image|text] [--tokens N] [--shape 1,80,3000] [--threads 1,2] [--runs 20] [--rounds 3] [--program PATH]
               [--int8 DIR/NAME] [--json] [--no-save]
    llama-pajamas bench MODEL --against openvino,onnxruntime ...         (the same)

Each program is a process of its own, with its own defaults and pinned to nothing. They take turns in short
blocks of calls, in an order that changes from block to block; the first call of a block is not counted, for
the others have emptied the caches. A ratio is the peer's median over ours (above 1: ours is faster); of
three rounds the median ratio counts. Two inputs alternate; a call goes from the caller's buffer to the
caller's buffer. Result: bench/results/*.json.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import urllib.parse
from pathlib import Path

import machine
import venvs
from server import Server

BLOCK = 5  # calls of one program before the next one's turn
OURS = "llama-pajamas"


def show(program, model, options):
    """What the program's `show MODEL --json` says."""
    done = subprocess.run(
        [str(program), "show", str(model), "--json", *options], capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(done.stderr.strip() or f"{program} show {model}: exit {done.returncode}")
    return json.loads(done.stdout)


def onnx_of(model, given, program=None, options=()):
    """The ONNX file that peers run: the model itself, or the one that the store says it was made from."""
    if given:
        return Path(given)
    if str(model).endswith(".onnx"):
        return Path(model)
    source = (
        show(program, model, options).get("manifest", {}).get("source", {}).get("uri", "") if program else ""
    )
    path = Path(urllib.parse.unquote(source.removeprefix("file://")))
    if source.startswith("file://") and path.suffix == ".onnx" and path.exists():
        return path
    sys.exit(f"{model}: peers need the ONNX file that it was made from: --onnx FILE")


def peer_model(arguments, peer):
    """The file that a peer runs: the ONNX file, or what its own tool made of that in INT8."""
    if arguments.precision != "int8":
        return arguments.onnx
    if not arguments.int8:
        sys.exit("--precision int8 --against needs the peers' own INT8 models: bench/int8_models.py, then bench/against.py --int8 DIR/NAME")
    file = Path(f"{arguments.int8}-int8{'.xml' if peer == 'openvino' else '.onnx'}")
    if not file.exists():
        sys.exit(f"{file} is not there: bench/int8_models.py makes it")
    return file


def commands(arguments, threads):
    """{name: command} of all that take part. ONNX Runtime has no BF16 on CPUs and is left out there."""
    common = ["--precision", arguments.precision, "--threads", threads]
    if not arguments.shape:
        common += ["--tokens", arguments.tokens] if arguments.tokens else ["--size", arguments.size]
    part = ["--part", arguments.part] if arguments.part else []
    ours = ["--serve", "--offline", *common, *part, *arguments.ours]
    taking_part = {OURS: [arguments.program, "bench", arguments.model, *ours]}
    for peer in filter(None, arguments.against.split(",")):
        if peer == "onnxruntime" and arguments.precision == "bf16":
            continue
        taking_part[peer] = [venvs.peers(), machine.ROOT / "bench/peer.py", peer, peer_model(arguments, peer), *common]
        taking_part[peer] += ["--shape", arguments.shape] if arguments.shape else []
        if machine.computes_bf16():  # as ours computes what is not in INT8
            taking_part[peer] += ["--rest", "bf16"]
    return taking_part


def one_round(servers, arguments, first):
    """{name: (times, processor ms a call)}, interleaved; `first` moves the order on."""
    names, times, cpu, calls = (
        list(servers),
        {n: [] for n in servers},
        {n: 0.0 for n in servers},
        {n: 0 for n in servers},
    )
    for block in range(-(-arguments.runs // BLOCK)):
        start = (first + block) % len(names)
        for name in names[start:] + names[:start]:
            measured, used = servers[name].run(BLOCK + 1)
            times[name] += measured[1:]
            calls[name] += len(measured)
            cpu[name] = None if used is None or cpu[name] is None else cpu[name] + used
    return {n: (times[n], None if cpu[n] is None else cpu[n] / calls[n]) for n in names}


def measure(arguments, threads):
    """Rows of one thread count: one for each program."""
    with contextlib.ExitStack() as stack:
        servers = {
            name: stack.enter_context(Server(name, command))
            for name, command in commands(arguments, threads).items()
        }
        for server in servers.values():
            server.run(3)  # everything that happens once has happened
        rounds = [one_round(servers, arguments, i) for i in range(arguments.rounds)]
        return [
            row(server, [r[name] for r in rounds], [r[OURS] for r in rounds], threads)
            for name, server in servers.items()
        ]


def row(server, rounds, ours, threads):
    times = [value for measured, _ in rounds for value in measured]
    ratios = [
        statistics.median(measured) / statistics.median(our) for (measured, _), (our, _) in zip(rounds, ours)
    ]
    cpu = [used for _, used in rounds if used is not None]
    our_cpu = [used for _, used in ours if used]
    peak = server.peak_kb()
    return {
        "program": server.name,
        "threads": threads,
        "runs": len(times),
        "min_ms": min(times),
        "median_ms": statistics.median(times),
        "round_medians_ms": [statistics.median(measured) for measured, _ in rounds],
        "round_ratios": ratios,
        "ratio": statistics.median(ratios),
        "min_ratio": min(times) / min(v for our, _ in ours for v in our),
        "cpu_ms": statistics.median(cpu) if cpu else None,
        "cpu_ratio": statistics.median(cpu) / statistics.median(our_cpu) if cpu and our_cpu else None,
        "peak_mb": None if peak is None else peak / 1024,
        "net_peak_mb": None if peak is None else (peak - server.imports_kb) / 1024,
        "start_to_first_result_ms": server.start_ms,
        "command": machine.shown(server.command),
    }


def table(rows):
    lines = [
        f"{'program':14} {'T':>1} {'min ms':>8} {'median':>8} {'CPU ms':>8} {'ratio (rounds)':>26} "
        f"{'CPU ratio':>9} {'peak MB':>8} {'net':>6}"
    ]
    for r in rows:
        number = "{:.2f}".format
        show = {
            key: "-" if r[key] is None else number(r[key])
            for key in ("cpu_ms", "cpu_ratio", "peak_mb", "net_peak_mb")
        }
        ratio = f"{r['ratio']:.3f} ({' '.join(f'{x:.3f}' for x in r['round_ratios'])})"
        lines.append(
            f"{r['program']:14} {r['threads']:>1} {r['min_ms']:8.2f} {r['median_ms']:8.2f} "
            f"{show['cpu_ms']:>8} {ratio:>26} "
            f"{show['cpu_ratio']:>9} {show['peak_mb']:>8} {show['net_peak_mb']:>6}"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="file or name in the store")
    parser.add_argument("--onnx", help="what the peers run, where MODEL is no ONNX file")
    parser.add_argument("--int8", help="what peers run in INT8, as int8_models.py makes it: DIR/NAME of NAME-int8.xml and .onnx")
    parser.add_argument("--label", help="name of the model in reports (default: MODEL's file name)")
    parser.add_argument("--against", default="openvino,onnxruntime")
    parser.add_argument(
        "--precision", default="f32", help="f32, bf16, int8, or auto: the faster one that this processor has"
    )
    parser.add_argument("--size", type=int, help="of pictures; default: the model's own")
    parser.add_argument("--tokens", type=int, help="length of the text, for a model of texts")
    parser.add_argument("--shape", help="of the peers' input where the model takes neither pictures nor text: 1,80,3000")
    parser.add_argument("--part", help="which network of a model that has several: image, text, encoder")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--runs", type=int, default=20, help="of each program in each round, at least")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--program", default=machine.PROGRAM)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-save", action="store_true")
    for name in ("home", "runtime", "device", "config"):
        parser.add_argument(f"--{name}", help="as for llama-pajamas")
    for name in ("offline", "quiet", "verbose"):
        parser.add_argument(f"--{name}", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.ours = [
        part
        for name in ("home", "runtime", "device", "config")
        if (value := getattr(arguments, name))
        for part in (f"--{name}", value)
    ]
    store = [
        part
        for name in ("home", "config")
        if (value := getattr(arguments, name))
        for part in (f"--{name}", value)
    ]
    arguments.onnx = onnx_of(arguments.model, arguments.onnx, arguments.program, store)
    if not arguments.size and not arguments.tokens and not arguments.shape:
        arguments.size = show(arguments.program, arguments.model, store)["image_size"]
    arguments.precision = arguments.precision.lower()
    if arguments.precision == "auto":
        arguments.precision = "bf16" if machine.computes_bf16() else "f32"
    label = arguments.label or Path(arguments.model).stem

    about = machine.describe()
    try:
        rows = [r for threads in arguments.threads.split(",") for r in measure(arguments, int(threads))]
    except RuntimeError as error:
        sys.exit(str(error))
    result = {
        "kind": "against",
        "model": label,
        "precision": arguments.precision,
        **{k: v for k in ("shape", "tokens", "size") if (v := getattr(arguments, k))},
        "machine": about,
        "peers": dict(
            line.split("==")
            for line in (machine.ROOT / "bench/requirements.txt").read_text().split()
            if "==" in line
        ),
        "command": machine.shown(["bench/against.py", *sys.argv[1:]]),
        "rows": rows,
    }
    print(json.dumps(result) if arguments.json else table(rows))
    if not arguments.no_save:
        sizes = arguments.shape or arguments.tokens or arguments.size
        name = f"against-{label}-{arguments.precision}-{str(sizes).replace(',', 'x')}"
        print(machine.save(name, result), file=sys.stderr)


if __name__ == "__main__":
    main()
