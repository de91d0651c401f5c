// Source: openai/whisper, whisper/model.py and __init__.py (v20250625); names of Hugging Face's checkpoints.
#include "models/audio/whisper_openai.hpp"

#include "base/error.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace lp::models {
namespace {

using Renamed = std::pair<std::string_view, std::string_view>;

/// Parts of a block, by what their names begin with.
constexpr std::array<Renamed, 13> block_parts = {{{"attn.query", "self_attn.q_proj"},
                                                  {"attn.key", "self_attn.k_proj"},
                                                  {"attn.value", "self_attn.v_proj"},
                                                  {"attn.out", "self_attn.out_proj"},
                                                  {"attn_ln", "self_attn_layer_norm"},
                                                  {"cross_attn.query", "encoder_attn.q_proj"},
                                                  {"cross_attn.key", "encoder_attn.k_proj"},
                                                  {"cross_attn.value", "encoder_attn.v_proj"},
                                                  {"cross_attn.out", "encoder_attn.out_proj"},
                                                  {"cross_attn_ln", "encoder_attn_layer_norm"},
                                                  {"mlp.0", "fc1"},
                                                  {"mlp.2", "fc2"},
                                                  {"mlp_ln", "final_layer_norm"}}};

/// What stands around the blocks. Positions are tensors of their own there, and weights of a table here.
constexpr std::array<Renamed, 7> other_parts = {
    {{"encoder.conv1", "encoder.conv1"},
     {"encoder.conv2", "encoder.conv2"},
     {"encoder.positional_embedding", "encoder.embed_positions.weight"},
     {"encoder.ln_post", "encoder.layer_norm"},
     {"decoder.token_embedding", "decoder.embed_tokens"},
     {"decoder.positional_embedding", "decoder.embed_positions.weight"},
     {"decoder.ln", "decoder.layer_norm"}}};

/// `name` with the part that it begins with renamed; empty where it begins with none.
template <std::size_t count>
std::string renamed(std::string_view name, const std::array<Renamed, count>& parts) {
  for (const auto& [theirs, ours] : parts)
    if (name == theirs || (name.starts_with(theirs) && name.substr(theirs.size()).starts_with('.')))
      return fmt::format("{}{}", ours, name.substr(theirs.size()));
  return {};
}

/// "decoder.blocks.3.attn.query.weight" as "decoder.layers.3.self_attn.q_proj.weight"; empty for a name that
/// is none of theirs.
std::string renamed(std::string_view name) {
  constexpr std::string_view blocks = ".blocks.";
  const std::size_t at = name.find(blocks);
  if (at == std::string_view::npos) return renamed(name, other_parts);
  const std::string_view side = name.substr(0, at), rest = name.substr(at + blocks.size());
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos) return {};
  const std::string part = renamed(rest.substr(dot + 1), block_parts);
  return part.empty() ? part : fmt::format("{}.layers.{}.{}", side, rest.substr(0, dot), part);
}

/// Sizes that tell a model, and its heads: _ALIGNMENT_HEADS of whisper/__init__.py, unpacked.
struct Known {
  std::int64_t mels, width, depth;
  bool multilingual;
  std::string_view heads;
};
constexpr std::array<Known, 10> known = {{
    {80, 384, 4, false, "[[1,0],[2,0],[2,5],[3,0],[3,1],[3,2],[3,3],[3,4]]"},
    {80, 384, 4, true, "[[2,2],[3,0],[3,2],[3,3],[3,4],[3,5]]"},
    {80, 512, 6, false, "[[3,3],[4,7],[5,1],[5,5],[5,7]]"},
    {80, 512, 6, true, "[[3,1],[4,2],[4,3],[4,7],[5,1],[5,2],[5,4],[5,6]]"},
    {80, 768, 12, false,
     "[[6,6],[7,0],[7,3],[7,8],[8,2],[8,5],[8,7],[9,0],[9,4],[9,8],[9,10],[10,0],[10,1],[10,2],[10,3],[10,6],"
     "[10,11],[11,2],[11,4]]"},
    {80, 768, 12, true, "[[5,3],[5,9],[8,0],[8,4],[8,7],[8,8],[9,0],[9,7],[9,9],[10,5]]"},
    {80, 1024, 24, false,
     "[[11,4],[14,1],[14,12],[14,14],[15,4],[16,0],[16,4],[16,9],[17,12],[17,14],[18,7],[18,10],[18,15],[20,"
     "0],[20,3],[20,9],[20,14],[21,12]]"},
    {80, 1024, 24, true, "[[13,15],[15,4],[15,15],[16,1],[20,0],[23,4]]"},
    {128, 1280, 32, true, "[[7,0],[10,17],[12,18],[13,12],[16,1],[17,14],[19,11],[21,4],[24,1],[25,6]]"},
    {128, 1280, 4, true, "[[2,4],[2,11],[3,3],[3,6],[3,11],[3,14]]"},
}};

constexpr std::int64_t multilingual_vocabulary = 51865;  // at least; 51864 of English alone

}  // namespace

bool is_openai_whisper(const Checkpoint& checkpoint) {
  return checkpoint.tensors.contains("encoder.blocks.0.attn.query.weight") &&
         checkpoint.tensors.contains("decoder.blocks.0.cross_attn.query.weight") &&
         checkpoint.tensors.contains("decoder.token_embedding.weight");
}

void rename_openai_whisper(Checkpoint& checkpoint) {
  if (!checkpoint.side_files.contains("tokenizer.json"))
    fail(
        Fault::bad_model,
        "{}: OpenAI's checkpoints have no tokenizer in them; put tokenizer.json of the same model of Hugging "
        "Face (openai/whisper-tiny, ...) beside it",
        checkpoint.file);
  std::map<std::string, StoredTensor, std::less<>> tensors;
  for (auto& [name, tensor] : checkpoint.tensors) {
    const std::string ours = renamed(name);
    if (ours.empty())
      fail(Fault::bad_model, "{}: `{}` is no tensor of openai/whisper's models", checkpoint.file, name);
    tensors.emplace(fmt::format("model.{}", ours), std::move(tensor));
  }
  checkpoint.tensors = std::move(tensors);
}

nlohmann::json openai_alignment_heads(std::int64_t mels, std::int64_t width, std::int64_t depth,
                                      std::int64_t vocabulary) {
  const bool multilingual = vocabulary >= multilingual_vocabulary;
  for (const Known& model : known)
    if (model.mels == mels && model.width == width && model.depth == depth &&
        model.multilingual == multilingual)
      return nlohmann::json::parse(model.heads);
  return {};
}

}  // namespace lp::models
