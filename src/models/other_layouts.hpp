#pragma once
#include "formats/checkpoint.hpp"

namespace lp {

/// Gives the tensors of a model that is published in several layouts, but in another one than its family is
/// written for, the names of that one. Others stay as they are.
/// @throws Error{bad_model} for a name that the layout does not have, or where what must stand beside the
/// file is not there.
void rename_other_layouts(Checkpoint& checkpoint);

}  // namespace lp
