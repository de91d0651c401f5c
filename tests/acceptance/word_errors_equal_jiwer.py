#!/usr/bin/env python3
"""Errors in words and characters are counted as jiwer counts them.

    word_errors_equal_jiwer.py [--words PROGRAM]

On pairs of random texts with a fixed seed, alike and unlike, short and long: the same number of edits as jiwer's, in words and in characters,
and of all ways with so few edits the one with the fewest substitutions (jiwer takes any), which a plain matrix finds. Exit status 1 on any difference.
"""

import argparse
import json
import random
import subprocess
import sys

import common
import jiwer

WORDS = common.ROOT / "build/release/bin/lp-words"
LONGEST = 60  # words, for the matrix


def changed(rng, words, share):
    out = []
    for word in words:
        if rng.random() >= share:
            out.append(word)
        else:
            out += rng.choice([[], [rng.choice("xyz")], [word, rng.choice("abxy")], [word, word]])
    return out


def pairs():
    rng = random.Random(20250114)
    alphabets = ["ab", "abc", [f"w{i}" for i in range(40)], ["straße", "naïve", "你", "好", "l'été", "x"]]
    for _ in range(4000):
        words = rng.choices(rng.choice(alphabets), k=rng.randint(1, 14))
        other = changed(rng, words, rng.random()) if rng.random() < 0.7 else rng.choices(rng.choice(alphabets), k=rng.randint(1, 14))
        yield " ".join(words), " ".join(other)
    for share in (0, 0.002, 0.05, 0.3, 1):
        words = rng.choices(alphabets[2], k=3000)
        yield " ".join(words), " ".join(changed(rng, words, share))
        yield " ".join(words[1000:]), " ".join(words)  # the whole beginning is missing
        yield " ".join(words), " ".join(words[500:] + words[:500])


def least(reference, found):
    """(edits, substitutions) by the whole matrix."""
    row = [(j, 0) for j in range(len(found) + 1)]
    for i, wanted in enumerate(reference, 1):
        above, row = row, [(i, 0)]
        for j, one in enumerate(found, 1):
            different = int(one != wanted)
            ways = ((above[j - 1][0] + different, above[j - 1][1] + different), (above[j][0] + 1, above[j][1]), (row[-1][0] + 1, row[-1][1]))
            row.append(min(ways))
    return row[-1]


def good(found, reference, hypothesis, theirs):
    """Whether [substitutions, deletions, insertions, reference] is what it should be."""
    substitutions, deletions, insertions, count = found
    edits = theirs.substitutions + theirs.deletions + theirs.insertions
    same = sum(found[:3]) == edits and count == len(reference) and deletions - insertions == len(reference) - len(hypothesis)
    small = len(reference) <= LONGEST and len(hypothesis) <= LONGEST
    return same and substitutions <= theirs.substitutions and (not small or least(reference, hypothesis) == (edits, substitutions))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", default=WORDS)
    arguments = parser.parse_args()
    given = [pair for pair in pairs() if pair[1]]
    lines = "".join(json.dumps(pair) + "\n" for pair in given)
    done = subprocess.run([arguments.words, "--errors"], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    ours, wrong = [json.loads(line) for line in done.stdout.splitlines()], 0
    for (reference, hypothesis), (words, characters, letters) in zip(given, ours, strict=True):
        bare = [text.replace(" ", "") for text in (reference, hypothesis)]
        well = good(words, reference.split(), hypothesis.split(), jiwer.process_words(reference, hypothesis))
        well &= good(characters, reference, hypothesis, jiwer.process_characters(reference, hypothesis))
        well &= good(letters, *bare, jiwer.process_characters(*bare))
        if not well and (wrong := wrong + 1) <= 5:
            print(f"NOT THE SAME: {reference[:200]!r}, {hypothesis[:200]!r}: {words} {characters} {letters}")
    edits = sum(sum(words[:3]) for words, _, _ in ours)
    print(f"{len(given) - wrong} of {len(given)} pairs the same, {edits} edits of words")
    return 0 if wrong == 0 and edits > len(given) else 1


if __name__ == "__main__":
    sys.exit(main())
