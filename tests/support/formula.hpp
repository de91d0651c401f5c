#pragma once
#include "formats/checkpoint.hpp"
#include "ir/graph.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace lp {

/// `count` numbers in [0, 1) that belong to `name`, the same on every machine: element i is splitmix64's
/// finalizer of FNV-1a 64 of the name plus (i + 1) * 0x9E3779B97F4A7C15, its top 24 bits. tools/goldens.py
/// has the same formula. Sources: Steele, Lea, Flood 2014, doi 10.1145/2660193.2660195 (constants: Vigna's
/// public domain splitmix64.c); Fowler, Noll, Vo, http://www.isthe.com/chongo/tech/comp/fnv
std::vector<double> formula_uniform(std::string_view name, std::int64_t count);

/// The tensor `name` of the formula, uniform in [-a, a): a = gain * sqrt(3 / fan_in) where it has more than
/// one axis (the first is the output), 0.1 where it has one (a bias).
std::vector<float> formula_weight(std::string_view name, const std::vector<std::int64_t>& shape, double gain);

/// A checkpoint in memory that holds every weight of `graph`, by the formula.
Checkpoint formula_checkpoint(const Graph& graph, double gain);

}  // namespace lp
