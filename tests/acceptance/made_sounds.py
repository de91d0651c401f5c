"""Sounds without words for tests, computed: silence, noise and music. All are mono, -1 to 1, at 16 kHz."""

import numpy as np

RATE = 16000
CHORDS = [(57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62)]  # A minor, F, C, G as MIDI has keys


def times(seconds):
    return np.arange(int(seconds * RATE)) / RATE


def scaled(samples, level):
    """With this root mean square, as far as 16 bits have room for it."""
    return np.clip(samples * (level / np.sqrt(np.mean(samples**2))), -1, 1).astype(np.float32)


def silence(seconds):
    return np.zeros(int(seconds * RATE), np.float32)


def dither(seconds, rng):
    """What a converter adds to silence: the last bit of 16."""
    return (rng.integers(-1, 2, int(seconds * RATE)) / 32768).astype(np.float32)


def white_noise(seconds, rng, level=0.02):
    return scaled(rng.normal(size=int(seconds * RATE)), level)


def pink_noise(seconds, rng, level=0.02):
    """As much power in each octave: a room, a fan, a street."""
    spectrum = np.fft.rfft(rng.normal(size=int(seconds * RATE)))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 1))
    return scaled(np.fft.irfft(spectrum, int(seconds * RATE)), level)


def hum(seconds, level=0.02):
    """Mains."""
    return scaled(sum(np.sin(2 * np.pi * 50 * k * times(seconds)) / k for k in range(1, 8)), level)


def frequency(key):
    return 440 * 2 ** ((key - 69) / 12)


def note(key, seconds, partials, decay):
    at = times(seconds)
    tone = sum(np.sin(2 * np.pi * frequency(key) * k * at) / k for k in range(1, partials + 1))
    return tone * np.exp(-decay * at) * np.minimum(1, at / 0.01)


def mixed(seconds, notes):
    """Notes (start in seconds, samples) together."""
    all_of_it = np.zeros(int(seconds * RATE))
    for start, samples in notes:
        first = int(start * RATE)
        room = all_of_it[first : first + samples.size]
        room += samples[: room.size]
    return all_of_it


def pads(seconds, level=0.1):
    """Held chords of strings, two seconds each."""
    starts = np.arange(0, seconds, 2)
    return scaled(mixed(seconds, [(t, note(key, 2, 12, 0.3)) for i, t in enumerate(starts) for key in CHORDS[i % 4]]), level)


def piano(seconds, rng, level=0.1):
    """Broken chords, and a tune above them."""
    notes = []
    for i, start in enumerate(np.arange(0, seconds, 0.25)):
        chord = CHORDS[i // 8 % 4]
        notes.append((start, note(chord[i % 3], 1, 6, 4)))
        if i % 2 == 0:
            notes.append((start, note(chord[rng.integers(3)] + 12, 1, 4, 3)))
    return scaled(mixed(seconds, notes), level)


def drums(seconds, rng, level=0.1):
    """Bass drum, snare and hi-hat, 120 beats a minute."""
    at = times(0.3)
    kick = np.sin(2 * np.pi * (50 * at + 30 * (1 - np.exp(-20 * at)) / 20)) * np.exp(-12 * at)
    notes = []
    for i, start in enumerate(np.arange(0, seconds, 0.25)):
        hit = rng.normal(size=at.size)
        notes.append((start, 0.2 * np.diff(hit, prepend=0) * np.exp(-60 * at)))
        if i % 4 == 0:
            notes.append((start, kick))
        if i % 4 == 2:
            notes.append((start, 0.4 * hit * np.exp(-18 * at)))
    return scaled(mixed(seconds, notes), level)


def band(seconds, rng, level=0.15):
    """All of them at once."""
    return scaled(pads(seconds) + 2 * piano(seconds, rng) + drums(seconds, rng), level)
