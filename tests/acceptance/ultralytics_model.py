"""Ultralytics' own DetectionModel or SegmentationModel, with weights by name, and the outputs of all its modules."""

import os
from pathlib import Path

_SETTINGS = Path(__file__).resolve().parents[2] / ".cache/ultralytics"
_SETTINGS.mkdir(parents=True, exist_ok=True)
os.environ["YOLO_CONFIG_DIR"] = str(_SETTINGS)  # it writes settings when imported; nothing outside the tree
os.environ["YOLO_AUTOINSTALL"] = "false"
os.environ["YOLO_OFFLINE"], os.environ["YOLO_VERBOSE"] = "true", "false"

import torch  # noqa: E402
from ultralytics.nn import tasks  # noqa: E402


def build(config, classes, task="detect"):
    """A fused model (batch norm folded away, as in published ONNX files), F32, for inference."""
    kind = {"detect": tasks.DetectionModel, "segment": tasks.SegmentationModel}[task]
    model = kind(config, nc=classes, verbose=False)
    return model.eval().fuse(verbose=False)


def load(model, weights):
    """Sets every parameter by name; `weights` must have exactly the model's."""
    state = {name: torch.from_numpy(values.copy()) for name, values in weights.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith("dfl.conv.weight")]  # a constant, 0 to 15
    if missing or unexpected:
        raise ValueError(f"weights and model differ: missing {missing[:5]}, unexpected {unexpected[:5]}")


def run(model, images):
    """{module path: array} for every module with one tensor as output, for images [n, 3, h, w] in 0..1.

    `output`: boxes and scores. Of a model for segmentation also `coefficients` and `protos`.
    """
    values, hooks = {}, []

    def keep(name):
        def hook(_module, _inputs, output):
            first = output[0] if isinstance(output, (tuple, list)) else output
            if torch.is_tensor(first):
                values[name] = first.detach().numpy().copy()

        return hook

    for name, module in model.named_modules():
        if name:
            hooks.append(module.register_forward_hook(keep(name)))
    with torch.no_grad():
        output = model(torch.from_numpy(images))
    for hook in hooks:
        hook.remove()
    values["output"] = output[0].numpy().copy()
    if isinstance(model, tasks.SegmentationModel):
        masks = model.model[-1].nm
        values["output"], values["coefficients"] = values["output"][:, :-masks], values["output"][:, -masks:]
        values["protos"] = output[1][-1].numpy().copy()
    return values
