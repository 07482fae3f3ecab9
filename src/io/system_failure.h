// The sentences and classes of exception that io functions throw, from an errno among others.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace carousel {

/// Throws "cannot <action> <path>: <reason>; <what to do>". `code` is an errno value; those that mean the
/// path itself is wrong become Error, all others SystemError.
[[noreturn]] void throw_failure(int code, std::string_view action, const std::filesystem::path& path);

/// Throws the Error for what has no size of its own, such as a pipe, and goes on after so many bytes.
[[noreturn]] void throw_endless(const std::filesystem::path& path, std::uint64_t bytes);

}  // namespace carousel
