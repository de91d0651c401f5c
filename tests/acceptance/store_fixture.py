"""What the checks of the store share: a hub and a store of their own, the program that is run on them, and the counting
of what holds. Needs Python's standard library only.
"""

import json
import os
import shutil
import subprocess
import time

import fake_hub


class StoreFixture:
    """A store in `folder`, and a hub on this machine that the program takes for the hub."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.hub = fake_hub.FakeHub()
        self.home = folder / "home"
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("LLAMA_PAJAMAS_", "HF_")) and not k.lower().endswith("_proxy")
        }
        self.environment = {**kept, "HF_ENDPOINT": self.hub.endpoint, "LLAMA_PAJAMAS_HOME": str(self.home)}

    def command(self, *arguments):
        return [str(self.program), *map(str, arguments)]

    def run(self, *arguments, user=None, **environment):
        return subprocess.run(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**self.environment, **environment},
            timeout=300,
            user=user,
        )

    def start(self, *arguments, stderr=subprocess.DEVNULL):
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )

    def incoming(self):
        folder = self.home / "incoming"
        return sorted(folder.iterdir()) if folder.exists() else []


def wait_until(child, holds, seconds=60):
    """Waits until `holds()`; whether it did before the child ended and the time was up."""
    end = time.monotonic() + seconds
    while not holds():
        if child.poll() is not None or time.monotonic() > end:
            return holds()
        time.sleep(0.01)
    return True


class Checks(StoreFixture):
    """Counts what holds and what does not."""

    def __init__(self, program, folder):
        super().__init__(program, folder)
        self.passed = self.failed = 0

    def check(self, what, holds, more=""):
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'}  {what}{'' if holds or not more else f': {more}'}", flush=True)

    def json(self, *arguments, **environment):
        done = self.run(*arguments, "--json", **environment)
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, {
                "error": {"type": "no JSON", "message": done.stderr.decode(errors="replace")}
            }

    def works(self, what, *arguments, **environment):
        status, answer = self.json(*arguments, **environment)
        self.check(what, status == 0 and "error" not in answer, f"exit {status}, {answer.get('error')}")
        return answer

    def refused(self, what, words, *arguments, status=1, **environment):
        done = self.run(*arguments, **environment)
        text = done.stderr.decode(errors="replace")
        one = len(text.strip().splitlines()) == 1
        holds = done.returncode == status and words in text and one and "secret" not in text
        self.check(what, holds, f"exit {done.returncode}, {text!r}")

    def reset(self):
        shutil.rmtree(self.home, ignore_errors=True)
        self.hub.reset()


def changed(content):
    """The same checkpoint with another last weight."""
    return content[:-1] + bytes([content[-1] ^ 1])
