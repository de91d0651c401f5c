#!/usr/bin/env python3
"""kill -9 at random moments of pull, convert and import on one store: whatever is listed afterwards is whole.

    kill_store.py [PROGRAM] [--kills 200] [--seed N]

Every other time two commands run at once, and one or both are killed. After every kill `verify` must pass for all
models, the artefact that nobody touches must be the same to the byte, and no model's folder may hold a file that its
manifest does not name. At the end a pull that was killed goes on, and what the killed left is cleaned up. The hub is a
server of this script's own (fake_hub.py); needs Python's standard library only.
"""

import argparse
import collections
import json
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import common
import zero_model
from store_fixture import StoreFixture

WIDTHS = (8, 16, 32, 64, 128)
KINDS = ("pull", "convert", "import")


class Store(StoreFixture):
    def __init__(self, program, folder, random_source):
        super().__init__(program, folder)
        self.random = random_source
        # Checkpoints of different weights: a file of one under the digest of another would be noticed.
        self.checkpoints = []
        for i in range(3):
            path = folder / f"checkpoint-{i}.safetensors"
            path.write_bytes(zero_model.checkpoint(self.random.randbytes, WIDTHS))
            self.checkpoints.append(path)
        self.hub.publish(
            "org/pulled", {"model.safetensors": self.checkpoints[2].read_bytes(), "config.json": b"{}"}
        )

    def must(self, *arguments):
        done = self.run(*arguments)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, arguments))}: exit {done.returncode}: {done.stderr.decode()}")
        return done

    def job(self):
        """A kind and a command to be killed: onto a model that is there, and onto a name that may not be."""
        name, precision = self.random.choice(["there", "fresh"]), self.random.choice(["f32", "f16"])
        kind = self.random.choice(["pull", "convert", "import"])
        if kind == "pull":
            return kind, ("pull", "hf://org/pulled", "--name", f"pulled-{name}", "--precision", precision)
        if kind == "convert":
            source = self.random.choice(self.checkpoints)
            return kind, ("convert", source, "--name", name, "--precision", precision)
        return kind, ("import", self.random.choice(self.archives), "--name", name)

    def longest(self):
        """Seconds that a whole command takes, by its kind."""
        times = {}
        for kind, arguments in (
            ("pull", ("pull", "hf://org/pulled", "--name", "timed")),
            ("convert", ("convert", self.checkpoints[0], "--name", "timed")),
            ("import", ("import", self.archives[0], "--name", "timed")),
        ):
            start = time.monotonic()
            self.must(*arguments)
            times[kind] = time.monotonic() - start
            self.must("rm", "timed")
        return times

    def prepare(self):
        self.must("convert", self.checkpoints[0], "--name", "there", "--precision", "bf16")
        self.archives = []
        for i, precision in ((0, "f32"), (1, "f16")):
            self.must("convert", self.checkpoints[i], "--name", "there", "--precision", precision)
            self.must("convert", self.checkpoints[i], "--name", "packed", "--precision", precision)
            self.archives.append(self.folder / f"packed-{i}.tar")
            self.must("export", "packed", "--output", self.archives[i])
            self.must("rm", "packed")
        self.untouched = self.home / "models/there/gguf/BF16/model.gguf"
        self.untouched_bytes = self.untouched.read_bytes()

    def complaints(self):
        done = self.run("verify", "--json")
        report = json.loads(done.stdout)
        wrong = [model for model in report["models"] if not model["ok"]] if done.returncode else []
        if done.returncode and not wrong:
            wrong = [report]
        unlisted = [f"{m['model']}: unlisted {m['unlisted']}" for m in report["models"] if m.get("unlisted")]
        folders = [p.name for p in (self.home / "models").iterdir() if not (p / "manifest.json").is_file()]
        changed = (
            []
            if self.untouched.read_bytes() == self.untouched_bytes
            else ["the untouched artefact has changed"]
        )
        return [*map(str, wrong), *unlisted, *[f"{name}: no manifest" for name in folders], *changed], len(
            report["models"]
        )


def kill_once(store, times, counts):
    """Starts a command, and every other time a second one on the same store; kills one or both while they run."""
    jobs = [store.job() for _ in range(store.random.choice([1, 2]))]
    if any(kind == "pull" for kind, _ in jobs):
        store.hub.reset()
        store.hub.put_fault("/blobs/", times=100, step=1 << 15, pause=0.002)
        if store.random.random() < 0.5:  # else it is already there, and there is nothing to fetch
            for name in ("pulled-there", "pulled-fresh"):
                if (store.home / "models" / name).exists():
                    store.must("rm", name)
    children = [store.start(*command) for _, command in jobs]
    survives = store.random.random() < 0.5  # the second one, where there is one
    time.sleep(store.random.uniform(0, 1.2 * max(times[kind] for kind, _ in jobs)))
    counts["pairs"] += len(jobs) == 2 and all(child.poll() is None for child in children)
    for (kind, _), child in list(zip(jobs, children))[: 1 if survives else 2]:
        counts[kind, "killed" if child.poll() is None else "done before"] += 1
        child.kill()
        child.wait()
    for (kind, command), child in list(zip(jobs, children))[1:]:
        status = child.wait(timeout=300)
        # Two that fetch the same file: the second one is told so. Else the one that lives on must succeed.
        if survives and status != 0 and [k for k, _ in jobs] != ["pull", "pull"]:
            sys.exit(f"{' '.join(map(str, command))}: exit {status}, though only the other writer was killed")
        counts["survived"] += survives and status == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", nargs="?", type=Path, default=common.PROGRAM)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(options.program.resolve(), Path(folder), random.Random(options.seed))
        store.prepare()
        store.hub.put_fault("/blobs/", times=1, step=1 << 15, pause=0.002)
        times = store.longest()
        counts, checked, rounds, failures = collections.Counter(), 0, 0, []
        while sum(counts[kind, "killed"] for kind in KINDS) < options.kills:
            rounds += 1
            kill_once(store, times, counts)
            wrong, models = store.complaints()
            checked += models
            failures += [f"round {rounds}: {sentence}" for sentence in wrong]
        left = collections.Counter("folders" if p.is_dir() else "files" for p in store.incoming())

        # What was begun goes on, and what is old is cleaned up by the next command that changes the store.
        store.hub.reset()
        store.must("pull", "hf://org/pulled", "--name", "after")
        long_ago = time.time() - 8 * 24 * 3600
        for path in store.incoming():
            os.utime(path, (long_ago, long_ago))
        store.must("convert", store.checkpoints[0], "--name", "after")
        if store.incoming():
            failures.append(f"not cleaned up: {[p.name for p in store.incoming()]}")
        shutil.rmtree(store.home)
    for kind in KINDS:
        print(
            f"{kind}: {counts[kind, 'killed']} killed, {counts[kind, 'done before']} were done before; a whole one takes {times[kind]:.2f} s"
        )
    print(
        f"{rounds} rounds, {counts['pairs']} of them killed while two wrote at once; {counts['survived']} writers lived on and were done"
    )
    print(
        f"after the kills: {checked} models verified; {left['folders']} folders and {left['files']} files left in incoming, then cleaned up"
    )
    print(
        "\n".join(failures) or f"kill_store: {options.kills} kills, no harm, {time.monotonic() - start:.0f} s"
    )
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
