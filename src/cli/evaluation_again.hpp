#pragma once
#include "base/options.hpp"
#include "store/store.hpp"

#include <string>
#include <vector>

namespace lp::cli {

/// Measures each report on these files again that the manifest keeps of an artefact, if the original,
/// or who listens to a voice, is a model of the store: a manifest may come from elsewhere, and names no
/// files. Gives a sentence for each figure that is not the same: within 0.005, since processors round 8-bit
/// sums differently, and within a word where words are counted. `measured` gets how many reports were.
std::vector<std::string> evaluate_again(const Settings& settings, const Store& store, const std::string& name,
                                        const Artefact& artefact, const std::vector<std::string>& inputs,
                                        std::size_t& measured);

}  // namespace lp::cli
