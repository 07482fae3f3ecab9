// Turns an errno into the sentence and class of exception that io functions throw.
#pragma once

#include <filesystem>
#include <string_view>

namespace carousel {

/// Throws "cannot <action> <path>: <reason>; <what to do>". `code` is an errno value; those that mean the
/// path itself is wrong become Error, all others SystemError.
[[noreturn]] void throw_failure(int code, std::string_view action, const std::filesystem::path& path);

}  // namespace carousel
