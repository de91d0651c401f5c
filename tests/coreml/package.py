"""An .mlpackage as coremltools reads it, on a copy: coremltools writes the manifest anew where it opens a package."""

import contextlib
import io
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path

logging.disable(logging.WARNING)  # it warns of the libraries that it has on a Mac only, and of an old PyTorch
import coremltools  # noqa: E402
from coremltools import proto  # noqa: E402, F401
from coremltools.converters.mil.frontend.milproto.load import load_mil_proto  # noqa: E402
from coremltools.converters.mil.mil import types  # noqa: E402, F401

logging.disable(logging.NOTSET)


@contextlib.contextmanager
def quietly():
    """coremltools warns, and shows bars of its progress; here it is silent. Its errors are exceptions."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def working_copy(package):
    """The path of a copy that lasts as long as the block: weights are links, all that coremltools could write to are copies."""
    package = Path(package).resolve()
    if not package.is_dir():
        raise FileNotFoundError(f"{package}: an .mlpackage is a folder, and there is none")
    with tempfile.TemporaryDirectory(prefix="mlpackage-") as folder:
        copy = Path(folder) / package.name
        shutil.copytree(package, copy, copy_function=copy_or_link)
        yield copy


def copy_or_link(source, target):
    if Path(source).suffix == ".bin":
        os.symlink(source, target)
    else:
        shutil.copyfile(source, target)


def model_path(package):
    """The file of the root model, as the manifest has it."""
    manifest = json.loads((package / "Manifest.json").read_text(encoding="utf-8"))
    return package / "Data" / manifest["itemInfoEntries"][manifest["rootModelIdentifier"]]["path"]


def load(copy):
    """(spec, program) of a working copy: Apple's protobuf and PyMIL, with all values read.

    The program's operations have been built anew and so are typed: coremltools raises where operands or declared outputs are wrong.
    """
    with quietly():
        spec = coremltools.models.utils.load_spec(str(copy))
        return spec, load_program(spec, model_path(copy))


def load_program(spec, model):
    with quietly():
        return load_mil_proto(spec.mlProgram, spec.specificationVersion, str(model.parent / "weights"))
