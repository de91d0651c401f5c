#!/usr/bin/env python3
"""Phonemes and their numbers are those that Piper makes of the same text.

    phonemes_equal_piper.py [--phonemes PROGRAM]

Compared with piper-tts in twenty languages, on sentences and on the names of countries and languages in babel's locale
data, with every mark of punctuation. Piper brings an espeak-ng of its own, newer than most systems'; ours is made to open
that very one. It is inside a module of Python, whose symbols must be there: where this Python has no shared library (or
on macOS) the comparison is with the system's espeak-ng, and counts sentences and marks only. Left out are three points,
empty lines and clauses of more than 600 bytes, which we treat in our own way. Exit status 1 on any difference.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import common

sys.path.insert(0, str(common.ROOT / ".venv-test/tokenizers"))  # babel
from babel import Locale  # noqa: E402
from piper import phoneme_ids, phonemize_espeak  # noqa: E402

PHONEMES = common.ROOT / "build/release/bin/lp-phonemes"
# Voice of espeak-ng -> locale of babel.
VOICES = {
    "en-us": "en", "en-gb-x-rp": "en", "de": "de", "fr": "fr", "es": "es", "it": "it", "pt-br": "pt", "nl": "nl", "pl": "pl", "ru": "ru",
    "uk": "uk", "cs": "cs", "sv": "sv", "da": "da", "fi": "fi", "hu": "hu", "tr": "tr", "el": "el", "ro": "ro", "hi": "hi",
}  # fmt: skip
SENTENCES = [
    "Hello, world. This is it!",
    "Is it? Yes: no; maybe – or not — that is it.",
    'He said: "yes", then. (And left.) She stayed',
    'He said, "Go!" loudly. What?! No!!!',
    "hello. how are you",
    "hello. How are you",
    "3.5 a,b c:d e;f 10:30",
    "What time is it in Tokyo, when it is noon in New York?",
    "The quick brown fox jumps over the lazy dog.",
    "Ünïcödé, Straße, façade; naïve: œuvre!",
    "Привет, как дела? Хорошо.",
    "Guten Tag, wie geht es Ihnen? Heute ist schönes Wetter.",
    "Bonjour, comment allez-vous? Il fait beau aujourd'hui.",
    "¿Qué tal? ¡Muy bien!",
    "mot mot mot",
]


def lines_for(voice, locale):
    """Sentences, and names joined by marks at random."""
    words = list(Locale(locale).territories.values()) + list(Locale(locale).languages.values())
    words = [word for word in words if "…" not in word and "..." not in word]
    chance = random.Random(voice)
    lines = list(SENTENCES)
    for _ in range(150):
        parts = chance.sample(words, chance.randint(1, 6))
        marks = [chance.choice([", ", "; ", ": ", ". ", "! ", "? ", " ", " – ", " — ", '", ', '." ', ") "]) for _ in parts]
        lines.append("".join(word + mark for word, mark in zip(parts, marks)).strip())
    # The Ukrainian voice says quotes aloud; we leave them out.
    return [line.replace('"', "") for line in lines] if locale == "uk" else lines


def ours(program, voice, lines, options, environment):
    done = subprocess.run([program, voice, *options], input="\n".join(lines) + "\n", capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        sys.exit(f"{voice}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def with_pipers_espeak():
    """An environment in which our program opens Piper's espeak-ng, or None."""
    library = Path(sysconfig.get_config_var("LIBDIR") or "/") / (sysconfig.get_config_var("INSTSONAME") or "none")
    if sys.platform != "linux" or not library.is_file() or ".so" not in library.name:
        return None
    piper = Path(phonemize_espeak.__file__).parent
    return os.environ | {
        "LD_PRELOAD": str(library), "LLAMA_PAJAMAS_ESPEAK": str(piper / "espeakbridge.so"), "ESPEAK_DATA_PATH": str(piper),
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phonemes", type=Path, default=PHONEMES)
    arguments = parser.parse_args()
    environment = with_pipers_espeak()
    piper = phonemize_espeak.EspeakPhonemizer()
    differences = compared = 0
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "voice.json"
        config.write_text(json.dumps({"phoneme_id_map": phoneme_ids.DEFAULT_PHONEME_ID_MAP}))
        for voice, locale in VOICES.items():
            lines = lines_for(voice, locale)
            theirs = [piper.phonemize(voice, line) for line in lines]
            texts = ours(arguments.phonemes, voice, lines, [], environment)
            numbers = ours(arguments.phonemes, voice, lines, ["--ids", config], environment)
            for line, wanted, text, ids in zip(lines, theirs, texts, numbers, strict=True):
                wanted = [sentence for sentence in wanted if sentence]  # Piper makes one of a closing quote
                compared += 1
                if environment is None:
                    marks = [[p for p in sentence if p in ".,:;!?"] for sentence in wanted]
                    same = marks == [[p for p in sentence if p in ".,:;!?"] for sentence in text]
                else:
                    same = ids == [phoneme_ids.phonemes_to_ids(sentence) for sentence in wanted]
                if not same:
                    differences += 1
                    print(f"{voice}: {line!r}\n  Piper {[''.join(s) for s in wanted]}\n  ours  {text}")
    print(f"{compared} lines in {len(VOICES)} languages compared with piper-tts"
          f"{'' if environment else ' (marks only: its espeak-ng cannot be opened here)'}, {differences} differ")  # fmt: skip
    return 1 if differences or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
