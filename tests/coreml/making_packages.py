"""Packages made by coremltools' own builder, as it writes them."""

from .package import coremltools as ct  # isort: skip
from coremltools.converters.mil import Builder as mb  # noqa: F401
from coremltools.converters.mil import mil
from coremltools.converters.mil.mil import get_new_symbol  # noqa: F401

from .package import quietly

TARGETS = {15: ct.target.iOS15, 16: ct.target.iOS16, 17: ct.target.iOS17, 18: ct.target.iOS18}


def save(program, path, opset, **more):
    """Writes a program as it was built: nothing of it is optimised."""
    with quietly():
        model = ct.convert(
            program,
            convert_to="mlprogram",
            pass_pipeline=ct.PassPipeline.EMPTY,
            minimum_deployment_target=TARGETS[opset],
            compute_precision=ct.precision.FLOAT32,
            skip_model_load=True,
            **more,
        )
        model.save(str(path))
    return path


def function_of(body, inputs, opset):
    """A function whose body is called with its variables by name, and returns a variable or several.

    `inputs`: {name: mb.TensorSpec or mb.StateTensorSpec}.
    """
    with quietly(), mil.Function(inputs, TARGETS[opset]) as function:
        outputs = body(**function.inputs)
        function.set_outputs(list(outputs) if isinstance(outputs, (list, tuple)) else [outputs])
    return function


def program_of(**functions):
    program = mil.Program()
    for name, function in functions.items():
        program.add_function(name, function)
    program.default_function_name = next(iter(functions))
    return program
