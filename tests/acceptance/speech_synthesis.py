"""Sentences in many languages for tests, spoken by the system's espeak-ng."""

import ctypes
import ctypes.util
import functools

import numpy as np

SYNCHRONOUS, UTF8 = 2, 1  # espeak_AUDIO_OUTPUT, espeakCHARS_UTF8 of espeak-ng/speak_lib.h
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@functools.cache
def started():
    """The library and its rate. It is started once and never ended: it does not begin again."""
    library = ctypes.CDLL(ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1")
    own_rate = library.espeak_Initialize(SYNCHRONOUS, 0, None, 0)
    assert own_rate > 0, "espeak-ng cannot be started: are its data there (espeak-ng-data)?"
    return library, own_rate


def speak(language, text, rate):
    """The samples, -1 to 1, of a sentence at `rate`."""
    library, own_rate = started()
    pieces = []

    def take(samples, count, _):
        if samples and count > 0:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    callback = CALLBACK(take)
    library.espeak_SetSynthCallback(callback)
    assert library.espeak_SetVoiceByName(language.encode()) == 0, f"espeak-ng has no voice {language}"
    data = text.encode() + b"\0"
    assert library.espeak_Synth(data, ctypes.c_size_t(len(data)), 0, 1, 0, UTF8, None, None) == 0
    samples = np.concatenate(pieces).astype(np.float32) / 32768
    at = np.arange(int(len(samples) * rate / own_rate)) * own_rate / rate
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)
