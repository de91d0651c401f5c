// BERT. Source: Devlin et al. 2018, arXiv:1810.04805; names and shapes of published checkpoints. Sentence
// embeddings: Reimers and Gurevych 2019, arXiv:1908.10084.
#include "models/text/bert.hpp"

#include "base/error.hpp"
#include "models/config_file.hpp"
#include "models/transformer.hpp"

#include <array>

namespace lp::models {
using namespace nn;
namespace {

std::string_view prefix_of(const Checkpoint& checkpoint) {
  return checkpoint.tensors.contains("bert.embeddings.word_embeddings.weight") ? "bert." : "";
}

bool recognizes(const Checkpoint& checkpoint) {
  const std::string prefix(prefix_of(checkpoint));
  return checkpoint.tensors.contains(prefix + "embeddings.word_embeddings.weight") &&
         checkpoint.tensors.contains(prefix + "embeddings.token_type_embeddings.weight") &&
         checkpoint.tensors.contains(prefix + "encoder.layer.0.attention.self.query.weight");
}

ModelInfo describe(const Checkpoint& checkpoint) {
  const std::string prefix(prefix_of(checkpoint));
  const nlohmann::json given = side_file(checkpoint, "config.json"),
                       pooling = side_file(checkpoint, "1_Pooling/config.json");
  const std::string position_type = config_text(given, "position_embedding_type", "absolute");
  if (position_type != "absolute")
    fail(Fault::unsupported, "{}: a BERT with `{}` positions, which this version does not run",
         checkpoint.file, position_type);
  const std::int64_t width = axis_size(checkpoint, prefix + "embeddings.word_embeddings.weight", 1);
  ModelInfo info{.family = "bert", .task = "embed"};
  const std::int64_t positions = axis_size(checkpoint, prefix + "embeddings.position_embeddings.weight", 0);
  // Sentence models may be used on less than they have positions for.
  const std::int64_t used =
      config_integer(side_file(checkpoint, "sentence_bert_config.json"), "max_seq_length", positions);
  info.max_tokens = static_cast<int>(used > 0 ? std::min(used, positions) : positions);
  info.variant = fmt::format(
      "L{}-H{}", count_blocks(checkpoint, prefix + "encoder.layer.", ".output.dense.weight"), width);
  info.license = config_text(given, "license", "");
  info.config = {{"prefix", prefix},
                 {"width", width},
                 {"vocabulary", axis_size(checkpoint, prefix + "embeddings.word_embeddings.weight", 0)},
                 {"types", axis_size(checkpoint, prefix + "embeddings.token_type_embeddings.weight", 0)},
                 {"positions", positions},
                 {"depth", count_blocks(checkpoint, prefix + "encoder.layer.", ".output.dense.weight")},
                 {"heads", config_integer(given, "num_attention_heads", width / 64)},
                 {"mlp", axis_size(checkpoint, prefix + "encoder.layer.0.intermediate.dense.weight", 0)},
                 {"epsilon", config_number(given, "layer_norm_eps", 1e-12)},
                 {"activation", gelu_of(config_text(given, "hidden_act", "gelu"))},
                 {"pooling", config_flag(pooling, "pooling_mode_cls_token", false) ? "cls" : "mean"}};
  if (const auto text = checkpoint.side_files.find("tokenizer.json"); text != checkpoint.side_files.end())
    info.tokenizer = text->second;
  return info;
}

/// Attention and two linear layers, each added to what came in and normed after that.
Tensor encoder_layer(Tensor x, Scope w, const BlockConfig& config, Tensor length) {
  const Scope self = w / "attention.self", output = w / "attention.output";
  const Tensor q = linear(x, self / "query", config.width);
  const Tensor k = linear(x, self / "key", config.width);
  const Tensor v = linear(x, self / "value", config.width);
  const Tensor seen = attention(q, k, v, {.heads = config.heads}, length);
  x = layer_norm(linear(seen, output / "dense", config.width) + x, output / "LayerNorm", config.epsilon);
  const Tensor inner = gelu(linear(x, w / "intermediate.dense", config.mlp), config.activation);
  const Scope last = w / "output";
  const Tensor y = linear(inner, last / "dense", config.width) + x;
  return named(layer_norm(y, last / "LayerNorm", config.epsilon), w.path());
}

Program build(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options) {
  const nlohmann::json& stored = info.config;
  const BlockConfig config = block_config(stored);
  const std::int64_t positions = stored_size(stored, "positions", 1 << 20),
                     depth = stored_size(stored, "depth", 1000);
  if (options.tokens < 1 || options.tokens > positions || options.batch < 1)
    fail(Fault::bad_input, "this BERT takes 1 to {} tokens, not {}", positions, options.tokens);
  Program program;
  Graph& graph = program.graphs.emplace_back("main");
  Binder binder(graph, checkpoint);
  const Scope w = Scope(binder).prefixed(config_text(stored, "prefix", ""));
  const Tensor tokens = indices(graph, "tokens", {{"b", options.batch}, {"s", options.tokens}});
  const Tensor length = indices(graph, "length", {{"b", options.batch}});
  const Scope embeddings = w / "embeddings";
  const Tensor words = (embeddings / "word_embeddings")(
      "weight", {{"v", stored_size(stored, "vocabulary", 1 << 24)}, {"d", config.width}});
  const Tensor places =
      (embeddings / "position_embeddings")("weight", {{"s", positions}, {"d", config.width}});
  const Tensor types = (embeddings / "token_type_embeddings")(
      "weight", {{"t", stored_size(stored, "types", 1024)}, {"d", config.width}});
  // Every token is of the first type: one sentence.
  const Tensor place = slice(places, "s", 0, options.tokens) + slice(types, "t", 0, 1);
  Tensor x = layer_norm(gather(words, tokens) + place, embeddings / "LayerNorm", config.epsilon);
  for (int i = 0; i < depth; ++i) x = encoder_layer(x, w / "encoder.layer" / i, config, length);
  const Tensor pooled = config_text(stored, "pooling", "mean") == "cls"
                            ? flatten(slice(x, "s", 0, 1), "s", "d", "d")
                            : mean_rows(x, length);
  graph.outputs = {{"embedding", named(l2_normalize(pooled), "embedding").id}};
  // Position numbers are a buffer; pooler and language head serve training.
  const std::array<std::string, 3> unused = {"*embeddings.position_ids", "*pooler.dense.*", "cls.*"};
  binder.check_all_bound(unused);
  return program;
}

}  // namespace

Family bert() {
  return {.name = "bert",
          .task = "embed",
          .doc = "BERT encoders for sentence embeddings, such as MiniLM (Hugging Face checkpoints)",
          .recognizes = recognizes,
          .describe = describe,
          .build = build,
          .precision_rules = "embedding=f32;*.add=f32"};
}

}  // namespace lp::models
