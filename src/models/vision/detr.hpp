#pragma once
#include "models/catalog.hpp"

namespace lp::models {

/// DETR on a ResNet: a set of objects from a transformer's queries, without suppression of overlapping boxes.
Family detr();

}  // namespace lp::models
