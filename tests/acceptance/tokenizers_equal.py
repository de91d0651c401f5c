#!/usr/bin/env python3
"""Every tokenizer gives the ids, and the decoded text, that Hugging Face's package `tokenizers` gives.

    tokenizers_equal.py [--tokens PROGRAM] [--keep FOLDER] [TOKENIZER.json...]

Compared: CLIP, with the vocabulary of the package clip-anytorch in the layout of openai/clip-vit-base-patch32; BERT and
others with vocabularies trained here on the same lines, one for each way in which known models put the parts together;
the files on the command line, those of models that other tests have fetched (.cache/models), and those in the folders of
$LLAMA_PAJAMAS_MODELS. The lines are those of babel's locale data in all its languages, the names of characters, this
tree's own files, every code point, and random text with a fixed seed. Exit status 1 on any difference.
"""

import argparse
import gzip
import importlib.metadata
import json
import os
import random
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import common

sys.path.insert(0, str(common.ROOT / ".venv-test/tokenizers"))  # newer than what other tests want; see scripts/test.sh
import tokenizers  # noqa: E402
from babel import Locale, localedata  # noqa: E402
from tokenizers import (  # noqa: E402
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

TOKENS = common.ROOT / "build/release/bin/lp-tokens"
SHORT = 16  # ids, where truncation is compared
QWEN = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
CLIP = r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""


# ---- lines


def texts_of(value):
    """The texts in nested data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts_of(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from texts_of(part)


def locale_lines(rng):
    """CLDR's names of languages, countries and units in each language: some lines of eight texts."""
    for name in localedata.locale_identifiers():
        if "_" in name:
            continue
        data = Locale.parse(name)
        texts = list(texts_of([dict(data.languages), dict(data.territories), dict(data.time_zones), dict(data._data.get("unit_patterns", {}))]))
        rng.shuffle(texts)
        for at in range(0, min(len(texts), 240), 8):
            yield ", ".join(texts[at : at + 8])


def code_point_lines():
    """Every code point but the newline, alone in a word, in one with letters, and in a row."""
    planes = [*range(0x40000), *range(0xE0000, 0xE0200), *range(0x40000, 0x110000, 1021)]  # of the empty ones a few
    points = [chr(c) for c in planes if not 0xD800 <= c < 0xE000 and c != 10]
    assigned = [c for c in points if unicodedata.category(c) not in ("Cn", "Co")]
    for at in range(0, len(assigned), 32):
        part = assigned[at : at + 32]
        yield " ".join(part) + " " + "".join(f"a{c}1 " for c in part) + "".join(part)
    for at in range(0, len(points), 64):
        yield " ".join(points[at : at + 64])


def random_lines(rng):
    blocks = [(0x20, 0x7F), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0xFFF), (0x1100, 0x11FF),
              (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x20D0, 0x214F), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFFFD),
              (0x10000, 0x10FFF), (0x1D100, 0x1D1FF), (0x1F300, 0x1F9FF), (0x20000, 0x2FA1F)]
    words = ["it's", "don't", "I'LL", "'S", "100", "3.14", "<|endoftext|>", "[MASK]", "[SEP]", "<|startoftext|>", "\t", "  ", "\u00a0", "\u3000", "\r",
             "é", "e\u0301", "ǅ", "İ", "ß", "\u200d", "\ufeff", "👩\u200d👩\u200d👧", "ﷺ", "ﬁ", "\u0344", "각", "\u1112\u1161\u11ab", "x" * 120]
    for _ in range(3000):
        parts = []
        for _ in range(rng.randint(1, 12)):
            low, high = rng.choice(blocks)
            word = "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 8)))
            parts.append(rng.choice(words) if rng.random() < 0.3 else word)
        yield rng.choice([" ", " ", "", "  "]).join(parts)
    marks = [chr(c) for c in range(0x110000) if unicodedata.combining(chr(c))]
    for _ in range(500):  # canonical order
        yield "".join(rng.choice("aeoüÅk각漢 ") + "".join(rng.choices(marks, k=rng.randint(0, 6))) for _ in range(8))


def tree_lines():
    for pattern in ("LICENSE", "*.md", "docs/**/*.md", "src/**/*.cpp", "scripts/*.sh"):
        for path in sorted(common.ROOT.glob(pattern))[:40]:
            yield from path.read_text().split("\n")


def all_lines():
    rng = random.Random(20240607)
    names = [unicodedata.name(chr(c), "") for c in range(0x3000)]
    lines = ["", " ", "  leading and trailing  "]
    for source in (locale_lines(rng), code_point_lines(), random_lines(rng), tree_lines(), (f"{chr(c)} {n}".lower() for c, n in enumerate(names) if n)):
        lines += source
    lines = [line.replace("\n", " ") for line in lines]
    lines += ["a" * 100_000, "ab " * 30_000, " " * 100_000 + "a", "é" * 30_000]
    return lines


# ---- tokenizers


def package_file(package, name):
    """A file of an installed package; None if it is not there. The package itself is not imported."""
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((Path(file.locate()) for file in files if str(file).endswith(name)), None)


def byte_characters():
    """GPT-2's printable character for each byte, in the order of CLIP's vocabulary."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + n) for n in range(len(others))]


def clip_tokenizer():
    """As openai/clip-vit-base-patch32/tokenizer.json has it."""
    lines = gzip.decompress(package_file("clip-anytorch", "bpe_simple_vocab_16e6.txt.gz").read_bytes()).decode().split("\n")
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    characters = byte_characters()
    tokens = characters + [c + "</w>" for c in characters] + ["".join(pair) for pair in merges] + ["<|startoftext|>", "<|endoftext|>"]
    made = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges, unk_token="<|endoftext|>", continuing_subword_prefix="",
                                end_of_word_suffix="</w>", fuse_unk=False))
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(CLIP), "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    made.decoder = decoders.ByteLevel()
    start, end = len(tokens) - 2, len(tokens) - 1
    made.post_processor = processors.RobertaProcessing(("<|endoftext|>", end), ("<|startoftext|>", start), trim_offsets=False, add_prefix_space=False)
    made.add_special_tokens([AddedToken("<|startoftext|>", normalized=True, special=True), AddedToken("<|endoftext|>", normalized=False, special=True)])
    return made


def trained(lines, model, trainer, **parts):
    made = Tokenizer(model)
    for name in ("normalizer", "pre_tokenizer", "decoder"):
        if name in parts:
            setattr(made, name, parts[name])
    made.train_from_iterator(lines, trainer)
    if "frame" in parts:
        single = parts["frame"]
        special = [(word, made.token_to_id(word)) for word in single.split() if word != "$A"]
        made.post_processor = processors.TemplateProcessing(single=single, pair=single + " $B", special_tokens=special)
    made.add_tokens(parts.get("added", []))
    return made


def word_piece(lines, **parts):
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return trained(lines, models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100), trainers.WordPieceTrainer(
        vocab_size=6000, special_tokens=special, show_progress=False, limit_alphabet=1500), frame="[CLS] $A [SEP]", decoder=decoders.WordPiece(), **parts)


def bpe(lines, model=None, alphabet=(), special=("<s>", "</s>", "<unk>"), frame="<s> $A", **parts):
    return trained(lines, model or models.BPE(), trainers.BpeTrainer(vocab_size=6000, special_tokens=list(special), show_progress=False,
                   initial_alphabet=list(alphabet), limit_alphabet=1500), frame=frame, **parts)


def trained_tokenizers(lines):
    """Name and tokenizer for each way of putting the parts together."""
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]
    yield "bert", word_piece(lines, normalizer=normalizers.BertNormalizer(), pre_tokenizer=pre_tokenizers.BertPreTokenizer())
    yield "bert-cased", word_piece(lines, normalizer=normalizers.BertNormalizer(lowercase=False), pre_tokenizer=pre_tokenizers.BertPreTokenizer())
    yield "gpt2", bpe(lines, alphabet=alphabet, pre_tokenizer=level, decoder=decoders.ByteLevel())
    yield "roberta", bpe(lines, alphabet=alphabet, pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=True), decoder=decoders.ByteLevel(),
                         frame="<s> $A </s>", added=[AddedToken("<mask>", lstrip=True, special=True), AddedToken("the", single_word=True), AddedToken("en", rstrip=True)])
    yield "qwen", bpe(lines, alphabet=alphabet, normalizer=normalizers.NFC(), decoder=decoders.ByteLevel(), frame="$A", pre_tokenizer=pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(QWEN), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))
    yield "llama", bpe(lines, models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True), special=("<s>", "</s>", "<unk>", *fallback),
                       normalizer=normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), pre_tokenizer=pre_tokenizers.Split("▁", "merged_with_next"),
                       decoder=decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]))
    yield "metaspace", bpe(lines, models.BPE(unk_token="<unk>"), normalizer=normalizers.NFKC(), pre_tokenizer=pre_tokenizers.Metaspace(prepend_scheme="first"),
                           decoder=decoders.Metaspace(prepend_scheme="first"), added=[AddedToken("<sep>", special=True)])
    yield "suffix", bpe(lines, models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"), normalizer=normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(),
                        normalizers.Lowercase(), normalizers.Strip()]), pre_tokenizer=pre_tokenizers.Whitespace(), decoder=decoders.BPEDecoder())
    yield "pieces", word_piece(lines, normalizer=normalizers.NFKD(), pre_tokenizer=pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("merged_with_previous"), pre_tokenizers.Digits(individual_digits=True)]))


def given_files(paths):
    found = [*map(Path, paths), *sorted((common.CACHE / "models").glob("*/tokenizer.json"))]
    folder = os.environ.get("LLAMA_PAJAMAS_MODELS")
    found += sorted(Path(folder).glob("*/tokenizer.json")) if folder else []
    for path in found:
        made = Tokenizer.from_file(str(path))
        made.no_padding()
        made.no_truncation()
        yield path.parent.name, made


# ---- comparison


def ours(program, path, lines, *options):
    done = subprocess.run([str(program), str(path), *options], input="\n".join(lines).encode() + b"\n", stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.split(b"\n")[:-1]]


def encoded(theirs, lines):
    """In small batches: an encoding takes some hundred bytes for each id."""
    return [encoding.ids for at in range(0, len(lines), 256) for encoding in theirs.encode_batch_fast(lines[at : at + 256])]


def compare(name, theirs, program, lines, folder):
    """Prints one line of figures; the number of differences."""
    path = folder / f"{name}.json"
    theirs.save(str(path))
    ids = encoded(theirs, lines)
    texts = [theirs.decode(line) for line in ids]
    theirs.enable_truncation(SHORT)
    short = encoded(theirs, lines)
    different = 0
    for what, wanted, options in (("ids", ids, []), ("text", texts, ["--decode"]), ("cut ids", short, ["--max", str(SHORT)])):
        found = ours(program, path, lines, *options)
        if len(found) != len(wanted):
            sys.exit(f"{name}: {len(found)} lines of {what}, wanted {len(wanted)}")
        wrong = [i for i, (a, b) in enumerate(zip(found, wanted)) if a != b]
        different += len(wrong)
        for i in wrong[:3]:
            print(f"  {name}: {what} of {lines[i][:200]!r}:\n    ours   {str(found[i])[:300]}\n    theirs {str(wanted[i])[:300]}")
    print(f"{name}: {len(lines)} lines, {sum(map(len, ids))} ids, {different} differences", flush=True)
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tokens", default=TOKENS)
    parser.add_argument("--keep", type=Path, help="folder that keeps the tokenizer.json files")
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    lines = all_lines()
    sample = [line for line in lines[: 30_000] if line.isprintable()][::3]
    print(f"tokenizers {tokenizers.__version__}")
    different = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name, theirs in (("clip", clip_tokenizer()), *given_files(arguments.files)):
            different += compare(name, theirs, arguments.tokens, lines, folder)
        part = lines[::3] + lines[-4:]
        for name, theirs in trained_tokenizers(sample):
            different += compare(name, theirs, arguments.tokens, lines if name == "bert" else part, folder)
    print(f"{different} differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
