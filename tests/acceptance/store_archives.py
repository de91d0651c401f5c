"""Checks of `export` and `import`, with archives that nobody's `export` wrote."""

import io
import json
import subprocess
import tarfile

import fake_hub
from store_fixture import changed


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
    cases["a place that the store keeps for itself"] = (
        [head, ("two/replaced/planted/manifest.json", b"{}")],
        "not in the manifest",
    )
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
