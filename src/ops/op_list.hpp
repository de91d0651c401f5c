#pragma once

namespace lp {

/// The ops of one family, written out at the end of its header; ops/catalog.cpp joins the families.
template <class... Ops>
struct OpList {};

}  // namespace lp
