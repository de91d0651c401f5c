"""What coremltools makes of the package: operands and types of every operation, and what it filled in."""

import coremltools

from ..package import load_program, quietly


def problems(package, spec, model):
    try:
        with quietly():
            coremltools.models.utils.load_spec(str(package))
        program = load_program(spec, model)
    except Exception as error:  # of many types; all of them say that this package is wrong
        yield f"coremltools: {type(error).__name__}: {error}"
        return
    # It fills in what has a default. The format has no defaults, and coremltools itself writes every operand.
    for name, function in program.functions.items():
        written = spec.mlProgram.functions[name]
        block = written.block_specializations[written.opset]
        by_output = {op.outputs[0].name: op for op in block.operations if op.outputs}
        for op in function.operations:
            source = by_output.get(op.outputs[0].name)
            if source is None or source.type != op.op_type or op.op_type.startswith("const"):
                continue
            loaded = {operand for operand, var in op.inputs.items() if var is not None and not operand.startswith("_")}
            for operand in sorted(loaded - set(source.inputs)):
                yield f"{op.op_type} {op.outputs[0].name}: the operand {operand!r} is not written"
