// FastSpeech 2. Sources: Ren et al. 2020, arXiv:2006.04558; Gulati et al. 2020, arXiv:2005.08100 (Conformer);
// names, shapes and order of layers of Hugging Face's FastSpeech2ConformerWithHifiGan.
#include "models/audio/fastspeech2.hpp"

#include "base/error.hpp"
#include "formats/tensor_data.hpp"
#include "models/audio/hifigan.hpp"
#include "models/config_file.hpp"
#include "ops/relative_attention.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace lp::models {
using namespace nn;
namespace {

constexpr float norm_epsilon = 1e-5F;  // torch's own, of layer and batch norms
// Sizes that graphs are built for where nobody says them.
constexpr int usual_tokens = 128, usual_frames = 200;

bool recognizes(const Checkpoint& checkpoint) {
  return checkpoint.tensors.contains("model.encoder.conformer_layers.0.self_attn.pos_bias_u") &&
         checkpoint.tensors.contains("model.duration_predictor.linear.weight") &&
         checkpoint.tensors.contains("vocoder.conv_pre.weight");
}

/// A part of config.json; an empty object where it is not there.
nlohmann::json part_of(const nlohmann::json& config, const char* key) {
  const auto part = config.find(key);
  return part != config.end() && part->is_object() ? *part : nlohmann::json::object();
}

std::vector<std::int64_t> whole_numbers(const nlohmann::json& config, const char* key,
                                        std::vector<std::int64_t> fallback) {
  const auto found = config.find(key);
  if (found == config.end()) return fallback;
  const auto is_whole = [](const nlohmann::json& number) { return number.is_number_integer(); };
  if (!found->is_array() || !std::ranges::all_of(*found, is_whole))
    fail(Fault::bad_model, "config.json: `{}` is no list of whole numbers", key);
  return found->get<std::vector<std::int64_t>>();
}

/// The vocoder, from config.json, with the values of Hugging Face's configuration where it is silent.
HifiGan vocoder_of(const nlohmann::json& config) {
  HifiGan sizes{.channels = config_integer(config, "upsample_initial_channel", 512)};
  const auto rates = whole_numbers(config, "upsample_rates", {8, 8, 2, 2}),
             kernels = whole_numbers(config, "upsample_kernel_sizes", {16, 16, 4, 4}),
             blocks = whole_numbers(config, "resblock_kernel_sizes", {3, 7, 11});
  const nlohmann::json dilations = config.value("resblock_dilation_sizes", nlohmann::json::array());
  if (rates.size() != kernels.size() || (!dilations.empty() && dilations.size() != blocks.size()))
    fail(Fault::bad_model, "config.json: the vocoder's rates, kernels and dilations are not equally many");
  for (std::size_t i = 0; i < rates.size(); ++i) sizes.stages.push_back({rates[i], kernels[i]});
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    std::vector<std::int64_t> apart = {1, 3, 5};
    if (!dilations.empty()) apart = whole_numbers({{"dilations", dilations[i]}}, "dilations", {});
    sizes.blocks.push_back({blocks[i], apart, true});
  }
  return sizes;
}

void refuse_variants(const Checkpoint& checkpoint, const nlohmann::json& model,
                     const nlohmann::json& vocoder) {
  for (const char* const name :
       {"model.speaker_id_embedding.weight", "model.language_id_embedding.weight", "model.projection.weight"})
    if (checkpoint.tensors.contains(name))
      fail(Fault::unsupported, "{}: a FastSpeech 2 of several speakers or languages (`{}`) is not supported",
           checkpoint.file, name);
  for (const char* const side : {"encoder_config", "decoder_config"})
    if (config_flag(part_of(model, side), "concat_after", false))
      fail(Fault::unsupported, "config.json: a FastSpeech 2 with `{}.concat_after` is not supported", side);
  for (const char* const key : {"use_macaron_style_in_conformer", "use_cnn_in_conformer"})
    if (!config_flag(model, key, true))
      fail(Fault::unsupported, "config.json: a FastSpeech 2 without `{}` is not supported", key);
  if (config_integer(model, "reduction_factor", 1) != 1)
    fail(Fault::unsupported, "config.json: a FastSpeech 2 with a `reduction_factor` is not supported");
  if (const double slope = config_number(vocoder, "leaky_relu_slope", 0.1); std::fabs(slope - 0.1) > 1e-6)
    fail(Fault::unsupported, "config.json: a HiFi-GAN with a `leaky_relu_slope` of {} is not supported",
         slope);
}

nlohmann::json conformer_json(const Checkpoint& checkpoint, const nlohmann::json& model,
                              const std::string& side) {
  const std::string layers = "model." + side + ".conformer_layers.", first = layers + "0.";
  const auto size = [&](const std::string& tensor, std::size_t axis) {
    return axis_size(checkpoint, first + tensor, axis);
  };
  return {{"depth", count_blocks(checkpoint, layers, ".self_attn.pos_bias_u")},
          {"heads", size("self_attn.pos_bias_u", 0)},
          {"mlp", size("feed_forward.conv1.weight", 0)},
          {"mlp_kernel", size("feed_forward.conv1.weight", 2)},
          {"kernel", size("conv_module.depthwise_conv.weight", 2)},
          {"norm_first", config_flag(part_of(model, (side + "_config").c_str()), "normalize_before", false)}};
}

/// A predictor of one number a phoneme: its layers, channels and kernel.
nlohmann::json predictor_json(const Checkpoint& checkpoint, const std::string& name) {
  const std::string layers = "model." + name + ".conv_layers.";
  return {{"depth", count_blocks(checkpoint, layers, ".conv.weight")},
          {"channels", axis_size(checkpoint, layers + "0.conv.weight", 0)},
          {"kernel", axis_size(checkpoint, layers + "0.conv.weight", 2)}};
}

/// What the vocoder takes off its spectrogram and divides it by: mean and 1 / scale of each band.
std::pair<std::vector<float>, std::vector<float>> normalization(const Checkpoint& checkpoint,
                                                                const nlohmann::json& vocoder,
                                                                std::int64_t mels) {
  std::vector<float> mean(static_cast<std::size_t>(mels), 0.0F), inverse(mean.size(), 1.0F);
  if (!config_flag(vocoder, "normalize_before", true)) return {mean, inverse};
  if (axis_size(checkpoint, "vocoder.mean", 0) != mels || axis_size(checkpoint, "vocoder.scale", 0) != mels)
    fail(Fault::bad_model, "{}: `vocoder.mean` or `vocoder.scale` is not of {} bands", checkpoint.file, mels);
  mean = to_f32(checkpoint.tensors.find("vocoder.mean")->second);
  inverse = to_f32(checkpoint.tensors.find("vocoder.scale")->second);
  for (float& number : inverse) {
    number = 1.0F / number;
    if (!std::isfinite(number))
      fail(Fault::bad_model, "{}: `vocoder.scale` has a 0 or no number", checkpoint.file);
  }
  return {mean, inverse};
}

/// The phonemes of vocab.json, as a Piper voice's configuration has them; nothing where there is no such
/// file.
nlohmann::json voice_of(const Checkpoint& checkpoint) {
  const nlohmann::json vocabulary = side_file(checkpoint, "vocab.json");
  if (vocabulary.empty()) return nlohmann::json::object();
  nlohmann::json map = nlohmann::json::object();
  for (const auto& [phoneme, id] : vocabulary.items()) map[phoneme] = {id};
  return {{"phoneme_type", "arpabet"}, {"phoneme_id_map", map}, {"dataset", "default"}};
}

ModelInfo describe(const Checkpoint& checkpoint) {
  const nlohmann::json given = side_file(checkpoint, "config.json"), model = part_of(given, "model_config"),
                       vocoder = part_of(given, "vocoder_config");
  refuse_variants(checkpoint, model, vocoder);
  const std::int64_t mels = axis_size(checkpoint, "vocoder.conv_pre.weight", 1);
  const auto [mean, inverse] = normalization(checkpoint, vocoder, mels);
  const HifiGan sizes = vocoder_of(vocoder);
  ModelInfo info{.family = "fastspeech2", .task = "speak"};
  info.license = config_text(given, "license", "");
  info.config = {
      {"symbols", axis_size(checkpoint, "model.encoder.embed.weight", 0)},
      {"width", axis_size(checkpoint, "model.encoder.embed.weight", 1)},
      {"mels", mels},
      {"encoder", conformer_json(checkpoint, model, "encoder")},
      {"decoder", conformer_json(checkpoint, model, "decoder")},
      {"duration_predictor", predictor_json(checkpoint, "duration_predictor")},
      {"pitch_predictor", predictor_json(checkpoint, "pitch_predictor")},
      {"energy_predictor", predictor_json(checkpoint, "energy_predictor")},
      {"pitch_kernel", axis_size(checkpoint, "model.pitch_embed.conv.weight", 2)},
      {"energy_kernel", axis_size(checkpoint, "model.energy_embed.conv.weight", 2)},
      {"postnet_depth", count_blocks(checkpoint, "model.speech_decoder_postnet.layers.", ".conv.weight")},
      {"postnet_channels", axis_size(checkpoint, "model.speech_decoder_postnet.layers.0.conv.weight", 0)},
      {"postnet_kernel", axis_size(checkpoint, "model.speech_decoder_postnet.layers.0.conv.weight", 2)},
      {"mean", mean},
      {"inverse_scale", inverse},
      {"slowness", config_number(model, "speaking_speed", 1)},
      {"hifigan", hifi_gan_json(sizes)},
      {"hop", sizes.hop()},
      {"rate", config_integer(vocoder, "sampling_rate", 22'050)},
      {"speakers", 1},
      {"voice", voice_of(checkpoint)}};
  return info;
}

struct Conformer {
  std::int64_t depth, heads, mlp, mlp_kernel, kernel;
  bool norm_first;
};
struct Predictor {
  std::int64_t depth, channels, kernel;
};
struct Sizes {
  std::int64_t symbols, width, mels;
  Conformer encoder, decoder;
  Predictor duration, pitch, energy;
  std::int64_t pitch_kernel, energy_kernel, postnet_depth, postnet_channels, postnet_kernel;
  std::vector<float> mean, inverse_scale;
  HifiGan vocoder;
};

constexpr std::int64_t wide = 1 << 14, many = 200;

/// An odd size of a kernel. @throws Error{bad_model} for another.
std::int64_t kernel_of(const nlohmann::json& config, const char* key) {
  const std::int64_t kernel = stored_size(config, key, many);
  if (kernel % 2 == 0) fail(Fault::bad_model, "the configuration's `{}` of {} is even", key, kernel);
  return kernel;
}

Conformer conformer_of(const nlohmann::json& config, const char* side, std::int64_t width) {
  const nlohmann::json part = part_of(config, side);
  Conformer sizes{.depth = stored_size(part, "depth", many),
                  .heads = stored_size(part, "heads", many),
                  .mlp = stored_size(part, "mlp", wide),
                  .mlp_kernel = kernel_of(part, "mlp_kernel"),
                  .kernel = kernel_of(part, "kernel"),
                  .norm_first = config_flag(part, "norm_first", false)};
  if (width % sizes.heads != 0)
    fail(Fault::bad_model, "the configuration's {} heads do not divide a width of {}", sizes.heads, width);
  return sizes;
}

Predictor predictor_of(const nlohmann::json& config, const char* name) {
  const nlohmann::json part = part_of(config, name);
  return {stored_size(part, "depth", many), stored_size(part, "channels", wide), kernel_of(part, "kernel")};
}

Sizes sizes_of(const nlohmann::json& config) {
  const std::int64_t width = stored_size(config, "width", wide);
  Sizes sizes{.symbols = stored_size(config, "symbols", 1 << 20),
              .width = width,
              .mels = stored_size(config, "mels", wide),
              .encoder = conformer_of(config, "encoder", width),
              .decoder = conformer_of(config, "decoder", width),
              .duration = predictor_of(config, "duration_predictor"),
              .pitch = predictor_of(config, "pitch_predictor"),
              .energy = predictor_of(config, "energy_predictor"),
              .pitch_kernel = kernel_of(config, "pitch_kernel"),
              .energy_kernel = kernel_of(config, "energy_kernel"),
              .postnet_depth = stored_size(config, "postnet_depth", many),
              .postnet_channels = stored_size(config, "postnet_channels", wide),
              .postnet_kernel = kernel_of(config, "postnet_kernel"),
              .mean = {},
              .inverse_scale = {},
              .vocoder = hifi_gan_from(part_of(config, "hifigan"))};
  try {
    sizes.mean = config.at("mean").get<std::vector<float>>();
    sizes.inverse_scale = config.at("inverse_scale").get<std::vector<float>>();
  } catch (const nlohmann::json::exception&) {
    fail(Fault::bad_model, "the configuration's `mean` or `inverse_scale` is missing or broken");
  }
  const auto bands = static_cast<std::size_t>(sizes.mels);
  if (sizes.mean.size() != bands || sizes.inverse_scale.size() != bands || width % 2 != 0)
    fail(Fault::bad_model, "the configuration has sizes that no FastSpeech 2 has");
  return sizes;
}

/// One stack of Conformer layers, at one length.
class Stack {
 public:
  /// `distances` [2 * rows - 1, width]: sines of how far apart two rows are.
  Stack(const Conformer& sizes, Tensor distances, Tensor length)
      : sizes_(sizes), distances_(distances), length_(length) {}

  Tensor run(Tensor x, Scope w) const {
    x = scaled(x, std::sqrt(static_cast<float>(width(x))));
    for (int i = 0; i < sizes_.depth; ++i) x = layer(x, w / "conformer_layers" / i);
    return x;
  }

 private:
  static std::int64_t width(Tensor x) { return x.shape().back().size.size(); }

  /// x + scale * branch(x), normed before or behind.
  template <class Branch>
  Tensor residual(Tensor x, Scope norm, float scale, Branch branch) const {
    const Tensor y = branch(sizes_.norm_first ? layer_norm(x, norm, norm_epsilon) : x);
    const Tensor sum = (scale == 1.0F ? y : scaled(y, scale)) + x;
    return sizes_.norm_first ? sum : layer_norm(sum, norm, norm_epsilon);
  }

  Tensor feed_forward(Tensor x, Scope w) const {
    const Conv1d kernel{.kernel = sizes_.mlp_kernel};
    const Tensor inner = relu(conv1d(mask_rows(x, length_), w / "conv1", sizes_.mlp, kernel));
    return conv1d(mask_rows(inner, length_), w / "conv2", width(x), kernel);
  }

  Tensor attend(Tensor x, Scope w) const {
    const std::int64_t d = width(x), head = d / sizes_.heads;
    const auto bias = [&](std::string_view name) {
      return flatten(w(name, {{"h", sizes_.heads}, {"w", head}}), "h", "w", "d");
    };
    const Tensor q = linear(x, w / "linear_q", d), k = linear(x, w / "linear_k", d),
                 v = linear(x, w / "linear_v", d);
    const Tensor near = linear(distances_, w / "linear_pos", d);
    const Tensor seen = apply(op::RelativeAttention{sizes_.heads},
                              {q + bias("pos_bias_u"), k, v, q + bias("pos_bias_v"), near, {}, length_});
    return linear(seen, w / "linear_out", d);
  }

  Tensor convolve(Tensor x, Scope w) const {
    const std::int64_t d = width(x);
    Tensor y = gate(conv1d(x, w / "pointwise_conv1", 2 * d), "identity");
    y = conv1d(mask_rows(y, length_), w / "depthwise_conv", d, {.kernel = sizes_.kernel, .groups = d});
    return conv1d(silu(y), w / "pointwise_conv2", d);
  }

  Tensor layer(Tensor x, Scope w) const {
    constexpr float half = 0.5F;  // of a feed-forward layer, of which there are two
    x = residual(x, w / "ff_macaron_layer_norm", half,
                 [&](Tensor y) { return feed_forward(y, w / "feed_forward_macaron"); });
    x = residual(x, w / "self_attn_layer_norm", 1, [&](Tensor y) { return attend(y, w / "self_attn"); });
    x = residual(x, w / "conv_layer_norm", 1, [&](Tensor y) { return convolve(y, w / "conv_module"); });
    x = residual(x, w / "ff_layer_norm", half, [&](Tensor y) { return feed_forward(y, w / "feed_forward"); });
    return named(layer_norm(x, w / "final_layer_norm", norm_epsilon), w.path());
  }

  const Conformer& sizes_;
  Tensor distances_, length_;
};

/// One number for each row.
Tensor predicted(Tensor x, Scope w, const Predictor& sizes, Tensor length) {
  for (int i = 0; i < sizes.depth; ++i) {
    const Scope layer = w / "conv_layers" / i;
    x = relu(conv1d(mask_rows(x, length), layer / "conv", sizes.channels, {.kernel = sizes.kernel}));
    x = layer_norm(x, layer / "layer_norm", norm_epsilon);
  }
  return linear(x, w / "linear", 1);
}

Tensor distances_input(Graph& graph, std::int64_t rows, std::int64_t width) {
  return input(graph, "distances", {{"r", 2 * rows - 1}, {"d", width}});
}

void build_text(Graph& graph, Scope root, const Sizes& sizes, const BuildOptions& options) {
  const int tokens = options.tokens > 0 ? options.tokens : usual_tokens;
  const Tensor ids = indices(graph, "phonemes", {{"b", options.batch}, {"s", tokens}});
  const Tensor length = indices(graph, "length", {{"b", options.batch}});
  const Tensor distances = distances_input(graph, tokens, sizes.width);
  const Scope model = root / "model", encoder = model / "encoder";
  const Tensor table = (encoder / "embed")("weight", {{"v", sizes.symbols}, {"d", sizes.width}});
  const Tensor x = Stack(sizes.encoder, distances, length).run(gather(table, ids), encoder);
  const Tensor lasts = predicted(x, model / "duration_predictor", sizes.duration, length);
  const Tensor pitch = predicted(x, model / "pitch_predictor", sizes.pitch, length),
               energy = predicted(x, model / "energy_predictor", sizes.energy, length);
  const Tensor high = conv1d(mask_rows(pitch, length), model / "pitch_embed" / "conv", sizes.width,
                             {.kernel = sizes.pitch_kernel}),
               loud = conv1d(mask_rows(energy, length), model / "energy_embed" / "conv", sizes.width,
                             {.kernel = sizes.energy_kernel});
  graph.outputs = {{"hidden", named(loud + x + high, "hidden").id},
                   {"log_durations", named(lasts, "log_durations").id}};
}

/// What the layers behind the spectrogram add to it.
Tensor postnet(Tensor x, Scope w, const Sizes& sizes, Tensor length) {
  for (int i = 0; i < sizes.postnet_depth; ++i) {
    const bool is_last = i + 1 == sizes.postnet_depth;
    x = conv1d(mask_rows(x, length), w / "layers" / i / "conv", is_last ? sizes.mels : sizes.postnet_channels,
               {.kernel = sizes.postnet_kernel});
    if (!is_last) x = tanh(x);
  }
  return x;
}

void build_mel(Graph& graph, Scope root, const Sizes& sizes, const BuildOptions& options) {
  const int frames = options.frames > 0 ? options.frames : usual_frames;
  Tensor x = input(graph, "hidden", {{"b", options.batch}, {"s", frames}, {"d", sizes.width}});
  const Tensor length = indices(graph, "length", {{"b", options.batch}});
  const Tensor distances = distances_input(graph, frames, sizes.width);
  const Scope model = root / "model", post = model / "speech_decoder_postnet";
  x = Stack(sizes.decoder, distances, length).run(x, model / "decoder");
  x = linear(x, post / "feat_out", sizes.mels);
  x = named(postnet(x, post, sizes, length) + x, "spectrogram");
  std::vector<float> less = sizes.mean;
  for (float& mean : less) mean = -mean;
  x = x + constant(graph, "vocoder.less", {{"d", sizes.mels}}, std::move(less));
  x = multiply(x, constant(graph, "vocoder.times", {{"d", sizes.mels}}, sizes.inverse_scale));
  graph.outputs = {{"frames", named(x, "normalized").id}};
}

void build_vocoder(Graph& graph, Scope root, const Sizes& sizes, const BuildOptions& options) {
  const int count = options.frames > 0 ? options.frames : usual_frames;
  const Tensor frames = input(graph, "frames", {{"b", options.batch}, {"t", count}, {"d", sizes.mels}});
  const Tensor length = indices(graph, "length", {{"b", options.batch}});
  const Tensor samples = hifi_gan(frames, length, root / "vocoder", sizes.vocoder, "upsampler");
  graph.outputs = {{"samples", samples.id}};
}

std::vector<float> known_input(std::string_view name, const Shape& shape) {
  if (name != "distances") return {};
  return distance_table((shape[0].size.size() + 1) / 2, shape[1].size.size());
}

Program build(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options) {
  if (options.batch < 1) fail(Fault::bad_input, "a batch has at least one item");
  const Sizes sizes = sizes_of(info.config);
  Program program;
  program.graphs.reserve(3);
  Graph& text = program.graphs.emplace_back("text");
  Graph& mel = program.graphs.emplace_back("mel");
  Graph& vocoder = program.graphs.emplace_back("vocoder");
  Binder text_binder(text, checkpoint), mel_binder(mel, checkpoint), vocoder_binder(vocoder, checkpoint);
  build_text(text, Scope(text_binder), sizes, options);
  build_mel(mel, Scope(mel_binder), sizes, options);
  build_vocoder(vocoder, Scope(vocoder_binder), sizes, options);
  const std::array<std::string, 2> in_config = {"vocoder.mean", "vocoder.scale"};
  check_all_bound({&text_binder, &mel_binder, &vocoder_binder}, in_config);
  return program;
}

}  // namespace

std::vector<float> distance_table(std::int64_t rows, std::int64_t width) {
  std::vector<float> table;
  table.reserve(static_cast<std::size_t>((2 * rows - 1) * width));
  for (std::int64_t distance = rows - 1; distance > -rows; --distance)
    for (std::int64_t i = 0; i < width; ++i) {
      const std::int64_t pair = i - i % 2;
      const double rate =
          std::exp(-std::log(10000.0) * static_cast<double>(pair) / static_cast<double>(width));
      const double angle = static_cast<double>(distance) * rate;
      table.push_back(static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle)));
    }
  return table;
}

Family fastspeech2() {
  return {.name = "fastspeech2",
          .task = "speak",
          .doc = "FastSpeech 2 with Conformers and HiFi-GAN, text to speech (Hugging Face checkpoints)",
          .recognizes = recognizes,
          .describe = describe,
          .build = build,
          // Durations are whole numbers, and the vocoder enlarges the error of the spectrogram. With the
          // decoder and what the vocoder's blocks add to in bf16, the sound was 1.4e-2 away, now 0.9e-2
          // (small models with drawn weights, 2026-11-27).
          .precision_rules =
              "model.*=f32;phonemes*=f32;hidden*=f32;distances*=f32;log_durations=f32;spectrogram*=f32;"
              "normalized=f32;frames*=f32;vocoder.conv_pre*=f32;vocoder.upsampler*=f32;vocoder.conv_post=f32;"
              "samples=f32",
          .batch_norm_eps = 1e-5,
          // 128 phonemes at 7 frames of 12 ms each: a long clause.
          .package_tokens = 128,
          .package_frames = 896,
          .known_input = known_input};
}

}  // namespace lp::models
