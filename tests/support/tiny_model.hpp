#pragma once
#include "runtime/session.hpp"

#include <memory>

namespace lp {

/// A YOLOv8 of few channels and three classes for pictures of 64 x 64, its weights by the formula.
std::shared_ptr<Model> tiny_model();

}  // namespace lp
