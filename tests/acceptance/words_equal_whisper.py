#!/usr/bin/env python3
"""Texts are normalized as Whisper's authors do before they count errors, string by string.

    words_equal_whisper.py [--words PROGRAM]

Compared with transformers' EnglishTextNormalizer (its copy of openai/whisper's) with the table of spellings as openai/whisper publishes it,
and with its BasicTextNormalizer, letters together and apart: number words in every order, numbers, money, dates, contractions, brackets,
British spellings, every code point that this Python knows, and random characters, with a fixed seed. Exit status 1 on any difference.
"""

import argparse
import importlib.metadata
import itertools
import json
import random
import subprocess
import sys
import unicodedata

import common
from transformers.models.whisper.english_normalizer import BasicTextNormalizer, EnglishNumberNormalizer, EnglishTextNormalizer

WORDS = common.ROOT / "build/release/bin/lp-words"
PLAIN = ["house", "the", "of", "it's", "we", "don't", "a", "half", "I", "was", "colour", "Dr.", "mr", "-", "...", "one's", "naïve", "&", "st", "nd", "s", "th"]
ENDINGS = ["'d been", "'s been", "'d gone", "'s gone", "'d done", "'s got", "n't", "'re", "'s", "'d", "'ll", "'t", "'ve", "'m"]
SHORT = ["won't", "can't", "let's", "ain't", "y'all", "wanna", "gotta", "gonna", "i'ma", "imma", "woulda", "coulda", "shoulda", "ma'am", "mr", "mrs",
         "st", "dr", "prof", "capt", "gov", "ald", "gen", "sen", "rep", "pres", "rev", "hon", "asst", "assoc", "lt", "col", "jr", "sr", "esq",
         "hmm", "mm", "mhm", "mmm", "uh", "um"]  # fmt: skip


def spellings():
    """Whisper's table of spellings, as the package whisper-normalizer holds it."""
    files = importlib.metadata.files("whisper-normalizer")
    return json.loads(next(file for file in files if file.name == "english.json").read_text())


# ---- texts


def spelt(number):
    """A number in words."""
    ones = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
            "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if number < 20:
        return ones[number]
    if number < 100:
        return tens[number // 10 - 2] + (" " + ones[number % 10] if number % 10 else "")
    for size, name in ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = f" {'and ' if number % size < 100 else ''}{spelt(number % size)}" if number % size else ""
            return f"{spelt(number // size)} {name}{rest}"
    return ""


def number_texts(rng):
    """Number words in sentences, and in any order."""
    known = sorted(EnglishNumberNormalizer().words)
    digits = ["1", "0", "12", "3.5", "1.0", "007", "100", "1000", "2,000", "99", "$5", "$0.50", "€3", "£2.20", "¢7", "50%", "1st", "22nd", "1960s", "5.", ".5"]
    yield from known
    yield from (f"{a} {b}" for a, b in itertools.product(known, repeat=2))
    for _ in range(12000):
        yield " ".join(rng.choice(rng.choice([known, known, known, PLAIN, digits])) for _ in range(rng.randint(2, 9)))
    for _ in range(6000):
        yield " ".join(rng.choice(["one", "two", "twenty", "hundred", "thousand", "million", "point", "and", "oh", "double", "first", "dollars",
                                   "and a half", "minus", "per cent", "fifteen", "1", "2.5", "10"]) for _ in range(rng.randint(3, 12)))  # fmt: skip
    names = ["dollars", "pounds", "euros", "cents", "percent", "per cent", "people", "and a half", "and a half million", "point two five", "degrees"]
    for _ in range(4000):
        number = rng.randrange(10 ** rng.randint(1, 14))
        yield f"about {rng.choice(['', 'minus ', 'negative '])}{spelt(number)} {rng.choice(names)}, or {spelt(rng.randrange(100))} {rng.choice(names)}"


def money_and_dates(rng):
    formats = ["${0}", "${0}.{1:02}", "${0} and ¢{1}", "${0} ¢{1}", "£{0}.{1}", "€{0},{1}", "{0} dollars and {1} cents", "$0.{1}", "{0}%", "{0} %", "{0}th",
               "{0} st", "{0}s", "{0}rd of May {1}", "{0}/{1}/2024", "{0}:{1:02} p.m.", "May {1}, 19{1:02}", "{0:,}", "{0:,}.{1}", "$ {0}", "{0}€", "No. {0}.",
               "{0}.{1}.{0}.{1}", "{0}-{1}", "{0}km", "{0}k", "mp{0}", "{0} million", "${0} million", "${0}.5 billion", "{0}.{1} thousand", "+{0}", "-{0}",
               "#{0}", "{0}²", "{0}½", "{0}°C", "nineteen {1}", "{0} and a half", "{0} hundred", "double {1}", "{0} point {1}", "{0}..", "1,{0},{1}", "$${0}",
               "{0}%%", "${0} and {1} cents", "{0} times {1}", "{0}+{1}={0}", "{0}e{1}", "1 and a half", "1s and {0}s", "one {0} {1}"]  # fmt: skip
    for text in formats:
        for _ in range(60):
            yield f"it was {text.format(rng.randrange(10 ** rng.randint(1, 5)), rng.randrange(100))} then"
            yield text.format(rng.randrange(100), rng.randrange(100))


def contraction_texts(rng):
    words = ["i", "she", "they", "could", "do", "John", "it", "what", "O", "are", "Mr", "ca", "wo"]
    for word, ending in itertools.product(words, ENDINGS):
        yield f"{word}{ending} here"
        yield f"{word} {ending}."
        yield f"{word}{ending.replace(chr(39), '’')}"
        yield f"{word}{ending}x {word}{ending}{ending}".upper()
    for word in SHORT:
        yield from (word, f"{word}.", f"so {word} smith", f"{word.upper()}, yes", f"x{word}", f"{word}x", f"{word} {word}-{word}", f"é{word} {word}é", f"1{word}")
    for _ in range(3000):
        yield rng.choice([" ", " ", "", "-", ", "]).join(rng.choice(SHORT + ENDINGS + PLAIN) for _ in range(rng.randint(1, 7)))


def bracket_texts(rng):
    for _ in range(3000):
        yield "".join(rng.choice(["(", ")", "[", "]", "<", ">", "a ", "b", " ", "one ", "\n"]) for _ in range(rng.randint(1, 14)))


def character_texts(rng):
    """Each code point alone, before, behind and between letters and digits."""
    points = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) not in ("Cn", "Co")]
    for at in range(0, len(points), 8):
        yield " ".join(f"{c} a{c} {c}a a{c}b 1{c}2 {c}{c} Σ{c} aΣ{c} {c}Σ a{c}Σ Σ{c}a aΣ{c}a" for c in points[at : at + 8])
    blocks = [(0x20, 0x7F), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0xFFF), (0x1100, 0x11FF), (0x1E00, 0x1FFF),
              (0x2000, 0x206F), (0x20D0, 0x214F), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFFFD), (0x1D100, 0x1D1FF), (0x1F300, 0x1F9FF)]  # fmt: skip
    for _ in range(3000):
        words = []
        for _ in range(rng.randint(1, 8)):
            low, high = rng.choice(blocks)
            words.append("".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 7))))
        text = rng.choice([" ", "", "'"]).join(words)
        yield "".join(c for c in text if unicodedata.category(c) not in ("Cn", "Co"))


def random_texts(rng):
    for alphabet in (".0 1", "$¢€£.%0123 a", " .,%$¢'0123456789abst", "'snt dx ", "1s th nd0 ", "and a half 2 "):
        for _ in range(3000):
            yield "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 12)))


def texts():
    rng = random.Random(20241119)
    yield from ("", " ", "\n", "  Leading and trailing.  ", "9" * 60 + " million", "1." + "0" * 40, "two " * 100, "( " * 2000 + "<" * 2000)
    yield from (f"the {word} {word}" for word in spellings())
    for source in (number_texts, money_and_dates, contraction_texts, bracket_texts, character_texts, random_texts):
        yield from source(rng)


# ---- comparison


def ours(program, language, lines):
    given = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run([program, language], input=given, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def same(program, language, original, lines):
    expected, found = [original(line) for line in lines], ours(program, language, lines)
    wrong = [i for i in range(len(lines)) if i >= len(found) or found[i] != expected[i]]
    changed = sum(a != b for a, b in zip(lines, expected, strict=True))
    print(f"{language}: {len(lines) - len(wrong)} of {len(lines)} texts the same, {changed} of them changed by it")
    for i in wrong[:8]:
        print(f"  {lines[i][:300]!r}\n    ours   {found[i][:300]!r}\n    theirs {expected[i][:300]!r}")
    return not wrong and len(found) == len(lines) and changed > len(lines) // 2


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", default=WORDS)
    arguments = parser.parse_args()
    lines = list(texts())
    well = same(arguments.words, "en", EnglishTextNormalizer(spellings()), lines)
    well &= same(arguments.words, "de", BasicTextNormalizer(), lines)
    well &= same(arguments.words, "zh", BasicTextNormalizer(split_letters=True), lines)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
