"""What of the program's output is not the same on every machine and day, and what stands for it in a snapshot.

Every rule names the text around what it takes away, so that another word, key, column or number of decimals is one that no
rule takes. `snapshots_test.py --self-test` shows it.
"""

import re

VERSION = r"\d+\.\d+\.\d+"
# Source: isa_name, src/backends/onednn/isa.cpp.
INSTRUCTIONS = r"(?:SSE4\.1|AVX|AVX2|AVX2 VNNI|AVX-512|AVX-512 (?:VNNI|BF16|FP16)|AMX|AMX FP16)"
ONEDNN = r"oneDNN <version> \(<instructions>\)"
SIZE = r"\d+\.\d [kMGT]?B"
FONT = "a font for the labels that `detect --save` draws"
FONT_HOW = r"install DejaVu Sans \(Debian: fonts-dejavu-core\), or set LLAMA_PAJAMAS_FONT=FILE"
WHY_NOT_BF16 = rf"this processor has {INSTRUCTIONS}, without BF16 multiplication"
WHY_BF16 = "bf16 halves the bytes and is multiplied in hardware"


def json_number(keys, placeholder):
    """The number of these keys, with a fraction."""
    return rf'^( *"(?:{keys})": )-?\d+\.\d+(?:e-?\d+)?(?=,?$)', rf"\1{placeholder}"


def json_digits(keys, placeholder):
    """The whole number of these keys."""
    return rf'^( *"(?:{keys})": )\d+(?=,?$)', rf"\1{placeholder}"


def json_text(keys, placeholder="<text>"):
    """The text of these keys."""
    return rf'^( *"(?:{keys})": )"[^"\n]+"(?=,?$)', rf"\1{placeholder}"


def row(words, value, placeholder):
    """The second of two columns, in the lines that begin with one of the words."""
    return rf"^((?:{words}) +){value}$", rf"\1{placeholder}"


def about(digits):
    """Rounds a number and keeps its width: 173.2436 is ~173."""

    def shown(match):
        text = f"~{float(match[2]):.{digits}f}"
        return match[1] + (text if match[1].rstrip().endswith(":") else text.rjust(len(match[2])))

    return shown


EVERYWHERE = [
    (rf"(llama\\?-pajamas) {VERSION}\b", r"\1 <version>"),
    (rf'"version": "{VERSION}"', '"version": "<version>"'),
    (r"\(commit (?:[0-9a-f]{7,40}|unknown);", "(commit <commit>;"),
    (r'"commit": "(?:[0-9a-f]{7,40}|unknown)"', '"commit": "<commit>"'),
    (rf"\bonednn {VERSION}\b", "onednn <version>"),
    (rf"\boneDNN {VERSION} \({INSTRUCTIONS}\)", "oneDNN <version> (<instructions>)"),
    (r"\b(decode|preprocess|inference|postprocess|tokenize|save) \d+\.\d( ms)?(?=[,)])", r"\1 <time>\2"),
    json_number("decode|preprocess|inference|postprocess|tokenize|save", "<ms>"),
]

# Of boxes that a network with real weights finds: arithmetic differs in its last digits between processors.
BOXES = [
    (r'^( *"(?:x1|y1|x2|y2)": )(\d+\.\d{1,4})(?=,?$)', about(0)),
    (r'^( *"confidence": )(\d\.\d{1,6})(?=,?$)', about(2)),
    (r"^(  FACE_FEMALE {6,})(\d\.\d{3})(?=  )", about(2)),
    *[(rf"^(  FACE_FEMALE +~\S+(?: +~\d+){{{i}}} +)(\d+\.\d)(?=  |$)", about(0)) for i in range(4)],
]

VIDEO = [
    (r"(pictures?), \d+\.\d a second  \(", r"\1, <rate> a second  ("),
    json_number("frames_per_second", "<rate>"),
    # Source: what media/video_writer.cpp looks for among the encoders that FFmpeg was built with.
    (r"(  saved as \S+ )\((?:libx264|libopenh264|mpeg4)\)$", r"\1(<encoder>)"),
    (r'"encoder": "(?:libx264|libopenh264|mpeg4)"', '"encoder": "<encoder>"'),
]

SAVED = [(r"^llama-pajamas: warning: \S+: no font is there, so the boxes have no labels\n", "")]

# Widths of columns follow the times in them.
BENCH = [
    (
        r"^ *(MIN MS)  +(MEDIAN MS)  +(P99 MS)  +(PER SECOND)  +(GFLOP/S)  +(PEAK MB)\n"
        r" *\d+\.\d\d  +\d+\.\d\d  +\d+\.\d\d  +\d+\.\d  +\d+  +\d+$",
        r"\1  \2  \3  \4  \5  \6" "\n<ms>  <ms>  <ms>  <rate>  <rate>  <MB>",
    ),
    (r"^checksums [0-9a-f]{16} [0-9a-f]{16}$", "checksums <digits> <digits>"),
    (r'^( *)"[0-9a-f]{16}"(?=,?$)', r'\1"<digits>"'),
    json_number("min_ms|median_ms|p99_ms|build_ms|ms", "<ms>"),
    json_number("per_second|gflops", "<rate>"),
    json_number("peak_rss_mb", "<MB>"),
    (r"^(STEP) +(MS)  (GFLOP/S)  (KERNEL)$", r"\1  \2  \3  \4"),
    (r"^(vit\.\S+|embedding|classifier|sum) +\d+\.\d{3} +(?:\d+(?=  |$))?(  \w+)?$", r"\1  <ms>  <rate or nothing>\2"),
]

# What calibration finds is near, but not the same, on every processor; with it go sizes and digests.
# What of a YOLOv8 is not in bf16 where the rest is.
YOLO_BF16 = re.escape(
    "model.22=f32;model.22.*.sigmoid*=f32;model.22.*.dfl_boxes*=f32;model.22.*.concat*=f32;model.22.cv2.?.2=f32;model.22.cv3.?.2=f32;*=bf16"
)
INT8 = [
    (rf"(gguf INT8), {SIZE}$", r"\1, <size>"),
    (r'("precision": "INT8",\n *"sha256": )"[0-9a-f]{64}",\n( *"size": )\d+(?=,$)', r'\1"<sha256>",' "\n" r"\2<bytes>"),
    (r'("path": "gguf/INT8/model.gguf",\n *"sha256": )"[0-9a-f]{64}",\n( *"size": )\d+(?=,$)', r'\1"<sha256>",' "\n" r"\2<bytes>"),
    (r"^(map50|map50_95)( +)[01]\.\d{1,6}(?= *$)", r"\1\2<part>"),
    (r"^(boxes)( +)\d+\.0(?= *$)", r"\1\2<count>"),
    json_number("map50|map50_95|int8_share", "<part>"),
    (rf'^( *"policy": )"(?:\*=f32;states=bf16|{YOLO_BF16})"(?=,?$)', r"\1<for what is not in int8: f32 or bf16>"),
    json_number("boxes", "<count>"),
    json_number("entropy|min_max|mse|percentile_99\\.99|percentile_99\\.999|value", "<error>"),
    (r'"method": "(?:entropy|min_max|mse|percentile_99\.99|percentile_99\.999)"', '"method": "<method>"'),
    (r'"kept": \[\n(?: *"model\.[\w.]+\.weight",?\n)* *\]', '"kept": [<weights>]'),
    (r'"count": \d+,(\n *"gflop": 0\.0,\n *"op": "quantize")', r'"count": <count>,\1'),
    json_digits("weight_bytes", "<bytes>"),
]

MACHINE_TEXTS = "cpu_arch|cpu_model|display_name|os_name|os_type|platform_id|recommended_backend"
MACHINE_COUNTS = "cpu_cores_(?:efficiency|logical|performance|physical|usable)|ram_available_bytes|ram_bytes"
MACHINE_JSON = [
    json_text(MACHINE_TEXTS),
    json_digits(MACHINE_COUNTS, "<number>"),
    json_number("ram_gb", "<number>"),
    (r'^( *"(?:gpu_model|gpu_type)": )(?:null|"[^"\n]+")(?=,?$)', r"\1<text or null>"),
    (r'^( *"capabilities": )\[(?:\n *"[\w. -]+",?)*\n *\](?=,$)', r"\1[<texts>]"),
]

HARDWARE = [
    *MACHINE_JSON,
    row(f"{MACHINE_TEXTS}|capabilities", r"\S.*", "<text>"),
    row(MACHINE_COUNTS, r"\d+", "<number>"),
    row("ram_gb", r"\d+\.\d", "<number>"),
    (r"^gpu_(?:model|type) .*\n", ""),
    (r"^(precision  )(?:f32|bf16)$", r"\1<f32 or bf16>"),
    (r'^( *"precision": )"(?:f32|bf16)"(?=,$)', r"\1<f32 or bf16>"),
    (rf'(is the fastest runtime of this program here(?:, |",\n *"))(?:{WHY_NOT_BF16}|{WHY_BF16})(?=, |",)', r"\1<why>"),
    (r"\b\d+( physical cores may be used;)", r"<number>\1"),
    row("threads", r"\d+", "<number>"),
    json_digits("threads", "<number>"),
]

DOCTOR = [
    *MACHINE_JSON,
    (
        r"^Machine\n  \S.*\n  \d+ cores of \d+ usable; [\w., -]+\n"
        rf"  memory {SIZE} of {SIZE} available\n  \S.*\n(?:  graphics: .+ \(no runtime in this program uses it\)\n)?\n",
        "Machine\n  <processor>\n  <number> cores of <number> usable; <instruction sets>\n"
        "  memory <size> of <size> available\n  <system>\n\n",
    ),
    (rf"^(    bf16  )(?:yes|no: {WHY_NOT_BF16})$", r"\1<yes, or no and why>"),
    (
        rf'("available": )(?:true(,\n *"precision": "bf16")|false(,\n *"precision": "bf16"),\n *"why": "{WHY_NOT_BF16}")',
        lambda m: f"{m[1]}<bool>{m[2] or m[3]},<why not>",
    ),
    (
        rf"in (?:bf16|f32) (\({ONEDNN} is the fastest runtime here)(?:, and it has bf16|; f32, since {WHY_NOT_BF16})\)$",
        r"in <f32 or bf16> \1<why>)",
    ),
    (
        rf'"precision": "(?:bf16|f32)"(,\n *"runtime": "onednn",\n *"why": "{ONEDNN} is the fastest runtime here)'
        rf'(?:, and it has bf16|; f32, since {WHY_NOT_BF16})"$',
        r'"precision": <f32 or bf16>\1<why>"',
    ),
    (r"^  (FFmpeg|FFmpeg's libavdevice|espeak-ng|PortAudio) \d\S*, for ([a-z ]+)$", r"  \1 <version>, for \2"),
    (r'("name": "(?:FFmpeg(?:\'s libavdevice)?|espeak-ng|PortAudio)",\n *"version": )"\d[^"\n]*"', r'\1"<version>"'),
    (rf"^  {FONT}: {FONT_HOW}\n", ""),
    (rf',\n    {{\n      "how": "{FONT_HOW}",\n      "what": "{FONT}"\n    }}', ""),
]

# For people who read the snapshot: an option a line.
LONG_LINES = [(r" (?='--)", "\n      ")]


def compiled(*groups):
    return [(re.compile(pattern, re.M), stands) for group in groups for pattern, stands in group]


def normalised(text, rules, places):
    """`text` with a placeholder for all that varies. `places`: texts of this run, such as folders, and what stands for them."""
    for place, stands in places.items():
        text = text.replace(place, stands)
    for pattern, stands in rules:
        text = pattern.sub(stands, text)
    return text
