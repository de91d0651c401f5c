"""A program under measurement, driven through its standard input: our `bench --serve` or a peer."""

import os
import subprocess
import time
from pathlib import Path


class Server:
    """One process that answers a line N with N times in milliseconds. Use it in a `with` statement."""

    def __init__(self, name, command):
        self.name, self.command = name, [str(part) for part in command]
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        words = self._line().split()
        if not words or words[0] != "ready":
            raise RuntimeError(f"{name}: did not get ready: {' '.join(self.command)}")
        self.start_ms = (time.perf_counter() - begin) * 1000
        # What a Python peer's interpreter holds after its imports; nothing for ours.
        self.imports_kb = next((int(w.split("=")[1]) for w in words if w.startswith("imports_kb=")), 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def run(self, count):
        """`count` calls: their times, and the processor time of all of them and all threads, milliseconds."""
        before = self.cpu_ms()
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        times = [float(word) for word in self._line().split()]
        if len(times) != count:
            raise RuntimeError(f"{self.name}: {len(times)} times for {count} calls")
        after = self.cpu_ms()
        return times, None if before is None else after - before

    def cpu_ms(self):
        """Processor time so far of all threads, or None where the system does not say."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def peak_kb(self):
        """Highest resident memory so far, or None where the system does not say."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return None
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))

    def _line(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name}: ended with {self.process.wait()}: {' '.join(self.command)}")
        return line
