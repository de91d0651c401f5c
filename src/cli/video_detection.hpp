#pragma once
#include "cli/batch.hpp"
#include "cli/watcher.hpp"

#include <string>

namespace lp::cli {

/// Looks at the pictures of a video file or a camera, those that --every and --frames ask for. `target`: the
/// video that gets what was found drawn in, "" for none. Prints what a camera sees whenever that changes,
/// unless
/// `--json` is given. @throws Error, Stopped; a camera ends at a signal as at its last picture.
BatchResult find_in_video(const Invocation& invocation, Watcher& watcher, const std::string& path,
                          const std::string& target, Progress& progress);

}  // namespace lp::cli
