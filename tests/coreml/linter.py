"""Says what is wrong with an .mlpackage, beyond what coremltools' reader refuses.

That reader checks types and operands and lets much through that Core ML's compiler is known or documented to refuse: names, the
weight file's head, what the description says of the program, the manifest, and operands left out because they have a default.
"""

from google.protobuf.message import DecodeError

from .package import model_path, proto, working_copy
from .rules import interface, loading, manifest, program
from .weight_file import WeightFile

VERSIONS = range(6, 11)  # iOS 15 to 26


def lint(path):
    """Sentences, none for a package that holds. The package's files stay as they are."""
    with working_copy(path) as copy:
        found = list(manifest.problems(copy))
        try:
            model = model_path(copy)
            spec = proto.Model_pb2.Model.FromString(model.read_bytes())
        except (OSError, ValueError, KeyError, TypeError, DecodeError) as error:
            return found or [f"the model cannot be read: {error!r}"]
        return found + list(problems(copy, spec, model))


def problems(copy, spec, model):
    if spec.WhichOneof("Type") != "mlProgram":
        yield f"the model is a {spec.WhichOneof('Type')}, not an mlProgram"
        return
    if spec.specificationVersion not in VERSIONS:
        yield f"specification version {spec.specificationVersion} is none of {VERSIONS[0]} to {VERSIONS[-1]}"
        return
    path = model.parent / "weights" / "weight.bin"
    weights = WeightFile(path) if path.exists() else None
    if weights:
        yield from (f"weight.bin: {problem}" for problem in weights.problems)
    yield from program.problems(spec, weights)
    yield from interface.problems(spec)
    yield from loading.problems(copy, spec, model)
