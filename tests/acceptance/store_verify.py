"""Checks of `verify`: what it finds, and stores that may only be read."""

import json
import os
import shutil
import subprocess

import fake_hub
from store_fixture import changed


def verify_tests(t):
    t.reset()
    t.works("convert", "convert", t.tiny, "--name", "good")
    t.works("convert", "convert", t.tiny, "--name", "bad")
    report = t.works("verify: all is well", "verify")
    t.check(
        "verify: says what it looked at",
        [(m["model"], m["ok"], m["artefacts"][0]["files"], m["unlisted"]) for m in report["models"]]
        == [("bad", True, 1, []), ("good", True, 1, [])],
        report,
    )
    gguf = t.home / "models/bad/gguf/F32/model.gguf"
    whole = gguf.read_bytes()

    def found(what, words, change):
        gguf.write_bytes(whole)
        change()
        status, answer = t.json("verify")
        named = [
            (m["model"], m.get("error") or m["artefacts"][0]["wrong"])
            for m in answer["models"]
            if not m["ok"]
        ]
        t.check(
            f"verify: {what}",
            status == 1
            and len(named) == 1
            and named[0][0] == "bad"
            and words in str(named)
            and "bad" in answer["error"]["message"],
            answer,
        )

    found("a changed byte", "SHA-256", lambda: gguf.write_bytes(changed(whole)))
    found("a short file", "bytes, but the manifest says", lambda: gguf.write_bytes(whole[:-1]))
    found("a missing file", "not there", gguf.unlink)
    manifest = t.home / "models/bad/manifest.json"
    text = manifest.read_text()

    def lie():
        content = b"GGUF" + bytes(100)
        gguf.write_bytes(content)
        manifest.write_text(
            text.replace(fake_hub.sha256(whole), fake_hub.sha256(content)).replace(
                f'"size": {len(whole)}', f'"size": {len(content)}'
            )
        )

    found("a file with its digest that does not open", "model.gguf", lie)
    found("a broken manifest", "not a JSON object", lambda: manifest.write_text("{"))
    manifest.write_text(text)
    gguf.write_bytes(whole)
    (t.home / "models/bad/notes.txt").write_text("mine")
    report = t.works("verify: a file that nobody named is no fault", "verify", "bad")
    t.check("verify: but it is told of", report["models"][0]["unlisted"] == ["notes.txt"], report)
    t.refused("verify: no such model", "nearest is `bad`", "verify", "bat")
    t.reset()
    t.works("convert", "convert", t.tiny, "--name", "empty")
    manifest = t.home / "models/empty/manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "formats": []}))
    status, answer = t.json("verify")
    t.check(
        "verify: a manifest that lists nothing is not ok",
        status == 1 and not answer["models"][0]["ok"] and "nothing of it" in str(answer["models"][0]["wrong"]),
        answer,
    )


def read_only_tests(t):
    """A store that this user may not write, or not read."""
    t.reset()
    t.works("convert", "convert", t.tiny, "--name", "one")
    (t.home / "lock").unlink()
    shutil.rmtree(t.home / "incoming")
    before = sorted(t.home.rglob("*"))
    t.works("verify: without a lock file", "verify")
    archive = t.folder / "read-only.tar"
    t.works("export: without a lock file", "export", "one", "--output", archive)
    t.check("verify and export: write nothing into the store", sorted(t.home.rglob("*")) == before)
    user = None
    if os.geteuid() == 0:  # who may do everything
        user = 65534  # nobody
        t.folder.chmod(0o755)
        try:
            able = t.run("--version", user=user).returncode == 0
        except OSError:
            able = False
        if not able:
            print("note  no other user can run the program here: a store that may not be written was left out")
            return
    (t.home / "lock").write_text("")
    everything = [p for p in t.home.rglob("*") if p.is_dir()] + [t.home]
    for path in everything:
        path.chmod(0o555)
    (t.home / "lock").chmod(0o444)
    t.works("verify: a store that may not be written", "verify", user=user)
    piped = subprocess.run(
        t.command("export", "one", "--output", "-"), env=t.environment, capture_output=True, user=user, timeout=300
    )
    t.check(
        "export: a store that may not be written",
        piped.returncode == 0 and piped.stdout == archive.read_bytes(),
        (piped.returncode, piped.stderr),
    )
    gguf = t.home / "models/one/gguf/F32/model.gguf"
    gguf.chmod(0)
    status, answer = t.json("verify", user=user)
    t.check(
        "verify: what may not be read is no fault of the model",
        status == 1 and answer.get("error", {}).get("type") == "io" and "Permission" in answer["error"]["message"],
        answer,
    )
    for path in everything:
        path.chmod(0o755)
    gguf.chmod(0o644)
