#include "cli/option_list.hpp"

#include "base/error.hpp"
#include "runtime/lane.hpp"
#include "store/store.hpp"

#include <algorithm>

namespace lp::cli {
namespace {

std::string default_home() {
  return default_store_home().string();
}

std::string default_threads() {
  return std::to_string(usable_cores());
}

using enum OptionKind;

std::vector<Option> make_common() {
  return {
      {.name = "help", .kind = flag, .help = "say how a command is used", .letter = 'h', .flag_only = true},
      {.name = "version",
       .kind = flag,
       .help = "print version, commit and the runtimes built in",
       .flag_only = true},
      {.name = "json", .kind = flag, .help = "print one JSON document and nothing else"},
      {.name = "quiet", .kind = flag, .help = "log errors only, show no progress", .letter = 'q'},
      {.name = "verbose", .kind = flag, .help = "log what is done and why", .letter = 'v'},
      {.name = "config",
       .placeholder = "FILE",
       .help = "file of options, TOML: a line `threads = 2`, or a table [detect]"},
      {.name = "home",
       .default_text = "$XDG_DATA_HOME/llama-pajamas, or as the system has it",
       .placeholder = "DIR",
       .help = "folder of the model store",
       .computed_default = default_home},
      {.name = "offline", .kind = flag, .help = "never touch the network: pull refuses what is not a file"},
      {.name = "runtime",
       .default_text = "auto",
       .placeholder = "NAME",
       .help = "runtime that computes",
       .choices = {"auto", "onednn", "coreml", "tensorrt", "mlx", "ggml", "llama.cpp", "reference"}},
      {.name = "device",
       .default_text = "auto",
       .placeholder = "NAME",
       .help = "device that computes: auto, cpu, cuda[:n], rocm[:n], vulkan[:n], metal, ane"},
      {.name = "precision",
       .default_text = "auto",
       .placeholder = "NAME",
       .help = "numbers to compute in, for convert to store: auto, f32, f16, bf16, int8, of Core ML packages "
               "also "
               "palette6, palette4"},
      {.name = "threads",
       .kind = integer,
       .default_text = "the physical cores that the process may use",
       .placeholder = "N",
       .help = "threads that compute",
       .least = 1,
       .most = 1024,
       .computed_default = default_threads},
  };
}

std::vector<Option> make_own() {
  return {
      {.name = "model", .placeholder = "NAME|FILE", .help = "model of the store, or a model file"},
      {.name = "language",
       .placeholder = "CODE",
       .help = "language that is spoken, such as en, de, fr, zh (default: what the beginning sounds like)"},
      {.name = "task",
       .default_text = "transcribe",
       .placeholder = "NAME",
       .help = "write down what is said, or translate it into English",
       .choices = {"transcribe", "translate"}},
      {.name = "prompt",
       .placeholder = "TEXT",
       .help = "words that may stand before the text: names and how they are spelt"},
      {.name = "beam-size",
       .kind = integer,
       .default_text = "1",
       .placeholder = "N",
       .help = "texts that are followed side by side, 1 to 16; more is slower and sometimes better",
       .least = 1,
       .most = 16},
      {.name = "temperature",
       .kind = number,
       .placeholder = "X",
       .help = "draw the words: 0 is the likeliest, 1 as likely as they are (default: 0, and more where that "
               "goes "
               "wrong)",
       .least = 0,
       .most = 2},
      {.name = "word-timestamps", .kind = flag, .help = "say in json and jsonl when each word was said"},
      {.name = "pad",
       .kind = flag,
       .help = "hear as the original does: 30 s at a time, short sounds filled with silence, and nothing "
               "passed over, "
               "heard again or cut at words: slower"},
      {.name = "stream",
       .kind = flag,
       .help =
           "hear INPUT while it is spoken: a file, - (standard input) or `microphone`; words come as they "
           "are final, on a terminal with those behind them that may change; with --json a line each event"},
      {.name = "pace",
       .default_text = "live",
       .placeholder = "NAME",
       .help = "how --stream takes a file: as if it was spoken now, or without the waiting, on a clock that "
               "goes on by what the hearing takes",
       .choices = {"live", "fast"}},
      {.name = "format",
       .placeholder = "NAME",
       .help =
           "how a transcript is written (text, json, jsonl: one document a line for each sound as soon as it "
           "is done, srt or vtt; default: text), or a sound (wav, mp3, flac, opus, aac, or pcm: bare 16-bit "
           "samples; default: as the output's name ends, else wav)"},
      {.name = "jobs",
       .kind = integer,
       .default_text = "1",
       .placeholder = "N",
       .help = "sounds that are heard at the same time, 1 to 64; they share the weights and the threads",
       .least = 1,
       .most = 64},
      {.name = "pcm",
       .kind = integer,
       .placeholder = "RATE",
       .help = "inputs have no header, only 16-bit samples, little-endian, of one channel, RATE a second",
       .least = 1000,
       .most = 768'000},
      {.name = "original",
       .placeholder = "NAME|FILE",
       .help = "model to compare with (default: the same one in f32)"},
      {.name = "listener",
       .placeholder = "NAME|FILE",
       .help = "model that transcribes what is said; `evaluate tts` runs it in F32 (default: the only one of "
               "the store)"},
      {.name = "answer",
       .placeholder = "COMMAND",
       .help = "shell command of `run voice` that reads what was said and writes the answer (default: the "
               "same words)"},
      {.name = "half-duplex",
       .kind = flag,
       .help = "hear nothing while the voice speaks: for a microphone that hears the speakers"},
      {.name = "truth",
       .placeholder = "FOLDER",
       .help = "what is in the pictures: NAME.txt for each, a detector's as YOLO has them (lines of class, "
               "centre x y, width, height, in parts of the picture), a classifier's with the class"},
      {.name = "data",
       .kind = texts,
       .placeholder = "DATA",
       .help =
           "what a model is evaluated on; for stt a folder with transcripts.json or in LibriSpeech's layout, "
           "or a list of sounds and texts (.json, .jsonl, .csv, .tsv), for tts texts, a line each; verify "
           "measures the reports of the "
           "manifest that were made on it again; may be given again"},
      {.name = "name", .placeholder = "NAME", .help = "name in the store (default: from the source)"},
      {.name = "to",
       .default_text = "gguf",
       .placeholder = "FORMAT",
       .help = "format to write",
       .choices = {"gguf", "coreml", "tensorrt", "mlx"}},
      {.name = "input",
       .default_text = "image",
       .placeholder = "KIND",
       .help = "how a Core ML package takes pictures: as RGB images of 0 to 255, prepared inside, or as the "
               "numbers that the model takes",
       .choices = {"image", "tensor"}},
      {.name = "states",
       .default_text = "kept",
       .placeholder = "KIND",
       .help =
           "what a float16 Core ML package leaves to its next run: kept by Core ML (iOS 18, macOS 15), or "
           "passed by the caller (iOS 16, macOS 13)",
       .choices = {"kept", "passed"}},
      {.name = "nms",
       .kind = flag,
       .help =
           "make a Core ML package that suppresses overlapping boxes itself, by --confidence and --iou: what "
           "Vision takes for an object detector"},
      {.name = "calibrate",
       .kind = texts,
       .placeholder = "DATA",
       .help = "pictures, sounds of speech, or .txt files of a text a line, to measure int8's ranges on; may "
               "be given "
               "again"},
      {.name = "output", .placeholder = "FILE", .help = "file to write, - for standard output"},
      {.name = "voice",
       .default_text = "default",
       .placeholder = "NAME",
       .help = "which of a model's voices speaks"},
      {.name = "speed",
       .kind = number,
       .default_text = "1",
       .placeholder = "X",
       .help = "how fast it speaks: 2 is twice as fast",
       .least = 0.25,
       .most = 4},
      {.name = "seed",
       .kind = integer,
       .default_text = "0",
       .placeholder = "N",
       .help = "what chance begins with: the same one gives the same result",
       .least = 0,
       .most = 2147483647},
      {.name = "timeout",
       .kind = integer,
       .default_text = "30",
       .placeholder = "N",
       .help =
           "seconds after which a download that stands still is begun again, at most three times in a row",
       .least = 1,
       .most = 3600},
      {.name = "license",
       .placeholder = "TEXT",
       .help = "licence of the weights, where the source does not say it"},
      {.name = "size",
       .kind = integer,
       .placeholder = "N",
       .help = "side of the square input in pixels (default: the model's own)",
       .least = 1,
       .most = 16384},
      {.name = "tokens",
       .kind = integer,
       .placeholder = "N",
       .help = "length of the text that bench runs (default: 128, or the model's most)",
       .least = 1,
       .most = 1e6},
      {.name = "part",
       .placeholder = "NAME",
       .help = "which of a model's networks: image or text (default: first)"},
      {.name = "batch",
       .kind = integer,
       .default_text = "1",
       .placeholder = "N",
       .help = "pictures or texts of one size that go through one run of the network together; each is "
               "stated with its share of the time",
       .least = 1,
       .most = 256},
      {.name = "rect", .kind = flag, .help = "pad pictures only to the model's stride, not to a square"},
      {.name = "confidence",
       .kind = number,
       .default_text = "0.25",
       .placeholder = "X",
       .help = "least confidence of a detection, 0 to 1",
       .least = 0,
       .most = 1},
      {.name = "iou",
       .kind = number,
       .default_text = "0.7",
       .placeholder = "X",
       .help = "overlap from which the weaker of two boxes of a class is dropped, 0 to 1",
       .least = 0,
       .most = 1},
      {.name = "max-detections",
       .kind = integer,
       .default_text = "300",
       .placeholder = "N",
       .help = "most detections in a picture",
       .least = 1,
       .most = 100000},
      {.name = "classes",
       .kind = list,
       .placeholder = "A,B",
       .help = "only these classes, by label or number"},
      {.name = "top-k",
       .kind = integer,
       .default_text = "5",
       .placeholder = "N",
       .help = "likeliest classes that are shown",
       .least = 1,
       .most = 100000},
      {.name = "labels",
       .kind = list,
       .placeholder = "A,B",
       .help = "texts to choose from, for a model of pictures and texts (CLIP)"},
      {.name = "text",
       .kind = texts,
       .placeholder = "TEXT",
       .help = "text to embed, may be given again; - is standard input, a text a line"},
      {.name = "save",
       .placeholder = "DIR",
       .help =
           "write pictures and videos with boxes and masks drawn, or a transcript of each sound, into DIR"},
      {.name = "every",
       .kind = integer,
       .default_text = "1",
       .placeholder = "N",
       .help = "look at every Nth picture of a video",
       .least = 1,
       .most = 1e6},
      {.name = "frames",
       .kind = integer,
       .placeholder = "N",
       .help = "most pictures of a video or camera to look at (default: all)",
       .least = 1,
       .most = 1e9},
      {.name = "profile", .kind = flag, .help = "time every step of the network, with its kernel"},
      {.name = "graph", .kind = flag, .help = "print the network's graph"},
      {.name = "runs",
       .kind = integer,
       .default_text = "20",
       .placeholder = "N",
       .help = "timed runs",
       .least = 1,
       .most = 1e6},
      {.name = "against",
       .kind = list,
       .placeholder = "A,B",
       .help = "measure these programs in turns with this one",
       .choices = {"openvino", "onnxruntime"}},
      {.name = "onnx", .placeholder = "FILE", .help = "ONNX file that the other programs of --against run"},
      {.name = "rounds",
       .kind = integer,
       .default_text = "3",
       .placeholder = "N",
       .help = "rounds of --against; the median of their ratios counts",
       .least = 1,
       .most = 1000},
      {.name = "serve",
       .kind = flag,
       .help = "for bench scripts: print `ready`, then run as often as each line of input says"},
  };
}

std::vector<Option> joined(std::vector<Option> first, const std::vector<Option>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

std::span<const Option> common_options() {
  static const std::vector<Option> common = make_common();
  return common;
}

std::span<const Option> option_list() {
  static const std::vector<Option> all = joined(make_common(), make_own());
  return all;
}

const Option& option_named(std::string_view name) {
  for (const Option& option : option_list())
    if (option.name == name) return option;
  fail(Fault::internal, "no option `{}` in option_list.cpp", name);
}

std::vector<Option> options_of(const Command& command) {
  const auto common = common_options();
  std::vector<Option> options(common.begin(), common.end());
  for (const std::string_view own : command.options) options.push_back(option_named(own));
  return options;
}

}  // namespace lp::cli
