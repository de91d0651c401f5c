#!/usr/bin/env python3
"""`embed` and `classify` answer what transformers and timm answer, from files and words to vectors and labels.

    encoder_tasks_equal_transformers.py [--program PROGRAM]

Models are taken into a store of their own with `convert`; then MiniLM-L6 (real weights) embeds texts in many languages and
lengths, DINOv2-small (real weights) pictures of many shapes, a small ViT, one of timm and a small CLIP (drawn weights) classify and
embed. The other side is transformers 4.46.3 with its own tokenizers, image processors and pooling, and timm 1.0.31 with its transform. Relative RMS below 1e-5, confidences
within 1e-4, the same order of labels.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import cv2
import encoder_models
import numpy as np
import torch
import values

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import timm  # noqa: E402
import transformers  # noqa: E402
from PIL import Image  # noqa: E402

LIMIT = 1e-5  # TARGETS
SMALL = {"hidden_size": 192, "num_attention_heads": 3, "intermediate_size": 384}
CONFIDENCE_LIMIT = 1e-4

TEXTS = [
    "A cat sits on the mat.",
    "one, two, three",
    "x",
    "Der Himmel über Berlin ist heute grau, morgen soll es regnen.",
    "今日は天気がいいので、公園へ散歩に行きました。",
    "Ça coûte 3,50 € à l'épicerie du coin",
    "Где находится ближайшая станция метро?",
    "🙂 emoji and\ttabs  and   blanks",
    "a word repeated " * 20,
    "a text that is longer than the model takes, " * 60,
]
LABELS = ["a cat", "an astronaut", "a photo of a rocket", "nothing at all", "ein Hund", "x"]


class Program:
    """The program on a store of its own."""

    def __init__(self, path, home):
        self.path, self.home = path, home

    def run(self, *arguments):
        # Processors with BF16 would compute in that.
        exact = ["--precision", "f32"] if arguments[0] in ("embed", "classify", "run") and "--precision" not in arguments else []
        command = [str(self.path), "--home", str(self.home), "--json", "--quiet", *map(str, arguments), *exact]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)


def make_pictures(folder):
    """{path: RGB array}: the portrait whole, wide, tall, tiny, and photos of $LLAMA_PAJAMAS_FIXTURES."""
    portrait = Image.open(common.demo_file("astronaut.png")).convert("RGB")
    made = {
        "whole": portrait,
        "wide": portrait.crop((0, 100, 512, 301)),
        "tall": portrait.crop((200, 0, 291, 400)),
        "tiny": portrait.resize((41, 30)),
    }
    paths = []
    for name, image in made.items():
        paths.append(folder / f"{name}.png")
        image.save(paths[-1])
    paths += common.fixture_photos()[:6]
    return {str(path): cv2.imread(str(path))[:, :, ::-1] for path in paths}


class Report:
    def __init__(self):
        self.well, self.compared = True, 0

    def vectors(self, what, found, expected):
        errors = [values.relative_rms(np.array(ours, np.float32), theirs) for ours, theirs in zip(found, expected, strict=True)]
        self.note(what, len(errors), max(errors), LIMIT)

    def predictions(self, what, found, expected):
        """`expected`: rows of confidences of all classes."""
        worst = 0.0
        for ours, theirs in zip(found, expected, strict=True):
            ids = [one["class_id"] for one in ours]
            order = np.argsort(-theirs, kind="stable")[: len(ids)]
            if ids != list(order):
                print(f"  {what}: classes {ids}, expected {list(order)}")
                self.well = False
            worst = max(worst, max(abs(one["confidence"] - theirs[one["class_id"]]) for one in ours))
        self.note(what, len(found), worst, CONFIDENCE_LIMIT)

    def note(self, what, count, worst, limit):
        good = count > 0 and worst < limit
        print(f"{what}: {count} compared, worst {worst:.2g}{'' if good else '   TOO MUCH'}")
        self.well &= good
        self.compared += count


def check_minilm(program, report):
    folder = encoder_models.minilm()
    program.run("convert", folder, "--name", "minilm")
    model = transformers.BertModel.from_pretrained(folder).eval()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    tokenizer.backend_tokenizer.no_padding()
    expected = []
    for text in TEXTS:
        tokenizer.backend_tokenizer.enable_truncation(512)
        ids = torch.tensor([tokenizer.backend_tokenizer.encode(text).ids])
        with torch.no_grad():
            mean = model(ids, attention_mask=torch.ones_like(ids)).last_hidden_state.mean(1)
        expected.append(torch.nn.functional.normalize(mean, dim=1)[0].numpy())
    answer = program.run("embed", *(f"--text={text}" for text in TEXTS))  # the only model that reads texts
    inputs = answer["inputs"]
    report.vectors("MiniLM-L6, embed --text", [one["embedding"] for one in inputs], expected)
    report.well &= [one["truncated"] for one in inputs] == [False] * (len(TEXTS) - 1) + [True]
    report.well &= [one["text"] for one in inputs] == TEXTS


def check_pictures(program, pictures, report, name, folder, pixels_of, run):
    """`pixels_of`: a picture to the network's input; `run`: that to {output: array}. Compares `embed`, and `classify` where there are
    logits."""
    program.run("convert", folder, "--name", name)
    images = [Image.fromarray(np.ascontiguousarray(array)) for array in pictures.values()]
    with torch.no_grad():
        outputs = [run(pixels_of(image)) for image in images]
    if "logits" in outputs[0]:
        answer = program.run("classify", "--model", name, *pictures, "--top-k", 7)
        expected = [torch.softmax(one["logits"][0].double(), 0).numpy() for one in outputs]
        report.predictions(f"{name}, classify", [one["predictions"] for one in answer["images"]], expected)
    answer = program.run("embed", "--model", name, *pictures)
    expected = [one["embedding"][0].numpy() for one in outputs]
    report.vectors(f"{name}, embed", [one["embedding"] for one in answer["inputs"]], expected)


def saved(processor, folder):
    """The processor of transformers, written into the model's folder, as a function."""
    processor.save_pretrained(folder)
    return lambda image: processor(image, return_tensors="pt")["pixel_values"]


def copy_of(folder, scratch):
    """A folder with the model's files, to which others can be added."""
    made = scratch / folder.name
    made.mkdir()
    for file in folder.glob("*.*"):
        if file.is_file():
            os.symlink(file, made / file.name)
    return made


def dinov2_processor():
    """As facebook/dinov2-small/preprocessor_config.json has it."""
    return transformers.BitImageProcessor(
        size={"shortest_edge": 256},
        crop_size={"height": 224, "width": 224},
        resample=3,
        image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225],
        do_convert_rgb=True,
    )


def check_dinov2(program, pictures, scratch, report):
    model = transformers.Dinov2Model.from_pretrained(encoder_models.dinov2()).eval()
    folder = copy_of(encoder_models.dinov2(), scratch)
    check_pictures(program, pictures, report, "dinov2", folder, saved(dinov2_processor(), folder), lambda x: {"embedding": model(x).pooler_output})


def check_vit(program, pictures, scratch, report):
    config = transformers.ViTConfig(num_labels=1000, num_hidden_layers=3, **SMALL)
    model = transformers.ViTForImageClassification(config).eval()
    folder = copy_of(encoder_models.drawn("drawn-small-vit", model, {**config.to_dict(), "id2label": {}}), scratch)

    def run(pixels):
        outputs = model(pixels, output_hidden_states=True)
        return {"logits": outputs.logits, "embedding": model.vit.layernorm(outputs.hidden_states[-1])[:, 0]}

    check_pictures(program, pictures, report, "vit", folder, saved(transformers.ViTImageProcessor(), folder), run)


def check_timm(program, pictures, report):
    model = timm.create_model("vit_tiny_patch16_224", depth=3).eval()
    folder = encoder_models.drawn_timm("drawn-small-timm", model)
    settings = timm.data.resolve_model_data_config(model)
    transform = timm.data.create_transform(**settings, is_training=False)

    def run(pixels):
        tokens = model.forward_features(pixels)
        return {"logits": model.forward_head(tokens), "embedding": tokens[:, 0]}

    check_pictures(program, pictures, report, "timm", folder, lambda image: transform(image)[None], run)


def write_clip_tokenizer(path):
    """In a process of its own: it wants another version of the package tokenizers than transformers does."""
    code = "import sys, tokenizers_equal; tokenizers_equal.clip_tokenizer().save(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, cwd=Path(__file__).parent)


def check_clip(program, pictures, scratch, report):
    sizes = {"num_hidden_layers": 3, **SMALL}
    config = transformers.CLIPConfig({**sizes, "bos_token_id": 49406, "eos_token_id": 49407}, sizes, projection_dim=96)
    model = transformers.CLIPModel(config).eval()
    folder = copy_of(encoder_models.drawn("drawn-small-clip", model, config.to_dict()), scratch)
    write_clip_tokenizer(folder / "tokenizer.json")
    processor = transformers.CLIPImageProcessor()

    def normalized(features):
        return torch.nn.functional.normalize(features, dim=1)

    check_pictures(program, pictures, report, "clip", folder, saved(processor, folder), lambda x: {"embedding": normalized(model.get_image_features(x))})
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    tokenizer.backend_tokenizer.enable_truncation(77)

    def padded(text):
        """As CLIPTokenizerFast pads: with the token that ends a text."""
        ids = tokenizer.backend_tokenizer.encode(text).ids
        return ids + ids[-1:] * (77 - len(ids))

    with torch.no_grad():
        texts = [normalized(model.get_text_features(torch.tensor([padded(text)])))[0].numpy() for text in TEXTS]
        images = [processor(Image.fromarray(np.ascontiguousarray(array)), return_tensors="pt")["pixel_values"] for array in pictures.values()]
        choices = torch.tensor([padded(label) for label in LABELS])
        chosen = [model(input_ids=choices, pixel_values=image).logits_per_image[0].double().softmax(0).numpy() for image in images]
    answer = program.run("embed", "--model", "clip", *(f"--text={text}" for text in TEXTS))
    report.vectors("clip, embed --text", [one["embedding"] for one in answer["inputs"]], texts)
    answer = program.run("run", "clip", *pictures, "--labels", ",".join(LABELS))
    report.predictions("clip, run --labels", [one["predictions"] for one in answer["images"]], chosen)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    arguments = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        program = Program(arguments.program, scratch / "home")
        pictures = make_pictures(scratch)
        check_minilm(program, report)
        check_dinov2(program, pictures, scratch, report)
        check_vit(program, pictures, scratch, report)
        check_timm(program, pictures, report)
        check_clip(program, pictures, scratch, report)
        shutil.rmtree(scratch / "home")
    print(f"{report.compared} answers compared")
    return 0 if report.well and report.compared >= 48 else 1


if __name__ == "__main__":
    sys.exit(main())
