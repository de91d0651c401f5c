"""Checks of how `pull` speaks to servers: downloads that go on, the token, and no word with --offline."""

import json
import shutil
import signal
import subprocess
import time

import fake_hub
from store_fixture import changed, wait_until


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
    child = t.start("pull", "hf://org/tiny")
    begun = wait_until(child, lambda: hub.sent("model.safetensors") >= half)
    child.kill()
    child.wait()
    t.check("resume: half of it came before the kill", begun, hub.sent("model.safetensors"))
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
    child = t.start("pull", "hf://org/tiny", stderr=subprocess.PIPE)
    t.check("pull: a slow one has begun", wait_until(child, lambda: hub.sent("model.safetensors")))
    child.send_signal(signal.SIGINT)
    start = time.monotonic()
    errors = child.communicate(timeout=60)[1].decode()
    t.check(
        "pull: Ctrl-C stops it within 3 s",
        child.returncode == 130 and time.monotonic() - start < 3 and "stopped" in errors,
        (child.returncode, errors),
    )
    t.check(
        "pull: Ctrl-C leaves only what can be gone on with",
        {p.suffix for p in t.incoming()} <= {".partial", ".json"},
        t.incoming(),
    )

    t.reset()
    hub.plain["/w.safetensors"] = {"content": tiny, "etag": '"v1"'}
    hub.put_fault("/w.safetensors", most=half, step=half)
    hub.put_fault("/w.safetensors", times=9, status=503)
    t.refused("resume: part of an old version", "status 503", "pull", hub.endpoint + "/w.safetensors")
    hub.reset()
    hub.plain["/w.safetensors"] = {"content": changed(tiny), "etag": '"v2"'}
    hub.put_fault("/w.safetensors", no_if_range=True)
    answer = t.works("resume: a server that sends another version's rest", "pull", hub.endpoint + "/w.safetensors")
    t.check(
        "resume: nothing is made of two versions",
        answer.get("source", {}).get("sha256") == fake_hub.sha256(changed(tiny))
        and answer.get("bytes_resumed") == 0,
        answer,
    )

    t.reset()
    hub.plain["/w.safetensors"] = {"content": tiny, "etag": None}
    hub.put_fault("/w.safetensors", times=100, most=half, step=half)
    t.refused("resume: the same half for ever", "try again later", "pull", hub.endpoint + "/w.safetensors")
    t.check("resume: is asked for three times", len(hub.requests) == 3, len(hub.requests))
    t.check("resume: what cannot be gone on with is not kept", t.incoming() == [], t.incoming())


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

    def calls(*arguments):
        """Exit status and network calls of the program."""
        trace.unlink(missing_ok=True)
        command = ["strace", "-f", "-e", "trace=network", "-o", trace, *t.command(*arguments)]
        done = subprocess.run(command, env=t.environment, capture_output=True, timeout=300)
        lines = trace.read_text().splitlines() if trace.exists() else []
        return done.returncode, [line for line in lines if "socket(" in line or "connect(" in line]

    status, seen = calls("pull", "hf://org/nosuch")
    if not seen:
        print(f"note  strace sees no calls here (exit {status}): what opens no socket was seen from the hub's side only")
        return
    status, seen = calls("--offline", "pull", "hf://org/tiny")
    t.check("offline: no socket is opened, and strace would have seen one", status == 1 and seen == [], (status, seen))
