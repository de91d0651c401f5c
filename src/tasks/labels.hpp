#pragma once
#include "tasks/nms.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// The things that a label file of YOLO's form says are in a picture: a line for each of a class number and
/// the box's centre, width and height, or the corners x y of an outline, all in parts of the picture. Boxes
/// in pixels of a picture of `width` x `height`, confidences 1. `file` is for messages.
/// @throws Error{bad_input} naming the line if it is no such thing, or its class not one of `classes`.
std::vector<Detection> read_yolo_labels(std::string_view text, const std::string& file, int classes,
                                        int width, int height);

/// The class that a label file for a classifier says: its name or number.
/// @throws Error{bad_input} if it is none of `labels`, with the nearest.
int read_class_label(std::string_view text, const std::string& file, std::span<const std::string> labels);

}  // namespace lp
