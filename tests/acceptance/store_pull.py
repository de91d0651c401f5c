"""Checks of `pull`: what it fetches, what it notes, and what it refuses."""

import random
import struct
import zlib
from pathlib import Path

import fake_hub
import zero_model
from store_fixture import changed


def png(width, height, seed):
    """A picture of 8-bit colours."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(
        b"\0" + bytes((x * 3 + y * 5 + c * 7 + seed * 11) % 256 for x in range(width) for c in range(3))
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


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

    # Each precision is held against its own source.
    t.reset()
    hub.publish("org/moves", {"model.safetensors": tiny, "config.json": b"{}"})
    t.works("pull: one commit", "pull", "hf://org/moves", "--precision", "f32")
    hub.publish("org/moves", {"model.safetensors": changed(tiny), "config.json": b"{}"})
    t.works("pull: the next commit, another precision", "pull", "hf://org/moves", "--precision", "bf16")
    hub.reset()
    again = t.works("pull: that again", "pull", "hf://org/moves", "--precision", "bf16")
    t.check("pull: is up to date", again.get("up_to_date") is True and hub.sent("model.safetensors") == 0, again)
    older = t.works("pull: the first precision again", "pull", "hf://org/moves", "--precision", "f32")
    t.check(
        "pull: is not, for its commit is the old one",
        "up_to_date" not in older and hub.sent("model.safetensors") == len(tiny),
        older,
    )
    odd = t.folder / "a b?ü.safetensors"
    odd.write_bytes(tiny)
    for command in ("pull", "convert"):
        answer = t.works(
            f"{command}: a file with an odd name", command, odd.as_uri() if command == "pull" else odd, "--name", command
        )
        t.check(f"{command}: its address is escaped", answer.get("source", {}).get("uri") == odd.as_uri(), answer)
    hub.plain[f"/{'x' * 300}"] = {"content": tiny}
    t.works("pull: a name too long for a file", "pull", f"{hub.endpoint}/{'x' * 300}", "--name", "lengthy")
    pictures = t.folder / "pictures"
    pictures.mkdir()
    for i in range(2):
        (pictures / f"{i}.png").write_bytes(png(64, 64, i))
    draw = random.Random(1)
    drawn = zero_model.checkpoint(
        lambda size: struct.pack(f"<{size // 4}f", *(draw.uniform(-0.1, 0.1) for _ in range(size // 4)))
    )
    hub.publish("org/drawn", {"model.safetensors": drawn})
    calibrated = ("pull", "hf://org/drawn", "--precision", "int8", "--calibrate", pictures)
    t.works("pull: calibrated", *calibrated)
    again = t.works("pull: calibrated again", *calibrated)
    t.check("pull: --calibrate is done anew", "up_to_date" not in again, again)


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
    hub.publish("org/pickle", {"pytorch_model.bin": b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R."})
    t.refused("pull: a pickle that would run a command", "", "pull", "hf://org/pickle")
    hub.publish("org/words", {"README.md": b"x"})
    t.refused("pull: no weights", "no .safetensors, .gguf, .onnx, .pt", "pull", "hf://org/words")
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
        "https://a:secret@example.invalid/x.onnx",
        status=2,
    )
    hub.put_fault("/x.onnx", location="file:///etc/passwd")
    t.refused(
        "pull: led to a file", "no address that can be fetched", "pull", hub.endpoint + "/x.onnx?token=secret"
    )
    hub.put_fault("/x.onnx", times=20, location="/x.onnx")
    t.refused("pull: led in a circle", "more than 10 redirects", "pull", hub.endpoint + "/x.onnx")
    hub.faults.clear()
    t.check("pull: what is refused leaves no model", not (t.home / "models").exists())
    t.check(
        "pull: and no folder in incoming",
        [p for p in t.incoming() if p.suffix not in (".partial", ".json")] == [],
        t.incoming(),
    )
    status, answer = t.json("pull", "hf://org/nosuch")
    t.check("pull: errors as JSON", status == 1 and answer["error"]["type"] == "not_found", answer)
    for source in (
        "http://example.invalid/x?secret",
        "https://example.invalid:99999/x?secret",
        "https://a:se/cret@example.invalid/x",
        "htps://a:secret@example.invalid/x?secret",
        "hf://org/tiny?secret",
        "https://example.invalid/?secret",
    ):
        done = t.run("pull", source)
        text = done.stderr.decode()
        t.check(
            f"pull: {source} is refused without its secret",
            done.returncode in (1, 2) and text and "secret" not in text and "se/cret" not in text,
            text,
        )
    t.refused(
        "pull: a hub that is not there",
        "is HF_ENDPOINT right",
        "pull",
        "hf://org/tiny",
        HF_ENDPOINT="https://hub.invalid",
    )
    for endpoint in ("hub.invalid", "https://a:secret@hub.invalid", "https://hub.invalid/?secret", "ftp://hub.invalid"):
        t.refused(
            f"pull: HF_ENDPOINT={endpoint.replace('secret', '...')}",
            "HF_ENDPOINT",
            "pull",
            "hf://org/tiny",
            status=2,
            HF_ENDPOINT=endpoint,
        )
    hub.put_fault("/api/", text="<html>")
    t.refused("pull: a page that is no listing", "HF_ENDPOINT is", "pull", "hf://org/tiny")
    t.works("pull: no proxy for this machine", "pull", "hf://org/tiny", http_proxy="http://127.0.0.1:9")
    planted = "org/planted:replaced/planted/model.safetensors"
    hub.publish("org/planted", {"replaced/planted/model.safetensors": tiny, "replaced/planted/manifest.json": b"{}"})
    t.works("pull: a folder of a store's own name", "pull", f"hf://{planted}", "--name", "mine")
    t.works("convert", "convert", t.tiny, "--name", "replaced")
    t.works("convert", "convert", t.tiny, "--name", "replaced", "--precision", "f16")
    t.check(
        "pull: plants no model",
        sorted(p.name for p in (t.home / "models").iterdir()) == ["mine", "replaced", "tiny"],
        list((t.home / "models").iterdir()),
    )
