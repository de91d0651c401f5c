#pragma once
#include "cli/batch.hpp"
#include "cli/watcher.hpp"

#include <string>

namespace lp::cli {

/// Numbers and words of the documents of videos in one answer, which some 500 MB hold.
inline constexpr std::size_t most_values = 5'000'000;

/// Looks at the pictures of a video file or a camera, those that --every and --frames ask for. `target`: the
/// video that gets what was found drawn in, "" for none. Prints what a camera sees whenever that changes,
/// unless `--json` is given. `values_left`: how many numbers and words the document may still hold; what is
/// seen behind them is not in it. @throws Error, Stopped; a camera ends at a signal as at its last picture,
/// and one that fails after its first picture returns what it saw, and the failure.
BatchResult find_in_video(const Invocation& invocation, Watcher& watcher, const std::string& path,
                          const std::string& target, std::size_t& values_left, Progress& progress);

}  // namespace lp::cli
