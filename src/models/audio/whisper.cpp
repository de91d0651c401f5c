// Whisper. Source: Radford et al. 2022, arXiv:2212.04356; names and shapes of published checkpoints.
#include "models/audio/whisper.hpp"

#include "base/error.hpp"
#include "models/audio/whisper_openai.hpp"
#include "models/config_file.hpp"
#include "models/transformer.hpp"
#include "nn/log_mel.hpp"
#include "ops/linear.hpp"
#include "ops/state.hpp"

#include <algorithm>
#include <array>

namespace lp::models {
using namespace nn;
namespace {

constexpr BlockNames block_names = {.norm1 = "self_attn_layer_norm",
                                    .query = "self_attn.q_proj",
                                    .key = "self_attn.k_proj",
                                    .value = "self_attn.v_proj",
                                    .projection = "self_attn.out_proj",
                                    .norm2 = "final_layer_norm",
                                    .fc1 = "fc1",
                                    .fc2 = "fc2"};
constexpr std::string_view first_convolution = "model.encoder.conv1.weight",
                           words = "model.decoder.embed_tokens.weight";
constexpr std::int64_t tile = 32;  // a state's capacity is a multiple of it

bool recognizes(const Checkpoint& checkpoint) {
  return checkpoint.tensors.contains(first_convolution) && checkpoint.tensors.contains(words) &&
         checkpoint.tensors.contains("model.decoder.layers.0.encoder_attn.q_proj.weight");
}

std::string variant_of(std::int64_t width, std::int64_t depth, bool multilingual) {
  const std::string name = width == 384    ? "tiny"
                           : width == 512  ? "base"
                           : width == 768  ? "small"
                           : width == 1024 ? "medium"
                           : width != 1280 ? "custom"
                           : depth == 4    ? "large-turbo"
                                           : "large";
  return multilingual ? name : name + ".en";
}

ModelInfo describe(const Checkpoint& checkpoint) {
  const nlohmann::json given = side_file(checkpoint, "config.json");
  const auto size = [&](const char* tensor, std::size_t axis) { return axis_size(checkpoint, tensor, axis); };
  const std::int64_t width = size("model.encoder.conv1.weight", 0),
                     vocabulary = size("model.decoder.embed_tokens.weight", 0);
  ModelInfo info{.family = "whisper", .task = "transcribe"};
  const auto depth = [&](const char* side) {
    return count_blocks(checkpoint, std::string("model.") + side + ".layers.", ".fc1.weight");
  };
  const nlohmann::json dims = checkpoint.metadata.value("dims", nlohmann::json::object());
  const auto heads = [&](const char* theirs, const char* openai) {
    const std::int64_t count = config_integer(given, theirs, config_integer(dims, openai, width / 64));
    if (count < 1 || width % count != 0)
      fail(Fault::bad_model, "{}: a width of {} does not divide into {} heads", checkpoint.file, width,
           count);
    return count;
  };
  info.license = config_text(given, "license", "");
  info.config = {{"width", width},
                 {"mlp", size("model.encoder.layers.0.fc1.weight", 0)},
                 {"activation", gelu_of(config_text(given, "activation_function", "gelu"))},
                 {"epsilon", 1e-5},
                 {"mels", size("model.encoder.conv1.weight", 1)},
                 {"positions", size("model.encoder.embed_positions.weight", 0)},
                 {"tokens", size("model.decoder.embed_positions.weight", 0)},
                 {"vocabulary", vocabulary},
                 {"encoder_depth", depth("encoder")},
                 {"decoder_depth", depth("decoder")},
                 {"heads", heads("encoder_attention_heads", "n_audio_head")},
                 {"decoder_heads", heads("decoder_attention_heads", "n_text_head")},
                 {"generation", side_file(checkpoint, "generation_config.json")}};
  if (nlohmann::json& generation = info.config["generation"];
      !dims.empty() && !generation.contains("alignment_heads"))
    generation["alignment_heads"] =
        openai_alignment_heads(info.config["mels"], width, depth("decoder"), vocabulary);
  info.variant = variant_of(width, depth("decoder"), vocabulary >= 51865);
  if (const auto text = checkpoint.side_files.find("tokenizer.json"); text != checkpoint.side_files.end())
    info.tokenizer = text->second;
  return info;
}

struct Sizes {
  BlockConfig encoder, decoder;
  std::int64_t mels, positions, tokens, vocabulary, encoder_depth, decoder_depth;

  std::int64_t capacity_of(std::int64_t rows) const { return (rows + tile - 1) / tile * tile; }
};

Sizes sizes_of(const nlohmann::json& config) {
  const auto size = [&](const char* key, std::int64_t most) { return stored_size(config, key, most); };
  Sizes sizes{.encoder = block_config(config),
              .decoder = block_config(config),
              .mels = size("mels", 1024),
              .positions = size("positions", 1 << 16),
              .tokens = size("tokens", 1 << 16),
              .vocabulary = size("vocabulary", 1 << 22),
              .encoder_depth = size("encoder_depth", 200),
              .decoder_depth = size("decoder_depth", 200)};
  sizes.decoder.heads = size("decoder_heads", 1024);
  return sizes;
}

/// The state called `name` and the number of a layer, with `x` [b, s, width] written into its rows from `at`
/// on.
Tensor appended(const std::string& name, int layer, Tensor x, std::int64_t capacity, Tensor at) {
  const Tensor before = state(*x.graph, name + "." + std::to_string(layer),
                              {{"b", x.size("b")}, {"t", capacity}, {"d", x.shape().back().size}});
  return apply(op::Append{}, {before, x, at});
}

/// Samples to features, and the keys and values that each layer of the decoder makes of those.
void build_encoder(Graph& graph, Scope root, const Sizes& sizes, const BuildOptions& options) {
  const std::int64_t frames = options.frames > 0 ? options.frames : 2 * sizes.positions;
  if (frames % 2 != 0 || frames > 2 * sizes.positions)
    fail(Fault::bad_input, "this Whisper takes an even number of frames up to {}, not {}",
         2 * sizes.positions, frames);
  const Scope w = root / "model.encoder";
  const LogMel front{.mels = sizes.mels};
  const Tensor samples = input(graph, "samples", {{"b", 1}, {"s", samples_of(front, frames)}, {"c", 1}});
  const Tensor start = indices(graph, "start", {{"b", 1}});
  const Tensor mel = log_mel(samples, front);
  const std::int64_t width = sizes.encoder.width;
  Tensor x = gelu(conv1d(mel, w / "conv1", width, {.kernel = 3}));
  x = gelu(conv1d(x, w / "conv2", width, {.kernel = 3, .stride = 2}));
  const Tensor places = (w / "embed_positions")("weight", {{"s", sizes.positions}, {"d", width}});
  x = x + slice(places, "s", 0, frames / 2);
  for (int i = 0; i < sizes.encoder_depth; ++i)
    x = transformer_block(x, w / "layers" / i, block_names, sizes.encoder);
  x = named(layer_norm(x, w / "layer_norm", sizes.encoder.epsilon), "features");
  for (int i = 0; i < sizes.decoder_depth; ++i) {
    const Scope attn = root / "model.decoder.layers" / i / "encoder_attn";
    appended("cross_keys", i, linear(x, attn / "k_proj", width), sizes.capacity_of(sizes.positions), start);
    appended("cross_values", i, linear(x, attn / "v_proj", width), sizes.capacity_of(sizes.positions), start);
  }
  graph.outputs = {{"features", x.id}};
}

struct StepInputs {
  Tensor start, length;           // of each sequence: rows before these tokens, rows with them
  Tensor heard;                   // rows of features
  std::optional<Tensor> parents;  // which sequence each one goes on from
  std::string_view states;        // what the names of the sequences' states begin with
};

/// The next version of a sequence's state, with `x` in its rows from `start` on.
Tensor remembered(const std::string& name, int layer, Tensor x, const Sizes& sizes, const StepInputs& step) {
  const std::int64_t capacity = sizes.capacity_of(sizes.tokens);
  Tensor before = state(*x.graph, fmt::format("{}{}.{}", step.states, name, layer),
                        {{"b", x.size("b")}, {"t", capacity}, {"d", x.shape().back().size}});
  if (step.parents) before = apply(op::Reorder{}, {before, step.parents});
  return apply(op::Append{}, {before, x, step.start});
}

/// Queries [b, s, d] of several sequences that listen to one sound, as those of one, and back.
Tensor as_one_sequence(Tensor x) {
  return unflatten(flatten(x, "b", "s", "n"), "n", "b", 1, "s");
}
Tensor as_sequences(Tensor x, Dim count) {
  return unflatten(flatten(x, "b", "s", "n"), "n", "b", count.size(), "s");
}

/// What the queries of each sequence find in the sound.
Tensor listen(Tensor asking, int layer, const Sizes& sizes, const StepInputs& step) {
  const bool several = asking.size("b").size() > 1;
  const Tensor queries = several ? as_one_sequence(asking) : asking;
  const Shape heard = {{"b", 1}, {"t", sizes.capacity_of(sizes.positions)}, {"d", sizes.decoder.width}};
  Graph& graph = *asking.graph;
  const Tensor sound = attention(queries, state(graph, "cross_keys." + std::to_string(layer), heard),
                                 state(graph, "cross_values." + std::to_string(layer), heard),
                                 {sizes.decoder.heads}, step.heard);
  return several ? as_sequences(sound, asking.size("b")) : sound;
}

Tensor decoder_layer(Tensor x, Scope w, int layer, const Sizes& sizes, const StepInputs& step) {
  const BlockConfig& config = sizes.decoder;
  const std::int64_t width = config.width;
  const Scope self = w / "self_attn", cross = w / "encoder_attn";
  const Tensor own = layer_norm(x, w / "self_attn_layer_norm", config.epsilon);
  const Tensor keys = remembered("keys", layer, linear(own, self / "k_proj", width), sizes, step);
  const Tensor values = remembered("values", layer, linear(own, self / "v_proj", width), sizes, step);
  const Tensor seen =
      attention(linear(own, self / "q_proj", width), keys, values, {config.heads, true}, step.length);
  x = linear(seen, self / "out_proj", width) + x;
  const Tensor asking =
      linear(layer_norm(x, w / "encoder_attn_layer_norm", config.epsilon), cross / "q_proj", width);
  x = linear(listen(asking, layer, sizes, step), cross / "out_proj", width) + x;
  const Tensor inner = linear(layer_norm(x, w / "final_layer_norm", config.epsilon), w / "fc1", config.mlp);
  const Tensor y = linear(gelu(inner, config.activation), w / "fc2", width) + x;
  return named(y, w.path());
}

/// The next tokens [b, s] of each sequence to the scores of the one behind the last of them.
void build_decoder(Graph& graph, Scope root, const Sizes& sizes, const Shape& tokens, bool beams) {
  const Scope w = root / "model.decoder";
  const Shape one = {tokens.front()};
  const Tensor ids = indices(graph, "tokens", tokens), places = indices(graph, "places", tokens);
  const Tensor start = indices(graph, "start", one), length = indices(graph, "length", one);
  StepInputs step{start, length, indices(graph, "heard", {{"b", 1}}), {}, {}};
  if (beams) step.states = "beam_";
  const Tensor last = indices(graph, "last", one);
  if (beams) step.parents = indices(graph, "parents", one);
  const std::int64_t width = sizes.decoder.width;
  const Tensor table = (w / "embed_tokens")("weight", {{"v", sizes.vocabulary}, {"d", width}});
  const Tensor positions = (w / "embed_positions")("weight", {{"v", sizes.tokens}, {"d", width}});
  Tensor x = gather(table, ids) + gather(positions, places);
  for (int i = 0; i < sizes.decoder_depth; ++i) x = decoder_layer(x, w / "layers" / i, i, sizes, step);
  x = layer_norm(take_row(x, last), w / "layer_norm", sizes.decoder.epsilon);
  const Tensor logits = apply(op::Linear{}, {x, table, {}}, "logits");
  graph.outputs = {{"logits", logits.id}};
}

/// What `step` left of one text becomes that of each beam.
void build_fork(Graph& graph, const Sizes& sizes, std::int64_t beams) {
  const Tensor at = indices(graph, "start", {{"b", beams}});
  for (int i = 0; i < sizes.decoder_depth; ++i)
    for (const char* const name : {"keys.", "values."}) {
      const Dim capacity = sizes.capacity_of(sizes.tokens), width = sizes.decoder.width;
      const Tensor text =
          state(graph, fmt::format("{}{}", name, i), {{"b", 1}, {"t", capacity}, {"d", width}});
      const Tensor before =
          state(graph, fmt::format("beam_{}{}", name, i), {{"b", beams}, {"t", capacity}, {"d", width}});
      apply(op::Append{}, {before, repeat(text, "b", beams), at});
    }
}

Program build(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options) {
  if (options.batch < 1) fail(Fault::bad_input, "a batch has at least one item");
  const Sizes sizes = sizes_of(info.config);
  const std::int64_t tokens = std::max(options.tokens, 1);
  if (tokens > sizes.tokens)
    fail(Fault::bad_input, "this Whisper takes 1 to {} tokens, not {}", sizes.tokens, tokens);
  Program program;
  for (const char* const name : {"encoder", "step", "beams", "fork"}) program.graphs.emplace_back(name);
  std::vector<Graph>& graphs = program.graphs;
  Binder encoder(graphs[0], checkpoint), step(graphs[1], checkpoint), beams(graphs[2], checkpoint);
  build_encoder(graphs[0], Scope(encoder), sizes, options);
  build_decoder(graphs[1], Scope(step), sizes, {{"b", 1}, {"s", tokens}}, false);
  build_decoder(graphs[2], Scope(beams), sizes, {{"b", options.batch}, {"s", 1}}, true);
  build_fork(graphs[3], sizes, options.batch);
  const std::array<std::string, 1> unused = {"proj_out.weight"};  // the words' table again
  check_all_bound({&encoder, &step, &beams}, unused);
  return program;
}

/// Beams go on from states that another graph left.
constexpr std::array<std::string_view, 2> separate_graphs = {"encoder", "step"};

}  // namespace

Family whisper() {
  return {.name = "whisper",
          .task = "transcribe",
          .doc = "Whisper tiny to large-v3-turbo, speech to text (Hugging Face's and OpenAI's checkpoints)",
          .recognizes = recognizes,
          .describe = describe,
          .build = build,
          // A step of the decoder is bound by reading weights: its other numbers cost nothing in f32.
          .precision_rules =
              "samples=f32;mel*=f32;*.conv?=f32;*.conv?.gelu=f32;logits=f32;*.add=f32;*layers.?=f32;*layers.?"
              "?=f32;model.decoder*_norm=f32;model.decoder*_proj=f32;model.decoder*.attention=f32;"
              "model.decoder*.fc1=f32;model.decoder*.gelu=f32",
          .weights_only = "step",
          .separate = separate_graphs};
}

}  // namespace lp::models
