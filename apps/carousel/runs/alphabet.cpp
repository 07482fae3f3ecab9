// What a run keeps of its data: alphabet.json, the symbols of its tokens, and schema.json.
#include <optional>
#include <set>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/io/json_text.h"

#include "runs/run_record.h"

namespace carousel::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

fs::path alphabet_path(const RunFolder& run) {
  return run.path() / "alphabet.json";
}

/// Symbols that are lone bytes, as of a text read by bytes, are no UTF-8 and so no JSON: they become numbers.
json symbol_json(const std::string& symbol) {
  if (utf8_length(symbol) == symbol.size()) return symbol;
  return static_cast<unsigned char>(symbol.front());
}

/// Nothing for what is neither a text nor a byte.
std::optional<std::string> symbol_from(const json& symbol) {
  if (symbol.is_string() && !symbol.get_ref<const std::string&>().empty()) return symbol.get<std::string>();
  const auto byte = symbol.is_number_integer() ? symbol.get<std::int64_t>() : -1;
  if (byte < 0 || byte > 255) return {};
  return std::string(1, static_cast<char>(byte));
}

/// Empty for what is no list of different symbols.
std::vector<std::string> symbols_from(const json& list) {
  std::vector<std::string> symbols;
  std::set<std::string> different;
  if (!list.is_array()) return {};
  for (const json& entry : list) {
    const auto symbol = symbol_from(entry);
    if (!symbol || !different.insert(*symbol).second) return {};
    symbols.push_back(*symbol);
  }
  return symbols;
}

Error no_alphabet(const fs::path& path) {
  return Error(
      fmt::format("'{}' is no list of symbols: it must be JSON such as [\"a\", \"b\"], in the order of "
                  "the tokens",
                  path.string()));
}

}  // namespace

std::vector<std::string> read_alphabet_file(const fs::path& path) {
  auto symbols = symbols_from(parse_json(read_file(path)));
  if (symbols.empty()) throw no_alphabet(path);
  return symbols;
}

std::vector<std::string> read_alphabet(const RunFolder& run) {
  if (!fs::exists(alphabet_path(run))) return {};
  auto symbols = symbols_from(parse_json(read_file(alphabet_path(run))));
  if (symbols.empty()) {
    throw Error(
        fmt::format("'{}' is damaged (it is no list of different symbols): restore it or start a new run",
                    alphabet_path(run).string()));
  }
  return symbols;
}

TaskMemory read_memory(const RunFolder& run) {
  const fs::path schema = run.path() / "schema.json";
  return {.alphabet = read_alphabet(run), .schema = fs::exists(schema) ? read_file(schema) : std::string()};
}

std::string alphabet_text(const std::vector<std::string>& alphabet) {
  json list = json::array();
  for (const std::string& symbol : alphabet) list.push_back(symbol_json(symbol));
  return json_text(list);
}

}  // namespace carousel::cli
