#pragma once
#include "backends/coreml/mil/type.hpp"

#include <protozero/pbf_writer.hpp>

#include <span>
#include <string>

namespace lp::coreml::mil {

/// Messages of MIL.proto (coremltools 9.0) as bytes; field numbers are its.

/// ValueType.
std::string type_message(const Type& type);
/// NamedValueType.
std::string named_type_message(const std::string& name, const Type& type);
/// Value that stands in the program: `data` as WeightFile takes it. Not for texts.
std::string immediate_message(const Type& type, std::span<const std::byte> data);
/// Value that is a text.
std::string text_message(std::string_view value);
/// Value that lies in the weight file.
std::string stored_message(const Type& type, std::uint64_t place);
/// An entry of a map from texts to messages.
std::string entry_message(std::string_view key, const std::string& value);

}  // namespace lp::coreml::mil
