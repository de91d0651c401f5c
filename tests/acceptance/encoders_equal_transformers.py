#!/usr/bin/env python3
"""Every block of the text and image encoders computes what transformers and timm compute.

    encoders_equal_transformers.py [--values PROGRAM] [--runtimes onednn,reference] [--self-test] [MODEL...]

MiniLM-L6 and DINOv2-small with their real weights (DINOv2 also at a size whose positions are interpolated);
ViT-S/16, ViT-B/16, CLIP B/32, DETR and networks of timm with drawn ones, for which the outputs of two inputs must differ.
Relative RMS below 1e-5 in F32, and below 1e-2 in BF16 where the processor multiplies it: of every block and output. DETR's BF16
is compared with OpenVINO's, as YOLOv8's is: 50 convolutions come before its attention, and neither stays below 1e-2. `--self-test`: the comparison fails when one weight is permuted and when one block is skipped.
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

import common
import encoder_models
import numpy as np
import openvino_outputs
import torch
import values
from blocks_equal_pytorch import as_near_as_openvino, computes_bf16

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import timm  # noqa: E402
import transformers  # noqa: E402

LIMITS = {"f32": 1e-5, "bf16": 1e-2}  # TARGETS
LEAST_DIFFERENCE = 0.1  # of the outputs of two inputs


def pictures(size):
    """Two different normalised pictures [1, 3, size, size]: the demo's portrait and its middle."""
    from PIL import Image

    portrait = Image.open(common.demo_file("astronaut.png")).convert("RGB")
    middle = portrait.crop((140, 20, 340, 220)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    arrays = [np.asarray(image.resize((size, size), Image.Resampling.BICUBIC)) for image in (portrait, middle)]
    return [((array.transpose(2, 0, 1)[None] / 255 - 0.45) / 0.26).astype(np.float32) for array in arrays]


def texts(vocabulary, first, last, tokens):
    """Two batches of two token rows of different lengths, special tokens at both ends."""
    generator = np.random.default_rng(20261125)
    batches = []
    for lengths in ((tokens, tokens // 3), (tokens // 2, 3)):
        ids = generator.integers(min(1000, vocabulary // 2), vocabulary - 10, (2, tokens)).astype(np.int32)
        ids[:, 0] = first
        for row, length in enumerate(lengths):
            ids[row, length - 1 :] = last
        batches.append((ids, np.array(lengths, np.int32)))
    return batches


class Case:
    """A model, the graph of it, its inputs as our program takes them, and how transformers runs them."""

    def __init__(self, name, folder, model, graph, inputs, run, permuted, skipped, rename=lambda path: path):
        self.rename = rename
        self.name, self.folder, self.model, self.graph = name, folder, model.eval(), graph
        self.inputs, self.run, self.permuted, self.skipped = inputs, run, permuted, skipped

    def expected(self, inputs):
        """{value name: array} of every module, and the outputs."""
        modules = {}

        def keep(path):
            def hook(_module, _inputs, output):
                output = output[0] if isinstance(output, tuple) else output
                if torch.is_tensor(output) and self.rename(path):
                    modules[self.rename(path)] = output.detach().numpy().copy()  # sums are made in place

            return hook

        hooks = [module.register_forward_hook(keep(path)) for path, module in self.model.named_modules()]
        with torch.no_grad():
            outputs = self.run(self.model, inputs)
        for hook in hooks:
            hook.remove()
        return modules, {name: value.numpy() for name, value in outputs.items()}


def minilm_case():
    folder = encoder_models.minilm()
    model = transformers.BertModel.from_pretrained(folder)

    def run(model, inputs):
        ids, length = torch.from_numpy(inputs["tokens"]).long(), torch.from_numpy(inputs["length"]).long()
        mask = torch.arange(ids.shape[1])[None] < length[:, None]
        tokens = model(ids, attention_mask=mask.long()).last_hidden_state
        mean = (tokens * mask[:, :, None]).sum(1) / length[:, None]
        return {"embedding": torch.nn.functional.normalize(mean, dim=1)}

    inputs = [{"tokens": ids, "length": length} for ids, length in texts(30522, 101, 102, 24)]
    weight = "encoder.layer.2.output.dense.weight"
    return Case("MiniLM-L6", folder, model, "main", inputs, run, weight, "encoder.layer.3")


def dinov2_case(size):
    folder = encoder_models.dinov2()
    model = transformers.Dinov2Model.from_pretrained(folder)

    def run(model, inputs):
        outputs = model(torch.from_numpy(inputs["images"]))
        return {"embedding": outputs.pooler_output, "tokens": outputs.last_hidden_state}

    inputs = [{"images": picture} for picture in pictures(size)]
    weight = "encoder.layer.5.mlp.fc1.weight"
    return Case(f"DINOv2-small {size}", folder, model, "main", inputs, run, weight, "encoder.layer.7")


def vit_case(name, width, heads):
    config = transformers.ViTConfig(
        hidden_size=width, num_attention_heads=heads, intermediate_size=4 * width, num_labels=1000
    )
    model = transformers.ViTForImageClassification(config)
    folder = encoder_models.drawn(f"drawn-{name}", model, {**config.to_dict(), "id2label": {}})

    def run(model, inputs):
        outputs = model(torch.from_numpy(inputs["images"]), output_hidden_states=True)
        tokens = model.vit.layernorm(outputs.hidden_states[-1])
        return {"logits": outputs.logits, "embedding": tokens[:, 0]}

    inputs = [{"images": picture} for picture in pictures(224)]
    weight = "vit.encoder.layer.4.attention.attention.value.weight"
    return Case(name, folder, model, "main", inputs, run, weight, "vit.encoder.layer.6")


def clip_cases():
    config = transformers.CLIPConfig()  # the sizes of B/32
    model = transformers.CLIPModel(config)
    folder = encoder_models.drawn("drawn-clip-b32", model, config.to_dict())

    def image(model, inputs):
        features = model.get_image_features(torch.from_numpy(inputs["images"]))
        return {"embedding": torch.nn.functional.normalize(features, dim=1)}

    def text(model, inputs):
        features = model.get_text_features(torch.from_numpy(inputs["tokens"]).long())
        return {"embedding": torch.nn.functional.normalize(features, dim=1)}

    images = [{"images": picture} for picture in pictures(224)]
    words = [{"tokens": ids, "last": length - 1} for ids, length in texts(49408, 49406, 49407, 77)]
    layer = "{}_model.encoder.layers.{}"
    return [
        Case("CLIP B/32 image", folder, model, "image", images, image,
             layer.format("vision", 3) + ".mlp.fc2.weight", layer.format("vision", 5)),
        Case("CLIP B/32 text", folder, model, "text", words, text,
             layer.format("text", 3) + ".mlp.fc2.weight", layer.format("text", 5)),
    ]  # fmt: skip


def published_name(path):
    """What published DETR checkpoints, whose ResNet is timm's, call a part of transformers' ResNet."""
    path = re.sub(r"embedder\.embedder\.convolution", "conv1", path)
    path = re.sub(r"embedder\.embedder\.normalization", "bn1", path)
    path = re.sub(r"encoder\.stages\.(\d)\.layers\.", lambda found: f"layer{int(found[1]) + 1}.", path)
    path = re.sub(r"layer\.(\d)\.(convolution|normalization)", lambda found: f"{'conv' if found[2][0] == 'c' else 'bn'}{int(found[1]) + 1}", path)
    return path.replace("shortcut.convolution", "downsample.0").replace("shortcut.normalization", "downsample.1")


def folded_module(path):
    """Our value that a module's result is: a convolution's is that of the norm behind it."""
    if "backbone" not in path:
        return path
    if path.endswith("convolution"):
        return None
    return published_name(path).replace(".bn", ".conv").replace("downsample.1", "downsample.0")


def detr_gain(path):
    """Attention sharp enough that what a query sees is more than the mean of the picture."""
    part = path.split(".")[-2]
    return {"q_proj": 3.0, "k_proj": 3.0, "v_proj": 2.0, "out_proj": 2.0, "query_position_embeddings": 0.25}.get(part, 1.6 if "bbox" in path else 1.0)


def pictures_of_detr():
    """Six oblong ones, [1, 3, 128, 160]: parts of two pictures at two scales."""
    parts = [np.ascontiguousarray(picture[:, :, :128]) for picture in pictures(160)]
    for picture in pictures(256):
        parts += [np.ascontiguousarray(picture[:, :, y : y + 128, 40:200]) for y in (20, 100)]
    return parts


def detr_case():
    backbone = transformers.ResNetConfig(out_features=["stage4"])
    config = transformers.DetrConfig(
        use_timm_backbone=False, backbone_config=backbone, backbone=None, use_pretrained_backbone=False, num_labels=91
    )
    model = transformers.DetrForObjectDetection(config)
    folder = encoder_models.drawn("drawn-detr-resnet-50", model, {"model_type": "detr"}, published_name, detr_gain)

    def run(model, inputs):
        outputs = model(torch.from_numpy(inputs["images"]))
        return {"logits": outputs.logits, "boxes": outputs.pred_boxes}

    inputs = [{"images": picture} for picture in pictures_of_detr()[:2]]
    weight = "model.encoder.layers.2.fc2.weight"
    return Case("DETR ResNet-50", folder, model, "main", inputs, run, weight, "model.encoder.layers.3", folded_module)


def timm_case(name, architecture, inputs, permuted, skipped, **how):
    model = timm.create_model(architecture, **how)

    def run(model, inputs):
        tokens = model.forward_features(torch.from_numpy(inputs["images"]))
        outputs = {"embedding": model.forward_head(tokens, pre_logits=True)}
        return outputs | ({"logits": model.forward_head(tokens)} if model.num_classes else {})

    folder = encoder_models.drawn_timm("drawn-" + re.sub("[ /]", "-", name), model)
    return Case(name, folder, model, "main", inputs, run, permuted, skipped)


def timm_cases():
    """ViT-S/16; oblong pictures, one axis longer and one shorter than trained; a width whose heads have 80 channels, which its name
    alone says, and that has no classifier; heads that only the configuration tells."""

    def squares(size):
        return [{"images": picture} for picture in pictures(size)]

    oblong = [{"images": np.ascontiguousarray(picture[:, :, 40:200])} for picture in pictures(272)]
    qkv, fc1 = "blocks.1.attn.qkv.weight", "blocks.0.mlp.fc1.weight"
    return [
        timm_case("timm ViT-S/16", "vit_small_patch16_224", squares(224), qkv, "blocks.6"),
        timm_case("timm ViT-Ti/16 oblong", "vit_tiny_patch16_224", oblong, qkv, "blocks.2", depth=3, dynamic_img_size=True),
        timm_case("timm ViT-H/14", "vit_huge_patch14_224", squares(98), fc1, "blocks.1", depth=2, mlp_ratio=1, img_size=98, num_classes=0),
        timm_case("timm DeiT-Ti/16", "deit_tiny_patch16_224", squares(112), fc1, "blocks.1", depth=3, num_heads=6, img_size=112),
    ]


def our_values(arguments, case, inputs, runtime, precision, *change):
    options = ("--runtime", runtime, "--precision", precision, "--graph", case.graph, *change)
    return values.of_program(arguments.values, case.folder, inputs, *options)


def real_rows(inputs, array):
    """The rows of a value [b, s, d] that belong to text; what pads it may be anything."""
    length = inputs.get("length", inputs["last"] + 1 if "last" in inputs else None)
    if length is None or array.ndim != 3:
        return array
    return array[np.arange(array.shape[1])[None] < length[:, None]]


def errors_of(inputs, found, expected):
    modules, outputs = expected
    errors = {f"output {name}": values.relative_rms(found[name], array) for name, array in outputs.items()}
    for name, array in modules.items():
        if name not in found or name in outputs or found[name].size != array.size:
            continue
        shaped = found[name].reshape(array.shape)
        errors[name] = values.relative_rms(real_rows(inputs, shaped), real_rows(inputs, array))
    return errors


def compared_blocks(case):
    """The values that a comparison must have: one for each block."""
    names = [name for name, _ in case.model.named_modules() if name.rpartition(".")[2].isdigit() and ("layer" in name or "blocks" in name)]
    blocks = [case.rename(name) for name in names if not re.search(r"layers\.\d\.layer\.", name)]  # not a ResNet block's parts
    tower = {"image": "vision_model", "text": "text_model"}.get(case.graph, "")
    return [name for name in blocks if name.startswith(tower)]


def check(arguments, case, runtime, precision, expected):
    """`expected`: what Case.expected says of each input. True if our values are as near as they must be."""
    worst, blocks = {}, compared_blocks(case)
    # BF16 as it is computed for users: values inside blocks are fused, and have no rounding of their own.
    kept = ("--keep", *blocks) if precision == "bf16" else ()
    for inputs, wanted in zip(case.inputs, expected, strict=True):
        found = our_values(arguments, case, inputs, runtime, precision, *kept)
        for name, value in errors_of(inputs, found, wanted).items():
            worst[name] = max(value, worst.get(name, 0.0))
    missing = [name for name in blocks if name not in worst]
    bad = {name: value for name, value in worst.items() if not value < LIMITS[precision]}
    print(
        f"{case.name}, {runtime} {precision}: {len(worst)} values, worst {max(worst.values()):.2g}, blocks "
        f"{max(worst.get(name, 0.0) for name in blocks):.2g}, outputs "
        f"{max(v for n, v in worst.items() if n.startswith('output')):.2g}"
    )
    for name, value in sorted(bad.items(), key=lambda item: -item[1])[:5]:
        print(f"  {value:.2e}  {name}   TOO MUCH")
    if missing:
        print(f"  not compared: {missing}")
    return not bad and not missing and len(worst) > len(blocks)


class Outputs(torch.nn.Module):
    """DETR with plain outputs, for the exporter."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, images):
        outputs = self.model(images)
        return outputs.logits, outputs.pred_boxes


def check_detr_bf16(arguments, case):
    """Both outputs for parts of the portrait, pooled: no further from PyTorch's F32 than 1.1 times OpenVINO's BF16."""
    pictures = []
    for picture in pictures_of_detr():
        pictures += [picture, np.ascontiguousarray(picture[:, :, ::-1, ::-1])]
    names = ("logits", "boxes")
    expected = [case.expected({"images": picture})[1] for picture in pictures]
    ours = [our_values(arguments, case, {"images": picture}, "onednn", "bf16", "--output-only") for picture in pictures]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "detr.onnx")
        torch.onnx.export(Outputs(case.model).eval(), torch.from_numpy(pictures[0]), str(file), opset_version=14)
        theirs = openvino_outputs.of(file, "bf16", pictures)

    def errors(found):
        return {
            f"{case.name} {name}": values.relative_rms(found(name), np.concatenate([one[name] for one in expected]))
            for name in names
        }

    return as_near_as_openvino(
        errors(lambda name: np.concatenate([one[name] for one in ours])),
        errors(lambda name: theirs[names.index(name)]),
        len(pictures),
    )


def check_all(arguments, case):
    """Every runtime in F32, oneDNN in BF16 too where the processor has it. True if all is well."""
    expected = [case.expected(inputs) for inputs in case.inputs]
    first, second = (outputs for _, outputs in expected)
    difference = min(values.relative_rms(first[name], second[name]) for name in first)
    well = difference >= LEAST_DIFFERENCE
    print(f"{case.name}: outputs of two inputs differ by {difference:.2f}{'' if well else ', TOO LITTLE'}")
    ways = [(runtime, "f32") for runtime in arguments.runtimes.split(",")]
    if "onednn" in arguments.runtimes and computes_bf16():
        if case.rename is folded_module:
            well &= check_detr_bf16(arguments, case)
        else:
            ways.append(("onednn", "bf16"))
    for runtime, precision in ways:
        well &= check(arguments, case, runtime, precision, expected)
    return well


def self_test(arguments, case):
    runtime = arguments.runtimes.split(",")[0]
    inputs = case.inputs[0]
    expected = case.expected(inputs)
    well = True
    for change in (("--permute", case.permuted), ("--skip", case.skipped)):
        errors = errors_of(inputs, our_values(arguments, case, inputs, runtime, "f32", *change), expected)
        wrong = [name for name, value in errors.items() if value >= LIMITS["f32"]]
        noticed = any(name.startswith("output") for name in wrong) and len(wrong) < len(errors)
        print(f"{case.name}, {runtime} {' '.join(change)}: {len(wrong)} of {len(errors)} wrong: {'noticed' if noticed else 'NOT NOTICED'}")
        well &= noticed
    return well


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help="only those whose name contains one of these")
    parser.add_argument("--values", default=common.VALUES)
    parser.add_argument("--runtimes", default="onednn")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    makers = {
        "minilm": lambda: [minilm_case()],
        "dinov2": lambda: [dinov2_case(224), dinov2_case(518)],
        "vit-s": lambda: [vit_case("ViT-S/16".replace("/", "-"), 384, 6)],
        "vit-b": lambda: [vit_case("ViT-B/16".replace("/", "-"), 768, 12)],
        "clip": clip_cases,
        "detr": lambda: [detr_case()],
        "timm": timm_cases,
    }
    well, count = True, 0
    for name, make in makers.items():
        if arguments.models and not any(asked in name for asked in arguments.models):
            continue
        for case in make():
            well &= (self_test if arguments.self_test else check_all)(arguments, case)
            count += 1
    if not computes_bf16() and not arguments.self_test:
        print("bf16: not compared, this processor has neither avx512_bf16 nor amx_bf16")
    return 0 if well and count else 1


if __name__ == "__main__":
    sys.exit(main())
