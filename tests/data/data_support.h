// What the data tests share: a folder of their own, the sentence of an error, and real data or a stand-in for it.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/error.h"

namespace carousel::test {

/// A folder that lives as long as the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "carousel-data-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// What the Error that a call throws says, after a check that it is one short line.
template <class Call> std::string message_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_LT(message.size(), 400u) << message;
    return message;
  }
  return "(no error was thrown)";
}

/// A file that must be refused, and what its error must name.
struct Refused {
  std::string content;
  std::vector<std::string> named;
};

/// Checks that reading each content from a file throws an Error that names the file and what the case asks for.
template <class Read> void expect_refused(const std::vector<Refused>& cases, Read&& read) {
  const TemporaryFolder folder;
  for (const auto& [content, named] : cases) {
    const auto path = folder.write("wrong", content);
    const auto message = message_of([&] { read(path); });
    EXPECT_THAT(message, testing::HasSubstr("'" + path.string() + "'")) << content;
    for (const auto& part : named) EXPECT_THAT(message, testing::HasSubstr(part)) << content;
  }
}

/// A file of the real data sets, from CAROUSEL_SHARED_DATA or beside the source folder. Says so when it is absent.
inline std::optional<std::filesystem::path> shared_data(const std::string& relative) {
  const char* variable = std::getenv("CAROUSEL_SHARED_DATA");
  std::filesystem::path folder = std::filesystem::path(CAROUSEL_SOURCE_DIR) / "../shared/data";
  if (variable != nullptr && *variable != 0) folder = variable;
  if (std::filesystem::exists(folder / relative)) return folder / relative;
  std::cout << "[  ABSENT  ] " << relative
            << " (set CAROUSEL_SHARED_DATA); generated data stands in for it\n";
  return std::nullopt;
}

}  // namespace carousel::test
