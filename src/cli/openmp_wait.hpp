#pragma once

namespace lp::cli {

/// Lets threads of an OpenMP team spin for a short while only before they sleep, unless the environment says
/// otherwise. libgomp reads the environment in its constructor, before main, so on Linux this sets it and
/// starts the program anew, in the same process, with the same arguments; the second time it returns at once.
/// Elsewhere it does nothing.
void settle_openmp_wait(char** arguments);

}  // namespace lp::cli
