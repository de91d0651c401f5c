// VITS. Source: Kim et al. 2021, arXiv:2106.06103; names and shapes of Piper's published voices (ONNX).
#include "models/audio/vits.hpp"

#include "base/error.hpp"
#include "models/audio/hifigan.hpp"
#include "models/config_file.hpp"
#include "ops/activation.hpp"
#include "ops/conv.hpp"
#include "ops/norm.hpp"
#include "ops/relative_attention.hpp"
#include "ops/spline.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace lp::models {
using namespace nn;
namespace {

// What no shape says, and all published voices have.
constexpr float spline_bound = 5.0F, norm_epsilon = 1e-5F;
// Frames that a graph is built for where nobody says how many.
constexpr int usual_tokens = 128, usual_frames = 200;

bool recognizes(const Checkpoint& checkpoint) {
  return checkpoint.tensors.contains("enc_p.encoder.attn_layers.0.emb_rel_k") &&
         checkpoint.tensors.contains("flow.flows.0.pre.weight") &&
         checkpoint.tensors.contains("dec.conv_pre.weight");
}

/// The table of phonemes. torch's exporter names the first parameter as an input that a voice of one speaker
/// does not have.
std::string phonemes_of(const Checkpoint& checkpoint) {
  return checkpoint.tensors.contains("enc_p.emb.weight") ? "enc_p.emb.weight" : "sid";
}

/// What the voice's .json says. @throws Error{bad_model} where it is missing or says no possible rate.
nlohmann::json voice_of(const Checkpoint& checkpoint) {
  const nlohmann::json voice = side_file(checkpoint, beside_onnx);
  if (voice.empty())
    fail(Fault::bad_model,
         "{}: a Piper voice keeps its phonemes and its sample rate in {}.json, which is not there",
         checkpoint.file, checkpoint.file);
  return voice;
}

std::int64_t rate_of(const nlohmann::json& voice) {
  const auto audio = voice.find("audio");
  const std::int64_t rate =
      audio != voice.end() && audio->is_object() ? config_integer(*audio, "sample_rate", 0) : 0;
  if (rate < 1000 || rate > 192'000)
    fail(Fault::bad_model, "the voice's `audio.sample_rate` is {}, not within 1000 to 192000", rate);
  return rate;
}

/// How many of "before + number + after" there are, the numbers two apart.
std::int64_t count_every_other(const Checkpoint& checkpoint, std::string_view before, std::int64_t first,
                               std::string_view after) {
  constexpr std::int64_t most = 100;
  std::int64_t count = 0;
  while (count < most && checkpoint.tensors.contains(fmt::format("{}{}{}", before, first + 2 * count, after)))
    ++count;
  return count;
}

ModelInfo describe(const Checkpoint& checkpoint) {
  const auto size = [&](const std::string& tensor, std::size_t axis) {
    return axis_size(checkpoint, tensor, axis);
  };
  if (!checkpoint.tensors.contains("dp.flows.3.pre.weight"))
    fail(Fault::unsupported, "{}: a VITS whose durations are no flow's is not supported", checkpoint.file);
  const std::string attention = "enc_p.encoder.attn_layers.0.", coupling = "flow.flows.0.",
                    spline = "dp.flows.3.";
  const nlohmann::json voice = voice_of(checkpoint);
  const HifiGan vocoder = hifi_gan_of(checkpoint, "dec.");
  const bool has_speakers = checkpoint.tensors.contains("emb_g.weight");
  ModelInfo info{.family = "vits", .task = "speak"};
  info.config = {{"phonemes", phonemes_of(checkpoint)},
                 {"symbols", size(phonemes_of(checkpoint), 0)},
                 {"width", size(phonemes_of(checkpoint), 1)},
                 {"depth", count_blocks(checkpoint, "enc_p.encoder.attn_layers.", ".conv_q.weight")},
                 {"tables", size(attention + "emb_rel_k", 0)},
                 {"distances", size(attention + "emb_rel_k", 1)},
                 {"head_width", size(attention + "emb_rel_k", 2)},
                 {"mlp", size("enc_p.encoder.ffn_layers.0.conv_1.weight", 0)},
                 {"mlp_kernel", size("enc_p.encoder.ffn_layers.0.conv_1.weight", 2)},
                 {"channels", size("enc_p.proj.weight", 0) / 2},
                 {"couplings", count_every_other(checkpoint, "flow.flows.", 0, ".pre.weight")},
                 {"flow_width", size(coupling + "pre.weight", 0)},
                 {"flow_depth", count_blocks(checkpoint, coupling + "enc.in_layers.", ".weight")},
                 {"flow_kernel", size(coupling + "enc.in_layers.0.weight", 2)},
                 {"duration_width", size("dp.pre.weight", 0)},
                 {"duration_kernel", size("dp.convs.convs_sep.0.weight", 2)},
                 {"duration_depth", count_blocks(checkpoint, "dp.convs.convs_sep.", ".weight")},
                 {"splines", count_every_other(checkpoint, "dp.flows.", 3, ".pre.weight")},
                 {"spline_numbers", size(spline + "proj.weight", 0)},
                 {"speakers", has_speakers ? size("emb_g.weight", 0) : 1},
                 {"speaker_width", has_speakers ? size("emb_g.weight", 1) : 0},
                 {"hifigan", hifi_gan_json(vocoder)},
                 {"hop", vocoder.hop()},
                 {"rate", rate_of(voice)},
                 {"voice", voice}};
  info.variant = text_of(voice.value("audio", nlohmann::json::object()), "quality");
  return info;
}

struct Sizes {
  std::string phonemes;
  std::int64_t symbols, width, depth, tables, distances, head_width, mlp, mlp_kernel;
  std::int64_t channels, couplings, flow_width, flow_depth, flow_kernel;
  std::int64_t duration_width, duration_kernel, duration_depth, splines, spline_numbers;
  std::int64_t speakers, speaker_width;  // 0: the voice is one speaker's
  HifiGan vocoder;

  std::int64_t bins() const { return (spline_numbers + 1) / 3; }
};

Sizes sizes_of(const nlohmann::json& config) {
  constexpr std::int64_t wide = 1 << 14, many = 100;
  const auto size = [&](const char* key, std::int64_t most) { return stored_size(config, key, most); };
  Sizes sizes{.phonemes = config_text(config, "phonemes", ""),
              .symbols = size("symbols", 1 << 20),
              .width = size("width", wide),
              .depth = size("depth", many),
              .tables = size("tables", many),
              .distances = size("distances", wide),
              .head_width = size("head_width", wide),
              .mlp = size("mlp", wide),
              .mlp_kernel = size("mlp_kernel", many),
              .channels = size("channels", wide),
              .couplings = size("couplings", many),
              .flow_width = size("flow_width", wide),
              .flow_depth = size("flow_depth", many),
              .flow_kernel = size("flow_kernel", many),
              .duration_width = size("duration_width", wide),
              .duration_kernel = size("duration_kernel", 9),
              .duration_depth = size("duration_depth", 6),  // dilations are powers of the kernel
              .splines = size("splines", many),
              .spline_numbers = size("spline_numbers", 300),
              .speakers = size("speakers", 1 << 20),
              .speaker_width = config_integer(config, "speaker_width", 0),
              .vocoder = hifi_gan_from(config.value("hifigan", nlohmann::json::object()))};
  const bool odd_kernels = sizes.mlp_kernel % 2 == 1 && sizes.flow_kernel % 2 == 1 &&
                           sizes.duration_kernel % 2 == 1 && sizes.distances % 2 == 1;
  if (sizes.width % sizes.head_width != 0 || sizes.channels % 2 != 0 || sizes.spline_numbers % 3 != 2 ||
      !odd_kernels || sizes.speaker_width < 0 || sizes.speaker_width > wide ||
      (sizes.tables != 1 && sizes.tables != sizes.width / sizes.head_width))
    fail(Fault::bad_model, "the configuration has sizes that no VITS has");
  return sizes;
}

/// The inputs that say whose voice it is: the speaker's vector [b, 1, speaker_width], if there are several.
std::optional<Tensor> speaker(Graph& graph, Scope root, const Sizes& sizes, int batch) {
  if (sizes.speaker_width == 0) return {};
  const Tensor table = (root / "emb_g")("weight", {{"v", sizes.speakers}, {"d", sizes.speaker_width}});
  return gather(table, indices(graph, "speaker", {{"b", batch}, {"s", 1}}));
}

/// Layer norm under the names that VITS has.
Tensor norm(Tensor x, Scope w) {
  const Dim width = x.shape().back().size;
  const Tensor gamma = w("gamma", {{"d", width}}), beta = w("beta", {{"d", width}});
  return apply(op::LayerNorm{norm_epsilon}, {x, gamma, beta}, w.path());
}

/// Embeddings of distances [tables, r, w] as [r, heads w], one table for all heads or one each.
Tensor by_distance(Scope w, std::string_view name, const Sizes& sizes) {
  const Tensor tables = w(name, {{"h", sizes.tables}, {"r", sizes.distances}, {"w", sizes.head_width}});
  const std::int64_t count = sizes.width / sizes.head_width;
  std::vector<Tensor> heads;
  heads.reserve(static_cast<std::size_t>(count));
  for (std::int64_t head = 0; head < count; ++head)
    heads.push_back(flatten(slice(tables, "h", sizes.tables == 1 ? 0 : head, 1), "h", "r", "r"));
  return heads.size() == 1 ? heads.front() : concat(heads, "w");
}

Tensor encoder_layer(Tensor x, Scope w, int layer, const Sizes& sizes, Tensor length) {
  const Scope attn = w / "attn_layers" / layer, mlp = w / "ffn_layers" / layer;
  const Tensor q = conv1d(x, attn / "conv_q", sizes.width), k = conv1d(x, attn / "conv_k", sizes.width),
               v = conv1d(x, attn / "conv_v", sizes.width);
  const Tensor near = by_distance(attn, "emb_rel_k", sizes), found = by_distance(attn, "emb_rel_v", sizes);
  const Tensor seen =
      apply(op::RelativeAttention{sizes.width / sizes.head_width}, {q, k, v, q, near, found, length});
  x = norm(conv1d(seen, attn / "conv_o", sizes.width) + x, w / "norm_layers_1" / layer);
  const Conv1d kernel{.kernel = sizes.mlp_kernel};
  const Tensor inner = relu(conv1d(mask_rows(x, length), mlp / "conv_1", sizes.mlp, kernel));
  const Tensor y = conv1d(mask_rows(inner, length), mlp / "conv_2", sizes.width, kernel);
  return norm(y + x, w / "norm_layers_2" / layer);
}

/// Dilated and separable convolutions, each with its residual.
Tensor separable(Tensor x, Scope w, const Sizes& sizes, Tensor length) {
  std::int64_t dilation = 1;
  for (int i = 0; i < sizes.duration_depth; ++i) {
    const Conv1d apart{.kernel = sizes.duration_kernel, .dilation = dilation, .groups = sizes.duration_width};
    Tensor y = conv1d(mask_rows(x, length), w / "convs_sep" / i, sizes.duration_width, apart);
    y = conv1d(gelu(norm(y, w / "norms_1" / i)), w / "convs_1x1" / i, sizes.duration_width);
    x = x + gelu(norm(y, w / "norms_2" / i));
    dilation *= sizes.duration_kernel;
  }
  return x;
}

/// The number that a spline, made of `fixed` and of the text, takes to `moved`. (A coupling backwards.)
Tensor spline_back(Tensor fixed, Tensor moved, Tensor text, Scope w, const Sizes& sizes, Tensor length) {
  Tensor x = conv1d(fixed, w / "pre", sizes.duration_width) + text;
  x = separable(x, w / "convs", sizes, length);
  const Tensor how = conv1d(x, w / "proj", sizes.spline_numbers);
  const std::int64_t bins = sizes.bins();
  std::vector<float> scale(static_cast<std::size_t>(sizes.spline_numbers), 1.0F);
  std::fill_n(scale.begin(), 2 * bins,
              static_cast<float>(1 / std::sqrt(static_cast<double>(sizes.duration_width))));
  const Tensor factors =
      constant(*x.graph, w.path() + ".scale", {{"d", sizes.spline_numbers}}, std::move(scale));
  return apply(op::RationalSpline{.bins = bins, .inverse = 1, .bound = spline_bound},
               {moved, multiply(how, factors)}, w.path());
}

/// The logarithm of how many frames each phoneme lasts [b, s, 1], from noise [b, s, 2]: the flow of durations
/// backwards, but for the coupling that the original leaves out there.
Tensor log_durations(Tensor text, Tensor noise, std::optional<Tensor> who, Scope w, const Sizes& sizes,
                     Tensor length) {
  Tensor x = conv1d(text, w / "pre", sizes.duration_width);
  if (who) x = x + conv1d(*who, w / "cond", sizes.duration_width);
  x = conv1d(separable(x, w / "convs", sizes, length), w / "proj", sizes.duration_width);
  Tensor first = slice(noise, "d", 0, 1), second = slice(noise, "d", 1, 1);
  for (int i = static_cast<int>(sizes.splines); i > 0; --i) {
    std::swap(first, second);
    second = spline_back(first, second, x, w / "flows" / (2 * i + 1), sizes, length);
  }
  std::swap(first, second);
  // (x - m) exp(-logs); exporters that fold constants leave the exponential.
  const Scope last = w / "flows" / 0;
  const Shape pair = {{"c", 2}, {"d", 1}};
  const Tensor mean = slice(last("m", pair), "c", 0, 1);
  const std::optional<Tensor> folded = last.maybe("Exp", pair);
  const Tensor growth = folded ? *folded : exp(scaled(last("logs", pair), -1));
  return named(multiply(first + scaled(mean, -1), slice(growth, "c", 0, 1)), "log_durations");
}

void build_text(Graph& graph, Scope root, const Sizes& sizes, const BuildOptions& options) {
  const int tokens = options.tokens > 0 ? options.tokens : usual_tokens;
  const Tensor ids = indices(graph, "phonemes", {{"b", options.batch}, {"s", tokens}});
  const Tensor length = indices(graph, "length", {{"b", options.batch}});
  const std::optional<Tensor> who = speaker(graph, root, sizes, options.batch);
  const Tensor noise = input(graph, "noise", {{"b", options.batch}, {"s", tokens}, {"d", 2}});
  const Tensor table = root(sizes.phonemes, {{"v", sizes.symbols}, {"d", sizes.width}});
  Tensor x = scaled(gather(table, ids), std::sqrt(static_cast<float>(sizes.width)));
  const Scope encoder = root / "enc_p" / "encoder";
  for (int i = 0; i < sizes.depth; ++i) x = encoder_layer(x, encoder, i, sizes, length);
  x = named(x, "enc_p.encoder");
  const Tensor stats = conv1d(x, root / "enc_p" / "proj", 2 * sizes.channels);
  const Tensor lasts = log_durations(x, noise, who, root / "dp", sizes, length);
  graph.outputs = {{"means", slice(stats, "d", 0, sizes.channels).id},
                   {"log_deviations", slice(stats, "d", sizes.channels, sizes.channels).id},
                   {"log_durations", lasts.id}};
}

/// WaveNet's layers over [b, t, flow_width]: their skips' sum. What goes on and what is skipped to the end
/// lie side by side, so that each layer adds to both at once.
Tensor wave_net(Tensor x, std::optional<Tensor> who, Scope w, const Sizes& sizes, Tensor length) {
  const std::int64_t width = sizes.flow_width, batch = x.size("b").size(), frames = x.size("t").size();
  std::optional<Tensor> conditions;
  if (who) conditions = conv1d(*who, w / "cond_layer", 2 * width * sizes.flow_depth);
  const Tensor nothing = constant(*x.graph, w.path() + ".start", {{"b", batch}, {"t", frames}, {"d", width}},
                                  std::vector<float>(static_cast<std::size_t>(batch * frames * width), 0.0F));
  Tensor both = concat({x, nothing}, "d");
  const auto last = static_cast<int>(sizes.flow_depth) - 1;
  for (int i = 0;; ++i) {
    Tensor inner =
        conv1d(slice(both, "d", 0, width), w / "in_layers" / i, 2 * width, {.kernel = sizes.flow_kernel});
    if (conditions) inner = inner + slice(*conditions, "d", 2 * width * i, 2 * width);
    const Scope out = w / "res_skip_layers" / i;
    if (i == last) return conv1d(gate(inner), out, width) + slice(both, "d", width, width);
    both = mask_rows(conv1d(gate(inner), out, 2 * width) + both, length);
  }
}

/// One coupling of the flow backwards: what is to be taken from the half of the channels that it moves.
/// The flow exchanges halves and turns the order of all channels around between couplings; `turned`: the
/// halves lie the other way round here, which the weights can do.
Tensor coupling_back(Tensor fixed, Tensor moved, std::optional<Tensor> who, Scope w, bool turned,
                     const Sizes& sizes, Tensor length) {
  const std::int64_t half = sizes.channels / 2, width = sizes.flow_width;
  Tensor pre = (w / "pre")("weight", {{"co", width}, {"ci", half}, {"k", 1}});
  Tensor post = (w / "post")("weight", {{"co", half}, {"ci", width}, {"k", 1}});
  Tensor bias = (w / "post")("bias", {{"co", half}});
  if (turned) {
    pre = flip(pre, "ci");
    post = flip(post, "co");
    bias = flip(bias, "co");
  }
  const Tensor start = (w / "pre")("bias", {{"co", width}});
  const Tensor x = mask_rows(apply(op::Conv1d{}, {fixed, pre, start}, (w / "pre").path()), length);
  const Tensor seen = wave_net(x, who, w / "enc", sizes, length);
  const Tensor shift = apply(op::Conv1d{}, {seen, post, bias}, (w / "post").path());
  return named(scaled(shift, -1) + moved, w.path());
}

void build_flow(Graph& graph, Scope root, const Sizes& sizes, const BuildOptions& options) {
  const int frames = options.frames > 0 ? options.frames : usual_frames;
  const Tensor z = input(graph, "frames", {{"b", options.batch}, {"t", frames}, {"d", sizes.channels}});
  const Tensor length = indices(graph, "length", {{"b", options.batch}});
  const std::optional<Tensor> who = speaker(graph, root, sizes, options.batch);
  const std::int64_t half = sizes.channels / 2;
  Tensor low = slice(z, "d", 0, half), high = slice(z, "d", half, half);
  for (int i = static_cast<int>(sizes.couplings) - 1; i >= 0; --i) {
    const Scope w = root / "flow" / "flows" / (2 * i);
    // Before each coupling the channels are turned around once more: after an odd number of times the first
    // half is the upper one, backwards.
    const bool turned = (sizes.couplings - i) % 2 == 1;
    if (turned)
      low = coupling_back(high, low, who, w, true, sizes, length);
    else
      high = coupling_back(low, high, who, w, false, sizes, length);
  }
  // An odd number of couplings leaves the channels turned around.
  if (sizes.couplings % 2 == 1) fail(Fault::unsupported, "a VITS with an odd number of couplings");
  graph.outputs = {{"latent", named(concat({low, high}, "d"), "latent").id}};
}

void build_vocoder(Graph& graph, Scope root, const Sizes& sizes, const BuildOptions& options) {
  const int count = options.frames > 0 ? options.frames : usual_frames;
  const Tensor frames = input(graph, "frames", {{"b", options.batch}, {"t", count}, {"d", sizes.channels}});
  const Tensor length = indices(graph, "length", {{"b", options.batch}});
  std::optional<Tensor> condition = speaker(graph, root, sizes, options.batch);
  if (condition) condition = conv1d(*condition, root / "dec" / "cond", sizes.vocoder.channels);
  const Tensor samples = hifi_gan(frames, length, root / "dec", sizes.vocoder, "ups", condition);
  graph.outputs = {{"samples", samples.id}};
}

Program build(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options) {
  if (options.batch < 1) fail(Fault::bad_input, "a batch has at least one item");
  const Sizes sizes = sizes_of(info.config);
  Program program;
  program.graphs.reserve(3);
  Graph& text = program.graphs.emplace_back("text");
  Graph& flow = program.graphs.emplace_back("flow");
  Graph& vocoder = program.graphs.emplace_back("vocoder");
  Binder text_binder(text, checkpoint), flow_binder(flow, checkpoint), vocoder_binder(vocoder, checkpoint);
  build_text(text, Scope(text_binder), sizes, options);
  build_flow(flow, Scope(flow_binder), sizes, options);
  build_vocoder(vocoder, Scope(vocoder_binder), sizes, options);
  check_all_bound({&text_binder, &flow_binder, &vocoder_binder}, {});
  return program;
}

}  // namespace

Family vits() {
  return {.name = "vits",
          .task = "speak",
          .doc = "VITS, text to speech, as Piper's voices (ONNX)",
          .recognizes = recognizes,
          .describe = describe,
          .build = build,
          // Durations are whole numbers, and the vocoder turns the flow's error of 0.3 % in BF16 into 3 % of
          // the waveform: both are computed in f32, a quarter of the work (en_US-joe-medium, 2026-11-26).
          .precision_rules =
              "enc_p*=f32;dp*=f32;flow*=f32;emb_g*=f32;noise*=f32;phonemes*=f32;sid*=f32;"
              "log_durations*=f32;frames=f32;frames.slice*=f32;latent=f32;dec.conv_post=f32;"
              "samples=f32",
          // 128 phonemes with a sign behind each, at 7 frames of 12 ms a phoneme: a long clause.
          .package_tokens = 256,
          .package_frames = 896};
}

}  // namespace lp::models
