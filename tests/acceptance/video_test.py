#!/usr/bin/env python3
"""Videos and cameras: `detect` sees in a video what it sees in the pictures that OpenCV decodes from it.

    video_test.py [--program PATH]

The videos are made by OpenCV, which has an FFmpeg of its own, from the demo's photo: a window that moves over it. Exit status 1
if anything is not as it should be.
"""

import argparse
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import common
import cv2
import numpy as np
import yolo_reference

FRAMES, RATE = 20, 10
CONFIDENCE = 0.25
MIN_IOU, NEAR = 0.999, 0.002
failures = []
checked = 0


def check(holds, what):
    global checked
    checked += 1
    if not holds:
        failures.append(what)
        print(f"failed: {what}")


def windows(width, height):
    """Pictures of a window that moves over the photo."""
    photo = cv2.imread(str(common.demo_file("astronaut.png")))
    room_x, room_y = photo.shape[1] - width, photo.shape[0] - height
    for i in range(FRAMES):
        x, y = i * room_x // (FRAMES - 1), i * room_y // (FRAMES - 1)
        yield photo[y : y + height, x : x + width]


def make_video(path, code, width, height):
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*code), RATE, (width, height))
    if not writer.isOpened():
        sys.exit(f"OpenCV cannot write {path.name} here")
    for picture in windows(width, height):
        writer.write(picture)
    writer.release()
    return path


def pictures_of(path):
    capture, pictures = cv2.VideoCapture(str(path)), []
    while True:
        got, picture = capture.read()
        if not got:
            return pictures
        pictures.append(picture)


def turned(path, target):
    """The same MP4, which now asks to be turned clockwise by a quarter."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 4 + 5 * 4 + 16  # version and flags, times and numbers, layer and volume (ISO 14496-12, 8.3.2)
    data[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    target.write_bytes(data)
    return target


class Program:
    def __init__(self, path):
        self.path = str(path)

    def command(self, *arguments, verb="detect", confidence=CONFIDENCE):
        model = ["--model", str(common.demo_file("320n.onnx")), "--size", "320", "--confidence", str(confidence)]
        return [self.path, verb, *map(str, arguments), *model, "--offline"]

    def run(self, *arguments):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=120)

    def document(self, *arguments):
        return common.run_json(self.command(*arguments, "--json"))


def rows(detections):
    return np.array(
        [[d["box"][k] for k in ("x1", "y1", "x2", "y2")] + [d["confidence"], d["class_id"]] for d in detections], np.float64
    ).reshape(-1, 6)


def same(expected, found, where):
    """Compares two lists of boxes; the number of pairs, and how far the worst is off."""
    worst_iou, worst_confidence, pairs = 1.0, 0.0, 0
    free = list(range(len(found)))
    for row in expected:
        of_class = [i for i in free if found[i][5] == row[5]]
        best = max(of_class, key=lambda i: yolo_reference.overlaps(row, found[i : i + 1])[0], default=None)
        if best is None:
            check(row[4] <= CONFIDENCE + NEAR, f"{where}: a box of {row[4]:.3f} is missing")
            continue
        free.remove(best)
        pairs += 1
        worst_iou = min(worst_iou, float(yolo_reference.overlaps(row, found[best : best + 1])[0]))
        worst_confidence = max(worst_confidence, abs(found[best][4] - row[4]))
    for i in free:
        check(found[i][4] <= CONFIDENCE + NEAR, f"{where}: one box more, of {found[i][4]:.3f}")
    check(worst_iou > MIN_IOU and worst_confidence < NEAR, f"{where}: IoU {worst_iou:.4f}, confidence off by {worst_confidence:.4f}")
    return pairs, worst_iou, worst_confidence


def check_boxes(program, video, folder):
    """Boxes, sizes and times against the pictures that OpenCV decodes."""
    pictures = pictures_of(video)
    files = []
    for i, picture in enumerate(pictures):
        files.append(folder / f"{video.stem}-{i:03}.png")
        cv2.imwrite(str(files[-1]), picture)
    expected = program.document(*files)["images"]
    answer = program.document(video)
    seen = answer["videos"][0]
    check(answer["images"] == [] and len(answer["videos"]) == 1, f"{video.name}: one video, no pictures")
    check((seen["width"], seen["height"]) == (pictures[0].shape[1], pictures[0].shape[0]), f"{video.name}: size")
    check(abs(seen["frame_rate"] - RATE) < 0.01, f"{video.name}: {seen['frame_rate']} frames a second")
    check(seen["broken_packets"] == seen["damaged_frames"] == 0 and seen["frames_per_second"] > 0, f"{video.name}: whole, and timed")
    check(len(seen["frames"]) == len(pictures) == FRAMES, f"{video.name}: {len(seen['frames'])} of {len(pictures)} pictures")
    worst = [0, 1.0, 0.0]
    for i, (wanted, frame) in enumerate(zip(expected, seen["frames"])):
        check(frame["frame"] == i and abs(frame["seconds"] - i / RATE) < 0.002, f"{video.name}: time of picture {i}")
        pairs, iou, confidence = same(rows(wanted["detections"]), rows(frame["detections"]), f"{video.name} picture {i}")
        worst = [worst[0] + pairs, min(worst[1], iou), max(worst[2], confidence)]
    print(f"{video.name}: {seen['codec']}, {FRAMES} pictures, {worst[0]} boxes, worst IoU {worst[1]:.4f}, confidence off by {worst[2]:.4f}")
    return worst[0]


def check_choice(program, video):
    frames = program.document(video, "--every", 3, "--frames", 4)["videos"][0]["frames"]
    check([f["frame"] for f in frames] == [0, 3, 6, 9], "--every 3 --frames 4")
    frames = program.document(video, "--every", 7)["videos"][0]["frames"]
    check([f["frame"] for f in frames] == [0, 7, 14], "--every 7 to the end")
    text = program.run(video)
    check(text.returncode == 0 and f"{FRAMES} pictures" in text.stdout and "PICTURES" in text.stdout, "the text names pictures")


def check_saved(program, video, folder):
    out = folder / "out"
    seen = program.document(video, "--save", out)["videos"][0]
    check(seen["saved"] == str(out / (video.stem + ".mp4")), f"{video.name}: saved as {seen.get('saved')}")
    capture = cv2.VideoCapture(seen["saved"])
    rate = capture.get(cv2.CAP_PROP_FPS)
    before, after = pictures_of(video), pictures_of(seen["saved"])
    check(len(after) == FRAMES and abs(rate - RATE) < 0.1, f"{video.name}: {len(after)} saved at {rate} a second")
    height, width = before[0].shape[:2]
    check(after[0].shape[:2] == (height - height % 2, width - width % 2), f"{video.name}: saved size {after[0].shape}")
    even = before[0][: after[0].shape[0], : after[0].shape[1]].astype(int)
    box = seen["frames"][0]["detections"][0]["box"]
    edges = np.zeros(even.shape[:2], bool)
    for y in (box["y1"], box["y2"]):
        edges[max(0, int(y) - 1) : int(y) + 2, int(box["x1"]) : int(box["x2"])] = True
    difference = np.abs(after[0].astype(int) - even).mean(axis=2)
    check(difference[edges].mean() > 3 * np.median(difference), f"{video.name}: the box is not to be seen in what was saved")
    check(np.median(difference) < 12, f"{video.name}: saved pictures are off by {np.median(difference):.1f}")
    check(not list(out.glob("*.partial")), "a partial file is left")
    own = subprocess.run(program.command(seen["saved"], "--save", out), capture_output=True, text=True)
    check(own.returncode == 1 and "would replace this input" in own.stderr, "a video is not replaced by its own")


def check_sizes(program, folder):
    """Two recordings one behind the other, of other sizes and with times from 0 each."""
    parts = [make_video(folder / f"part{width}.ts", "mp4v", width, 240) for width in (320, 400)]
    both = folder / "both.ts"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    seen = program.document(both)["videos"][0]
    times = [f["seconds"] for f in seen["frames"]]
    check(times == sorted(set(times)) and times[-1] < 2 * FRAMES / RATE + 1, f"times rise: {times}")
    widths = {f.get("width", seen["width"]) for f in seen["frames"]}
    check(len(seen["frames"]) > FRAMES and widths == {320, 400}, f"pictures of another size say it: {widths}")


def check_broken(program, good, folder):
    cut = folder / "cut.avi"
    cut.write_bytes((whole := make_video(folder / "whole.avi", "MJPG", 480, 360).read_bytes())[: len(whole) // 2])
    seen = program.document(cut)["videos"][0]
    check(FRAMES // 4 < len(seen["frames"]) < FRAMES, f"the first half of a video: {len(seen['frames'])} pictures")
    noisy = bytearray(whole)
    for at in range(len(noisy) // 3, len(noisy) // 2, 500):
        noisy[at] ^= 0xFF
    (folder / "noisy.avi").write_bytes(noisy)
    done = program.run(folder / "noisy.avi")
    check(done.returncode == 0 and "packets that cannot be decoded" in done.stderr, f"damage is told: {done.stderr}")
    only = program.document(folder / "noisy.avi", "--frames", 1, "--every", 1000000)["videos"][0]
    check(len(only["frames"]) == 1 and only["broken_packets"] == 0, "one picture, and what is behind it is left")
    check_sizes(program, folder)
    other = folder / "secret.mp4"
    other.write_bytes(good.read_bytes())
    bad = {
        "no-index.mp4": good.read_bytes()[:2000],
        "text.mp4": b"not a video at all\n" * 100,
        "empty.mp4": b"",
        "picture.mp4": common.demo_file("astronaut.png").read_bytes(),
        "playlist.mp4": f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:2,\n{other}\n#EXT-X-ENDLIST\n".encode(),
        "list.mp4": b"ffconcat version 1.0\nfile secret.mp4\n",  # a name that ffconcat takes for safe
        "huge.mp4": b"YUV4MPEG2 W30000 H20000 F10:1 Ip A1:1 C420\nFRAME\n",
        "session.mp4": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    }
    for name, data in bad.items():
        (folder / name).write_bytes(data)
        done = program.run(folder / name)
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        check(done.returncode == 1 and len(lines) == 1 and name in lines[0] and not done.stdout.strip(), f"{name}: {done.returncode} {done.stderr}")
    both = subprocess.run(program.command(folder / "text.mp4", good, "--frames", 2, "--json"), capture_output=True, text=True)
    check(both.returncode == 1 and '"videos":[{' in both.stdout.replace(" ", "").replace("\n", ""), "a bad video does not keep a good one from being seen")
    missing = program.run(folder / "missing.mp4")
    check(missing.returncode == 1 and "missing.mp4" in missing.stderr, "a video that is not there")


def check_camera(program, folder):
    seen = program.document("camera:test", "--frames", 5)["videos"][0]
    check(len(seen["frames"]) == 5 and (seen["width"], seen["height"]) == (640, 480), "five pictures of the test card")
    numbers = [f["frame"] for f in seen["frames"]]
    check(numbers == sorted(set(numbers)) and seen["dropped"] == numbers[-1] - 4, f"dropped {seen['dropped']} of {numbers}")
    check(abs(seen["frames"][-1]["seconds"] - numbers[-1] / 30) < 0.01, "times of a camera")
    saved = program.document("camera:test", "--frames", 3, "--save", folder / "live")["videos"][0]["saved"]
    check(saved == str(folder / "live/camera.mp4") and len(pictures_of(saved)) == 3, "a camera's pictures are saved")
    again = program.document("camera:test", "--frames", 1, "--save", folder / "live")["videos"][0]["saved"]
    check(again == str(folder / "live/camera-2.mp4"), "a camera's pictures replace no others")
    # With nearly no confidence wanted it sees something else every second, and says it.
    talkative = program.command("camera:test", "--save", folder / "closed", "--frames", 300, confidence=0.001)
    with subprocess.Popen(talkative, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as closed:
        closed.stdout.readline()
        closed.stdout.close()
        check(closed.wait(timeout=60) != 0, "a closed output is an error")
    check(0 < len(pictures_of(folder / "closed/camera.mp4")) < 300, "a closed output ends it and loses no recording")
    endless = program.run("camera:test", "--json")
    check(endless.returncode == 2 and "--frames" in endless.stdout + endless.stderr, "JSON of a camera without an end")
    for name, word in (("camera:x", "camera:N"), ("camera:57", "video57"), ("camera:", "camera:N")):
        done = program.run(name)
        check(done.returncode == 1 and word in done.stderr, f"{name}: {done.returncode} {done.stderr}")
    running = subprocess.Popen(program.command("camera:test", "--save", folder / "stopped"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    running.stdout.readline()  # what it sees first
    time.sleep(0.5)
    start = time.monotonic()
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=20)
    check(running.returncode == 130 and time.monotonic() - start < 5, f"Ctrl-C: {running.returncode} {errors}")
    check("pictures" in output and len(pictures_of(folder / "stopped/camera.mp4")) > 1, f"what was seen until Ctrl-C: {output}")


def check_folder(program, folder, video):
    inside = folder / "inside"
    inside.mkdir()
    os.link(video, inside / "a.mp4")
    cv2.imwrite(str(inside / "b.png"), next(windows(320, 240)))
    answer = program.document(inside, "--frames", 2)
    check((len(answer["images"]), len(answer["videos"])) == (1, 1), "a folder of a picture and a video")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    program = Program(parser.parse_args().program)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mp4 = make_video(folder / "window.mp4", "mp4v", 480, 360)
        boxes = check_boxes(program, mp4, folder)
        boxes += check_boxes(program, make_video(folder / "motion.avi", "MJPG", 401, 301), folder)
        boxes += check_boxes(program, make_video(folder / "web.webm", "VP80", 480, 480), folder)
        boxes += check_boxes(program, turned(mp4, folder / "turned.mp4"), folder)
        # Containers that announce no streams.
        boxes += check_boxes(program, make_video(folder / "old.flv", "FLV1", 480, 360), folder)
        boxes += check_boxes(program, make_video(folder / "old.mpg", "mp4v", 480, 360), folder)
        check(boxes >= 2 * FRAMES, f"{boxes} boxes are too few to prove anything")
        check_choice(program, mp4)
        check_saved(program, mp4, folder)
        check_saved(program, folder / "motion.avi", folder)
        check_broken(program, mp4, folder)
        check_camera(program, folder)
        check_folder(program, folder, mp4)
    print(f"{checked} checks, {len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
