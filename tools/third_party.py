#!/usr/bin/env python3
"""Writes THIRD-PARTY.md: what the program uses that others made.

    third_party.py            writes it, with the versions of this machine's packages (meant for Debian 12)
    third_party.py --check    exit status 1 if it is out of date (versions apart), or src/ includes what it does not list
"""
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "THIRD-PARTY.md"


class Part(NamedTuple):
    """A third party's work: `package` is Debian's (or the version), `headers` are prefixes of its #include lines."""
    name: str
    package: str
    licence: str
    how: str
    source: str
    headers: tuple = ()


LINKED = [
    Part("oneDNN", "=3.2.0", "Apache-2.0", "shared library beside the program (x86-64 Linux: the PyPI wheels onednn-cpu-gomp and "
         "onednn-devel-cpu-gomp 2023.2.0; elsewhere 3.7.3 from source, static; or the system's, 3.3 or newer)",
         "https://github.com/uxlfoundation/oneDNN", ("oneapi/dnnl", "dnnl")),
    Part("{fmt}", "libfmt-dev", "MIT", "shared library", "https://github.com/fmtlib/fmt", ("fmt/",)),
    Part("nlohmann/json", "nlohmann-json3-dev", "MIT", "headers", "https://github.com/nlohmann/json", ("nlohmann/",)),
    Part("spdlog", "libspdlog-dev", "MIT", "shared library", "https://github.com/gabime/spdlog", ("spdlog/",)),
    Part("CLI11", "libcli11-dev", "BSD-3-Clause", "headers", "https://github.com/CLIUtils/CLI11", ("CLI/",)),
    Part("protozero", "libprotozero-dev", "BSD-2-Clause and Apache-2.0", "headers", "https://github.com/mapbox/protozero",
         ("protozero/",)),
    Part("libjpeg-turbo", "libjpeg62-turbo-dev", "IJG and BSD-3-Clause", "shared library",
         "https://github.com/libjpeg-turbo/libjpeg-turbo", ("jpeglib", "jerror")),
    Part("libpng", "libpng-dev", "libpng-2.0", "shared library", "http://www.libpng.org/pub/png/libpng.html", ("png.h",)),
    Part("zlib", "zlib1g-dev", "Zlib", "shared library", "https://zlib.net", ("zlib.h",)),
    Part("libwebp", "libwebp-dev", "BSD-3-Clause", "shared library", "https://chromium.googlesource.com/webm/libwebp", ("webp/",)),
    Part("FreeType", "libfreetype-dev", "FTL or GPL-2.0", "shared library", "https://freetype.org", ("ft2build", "freetype/")),
    Part("PCRE2", "libpcre2-dev", "BSD-3-Clause", "shared library", "https://github.com/PCRE2Project/pcre2", ("pcre2",)),
    Part("utf8proc", "libutf8proc-dev", "MIT and Unicode", "shared library", "https://github.com/JuliaStrings/utf8proc",
         ("utf8proc",)),
    Part("libcurl", "libcurl4-openssl-dev", "curl", "shared library", "https://curl.se", ("curl/",)),
    Part("libarchive", "libarchive-dev", "BSD-2-Clause", "shared library", "https://libarchive.org", ("archive",)),
    Part("FFmpeg", "libavformat-dev", "LGPL-2.1 or GPL-2.0, as the system built it", "opened while the program runs, for sound and video",
         "https://ffmpeg.org", ("libav", "libsw")),
    Part("espeak-ng", "libespeak-ng1", "GPL-3.0", "opened while the program runs, for pronunciation", "https://github.com/espeak-ng/espeak-ng"),
    Part("PortAudio", "libportaudio2", "MIT", "opened while the program runs, for speakers and microphones", "https://www.portaudio.com"),
    Part("OpenMP of GCC (libgomp)", "libgomp1", "GPL-3.0 with the GCC runtime exception", "shared library",
         "https://gcc.gnu.org/projects/gomp", ("omp.h",)),
]
COPIED = [
    Part("openai/whisper, english.json", "=20250625", "MIT, its text in the file", "src/tasks/transcripts/american_spellings.txt, a part of the "
         "program", "https://github.com/openai/whisper"),
]
READ = [
    Part("DejaVu fonts", "fonts-dejavu-core", "Bitstream Vera and public domain", "read when labels are drawn",
         "https://dejavu-fonts.github.io"),
]
TESTS = [
    Part("doctest", "doctest-dev", "MIT", "headers", "https://github.com/doctest/doctest"),
    Part("PyTorch, torchvision", "python3-torch", "BSD-3-Clause", "compared with", "https://pytorch.org"),
    Part("OpenBLAS", "libopenblas0-pthread", "BSD-3-Clause", "multiplies for PyTorch", "https://github.com/OpenMathLib/OpenBLAS"),
    Part("Ultralytics", "=8.3.252", "AGPL-3.0", "compared with; in .venv-test, never shipped or linked",
         "https://github.com/ultralytics/ultralytics"),
    Part("ONNX Runtime", "=1.23.2", "MIT", "compared with", "https://onnxruntime.ai"),
    Part("ONNX", "=1.17.0", "Apache-2.0", "reads models", "https://onnx.ai"),
    Part("Protocol Buffers", "=5.29.5", "BSD-3-Clause", "used by ONNX", "https://protobuf.dev"),
    Part("tokenizers", "=0.23.3", "Apache-2.0", "compared with", "https://github.com/huggingface/tokenizers"),
    Part("Piper, with espeak-ng", "=1.8.0", "GPL-3.0", "compared with; in .venv-test, never shipped or linked",
         "https://github.com/OHF-Voice/piper1-gpl"),
    Part("Babel", "=2.18.0", "BSD-3-Clause, its CLDR data Unicode", "text in many languages", "https://babel.pocoo.org"),
    Part("clip-anytorch, bpe_simple_vocab_16e6.txt.gz", "=2.6.0", "MIT", "CLIP's vocabulary; in .venv-test, never shipped",
         "https://pypi.org/project/clip-anytorch"),
    Part("whisper-normalizer, english.json", "=0.1.15", "MIT", "compared with; in .venv-test, never shipped",
         "https://pypi.org/project/whisper-normalizer"),
    Part("jiwer", "=4.0.0", "Apache-2.0", "compared with", "https://github.com/jitsi/jiwer"),
    Part("RapidFuzz", "=3.13.0", "MIT", "used by jiwer", "https://github.com/rapidfuzz/RapidFuzz"),
    Part("coremltools", "=9.0", "BSD-3-Clause", "reads and builds Core ML packages; in .venv-test, never shipped or linked",
         "https://github.com/apple/coremltools"),
    Part("attrs, cattrs, exceptiongroup", "=23.2.0, 23.2.3, 1.2.2", "MIT; the last also PSF-2.0", "used by coremltools",
         "https://github.com/python-attrs"),
    Part("NumPy", "=1.26.4", "BSD-3-Clause", "compared with", "https://numpy.org"),
    Part("OpenCV", "=4.10.0.84", "Apache-2.0", "compared with", "https://opencv.org"),
    Part("clang-format, clang-tidy", "=19.1.7, 19.1.0", "Apache-2.0 with the LLVM exception", "tools", "https://llvm.org"),
]
DEMO = [
    Part("NudeNet, 320n.onnx", "=3.4.2", "AGPL-3.0", "fetched by scripts/demo.sh, never part of the program",
         "https://pypi.org/project/nudenet"),
    Part("scikit-image, astronaut.png", "=0.26.0", "public domain (NASA)", "fetched by scripts/demo.sh",
         "https://pypi.org/project/scikit-image"),
]


def version(package):
    """Of an installed Debian package without its epoch and revision; "=X" is X; "" when it is not installed."""
    if package.startswith("="):
        return package[1:]
    try:
        found = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""
    return re.split(r"[+~-]", found.split(":")[-1])[0]


def table(parts):
    rows = ["| name | version | licence | how | source |", "|---|---|---|---|---|"]
    rows += [f"| {p.name} | {version(p.package) or 'of the system'} | {p.licence} | {p.how} | <{p.source}> |" for p in parts]
    return "\n".join(rows)


def page():
    return f"""# What others made

Written by `tools/third_party.py`. Versions are those of Debian 12, where the program is developed, unless pinned.

## In the program

{table(LINKED)}

Data of others in this tree:

{table(COPIED)}

Read at run time:

{table(READ)}

oneDNN brings its own list of what it contains: `share/doc/llama-pajamas/onednn/THIRD-PARTY-PROGRAMS` of an installation,
`build/deps/onednn-*/share/doc/onednn` of a build.

## For the tests only

{table(TESTS)}

## For the demo only

{table(DEMO)}
"""


def without_versions(text):
    return re.sub(r"^(\| [^|]+ \|)[^|]*\|", r"\1", text, flags=re.MULTILINE)


def unlisted_includes():
    """`file: header` of every #include <...> with a dot or slash in src/ that no part lists; system headers are known."""
    listed = tuple(prefix for part in LINKED for prefix in part.headers)
    system = re.compile(r"^(sys|linux|mach|mach-o|arpa|netinet|asm)/|^(std\w+|string|math|time|errno|setjmp|limits|unistd|spawn|fcntl|pthread|sched|dlfcn|poll|signal"
                        r"|immintrin|cpuid|arm_neon)\.h$")
    for path in sorted((ROOT / "src").rglob("*.[ch]pp")):
        for header in re.findall(r"^\s*#\s*include\s*<([^>]*[./][^>]*)>", path.read_text(), flags=re.MULTILINE):
            if not header.startswith(listed) and not system.match(header):
                yield f"{path.relative_to(ROOT)}: <{header}>"


def main(arguments):
    if arguments == ["--check"]:
        unlisted = list(unlisted_includes())
        if unlisted:
            print("tools/third_party.py lists no owner of these headers:", *unlisted, sep="\n  ")
        stale = not PAGE.exists() or without_versions(PAGE.read_text()) != without_versions(page())
        if stale:
            print("THIRD-PARTY.md is out of date: tools/third_party.py writes it")
        return 1 if stale or unlisted else 0
    if arguments:
        sys.exit(__doc__)
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
