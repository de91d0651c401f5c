"""Manifest.json: which file is the model, and that all files are there."""

import json

VERSION = "1.0.0"
ITEM_FIELDS = ("path", "name", "author", "description")


def problems(package):
    try:
        manifest = json.loads((package / "Manifest.json").read_text(encoding="utf-8"))
        items = manifest["itemInfoEntries"]
        root = items[manifest["rootModelIdentifier"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield f"Manifest.json: {error!r}"
        return
    if manifest.get("fileFormatVersion") != VERSION:
        yield f"Manifest.json: fileFormatVersion is {manifest.get('fileFormatVersion')!r}, not {VERSION!r}"
    for key, item in items.items():
        for field in ITEM_FIELDS:
            if field not in item:
                yield f"Manifest.json: item {key} has no {field}"
        if not (package / "Data" / item.get("path", "")).exists():
            yield f"Manifest.json: item {key}: there is no {item.get('path')}"
    if not (package / "Data" / root.get("path", "")).is_file():
        yield f"Manifest.json: the root {root.get('path')} is no file"
    weights = (package / "Data" / root.get("path", "")).parent / "weights"
    listed = [package / "Data" / item.get("path", "") for item in items.values()]
    if weights.exists() and weights not in listed:
        yield "Manifest.json: no item is the folder of weights"
