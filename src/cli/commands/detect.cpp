#include "cli/detection.hpp"

namespace lp::cli {
namespace {

int run(const Invocation& invocation) {
  return find_in_pictures(invocation, "detect");
}

}  // namespace

Command detect_command() {
  return detection_command("detect", "find things in pictures: boxes, labels, confidences", run);
}

}  // namespace lp::cli
