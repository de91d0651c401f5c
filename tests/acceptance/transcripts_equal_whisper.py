#!/usr/bin/env python3
"""`transcribe` does what the original, openai/whisper, does: texts, times of segments and of words, languages.

    transcripts_equal_whisper.py [--program PATH] [--models tiny.en,base]

On the recordings of LLAMA_PAJAMAS_FIXTURES/audio, in F32, each as 30 s: greedy and with five beams the same text, times of segments and of
words within 20 ms, but for those of a text over and over, which are printed. What follows a recording is silence here, as the model was
trained and as transformers has it; the original puts zeros into the spectrogram instead, which are louder, and is made to take silence.
By hand: in .venv-test it needs `pip install --no-deps openai-whisper==20250625 tiktoken==0.14.0 numba==0.68.1 llvmlite==0.50.0
more_itertools==11.2.1`, and the system's libespeak-ng.
With base also: other languages forced, translation, and the probability of the language of eight sentences that espeak-ng speaks.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import speech_models
import speech_synthesis
import torch
import whisper
from recordings import samples_of, write_wav

RATE = speech_models.RATE
WORD_SECONDS = 0.02
MOST_COMPRESSION = 2.4  # of a text that the original gives up: the same over and over, which has no time of its own
FORCED = [("de", "transcribe"), ("fr", "transcribe"), ("zh", "transcribe"), ("ja", "transcribe"), ("de", "translate")]
SENTENCES = {
    "en": "The weather will be fine tomorrow, and we are going to the lake with the children.",
    "de": "Das Wetter wird morgen schön, und wir fahren mit den Kindern an den See.",
    "fr": "Il fera beau demain, et nous irons au lac avec les enfants.",
    "es": "Mañana hará buen tiempo y vamos a ir al lago con los niños.",
    "it": "Domani farà bel tempo e andremo al lago con i bambini.",
    "pl": "Jutro będzie ładna pogoda i pojedziemy z dziećmi nad jezioro.",
    "ru": "Завтра будет хорошая погода, и мы поедем с детьми на озеро.",
    "pt": "Amanhã vai fazer bom tempo e vamos ao lago com as crianças.",
}
PARTS = {
    "self_attn_layer_norm": "attn_ln",
    "self_attn": "attn",
    "encoder_attn_layer_norm": "cross_attn_ln",
    "encoder_attn": "cross_attn",
    "final_layer_norm": "mlp_ln",
    "fc1": "mlp.0",
    "fc2": "mlp.2",
    "q_proj": "query",
    "k_proj": "key",
    "v_proj": "value",
    "out_proj": "out",
}


def pad_with_silence():
    """Lets the original hear silence behind the end of a sound: the rows that it cuts off the spectrogram, which is of the sound and 30 s of zeros."""
    module = sys.modules["whisper.transcribe"]
    spectrogram, whole = module.log_mel_spectrogram, []

    def remember(*arguments, **named):
        whole[:] = [spectrogram(*arguments, **named)]
        return whole[0]

    def pad(part, frames, **_):
        start = part.storage_offset() - whole[0].storage_offset()  # a view of the whole
        assert part.data_ptr() == whole[0][:, start:].data_ptr()
        return whole[0][:, start : start + frames]

    module.log_mel_spectrogram, module.pad_or_trim = remember, pad


def original_name(name):
    """A tensor of Hugging Face's checkpoint as the original calls it."""
    side, rest = name.removeprefix("model.").split(".", 1)
    if rest.startswith("layers."):
        _, number, part, *inner = rest.split(".")
        inner = [PARTS.get(word, word) for word in inner]
        return ".".join([side, "blocks", number, PARTS[part], *inner])
    if rest.startswith("embed_tokens"):
        return f"{side}.token_embedding.weight"
    if rest.startswith("embed_positions"):
        return f"{side}.positional_embedding"
    return f"{side}.{rest.replace('layer_norm', 'ln_post' if side == 'encoder' else 'ln')}"


def original(name):
    """The original with the same weights."""
    folder = speech_models.whisper(name)
    config = json.loads((folder / "config.json").read_text())
    dims = whisper.model.ModelDimensions(
        n_mels=config["num_mel_bins"],
        n_audio_ctx=config["max_source_positions"],
        n_audio_state=config["d_model"],
        n_audio_head=config["encoder_attention_heads"],
        n_audio_layer=config["encoder_layers"],
        n_vocab=config["vocab_size"],
        n_text_ctx=config["max_target_positions"],
        n_text_state=config["d_model"],
        n_text_head=config["decoder_attention_heads"],
        n_text_layer=config["decoder_layers"],
    )
    import safetensors.torch

    tensors = safetensors.torch.load_file(folder / "model.safetensors")
    model = whisper.model.Whisper(dims)
    missing, unknown = model.load_state_dict({original_name(n): t.float() for n, t in tensors.items() if n != "proj_out.weight"}, strict=False)
    assert not unknown and all("mask" in name for name in missing), (missing, unknown)
    generation = json.loads((folder / "generation_config.json").read_text())
    heads = torch.zeros(dims.n_text_layer, dims.n_text_head, dtype=torch.bool)
    for layer, head in generation["alignment_heads"]:
        heads[layer, head] = True
    model.register_buffer("alignment_heads", heads.to_sparse(), persistent=False)
    return model.eval()


def recordings():
    """{name: samples}: the fixtures' recordings, shorter than 30 s."""
    folder = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
    if not folder:
        print("LLAMA_PAJAMAS_FIXTURES is not set: no recordings, what espeak-ng speaks only")
        samples = speech_synthesis.speak("en", SENTENCES["en"], RATE)
        return {"spoken": samples}
    found = {}
    for path in sorted(Path(folder, "audio").iterdir()):
        if path.suffix in (".wav", ".flac"):
            found[path.name] = samples_of(path)
    return found


def differences(found, expected):
    """What is not as in the original's answer, in words."""
    problems = []
    if found["text"].strip() != expected["text"].strip():
        problems.append(f"text\n  ours   {found['text']}\n  theirs {expected['text']}")
        return problems
    times = [(round(s["start"], 2), round(s["end"], 2)) for s in found["segments"]]
    theirs = [(round(float(s["start"]), 2), round(float(s["end"]), 2)) for s in expected["segments"] if s["text"]]  # it keeps those it cleared
    if any(abs(a - b) > WORD_SECONDS + 1e-6 for x, y in zip(times, theirs) for a, b in zip(x, y)) or len(times) != len(theirs):
        problems.append(f"segments {times} {theirs}")
    words = [(w["word"], w["start"], w["end"]) for w in found.get("words", [])]
    wanted = [(w["word"], float(w["start"]), float(w["end"])) for s in expected["segments"] for w in s.get("words", [])]
    if [w[0] for w in words] != [w[0] for w in wanted]:
        problems.append(f"words {[w[0] for w in words]} {[w[0] for w in wanted]}")
    over_again = [s["compression_ratio"] > MOST_COMPRESSION for s in expected["segments"] for _ in s.get("words", [])]
    late = [(a, b, c) for a, b, c in zip(words, wanted, over_again) if max(abs(a[1] - b[1]), abs(a[2] - b[2])) > WORD_SECONDS + 1e-6]
    if late:
        line = f"{len(late)} of {len(words)} words are told another time: {[pair for *pair, _ in late[:4]]}"
        if all(c for *_, c in late):
            print(f"  in a text over and over: {line}")
        else:
            problems.append(line)
    return problems


def check_transcripts(arguments, name, folder):
    model, well = original(name), True
    for sound, samples in recordings().items():
        if arguments.sounds not in sound:
            continue
        path = folder / "sound.wav"
        write_wav(path, samples)
        samples = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.float32) / 32768
        language = {} if name.endswith(".en") else {"language": "en"}
        ways = [language, language | {"beam_size": 5}]
        if sound == "jfk.wav" and not name.endswith(".en"):
            ways += [{"language": x, "task": y} for x, y in FORCED]
        for how in ways:
            expected = model.transcribe(samples, fp16=False, word_timestamps=True, temperature=arguments.temperatures, **how)
            options = [word for key, value in how.items() for word in (f"--{key.replace('_', '-')}", str(value))]
            if len(arguments.temperatures) == 1:
                options += ["--temperature", str(arguments.temperatures[0])]
            found = common.run_json(
                [arguments.program, "transcribe", path, "--model", speech_models.whisper(name), "--json", "--quiet"]
                + ["--precision", "f32", "--pad", "--word-timestamps", *options]
            )
            problems = differences(found, expected)
            print(f"{name}, {sound} {' '.join(options)}: {'same' if not problems else 'NOT THE SAME'}: {expected['text'].strip()[:60]}", flush=True)
            for problem in problems:
                print(" ", problem)
            well &= not problems
    return well


def check_languages(arguments, name, folder):
    model, well = original(name), True
    for language, sentence in SENTENCES.items():
        samples = speech_synthesis.speak(language, sentence, RATE)
        path = folder / "sentence.wav"
        write_wav(path, samples)
        samples = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.float32) / 32768
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples))
        _, probabilities = whisper.detect_language(model, mel)
        likeliest = max(probabilities, key=probabilities.get)
        found = common.run_json(
            [arguments.program, "transcribe", path, "--model", speech_models.whisper(name), "--json", "--quiet", "--precision", "f32", "--pad"]
        )
        good = found["language"] == likeliest and abs(found["language_probability"] - probabilities[likeliest]) < 1e-3
        print(f"{name}, spoken {language}: {found['language']} {found['language_probability']:.4f}, theirs {likeliest} {probabilities[likeliest]:.4f}"
              f"{'' if good else ' NOT THE SAME'}", flush=True)  # fmt: skip
        well &= good
    return well


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--models", default="tiny.en,base")
    parser.add_argument("--sounds", default="", help="only those whose names have this in them")
    parser.add_argument("--temperatures", default="0", type=lambda text: tuple(float(x) for x in text.split(",")))
    arguments = parser.parse_args()
    pad_with_silence()
    well = True
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.models.split(","):
            well &= check_transcripts(arguments, name, Path(folder))
            if not name.endswith(".en"):
                well &= check_languages(arguments, name, Path(folder))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
