#include "train/checkpoint_state.h"

#include <c10/util/ConstexprCrc.h>
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/io/json_text.h"
#include "carousel/train/checkpoint.h"

namespace carousel {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int format_version = 2;
constexpr const char* state_name = "state.json";

std::string hash_of(std::string_view bytes) {
  return fmt::format("{:016x}", c10::util::crc64(bytes).checksum());
}

json fingerprint(std::string_view bytes) {
  return {{"bytes", bytes.size()}, {"crc64", hash_of(bytes)}};
}

std::string text_of(const json& state) {
  return state.dump(2) + "\n";
}

/// Over everything else in it.
std::string hash_of_state(json state) {
  state.erase("crc64");
  return hash_of(text_of(state));
}

Error damaged_checkpoint(const fs::path& file, const std::string& why) {
  return Error(
      fmt::format("checkpoint file {} is damaged: {}; put another checkpoint of the run, such as best, in "
                  "its place, or start a new run",
                  file.string(), why));
}

void require_format(const json& state, const fs::path& file) {
  const auto format = state.is_object() ? state.find("format") : state.end();
  if (format == state.end() || !format->is_number_integer())
    throw damaged_checkpoint(file, "it does not say its format");
  if (*format == format_version) return;
  throw Error(
      fmt::format("checkpoint {} has format {}, and this program reads format {}: use the program that "
                  "wrote it, or start the run anew",
                  file.parent_path().string(), format->dump(), format_version));
}

/// state.json itself. It must be the very bytes that were written: the hash alone would not see a digit that
/// changes no number.
json checked_state(const fs::path& file) try {
  const std::string text = read_file(file);
  json state = parse_json(text);
  if (state.is_discarded()) throw damaged_checkpoint(file, "it is not JSON");
  require_format(state, file);
  if (state.at("crc64") != hash_of_state(state) || text != text_of(state))
    throw damaged_checkpoint(file, "its content is not what was saved");
  return state;
} catch (const json::parse_error&) {  // which would quote bytes that are no text
  throw damaged_checkpoint(file, "it is not JSON");
} catch (const json::exception& error) {
  throw damaged_checkpoint(file, error.what());
}

void check_fingerprint(const fs::path& file, const json& saved) {
  const std::string bytes = read_file(file);
  if (fingerprint(bytes) == saved) return;
  throw damaged_checkpoint(file,
                           fmt::format("its {} bytes with the hash {} are not the {} bytes with the hash {} "
                                       "that were saved",
                                       bytes.size(), hash_of(bytes), saved.at("bytes").dump(),
                                       saved.at("crc64").get<std::string>()));
}

}  // namespace

void write_checkpoint_state(const fs::path& folder, json state) {
  state["format"] = format_version;
  for (const auto& entry : fs::directory_iterator(folder))
    state["files"][entry.path().filename().string()] = fingerprint(read_file(entry.path()));
  state["crc64"] = hash_of_state(state);
  write_file_atomically(folder / state_name, text_of(state));
}

std::int64_t count_in(const json& state, const char* key) {
  const json& value = state.at(key);
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0)
    throw json::other_error::create(501, fmt::format("{} is {}, no count", key, value.dump()), &state);
  return value;
}

json checked_checkpoint(const fs::path& folder) {
  json state = checked_state(folder / state_name);
  for (const auto& [name, saved] : state.at("files").items()) check_fingerprint(folder / name, saved);
  return state;
}

void check_file_of_checkpoint(const fs::path& file) {
  const fs::path state_file = file.parent_path() / state_name;
  if (!fs::exists(state_file)) return;
  const json state = checked_state(state_file);
  const auto saved = state.at("files").find(file.filename().string());
  if (saved != state.at("files").end()) check_fingerprint(file, *saved);
}

std::optional<std::int64_t> checkpoint_update(const fs::path& folder) try {
  if (!fs::exists(folder / state_name)) return {};
  return count_in(checked_checkpoint(folder), "update");
} catch (const Error&) {
  return {};
} catch (const json::exception&) {
  return {};
}

}  // namespace carousel
