"""Faults of all kinds, put into a sound package one at a time: the linter finds each, and says so."""

import json
import shutil
import struct

from . import examples
from .linter import lint
from .package import model_path, proto
from .weight_file import WeightFile

MIL, FEATURES = proto.MIL_pb2, proto.FeatureTypes_pb2


class Mutant:
    """The parts of a package, to be changed in place."""

    def __init__(self, package):
        self.package = package
        self.manifest = json.loads((package / "Manifest.json").read_text())
        self.model_path = model_path(package)
        self.spec = proto.Model_pb2.Model.FromString(self.model_path.read_bytes())
        self.weights_path = self.model_path.parent / "weights/weight.bin"
        self.weights = bytearray(self.weights_path.read_bytes())
        self.blobs = list(WeightFile(self.weights_path).blobs)

    def save(self):
        (self.package / "Manifest.json").write_text(json.dumps(self.manifest))
        self.model_path.write_bytes(self.spec.SerializeToString())
        self.weights_path.write_bytes(self.weights)

    @property
    def function(self):
        return self.spec.mlProgram.functions["main"]

    @property
    def block(self):
        return self.function.block_specializations[self.function.opset]

    def op(self, kind):
        """The first operation of a kind."""
        return next(op for op in self.block.operations if op.type == kind)

    def stored(self):
        """The first constant in the weight file."""
        values = (op.attributes["val"] for op in self.block.operations if op.type == "const")
        return next(value for value in values if value.WhichOneof("value") == "blobFileValue")

    def rename(self, old, new):
        """A value, where it is defined and where it is used."""
        for op in self.block.operations:
            for item in op.outputs:
                item.name = new if item.name == old else item.name
            for argument in op.inputs.values():
                for item in argument.arguments:
                    if item.WhichOneof("binding") == "name" and item.name == old:
                        item.name = new

    def input(self, name):
        return next(feature for feature in self.spec.description.input if feature.name == name).type

    def item(self, name):
        """A key of the manifest's items, by the end of its path."""
        return next(key for key, item in self.items.items() if item["path"].endswith(name))

    def put(self, layout, at, value):
        struct.pack_into(layout, self.weights, at, value)


    @property
    def items(self):
        return self.manifest["itemInfoEntries"]


def set_size(item, dimension, size):
    item.type.tensorType.dimensions[dimension].constant.size = size


def move_first(operations, kind):
    index = next(i for i, op in enumerate(operations) if op.type == kind)
    operation = type(operations[0])()
    operation.CopyFrom(operations[index])
    del operations[index]
    operations.insert(0, operation)


def swap_outputs(outputs):
    first, second = outputs
    outputs[:] = [second, first]


def set_opset(function, opset):
    function.block_specializations[opset].CopyFrom(function.block_specializations[function.opset])
    del function.block_specializations[function.opset]
    function.opset = opset


def scalar_operand(m, kind, name):
    """The constant that an operand names."""
    wanted = m.op(kind).inputs[name].arguments[0].name
    return next(op for op in m.block.operations if op.outputs and op.outputs[0].name == wanted)


# What is changed, how, and a part of what the linter is to say of it.
PROGRAM = [
    ("an output's size", lambda m: set_size(m.op("conv").outputs[0], 1, 5), "coremltools: "),
    ("an output's type", lambda m: setattr(m.op("conv").outputs[0].type.tensorType, "dataType", MIL.FLOAT32), "coremltools: "),
    ("a needed operand is missing", lambda m: m.op("conv").inputs.pop("weight"), "coremltools: "),
    ("an operand that there is not", lambda m: m.op("conv").inputs["colour"].CopyFrom(m.op("conv").inputs["weight"]), "coremltools: "),
    ("an operation that there is not", lambda m: setattr(m.op("conv"), "type", "convolve"), "coremltools: "),
    ("an operand of another type", lambda m: m.op("linear").inputs["x"].CopyFrom(m.op("cast").inputs["x"]), "coremltools: "),
    ("softmax without its axis", lambda m: m.op("softmax").inputs.pop("axis"), "softmax shares: the operand 'axis' is not written"),
    ("conv without its groups", lambda m: m.op("conv").inputs.pop("groups"), "conv filtered: the operand 'groups' is not written"),
    ("gather without validate_indices", lambda m: m.op("gather").inputs.pop("validate_indices"), "'validate_indices' is not written"),
    ("an undefined value", lambda m: setattr(m.op("softmax").inputs["x"].arguments[0], "name", "nothing"), "x is 'nothing'"),
    ("an operation too early", lambda m: move_first(m.block.operations, "softmax"), "which no operation before it defines"),
    ("two values of one name", lambda m: setattr(m.op("linear").outputs[0], "name", "filtered"), "'filtered' is defined twice"),
    ("an output that nothing defines", lambda m: m.block.outputs.append("more"), "nothing defines the output 'more'"),
    ("a reserved word", lambda m: m.rename("mixed", "int8"), "'int8' is a reserved word"),
    ("a name with a slash", lambda m: m.rename("mixed", "/model/mixed"), "'/model/mixed' is no identifier"),
    ("a name with a digit first", lambda m: m.rename("mixed", "2mixed"), "'2mixed' is no identifier"),
    ("an operation without a name", lambda m: m.op("conv").attributes.pop("name"), "the operation's name is missing"),
    ("two operations of one name", lambda m: m.op("conv").attributes["name"].CopyFrom(m.op("linear").attributes["name"]), "not unique"),
    ("too few numbers in a value", lambda m: scalar_operand(m, "conv", "pad").attributes["val"].immediateValue.tensor.ints.values.pop(),
     "declared 4 ints, written 3"),
    ("the opset of another version", lambda m: set_opset(m.function, "CoreML7"), "its opset is CoreML7"),
    ("a version older than the opset", lambda m: setattr(m.spec, "specificationVersion", 8), "its opset is CoreML8"),
    ("an unknown version", lambda m: setattr(m.spec, "specificationVersion", 12), "specification version 12"),
    ("no program", lambda m: m.spec.ClearField("mlProgram"), "not an mlProgram"),
]
WEIGHT_FILE = [
    ("an offset between blobs", lambda m: setattr(m.stored().blobFileValue, "offset", m.stored().blobFileValue.offset + 8), "there is no blob"),
    ("an offset to the data", lambda m: setattr(m.stored().blobFileValue, "offset", m.stored().blobFileValue.offset + 64), "there is no blob"),
    ("another file", lambda m: setattr(m.stored().blobFileValue, "fileName", "@model_path/weights/other.bin"), "it is in the file"),
    ("a declared type", lambda m: setattr(m.stored().type.tensorType, "dataType", MIL.FLOAT32), "stored with the code"),
    ("a declared size", lambda m: setattr(m.stored().type.tensorType.dimensions[0].constant, "size", 5), "bits, stored"),
    ("the first sentinel", lambda m: m.put("<I", m.blobs[0], 0xDEADBEE0), "there is no record at 64"),
    ("a stored type", lambda m: m.put("<I", m.blobs[0] + 4, 2), "stored with the code 2"),
    ("an unknown stored type", lambda m: m.put("<I", m.blobs[0] + 4, 99), "unknown type 99"),
    ("a stored size", lambda m: m.put("<Q", m.blobs[-1] + 8, 2), "bits, stored"),
    ("a stored offset of data", lambda m: m.put("<Q", m.blobs[0] + 16, 192), "places"),
    ("unused bits", lambda m: m.put("<Q", m.blobs[0] + 24, 16), "less 16 bits are no whole FLOAT16"),
    ("the last bytes are cut off", lambda m: m.weights.__delitem__(slice(m.blobs[-1] + 65, None)), "places"),
    ("the head alone", lambda m: m.weights.__delitem__(slice(32, None)), "its head is cut off"),
    ("the file's version", lambda m: m.put("<I", 4, 1), "version 1"),
    ("a count too small", lambda m: m.put("<I", 0, len(m.blobs) - 1), "there is no blob"),
    ("a count too large", lambda m: m.put("<I", 0, len(m.blobs) + 1), "cut off"),
    ("a blob that no value uses", lambda m: m.stored().blobFileValue.ClearField("offset"), "no value refers to 1 of"),
]
DESCRIPTION = [
    ("an input's name", lambda m: setattr(m.spec.description.input[0], "name", "photo"), "described inputs and states"),
    ("an output's name", lambda m: setattr(m.spec.description.output[0], "name", "result"), "described outputs"),
    ("the order of outputs", lambda m: swap_outputs(m.block.outputs), "described outputs"),
    ("a state is not described", lambda m: m.spec.description.state.pop(), "described inputs and states"),
    ("a state's shape", lambda m: m.spec.description.state[0].type.stateType.arrayType.shape.__setitem__(2, 9), "feature 'memory'"),
    ("a state's type", lambda m: setattr(m.function.inputs[2].type.stateType.wrappedType.tensorType, "dataType", MIL.FLOAT32), "not FLOAT16"),
    ("an output's shape", lambda m: m.spec.description.output[0].type.multiArrayType.shape.extend([1, 4, 7]), "described with shape"),
    ("an output's type", lambda m: setattr(m.spec.description.output[0].type.multiArrayType, "dataType", FEATURES.ArrayFeatureType.FLOAT16),
     "feature 'scores': described with type"),
    ("a picture's size", lambda m: setattr(m.input("picture").imageType, "width", 9), "image 'picture' is 8x9"),
    ("a picture's colours", lambda m: setattr(m.input("picture").imageType, "colorSpace", FEATURES.ImageFeatureType.GRAYSCALE),
     "is [1, 3, 8, 8], not 1x1xHxW"),
    ("one shape for a flexible one", lambda m: m.input("tokens").multiArrayType.ClearField("shapeRange"), "described as of one shape"),
    ("no shape", lambda m: m.input("tokens").multiArrayType.ClearField("shape"), "has no shape"),
    ("a default out of its range", lambda m: m.input("tokens").multiArrayType.shape.__setitem__(1, 17), "is out of its range"),
    ("a range without a limit", lambda m: setattr(m.input("tokens").multiArrayType.shapeRange.sizeRanges[1], "upperBound", -1),
     "has no upper limit"),
    ("a range of one dimension", lambda m: m.input("tokens").multiArrayType.shapeRange.sizeRanges.pop(), "1 ranges for 2 dimensions"),
]
MANIFEST = [
    ("the root", lambda m: m.manifest.update(rootModelIdentifier="none"), "KeyError('none')"),
    ("the version", lambda m: m.manifest.update(fileFormatVersion="2.0.0"), "fileFormatVersion is '2.0.0'"),
    ("no items", lambda m: m.manifest.pop("itemInfoEntries"), "KeyError('itemInfoEntries')"),
    ("the weights are not listed", lambda m: m.items.pop(m.item("weights")), "no item is the folder of weights"),
    ("a path that is not there", lambda m: m.items[m.item("weights")].update(path="com.apple.CoreML/weight"), "there is no com.apple.CoreML/weight"),
    ("an item without its author", lambda m: m.items[m.item("weights")].pop("author"), "has no author"),
]
# Of the files themselves: the package's path is all that these get.
FILES = [
    ("no manifest", lambda p: (p / "Manifest.json").unlink(), "FileNotFoundError"),
    ("a manifest that is no JSON", lambda p: (p / "Manifest.json").write_text("{"), "JSONDecodeError"),
    ("no model", lambda p: model_path(p).unlink(), "is no file"),
    ("a model that is cut off", lambda p: model_path(p).write_bytes(model_path(p).read_bytes()[:-9]), "the model cannot be read"),
    ("no weights", lambda p: (model_path(p).parent / "weights/weight.bin").unlink(), "there is no blob"),
]


def check(report, folder):
    sound = examples.whole(folder / "sound.mlpackage")
    report("a sound package", "; ".join(lint(sound)))
    mutant = Mutant(copy_of(sound))
    mutant.save()
    report("a package that is written again", "; ".join(lint(mutant.package)))
    for part in (PROGRAM, WEIGHT_FILE, DESCRIPTION, MANIFEST):
        for what, change, says in part:
            mutant = Mutant(copy_of(sound))
            change(mutant)
            mutant.save()
            report(what, missed(lint(mutant.package), says))
    for what, change, says in FILES:
        package = copy_of(sound)
        change(package)
        report(what, missed(lint(package), says))
    shutil.rmtree(copy_of(sound))


def copy_of(package):
    """A new copy, in place of the one before."""
    copy = package.with_name("mutant.mlpackage")
    shutil.rmtree(copy, ignore_errors=True)
    return shutil.copytree(package, copy)


def missed(found, says):
    if not found:
        return "the linter finds nothing"
    return "" if any(says in problem for problem in found) else f"the linter says {found}, and not {says!r}"
