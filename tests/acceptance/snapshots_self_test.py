"""Whether the snapshots notice what they are there for, and nothing else.

Every answer of the program is changed: each word, each number, each line, each column, each type of a value, the exit status.
All must be noticed. Then what differs between machines is put in: other processors, times, versions, no font. None may be.
"""

import json
import re

import snapshots_test as test

WORD, NUMBER = re.compile(r"[A-Za-z]{2,}"), re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
JSON_VALUE = re.compile(r'(?<=": )(?:"[^"\n]*"|-?[\d.]+(?:e-?\d+)?|true|false|null)(?=,?$)', re.M)
# The groups are of this machine: lists that have other members, and another number of them, on another; names of what is drawn.
SPARED = re.compile(r'"(?:capabilities|kept)": \[\n([^\]]*)\]|^llama-pajamas: warning: (?P<drawn>\S+): no font', re.M)
# Lines that other machines have or have not.
OPTIONAL = re.compile(r"gpu_|  graphics: |  a font for |llama-pajamas: warning: \S+: no font ")
ISA = r"(?:SSE|AVX|AMX)[\w. -]*"


def machine_words(documents):
    """The texts of an answer that are this machine's and this build's alone."""
    version, hardware, doctor = (json.loads(text) for text in documents)
    words = [version["commit"], *hardware["capabilities"], *(library.get("version", "") for library in doctor["libraries"])]
    words += [hardware[key] for key in ("cpu_model", "os_name", "cpu_arch", "os_type", "platform_id", "recommended_backend", "gpu_model", "gpu_type")]
    return sorted({word for word in words if word}, key=len, reverse=True)


def cells(line):
    return [match.span() for match in re.finditer(r"\S+(?: \S+)*", line)]


def without_columns(text):
    """The text without one column of a table, for every column of every table in it."""
    lines = text.split("\n")
    for top, line in enumerate(lines):
        if not re.fullmatch(r" *[A-Z0-9/ ]{2,}", line) or len(cells(line)) < 2:
            continue
        for column in range(len(cells(line))):
            shorter = list(lines)
            for i in range(top, len(lines)):
                spans = cells(lines[i])
                if len(spans) <= column or len(spans) < 2:
                    break
                first, last = spans[column]
                shorter[i] = lines[i][:first] + lines[i][last:].lstrip(" ")
            yield f"column {column} of {line.strip()!r}", "\n".join(shorter)


def changes(text, free):
    """(what was done, the changed text) for each change of one answer. `free`: words of this machine, which may change."""
    spared = [match.span() for word in free for match in re.finditer(re.escape(word), text)]
    spared += [match.span(match.lastindex) for match in SPARED.finditer(text)]

    def is_spared(start, end):
        return any(first < end and start < last for first, last in spared)

    for match in WORD.finditer(text):
        if not is_spared(*match.span()):
            yield f"word {match[0]!r}", f"{text[: match.end()]}x{text[match.end() :]}"
    for match in NUMBER.finditer(text):
        if not is_spared(*match.span()):
            yield f"number {match[0]}", f"{text[: match.start()]}many{text[match.end() :]}"
    for match in JSON_VALUE.finditer(text):
        other = "17" if match[0][0] == '"' or match[0] in ("true", "false", "null") else '"seventeen"'
        yield f"type of {match[0]}", text[: match.start()] + other + text[match.end() :]
    for match in re.finditer(r".*\n|.+\Z", text):
        within = any(first <= match.start() and match.end() <= last for first, last in spared)
        if not within and not OPTIONAL.match(match[0]):
            yield f"without {match[0]!r}", text[: match.start()] + text[match.end() :]
    yield from without_columns(text)


def answers_changed(recorded, free):
    """(how many changes there were, those that were not noticed)."""
    count, unnoticed = 0, []
    for name, session in recorded.items():
        for output in session.outputs():
            shown = session.shown(output)
            for what, other in (
                ("exit status", test.Output(output.status + 1, output.out, output.err)),
                ("outputs exchanged", test.Output(output.status, output.err, output.out)),
            ):
                count += 1
                if session.shown(other) == shown:
                    unnoticed.append(f"{name}: {what}")
            for text in (output.out, output.err):
                kept = session.kept(text)
                if kept == test.visible(text):
                    continue  # no rule takes anything from it: each of its characters counts
                for what, changed in changes(text, free):
                    count += 1
                    if session.kept(changed) == kept:
                        unnoticed.append(f"{name}: {what}")
    return count, unnoticed


FONT = "a font for the labels that `detect --save` draws"
FONT_HOW = "install DejaVu Sans (Debian: fonts-dejavu-core), or set LLAMA_PAJAMAS_FONT=FILE"
FONT_JSON = f',\n    {{\n      "how": "{FONT_HOW}",\n      "what": "{FONT}"\n    }}'
NO_FONT = "llama-pajamas: warning: out/photo.png: no font is there, so the boxes have no labels\n"
STEPS = "decode|preprocess|inference|postprocess|tokenize"

# (sessions, what is replaced, by what): what another machine, build or day answers.
ELSEWHERE = (
    (None, r"\(commit [0-9a-z]+;", "(commit unknown;"),
    (None, r"(llama\\?-pajamas) \d+\.\d+\.\d+", r"\1 10.20.30"),
    (None, rf"oneDNN \d+\.\d+\.\d+ \({ISA}\)", "oneDNN 3.10.1 (AMX FP16)"),
    (None, rf"\b({STEPS}) \d+\.\d", r"\1 12345.6"),
    (None, rf'("(?:{STEPS})": )[\d.]+', r"\g<1>0.03"),
    ("detect", r'("[xy][12]": \d+\.\d)\d*', r"\g<1>9"),
    ("detect", r'("confidence": 0\.81)\d*', r"\g<1>2345"),
    ("detect-video", r"\d+\.\d a second", "1234.5 a second"),
    ("detect-video", r"\((?:libx264|libopenh264|mpeg4)\)", "(mpeg4)"),
    ("bench", r"^ *\d+\.\d\d  +\d+\.\d\d  +\d+\.\d\d .*$", "12345.67    12345.67  12345.67         0.1        0       12"),
    ("int8", r"gguf INT8, \d+\.\d kB", "gguf INT8, 1.2 MB"),
    ("doctor", r"^  \d+ cores of \d+ usable; .*$", "  96 cores of 192 usable; SSE4.2, AVX2, F16C, AVX-512, AMX INT8"),
    ("doctor", r"^  memory .* available\n  .*\n(?:  graphics: .*\n)?", "  memory 1.5 TB of 2.0 TB available\n  Ubuntu 24.04.1 LTS\n"),
    ("doctor", r"(?<= available\n)(  .*\n)(?!  graphics)", r"\1  graphics: NVIDIA L4 (no runtime in this program uses it)\n"),
    ("doctor", rf"(--name NAME\n)(?:  {re.escape(FONT)}.*\n)?\Z", rf"\1  {FONT}: {FONT_HOW}\n"),
    ("doctor", rf'(?:{re.escape(FONT_JSON)})?(?=\n  \],\n  "runtimes")', FONT_JSON),
    ("doctor", r"FFmpeg \d\S*, for", "FFmpeg 7.1-3ubuntu1, for"),
    ("doctor", r'"gpu_model": .*\n( *)"gpu_type": .*,', r'"gpu_model": "NVIDIA L4",' + "\n" + r'\1"gpu_type": "nvidia",'),
    ("hardware", r"^(?:gpu_.*\n)*(os_name +).*\n", r"gpu_model              NVIDIA L4\ngpu_type               nvidia\n\1Fedora Linux 41\n"),
    ("hardware", r"^(cpu_cores_usable +|ram_bytes +|ram_gb +)\d*", r"\g<1>9"),
)
# The same of a processor with BF16; on one that has it there is nothing to replace.
WITH_BF16 = (
    ("doctor", rf"^    bf16  no: this processor has {ISA}, without BF16 multiplication$", "    bf16  yes"),
    ("doctor", r'"available": false,(\n *"precision": "bf16"),\n *"why": "this [^"]*"', r'"available": true,\1'),
    ("doctor", r"in f32 (\(oneDNN .* here); f32, since this .*\)$", r"in bf16 \1, and it has bf16)"),
    ("doctor", r'"f32"(,\n *"runtime": "onednn",\n *"why": "oneDNN .* here); f32, since this [^"]*"', r'"bf16"\1, and it has bf16"'),
    ("hardware", rf"this processor has {ISA}, without BF16 multiplication", "bf16 halves the bytes and is multiplied in hardware"),
    ("hardware", r'^(precision  |  "precision": ")f32', r"\1bf16"),
)


def elsewhere(recorded):
    """Sentences about what another machine answers and the snapshots would not take, or what is not to be found here."""
    for name, pattern, stands in ELSEWHERE + WITH_BF16:
        found = False
        for session in [recorded[name]] if name else recorded.values():
            for output in session.outputs():
                out, times = re.subn(pattern, stands, output.out, flags=re.M)
                found = found or times > 0
                if session.shown(test.Output(output.status, out, output.err)) != session.shown(output):
                    yield f"what another machine answers would not be taken: {stands!r} for {pattern!r}"
        if not found and (name, pattern, stands) not in WITH_BF16:
            yield f"there is nothing in {name or 'any session'} that {pattern!r} could replace"
    saved = recorded["detect-store"]
    for output in saved.outputs():
        if saved.shown(test.Output(output.status, output.out, NO_FONT + output.err)) != saved.shown(output):
            yield "the warning of a machine without a font would not be taken"


def files_changed(snapshots, commands):
    """Sentences about files and commands whose change is not noticed."""
    name, text = next(iter(snapshots.items()))
    others = {key: value for key, value in snapshots.items() if key != name}
    for what, kept in (
        ("a missing file", others),
        ("a file that belongs to nothing", {**snapshots, "outputs/none.txt": text}),
        ("a changed file", {**others, name: text.replace("exit 0", "exit 1", 1)}),
    ):
        if len(list(test.differences(kept, snapshots))) != 1:
            yield f"{what} is not noticed"
    if list(test.differences(dict(snapshots), snapshots)):
        yield "files differ from themselves"
    if len(list(test.uncovered([*commands, "frobnicate"], test.cases.SESSIONS))) != 2:
        yield "a command that no session runs is not noticed"
    shown = test.visible("a line with spaces  \n\x1b[1m without an end")
    if shown != "a line with spaces··\n\\x1b[1m without an end(no line break)\n":
        yield f"spaces and control characters are not to be seen: {shown!r}"
    row = "  frobnicate   do what nobody needs\n"
    if "frobnicate" not in test.commands_of(f"program\n\nCommands\n  list         list\n               more\n{row}\nOptions\n  --help\n"):
        yield "a new command is not found in the help"


def run(recorded, snapshots, commands, machine):
    """Exit status 1 if anything was not noticed that should be, or the other way round."""
    count, failures = answers_changed(recorded, machine_words(machine))
    print(f"self-test: {count} changes of {sum(len(s.outputs()) for s in recorded.values())} answers, {len(failures)} not noticed")
    failures += [*elsewhere(recorded), *files_changed(snapshots, commands)]
    for failure in failures:
        print(f"self-test: {failure}")
    print(f"self-test: {len(ELSEWHERE) + len(WITH_BF16) + 1} differences between machines; {len(failures)} failures in all")
    return 1 if failures else 0
