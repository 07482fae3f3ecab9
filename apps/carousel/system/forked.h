// A piece of our own work in a process of its own, which may take memory or die without harm.
#pragma once

#include <functional>
#include <string>

namespace carousel::cli {

/// What `work` returns, made in a copy of this process that ends with it; "" where that died, or could not be made.
/// Call it before there are other threads.
std::string said_by_fork(const std::function<std::string()>& work);

}  // namespace carousel::cli
