#pragma once
#include "base/json.hpp"
#include "base/options.hpp"
#include "cli/model_choice.hpp"
#include "store/store.hpp"

#include <string>
#include <vector>

namespace lp::cli {

// What the evaluations of all kinds of data share. Their reports are what manifests keep: {"kind","data":
// {"items","sha256"},"against","options","metrics"} and what a kind adds.

/// The model that another is measured by, in F32 on the runtime of the settings. `option`: what names it.
/// @throws Error{not_found} if only an INT8 of it is there.
LoadedModel load_original(const Settings& settings, const Store& store, const std::string& asked,
                          std::string_view option = "original");

/// SHA-256 of each file. @throws Stopped; Error{not_found, io}.
std::vector<std::string> digests_of(const std::vector<std::string>& files);

/// One digest of all, whatever their order.
std::string sum_of(std::vector<std::string> digests);

/// @throws Error{bad_input} if the model was calibrated on one of the files, which have these digests.
void check_unseen(const Store& store, const Found& found, const LoadedModel& model,
                  const std::vector<std::string>& files, const std::vector<std::string>& digests);

/// Keeps a report with the artefact it is about, in place of an earlier one on the same data; the last 32 in
/// all. Does nothing for a model that is not in the store; where the store cannot be written, warns.
void keep_report(const Store& store, const Found& found, const nlohmann::json& report);

}  // namespace lp::cli
