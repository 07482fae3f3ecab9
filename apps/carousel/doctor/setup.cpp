#include <unistd.h>

#include <cstdlib>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/fused/simd_level.h"
#include "carousel/torch_build.h"
#include "carousel/version.h"

#include "doctor/findings.h"
#include "terminal/console.h"

namespace carousel::cli {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Finding programs() {
#ifdef __clang__
  const char* compiler = "clang " __clang_version__;
#else
  const char* compiler = "g++ " __VERSION__;
#endif
  return {"program", Health::sound,
          fmt::format("carousel {}, LibTorch {}, {}, built by {}", CAROUSEL_VERSION, torch_version,
                      torch_blas, compiler)};
}

Finding instructions() try {
  const auto name = [](fused::SimdLevel level) {
    return fused::simd_level_names[static_cast<std::size_t>(level)];
  };
  const auto used = fused::simd_level(), widest = fused::widest_simd_level();
  if (used == widest) return {"vectors", Health::sound, fmt::format("{}, the widest here", name(used))};
  return {
      "vectors", Health::note,
      fmt::format("{} by CAROUSEL_SIMD, though there is {}; unset it for speed", name(used), name(widest))};
} catch (const Error& error) {
  return {"vectors", Health::wrong, error.what()};
}

Finding threads() {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const std::string set = variable("OMP_NUM_THREADS");
  return {"threads", Health::sound,
          fmt::format("{} cores{}", cores, set.empty() ? "" : ", OMP_NUM_THREADS is " + set)};
}

/// The nearest folder there is, at or above where runs go.
fs::path existing(fs::path path) {
  std::error_code ignored;
  path = fs::absolute(path, ignored);
  while (!fs::exists(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path;
}

Finding disk(const fs::path& runs) {
  const fs::path folder = existing(runs);
  std::error_code failed;
  const fs::space_info space = fs::space(folder, failed);
  if (failed)
    return {"disk", Health::wrong,
            fmt::format("'{}' cannot be looked at: {}", folder.string(), failed.message())};
  const double gigabytes = static_cast<double>(space.available) / 1e9;
  const std::string text = fmt::format("{:.1f} GB free in '{}'", gigabytes, folder.string());
  if (::access(folder.c_str(), W_OK) != 0) {
    return {"disk", Health::wrong,
            fmt::format("'{}' may not be written to: change its permissions, or give another --runs-dir",
                        folder.string())};
  }
  if (gigabytes >= 0.2) return {"disk", Health::sound, text};
  return {"disk", Health::wrong, text + ": free some space, or give another --runs-dir"};
}

Finding locale() {
  if (locale_is_utf8()) return {"locale", Health::sound, "UTF-8"};
  return {"locale", Health::note,
          "not UTF-8: curves are drawn in plain characters; set LC_ALL to one such as C.UTF-8"};
}

Finding terminal() {
  const Console console;
  if (!console.live())
    return {"terminal", Health::note, "stderr is no terminal: progress is told in plain lines"};
  const PlotStyle style = console.style();
  return {"terminal", Health::sound,
          fmt::format("{} x {} characters, {} colours", style.width, style.height,
                      style.colours ? "with" : "no")};
}

}  // namespace

Findings look_at_setup(const fs::path& runs) {
  return {programs(), instructions(), threads(), disk(runs), locale(), terminal()};
}

}  // namespace carousel::cli
