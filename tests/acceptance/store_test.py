#!/usr/bin/env python3
"""The store from the outside: pull from a hub, verify, export, import, and what each of them refuses.

    store_test.py [PROGRAM]

The hub is a server of this script's own (fake_hub.py). Needs Python's standard library only.
"""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import common
import fake_hub
import zero_model

MINILM = common.CACHE / "models/minilm-l6-v2"


class Checks:
    def __init__(self, program, folder):
        self.program, self.folder, self.passed, self.failed = program, folder, 0, 0
        self.hub = fake_hub.FakeHub()
        self.tiny = folder / "yolov8-tiny.safetensors"
        self.tiny.write_bytes(zero_model.checkpoint())
        self.home = folder / "home"
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("LLAMA_PAJAMAS_", "HF_")) and not k.lower().endswith("_proxy")
        }
        self.environment = {**kept, "HF_ENDPOINT": self.hub.endpoint, "LLAMA_PAJAMAS_HOME": str(self.home)}

    def check(self, what, holds, more=""):
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'}  {what}{'' if holds or not more else f': {more}'}", flush=True)

    def run(self, *arguments, **environment):
        return subprocess.run(
            [str(self.program), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**self.environment, **environment},
            timeout=300,
        )

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
        self.check(
            what, done.returncode == status and words in text and one, f"exit {done.returncode}, {text!r}"
        )

    def reset(self):
        shutil.rmtree(self.home, ignore_errors=True)
        self.hub.reset()

    def incoming(self):
        folder = self.home / "incoming"
        return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def changed(content):
    """The same checkpoint with another last weight."""
    return content[:-1] + bytes([content[-1] ^ 1])


def pull_tests(t):
    tiny, hub = t.tiny.read_bytes(), t.hub
    hub.publish(
        "org/tiny",
        {
            "README.md": b"x",
            "model.safetensors": tiny,
            "config.json": b'{"license": "other"}',
            "big.bin": b"x" * 50_000,
        },
        license="agpl-3.0",
    )
    answer = t.works("pull: a repository, end to end", "pull", "hf://org/tiny")
    t.check(
        "pull: named after the repository, with the hub's licence",
        (answer.get("model"), answer.get("license")) == ("tiny", "agpl-3.0"),
        answer,
    )
    source = answer.get("source", {})
    t.check(
        "pull: the source is noted with its commit and digest",
        (source.get("uri"), source.get("revision"), source.get("sha256"), source.get("checked"))
        == ("hf://org/tiny", hub.repositories["org/tiny"]["commit"], fake_hub.sha256(tiny), "sha256"),
        source,
    )
    t.check(
        "pull: a small file is held against git's name of it",
        [f["checked"] for f in source.get("files", []) if f["path"] == "config.json"] == ["git_blob"],
        source,
    )
    t.check(
        "pull: takes what is needed and no more",
        sorted({r["path"].rsplit("/", 1)[-1] for r in hub.requests if "/resolve/" in r["path"]})
        == ["config.json", "model.safetensors"],
        hub.requests,
    )
    t.check("pull: leaves nothing in incoming", t.incoming() == [], t.incoming())
    converted = t.works("convert: the same file", "convert", t.tiny, "--name", "converted")
    t.check(
        "pull: what is stored is what convert makes of it",
        (t.home / "models/tiny/gguf/F32/model.gguf").stat().st_size == converted["size"],
    )
    t.works("verify: both models", "verify")
    hub.reset()
    again = t.works("pull: again, nothing has changed", "pull", "hf://org/tiny")
    t.check(
        "pull: then no file is fetched", again.get("up_to_date") and hub.sent("model.safetensors") == 0, again
    )
    gguf = t.home / "models/tiny/gguf/F32/model.gguf"
    whole = gguf.read_bytes()
    gguf.write_bytes(changed(whole))
    t.works("pull: again, but the stored file was harmed", "pull", "hf://org/tiny")
    t.check("pull: then it is mended", gguf.read_bytes() == whole)
    shown = t.run("show", "tiny").stdout.decode()
    t.check(
        "show: source and state",
        "hf://org/tiny at " in shown and "as its publisher states" in shown and ", there," in shown,
        shown,
    )

    t.works(
        "pull: a revision, a file, a name, a precision",
        "pull",
        "hf://org/tiny@refs/pr/1:model.safetensors",
        "--name",
        "other",
        "--precision",
        "bf16",
    )
    t.check("pull: it is stored so", (t.home / "models/other/gguf/BF16/model.gguf").exists())
    hub.publish("org/bare", {"model.safetensors": tiny, "config.json": b"{}"}, bare=True)
    bare = t.works("pull: a hub that lists names only", "pull", "hf://org/bare")
    t.check(
        "pull: then the digest comes with the file", bare.get("source", {}).get("checked") == "sha256", bare
    )
    hub.publish("org/ours", {"yolo.gguf": whole})
    ours = t.works("pull: a GGUF of ours", "pull", "hf://org/ours")
    t.check(
        "pull: is taken byte for byte",
        Path(ours.get("path", "/")).is_file() and Path(ours["path"]).read_bytes() == whole,
        ours,
    )
    local = t.works("pull: file://", "pull", t.tiny.as_uri(), "--name", "local", "--offline")
    t.check("pull: file:// notes where it was", local.get("source", {}).get("uri") == t.tiny.as_uri(), local)
    hub.plain["/files/web%20model.safetensors"] = {"content": tiny, "etag": '"v1"'}
    web = t.works("pull: an address", "pull", hub.endpoint + "/files/web%20model.safetensors?token=secret")
    t.check(
        "pull: an address is noted without what may be a secret",
        web.get("model") == "web-model"
        and web.get("source", {}).get("uri") == hub.endpoint + "/files/web%20model.safetensors"
        and web["source"]["checked"] is None,
        web,
    )
    everything = b"".join(p.read_bytes() for p in t.home.rglob("manifest.json"))
    t.check("pull: no secret is in any manifest", b"secret" not in everything)
    t.works("verify: all of them", "verify")


def refusal_tests(t):
    tiny, hub = t.tiny.read_bytes(), t.hub
    t.reset()
    hub.publish("org/tiny", {"model.safetensors": tiny})
    hub.publish("org/wrong", {"model.safetensors": tiny}, digests={"model.safetensors": "0" * 64})
    t.refused("pull: a wrong digest", "but its publisher states", "pull", "hf://org/wrong")
    t.check(
        "pull: a wrong digest leaves nothing",
        not (t.home / "models").exists() and t.incoming() == [],
        t.incoming(),
    )
    hub.publish(
        "org/small",
        {"model.safetensors": tiny, "config.json": b"[]"},
        digests={"config.json": fake_hub.git_blob(b"{}")},
    )
    t.refused("pull: a small file that is another one", "came as git blob", "pull", "hf://org/small")
    t.refused("pull: no such repository", "has no such thing (404)", "pull", "hf://org/nosuch")
    t.refused("pull: no such revision", "has no such thing (404)", "pull", "hf://org/tiny@nosuch")
    t.refused(
        "pull: no such file", "nearest is `model.safetensors`", "pull", "hf://org/tiny:model.safetensor"
    )
    hub.put_fault("/api/", status=401)
    t.refused("pull: not open to all", "HF_TOKEN", "pull", "hf://org/tiny")
    hub.put_fault("/api/", times=3, status=500)
    t.refused("pull: a hub that fails", "status 500", "pull", "hf://org/tiny")
    hub.publish("org/pickle", {"pytorch_model.bin": b"x"})
    t.refused("pull: pickles only", "no .safetensors, .gguf or .onnx", "pull", "hf://org/pickle")
    hub.publish(
        "org/shards", {"model.safetensors.index.json": b"{}", "model-00001-of-00002.safetensors": b"x"}
    )
    t.refused("pull: weights in several files", "in several files", "pull", "hf://org/shards")
    hub.publish("org/text", {"model.safetensors": b"no model " * 9000})
    t.refused("pull: no checkpoint", "not a checkpoint", "pull", "hf://org/text")
    t.refused("pull: a name that is none of the catalogue", "nearest is `yolov8n`", "pull", "yolov8")
    t.refused("pull: no encryption", "not encrypted", "pull", "http://example.invalid/x.onnx")
    t.refused(
        "pull: a host that is not there", "is this machine online", "pull", "https://example.invalid/x.onnx"
    )
    t.refused(
        "pull: a word and a password",
        "name or password",
        "pull",
        "https://a:b@example.invalid/x.onnx",
        status=2,
    )
    hub.put_fault("/x.onnx", location="file:///etc/passwd")
    t.refused(
        "pull: led to a file", "no address that can be fetched", "pull", hub.endpoint + "/x.onnx", status=2
    )
    hub.put_fault("/x.onnx", times=20, location="/x.onnx")
    t.refused("pull: led in a circle", "more than 10 redirects", "pull", hub.endpoint + "/x.onnx")
    hub.faults.clear()
    t.check("pull: what is refused leaves no model", not (t.home / "models").exists())
    t.check(
        "pull: and no folder in incoming",
        [n for n in t.incoming() if not n.endswith((".partial", ".json"))] == [],
        t.incoming(),
    )
    status, answer = t.json("pull", "hf://org/nosuch")
    t.check("pull: errors as JSON", status == 1 and answer["error"]["type"] == "not_found", answer)


def resume_tests(t):
    tiny, hub = t.tiny.read_bytes(), t.hub
    t.reset()
    hub.publish("org/tiny", {"model.safetensors": tiny})
    half = len(tiny) // 2
    hub.put_fault("/blobs/", most=half, step=half)
    answer = t.works("resume: a connection that is lost", "pull", "hf://org/tiny")
    t.check(
        "resume: costs only the rest, in one command",
        hub.sent("model.safetensors") == len(tiny),
        hub.sent("model.safetensors"),
    )
    t.check("resume: says so", answer.get("bytes_received") == len(tiny), answer)

    t.reset()
    hub.put_fault("/blobs/", step=len(tiny) // 40, pause=0.1)
    child = subprocess.Popen(
        [t.program, "pull", "hf://org/tiny"], env=t.environment, stderr=subprocess.DEVNULL
    )
    while hub.sent("model.safetensors") < half:
        time.sleep(0.01)
    child.kill()
    child.wait()
    t.check("resume: kill -9 leaves no model", not (t.home / "models").exists())
    kept = sum(p.stat().st_size for p in (t.home / "incoming").glob("*.partial"))
    hub.reset()
    answer = t.works("resume: the next command goes on", "pull", "hf://org/tiny")
    t.check(
        f"resume: {kept} of {len(tiny)} bytes were there, only the rest came",
        kept > 0
        and hub.sent("model.safetensors") == len(tiny) - kept
        and answer.get("bytes_resumed") == kept,
        (hub.sent("model.safetensors"), answer),
    )

    t.reset()
    hub.plain["/w.safetensors"] = {"content": tiny, "etag": '"v1"'}
    hub.put_fault("/w.safetensors", most=half, step=half)
    hub.put_fault("/w.safetensors", times=9, status=503)
    t.refused("resume: a server that gives up", "status 503", "pull", hub.endpoint + "/w.safetensors")
    hub.reset()
    hub.plain["/w.safetensors"] = {"content": changed(tiny), "etag": '"v2"'}
    t.works("resume: the file has changed meanwhile", "pull", hub.endpoint + "/w.safetensors")
    t.check(
        "resume: then all of it is fetched anew",
        hub.sent("w.safetensors") == len(tiny),
        hub.sent("w.safetensors"),
    )
    t.works("resume: and what is stored is whole", "verify")

    t.reset()
    hub.put_fault("/blobs/", most=half, step=half, hang=30)
    start = time.monotonic()
    t.works("resume: a server that stands still", "pull", "hf://org/tiny", "--timeout", "1")
    t.check("resume: is left after --timeout", time.monotonic() - start < 15, time.monotonic() - start)

    t.reset()
    hub.put_fault("/blobs/", step=1000, pause=0.2)
    child = subprocess.Popen([t.program, "pull", "hf://org/tiny"], env=t.environment, stderr=subprocess.PIPE)
    while not hub.sent("model.safetensors"):
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    start = time.monotonic()
    errors = child.communicate()[1].decode()
    t.check(
        "pull: Ctrl-C stops it within 3 s",
        child.returncode == 130 and time.monotonic() - start < 3 and "stopped" in errors,
        (child.returncode, errors),
    )
    t.check(
        "pull: Ctrl-C leaves only what can be gone on with",
        {Path(n).suffix for n in t.incoming()} <= {".partial", ".json"},
        t.incoming(),
    )


def token_tests(t):
    tiny, hub = t.tiny.read_bytes(), t.hub
    t.reset()
    hub.publish("org/tiny", {"model.safetensors": tiny, "config.json": b"{}"})
    t.works("token: a pull with one", "pull", "hf://org/tiny", HF_TOKEN="hf_secret")
    got = {
        server: [r["headers"].get("Authorization") for r in hub.requests if r["server"] == server]
        for server in ("hub", "cdn")
    }
    t.check("token: the hub gets it", set(got["hub"]) == {"Bearer hf_secret"} and len(got["hub"]) >= 3, got)
    t.check("token: where the hub leads to does not", got["cdn"] == [None], got)
    t.check(
        "token: no request but those says it",
        all("hf_secret" not in json.dumps(r) for r in hub.requests if r["server"] == "cdn"),
    )
    t.check(
        "token: it is nowhere in the store",
        all(b"hf_secret" not in p.read_bytes() for p in t.home.rglob("*") if p.is_file()),
    )
    agents = {r["headers"].get("User-Agent") for r in hub.requests}
    t.check("pull: says its name and version", all(a.startswith("llama-pajamas/") for a in agents), agents)
    sent = {name for r in hub.requests for name in r["headers"]}
    t.check(
        "pull: sends no more than docs/privacy.md says",
        sent <= {"Host", "User-Agent", "Accept", "Authorization", "Range", "If-Range"},
        sent,
    )


def offline_tests(t):
    t.reset()
    before = t.hub.connections()
    for source in ("hf://org/tiny", t.hub.endpoint + "/x.onnx", "yolov8n"):
        t.refused(f"offline: {source.split(':')[0]}", "--offline is set", "pull", source, "--offline")
    t.check("offline: nobody was asked", t.hub.connections() == before)
    if not shutil.which("strace"):
        print("note  no strace here: that no socket is opened was seen from the hub's side only")
        return
    trace = t.folder / "trace"
    subprocess.run(
        ["strace", "-f", "-e", "trace=network", "-o", trace, t.program, "--offline", "pull", "hf://org/tiny"],
        env=t.environment,
        capture_output=True,
    )
    calls = [line for line in trace.read_text().splitlines() if "socket(" in line or "connect(" in line]
    t.check("offline: no socket is opened", calls == [], calls)


def pack(path, items):
    """A tar archive of (name, content or a TarInfo's fields)."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in items:
            info = tarfile.TarInfo(name)
            if isinstance(content, dict):
                for key, value in content.items():
                    setattr(info, key, value)
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return path


def archive_tests(t):
    t.reset()
    t.works("convert", "convert", t.tiny, "--name", "one", "--license", "MIT")
    t.works("convert", "convert", t.tiny, "--name", "one", "--precision", "bf16")
    t.works("convert", "convert", t.tiny, "--name", "two", "--precision", "f16")
    first, second = t.folder / "first.tar", t.folder / "second.tar"
    t.works("export: two models", "export", "one", "two", "--output", first)
    with tarfile.open(first) as archive:
        names = archive.getnames()
        items = {name: archive.extractfile(name).read() for name in names}
    t.check(
        "export: each manifest comes before its files",
        names
        == [
            "one/manifest.json",
            "one/gguf/BF16/model.gguf",
            "one/gguf/F32/model.gguf",
            "two/manifest.json",
            "two/gguf/F16/model.gguf",
        ],
        names,
    )
    files = {
        p.relative_to(t.home / "models"): p.read_bytes()
        for p in (t.home / "models").rglob("*.*")
        if p.is_file()
    }
    t.works("rm", "rm", "one", "two")
    t.works("import: what was exported", "import", first)
    t.check(
        "import: every file is back, byte for byte",
        files
        == {
            p.relative_to(t.home / "models"): p.read_bytes()
            for p in (t.home / "models").rglob("*.*")
            if p.is_file()
        },
    )
    t.works("export: again", "export", "two", "one", "--output", second)
    t.check("export: the same models give the same bytes", first.read_bytes() == second.read_bytes())
    t.works("verify: what came back", "verify")
    piped = subprocess.run(
        [t.program, "export", "one", "--output", "-"], env=t.environment, capture_output=True
    )
    single = t.folder / "single.tar"
    single.write_bytes(piped.stdout)
    t.check("export: to standard output", piped.returncode == 0 and tarfile.is_tarfile(single))
    taken = subprocess.run(
        [t.program, "import", "-", "--name", "renamed"],
        env=t.environment,
        input=piped.stdout,
        capture_output=True,
    )
    t.check(
        "import: from standard input, under another name",
        taken.returncode == 0 and (t.home / "models/renamed/manifest.json").exists(),
        taken.stderr,
    )
    t.refused(
        "import: one name for two models", "one name is for one", "import", first, "--name", "x", status=2
    )
    manifest = json.loads(items["two/manifest.json"])
    t.works("convert: onto an imported model", "convert", t.tiny, "--name", "two", "--precision", "f32")
    t.works("import: onto a model adds and replaces", "import", first)
    status, listed = t.json("list")
    t.check(
        "import: other precisions stay",
        {m["name"]: len(m["formats"]) for m in listed["models"]} == {"one": 2, "two": 2, "renamed": 2},
        listed,
    )
    (t.home / "models/one/gguf/F32/model.gguf").write_bytes(changed(items["one/gguf/F32/model.gguf"]))
    before = second.read_bytes()
    t.refused("export: a harmed model", "its SHA-256 is", "export", "one", "--output", second)
    t.check(
        "export: leaves what was there",
        second.read_bytes() == before and not list(t.folder.glob("second.tar.*")),
    )

    hostile = t.folder / "hostile.tar"
    head = ("two/manifest.json", items["two/manifest.json"])
    weights = "two/gguf/F16/model.gguf"
    body = (weights, items[weights])

    def other(change):
        fields = json.loads(items["two/manifest.json"])
        change(fields["formats"][0])
        return ("two/manifest.json", json.dumps(fields).encode())

    def resized(size):
        return other(lambda f: f["files"][0].update(size=size))

    cases = {
        "an absolute path": ([head, ("/tmp/x", b"x")], "no path of a model's file"),
        "a path with ..": ([head, ("two/../../x", b"x")], "no path of a model's file"),
        "a manifest with ..": (
            [other(lambda f: f["files"][0].update(path="../../x"))],
            "none inside the model's folder",
        ),
        "a symbolic link": (
            [head, (weights, {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"})],
            "no regular file",
        ),
        "a hard link": (
            [head, (weights, {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"})],
            "no regular file",
        ),
        "a device": ([head, (weights, {"type": tarfile.CHRTYPE})], "no regular file"),
        "a pipe": ([head, (weights, {"type": tarfile.FIFOTYPE})], "no regular file"),
        "a folder": ([head, ("two/gguf", {"type": tarfile.DIRTYPE})], "no regular file"),
        "a file too many": ([head, body, ("two/more", b"x")], "not in the manifest"),
        "a file too few": ([head], "is missing"),
        "a file twice": ([head, body, body], "comes twice"),
        "a changed byte": ([head, (weights, changed(items[weights]))], "has the SHA-256"),
        "files before the manifest": ([body, head], "comes before"),
        "a size that lies": ([resized(5), body], "but the manifest says 5"),
        "a size that no disk has": ([resized(10**15)], "on the disk"),
        "no digest": ([other(lambda f: f["files"][0].pop("sha256")), body], "without a SHA-256"),
        "weights that are none": (
            [
                other(lambda f: f["files"][0].update(size=3, sha256=fake_hub.sha256(b"abc"))),
                (weights, b"abc"),
            ],
            "not a checkpoint",
        ),
        "another task onto a model": (
            [("two/manifest.json", json.dumps({**manifest, "task": "embed"}).encode()), body],
            "has the task",
        ),
    }
    stored = {p: p.read_bytes() for p in (t.home / "models").rglob("*") if p.is_file()}
    for what, (content, words) in cases.items():
        t.refused(
            f"import: {what}",
            words,
            "import",
            pack(hostile, content),
            status=2 if what.startswith("another task") else 1,
        )
    hostile.write_bytes(first.read_bytes()[: first.stat().st_size // 2])
    t.refused("import: half an archive", "hostile.tar", "import", hostile)
    hostile.write_bytes(subprocess.run(["gzip", "-c", first], capture_output=True).stdout)
    t.refused("import: a compressed one", "no archive that `export` wrote", "import", hostile)
    t.refused("import: no archive", "no archive", "import", t.tiny)
    t.check(
        "import: what is refused changes nothing",
        stored == {p: p.read_bytes() for p in (t.home / "models").rglob("*") if p.is_file()},
    )
    t.check("import: and leaves nothing in incoming", t.incoming() == [], t.incoming())


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
        for tests in (
            pull_tests,
            refusal_tests,
            resume_tests,
            token_tests,
            offline_tests,
            archive_tests,
            verify_tests,
            minilm_tests,
        ):
            tests(checks)
    print(f"store: {checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
