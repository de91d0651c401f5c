#include "cli/detection.hpp"

namespace lp::cli {
namespace {

int run(const Invocation& invocation) {
  return find_in_pictures(invocation, "segment");
}

}  // namespace

Command segment_command() {
  return detection_command("segment", "find things in pictures and their outlines: boxes, labels, masks",
                           run);
}

}  // namespace lp::cli
