#!/usr/bin/env python3
"""faster-whisper as a process of its own: `ready`, then for each line N on standard input N transcriptions of a sound, greedy, and their
times in milliseconds; 0 or the end of input ends it.

    faster_whisper_peer.py FOLDER SOUND [--compute int8] [--threads 2]

FOLDER: the model as CTranslate2 has it. The text of the first time goes to standard error.
"""

import argparse
import sys
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("sound")
    parser.add_argument("--compute", default="int8")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    from faster_whisper import WhisperModel

    model = WhisperModel(arguments.folder, device="cpu", compute_type=arguments.compute, cpu_threads=arguments.threads)

    def run():
        start = time.perf_counter()
        segments, _ = model.transcribe(arguments.sound, beam_size=1)
        text = "".join(segment.text for segment in segments)
        return (time.perf_counter() - start) * 1000, text

    print(run()[1].strip(), file=sys.stderr)
    print("ready", flush=True)
    for line in sys.stdin:
        if int(line) == 0:
            break
        print(*(f"{run()[0]:.3f}" for _ in range(int(line))), flush=True)


if __name__ == "__main__":
    main()
