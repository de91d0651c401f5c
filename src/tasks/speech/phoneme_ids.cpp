#include "tasks/speech/phoneme_ids.hpp"

#include "base/error.hpp"
#include "tasks/tokenizer/unicode.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <algorithm>
#include <limits>

namespace lp::speech {
namespace {

using nlohmann::json;

constexpr std::size_t most_ids = 16, most_clusters = 256;  // published voices have 1 and some ten

std::vector<std::int32_t> numbers(const json& list, const std::string& phoneme) {
  std::vector<std::int32_t> found;
  const bool good =
      list.is_array() && list.size() <= most_ids && std::all_of(list.begin(), list.end(), [](const json& id) {
        return id.is_number_integer() && id >= 0 && id <= std::numeric_limits<std::int32_t>::max();
      });
  if (!good)
    fail(Fault::bad_model, "phoneme_id_map: `{}` has no list of at most {} numbers", phoneme, most_ids);
  for (const json& id : list) found.push_back(id.get<std::int32_t>());
  return found;
}

}  // namespace

PhonemeIds::PhonemeIds(const json& config) {
  const auto map = config.find("phoneme_id_map");
  if (map == config.end() || !map->is_object())
    fail(Fault::bad_model, "the voice's config has no phoneme_id_map");
  for (const auto& [phoneme, list] : map->items())
    ids_[tokenizing::code_points(tokenizing::valid_utf8(phoneme))] = numbers(list, phoneme);
  if (text_of(config, "phoneme_type") == "arpabet") {
    const auto end = ids_.find(U"<sos/eos>");
    if (end == ids_.end()) fail(Fault::bad_model, "phoneme_id_map has no `<sos/eos>`");
    end_ = end->second;
    are_words_ = true;
    return;
  }
  for (const auto& [phoneme, place] : {std::pair{U"_", &pad_}, {U"^", &start_}, {U"$", &end_}}) {
    const auto found = ids_.find(phoneme);
    if (found == ids_.end()) fail(Fault::bad_model, "phoneme_id_map has no `{}`", tokenizing::utf8(phoneme));
    *place = found->second;
  }
  if (const auto clusters = config.find("vowel_clusters"); clusters != config.end() && clusters->is_array()) {
    if (clusters->size() > most_clusters)
      fail(Fault::bad_model, "vowel_clusters: {} of them; {} are read", clusters->size(), most_clusters);
    for (const json& cluster : *clusters) {
      if (!cluster.is_array()) continue;
      std::string joined;
      for (const json& part : cluster)
        if (part.is_string()) joined += part.get<std::string>();
      clusters_.push_back(tokenizing::code_points(tokenizing::valid_utf8(joined)));
    }
  }
  std::erase_if(clusters_, [](const std::u32string& cluster) { return cluster.size() < 2; });
  std::sort(clusters_.begin(), clusters_.end(),
            [](const std::u32string& a, const std::u32string& b) { return a.size() > b.size(); });
}

/// Code points of the phoneme that a text begins with.
std::size_t PhonemeIds::cluster_at(std::u32string_view phonemes) const {
  for (const std::u32string& cluster : clusters_)
    if (phonemes.starts_with(cluster)) return cluster.size();
  return 1;
}

std::vector<std::int32_t> PhonemeIds::ids_of_words(std::u32string_view phonemes,
                                                   std::set<std::string>& unknown) const {
  std::vector<std::int32_t> all;
  while (!phonemes.empty()) {
    const std::u32string_view word = phonemes.substr(0, phonemes.find(U' '));
    phonemes.remove_prefix(std::min(word.size() + 1, phonemes.size()));
    if (word.empty()) continue;
    const auto found = ids_.find(word);
    if (found == ids_.end())
      unknown.insert(tokenizing::utf8(word));
    else
      all.insert(all.end(), found->second.begin(), found->second.end());
  }
  all.insert(all.end(), end_.begin(), end_.end());
  return all;
}

std::vector<std::int32_t> PhonemeIds::ids(std::string_view phonemes, std::set<std::string>& unknown) const {
  const std::u32string points = tokenizing::code_points(
      tokenizing::normal_form(tokenizing::valid_utf8(phonemes), tokenizing::NormalForm::nfd));
  if (are_words_) return ids_of_words(points, unknown);
  std::vector<std::int32_t> all = start_;
  const auto add = [&all](const std::vector<std::int32_t>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  add(pad_);
  for (std::u32string_view rest = points; !rest.empty();) {
    const std::u32string_view phoneme = rest.substr(0, cluster_at(rest));
    rest.remove_prefix(phoneme.size());
    const auto found = ids_.find(phoneme);
    if (found == ids_.end()) {
      unknown.insert(tokenizing::utf8(phoneme));
      continue;
    }
    add(found->second);
    add(pad_);
  }
  add(end_);
  return all;
}

}  // namespace lp::speech
