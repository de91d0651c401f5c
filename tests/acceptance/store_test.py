#!/usr/bin/env python3
"""The store from the outside: pull from a hub, verify, export, import, and what each of them refuses.

    store_test.py [PROGRAM]

The hub is a server of this script's own (fake_hub.py). Needs Python's standard library only.
"""

import sys
import tempfile
import time
from pathlib import Path

import common
import zero_model
from store_archives import archive_tests
from store_fixture import Checks
from store_network import offline_tests, resume_tests, token_tests
from store_pull import pull_tests, refusal_tests
from store_verify import read_only_tests, verify_tests

MINILM = common.CACHE / "models/minilm-l6-v2"


def minilm_tests(t):
    if not (MINILM / "model.safetensors").exists():
        print(
            "note  .cache/models/minilm-l6-v2 is not there (encoders_equal_transformers.py makes it): its pull was left out"
        )
        return
    t.reset()
    files = {str(p.relative_to(MINILM)): p.read_bytes() for p in sorted(MINILM.rglob("*")) if p.is_file()}
    t.hub.publish("sentence-transformers/all-MiniLM-L6-v2", files)
    start = time.monotonic()
    answer = t.works("pull: all-MiniLM-L6-v2 by its name in the catalogue", "pull", "all-minilm-l6-v2")
    t.check(
        f"pull: {answer.get('bytes_received')} bytes in {time.monotonic() - start:.1f} s, with tokenizer and pooling",
        answer.get("task") == "embed"
        and [f["path"] for f in answer["source"]["files"]]
        == ["model.safetensors", "config.json", "tokenizer.json", "1_Pooling/config.json"],
        answer,
    )
    t.works("verify: all-MiniLM-L6-v2", "verify", "all-minilm-l6-v2")


def main():
    program = Path(sys.argv[1] if len(sys.argv) > 1 else common.PROGRAM).resolve()
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(program, Path(folder))
        checks.tiny = checks.folder / "yolov8-tiny.safetensors"
        checks.tiny.write_bytes(zero_model.checkpoint())
        for tests in (
            pull_tests,
            refusal_tests,
            resume_tests,
            token_tests,
            offline_tests,
            archive_tests,
            verify_tests,
            read_only_tests,
            minilm_tests,
        ):
            tests(checks)
    print(f"store: {checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
