#pragma once
#include "base/json.hpp"

#include <string>
#include <string_view>

namespace lp::cli {

/// "0.1.0"
std::string_view program_version();

/// The commit that it was built from, shortened; "unknown" outside a git checkout.
std::string_view program_commit();

/// "3.2.0" of "oneDNN 3.2.0 (AVX-512 BF16)"; "" if there is no number.
std::string version_number(std::string_view version);

/// "llama-pajamas 0.1.0 (commit abc1234; runtimes: onednn 3.2.0, reference)"
std::string version_text();

/// The same as a document.
nlohmann::json version_json();

}  // namespace lp::cli
