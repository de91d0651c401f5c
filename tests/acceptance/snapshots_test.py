#!/usr/bin/env python3
"""The command line and the outputs of the program against their snapshots in tests/snapshots.

    snapshots_test.py [--program PATH] [--update] [--self-test] [SESSION...]

help/: `--help` of the program and of every command that it names. outputs/: the sessions of snapshot_cases.py, with their
exit statuses, outputs and errors; what varies is taken out by snapshot_rules.py. --update writes the files anew. --self-test
also changes the outputs word by word and expects that each change is noticed. Exit status 1 and a difference if anything is
not as in the files, if a command has no snapshot, or if a file belongs to nothing.
"""

import argparse
import concurrent.futures
import difflib
import json
import os
import queue
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import common
import fake_hub
import snapshot_cases as cases
import snapshot_rules as rules

SNAPSHOTS = common.ROOT / "tests/snapshots"
HOW_TO_UPDATE = ".venv-test/bin/python tests/acceptance/snapshots_test.py --update"
COMMON_OPTIONS = "Options of every command\n"
# Their answer is a text for people or for a shell, with --json too.
TEXT_ONLY = {"help", "man", "completions"}
PLAYERS = 2


@dataclass(frozen=True)
class Output:
    status: int
    out: str
    err: str


class Program:
    """The program in a folder of its own below `root`, with an environment that has nothing of the caller's settings."""

    def __init__(self, path, root, hub):
        self.path, self.folder, self.hub = str(Path(path).resolve()), root / "work", hub
        self.places = {str(self.folder): "<folder>", hub.endpoint: "<hub>"}
        # One thread is enough, and does not wait for cores that others have.
        self.environment = {
            "PATH": os.defpath,
            "HOME": str(root),
            "LC_ALL": "C",
            "PWD": str(self.folder),
            "HF_ENDPOINT": hub.endpoint,
            "LLAMA_PAJAMAS_HOME": str(self.folder / "home"),
            "LLAMA_PAJAMAS_THREADS": "1",
        }
        for kept in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
            if kept in os.environ:
                self.environment[kept] = os.environ[kept]

    def run(self, words, stdin="", **environment):
        done = subprocess.run(
            [self.path, *words],
            input=stdin.encode(),
            capture_output=True,
            cwd=self.folder,
            env={**self.environment, **environment},
            timeout=120,
        )
        return Output(done.returncode, *(text.decode(errors="backslashreplace") for text in (done.stdout, done.stderr)))

    def text(self, *words):
        done = self.run(words)
        if done.status != 0:
            sys.exit(f"{shlex.join(words)}: exit {done.status}: {done.err}{done.out}")
        return done.out


# The list of commands, and the help of each.


def commands_of(help_text):
    """The names under `Commands` in the help of the program."""
    rows = help_text.split("\nCommands\n")[1].split("\n\n")[0].splitlines()
    return [match[1] for row in rows if (match := re.match(r"  (\S+) ", row))]


def help_snapshots(program, complaints):
    whole = program.text("--help")
    common_options = whole[whole.index(COMMON_OPTIONS) :].split("\n\n")[0]
    snapshots = {"help/llama-pajamas.txt": visible(whole)}
    for command in commands_of(whole):
        text = program.text(command, "--help")
        ways = [("help", command)] + ([(command, "-h"), ("--help", command)] if command == "detect" else [])
        for other in ways:
            if program.text(*other) != text:
                complaints.append(f"`{shlex.join(other)}` is not `{command} --help`")
        own = text.replace(common_options, COMMON_OPTIONS + "  (as in llama-pajamas.txt)")
        snapshots[f"help/{command}.txt"] = visible(own)
    return snapshots


# Sessions.


def visible(text):
    """Spaces at the ends of lines, control characters and a missing line break at the end as what can be seen."""
    text = re.sub(r" +$", lambda match: "·" * len(match[0]), text, flags=re.M)
    text = re.sub(r"[\0-\x08\x0b-\x1f\x7f]", lambda match: f"\\x{ord(match[0]):02x}", text)
    return text if text.endswith("\n") or not text else text + "(no line break)\n"


def split_line(line):
    """Words of a command line, the variables set before it, and the line without these."""
    variables = {}
    while match := re.match(r"([A-Z_]+)=(\S*) ", line):
        variables[match[1]] = match[2]
        line = line[match.end() :]
    return shlex.split(line), variables, line


class Recorded:
    """What a session's commands answered."""

    def __init__(self, session, places):
        self.rules = rules.compiled(rules.EVERYWHERE, session.rules)
        self.places = places
        self.parts = []  # texts, and pairs of a heading and an Output

    def kept(self, text):
        return visible(rules.normalised(text, self.rules, self.places))

    def shown(self, output):
        out, err = self.kept(output.out), self.kept(output.err)
        return out + "".join(f"stderr: {line}\n" for line in err.splitlines()) + f"exit {output.status}\n"

    def snapshot(self):
        return "\n".join(part if isinstance(part, str) else part[0] + self.shown(part[1]) for part in self.parts)

    def outputs(self):
        return [part[1] for part in self.parts if not isinstance(part, str)]


class Player:
    """Plays sessions one after the other, each in the same folder, which is made anew. `files`: what is in it at the start."""

    def __init__(self, path, root, files, hub):
        self.program, self.root, self.files = Program(path, root, hub), root, files
        self.begin()
        for model, arguments in cases.MODELS.items():
            self.program.text("convert", *shlex.split(arguments), "--quiet")
            shutil.copytree(self.program.folder / "home/models" / model, root / "models" / model)

    def begin(self, store=()):
        shutil.rmtree(self.program.folder, ignore_errors=True)
        self.program.folder.mkdir(parents=True)
        for file in self.files.iterdir():
            (self.program.folder / file.name).symlink_to(file)
        for model in store:
            shutil.copytree(self.root / "models" / model, self.program.folder / "home/models" / model)

    def play(self, session, complaints):
        self.begin(session.store)
        recorded = Recorded(session, self.program.places)
        for step in session.steps:
            if isinstance(step, cases.Do):
                step.act(self.program.folder)
                recorded.parts.append(f"# {step.what}\n")
                continue
            words, variables, line = split_line(step.line)
            words = [word.replace("$PWD", str(self.program.folder)) for word in words]
            output = self.program.run(words, step.stdin, **variables)
            if "--json" in words and not is_document(output.out) and words[0] not in TEXT_ONLY:
                complaints.append(f"{session.name}: no JSON document on the output of: {step.line}")
            typed = f"printf {shlex.quote(step.stdin.encode('unicode_escape').decode())} | " if step.stdin else ""
            typed += "".join(f"{name}={value} " for name, value in variables.items())
            recorded.parts.append((f"$ {typed}llama-pajamas {line}".rstrip() + "\n", output))
        return recorded


def play_all(players, sessions, complaints):
    """What all sessions answer, by their names; the players share the work."""
    free = queue.SimpleQueue()
    for player in players:
        free.put(player)

    def play(session):
        player = free.get()
        try:
            return session.name, player.play(session, complaints)
        finally:
            free.put(player)

    with concurrent.futures.ThreadPoolExecutor(len(players)) as pool:
        return dict(pool.map(play, sessions))


def is_document(text):
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def uncovered(commands, sessions):
    """Sentences about commands that no session runs, or not in both forms."""
    lines = [words for session in sessions for step in session.steps if isinstance(step, cases.Run) and (words := split_line(step.line)[0])]
    for command in commands:
        own = [words for words in lines if words[0] == command]
        if not any("--json" not in words for words in own):
            yield f"no session of snapshot_cases.py runs `{command}`"
        if command not in TEXT_ONLY and not any("--json" in words for words in own):
            yield f"no session of snapshot_cases.py runs `{command} --json`"


# Files.


def read_files():
    return {str(path.relative_to(SNAPSHOTS)): path.read_text() for path in sorted(SNAPSHOTS.rglob("*")) if path.is_file()}


def write_files(kept, snapshots):
    for name in kept.keys() - snapshots.keys():
        (SNAPSHOTS / name).unlink()
    for name, text in snapshots.items():
        (SNAPSHOTS / name).parent.mkdir(parents=True, exist_ok=True)
        (SNAPSHOTS / name).write_text(text)


def differences(kept, snapshots):
    """A text for each file that is not what the program answers, that is missing, or that belongs to nothing."""
    for name in sorted(kept.keys() | snapshots.keys()):
        if name not in snapshots:
            yield f"tests/snapshots/{name}: no command and no session has this snapshot\n"
        elif kept.get(name) != snapshots[name]:
            before = kept.get(name, "").splitlines(keepends=True)
            yield "".join(
                difflib.unified_diff(before, snapshots[name].splitlines(keepends=True), f"tests/snapshots/{name}", "what the program answers")
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--update", action="store_true", help="write the files of tests/snapshots anew")
    parser.add_argument("--self-test", action="store_true", help="also change outputs and expect that it is noticed")
    parser.add_argument("session", nargs="*", help="only these sessions, and no help")
    arguments = parser.parse_args()
    unknown = set(arguments.session) - {session.name for session in cases.SESSIONS}
    if unknown:
        parser.error(f"no session {', '.join(sorted(unknown))}")
    complaints, hub = [], fake_hub.FakeHub()
    cases.publish(hub)
    sessions = [session for session in cases.SESSIONS if not arguments.session or session.name in arguments.session]
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        (root / "files").mkdir()
        cases.make_files(root / "files")
        players = [Player(arguments.program, root / str(i), root / "files", hub) for i in range(PLAYERS)]
        recorded = play_all(players, sessions, complaints)
        program = players[0].program
        snapshots = {f"outputs/{name}.txt": one.snapshot() for name, one in recorded.items()}
        commands = commands_of(program.text("--help"))
        if not arguments.session:
            snapshots |= help_snapshots(program, complaints)
            complaints += uncovered(commands, sessions)
        machine = [program.text(*words) for words in (("--version", "--json"), ("hardware", "--json"), ("doctor", "--json"))]
    kept = read_files()
    if arguments.session:
        kept = {name: text for name, text in kept.items() if name in snapshots}
    if arguments.update:
        write_files(kept, snapshots)
    else:
        complaints += differences(kept, snapshots)
    for complaint in complaints:
        print(complaint.rstrip("\n"))
    if complaints:
        print(f"\nsnapshots: {len(complaints)} differences; if they are meant, update the files and review them: {HOW_TO_UPDATE}")
        sys.exit(1)
    outputs = sum(len(one.outputs()) for one in recorded.values())
    print(f"snapshots: {outputs} outputs of {len(recorded)} sessions and the help of {len(commands)} commands, as in {len(kept)} files")
    if arguments.self_test:
        import snapshots_self_test

        sys.exit(snapshots_self_test.run(recorded, snapshots, commands, machine))


if __name__ == "__main__":
    main()
