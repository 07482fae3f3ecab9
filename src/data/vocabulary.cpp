#include "carousel/data/vocabulary.h"

#include <algorithm>
#include <functional>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/data/corpus.h"
#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"

namespace carousel {
namespace {

/// U+00A0 and U+2000 to U+206F, in UTF-8.
bool divides_beyond_ascii(std::string_view symbol) {
  if (symbol == "\xC2\xA0") return true;
  const bool block = symbol.size() == 3 && (symbol.starts_with("\xE2\x80") || symbol.starts_with("\xE2\x81"));
  return block && (symbol[1] == '\x80' || static_cast<unsigned char>(symbol[2]) <= 0xAF);
}

/// What a symbol adds to a word: itself, or its small letter; nothing where it divides words.
std::string_view in_word(std::string_view symbol) {
  static constexpr std::string_view small = "abcdefghijklmnopqrstuvwxyz";
  const char c = symbol.front();
  if (symbol.size() > 1) return divides_beyond_ascii(symbol) ? "" : symbol;
  if (c >= 'A' && c <= 'Z') return small.substr(static_cast<std::size_t>(c - 'A'), 1);
  const bool stays = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  return stays ? symbol : "";
}

const char* plural_of(TextUnit unit) {
  return text_unit_names().at(static_cast<std::size_t>(unit)).c_str();
}

struct Counted {
  std::string_view token;
  std::int64_t count;
};

void check_options(const VocabularyOptions& options) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max() - 1;
  if (options.largest < 1 || options.largest > most) {
    throw Error(fmt::format("a vocabulary of {} {} was asked for, but it has 1 to {}", options.largest,
                            plural_of(options.unit), most));
  }
  if (options.min_count < 1) {
    throw Error(fmt::format("{} that come {} times were asked for, but the count must be 1 or more",
                            plural_of(options.unit), options.min_count));
  }
}

}  // namespace

const std::vector<std::string>& text_unit_names() {
  static const std::vector<std::string> names{"characters", "words"};
  return names;
}

TextUnit parse_text_unit(const std::string& name) {
  const auto found = std::ranges::find(text_unit_names(), name);
  if (found == text_unit_names().end()) throw Error(did_you_mean("unit of texts", name, text_unit_names()));
  return static_cast<TextUnit>(found - text_unit_names().begin());
}

std::vector<std::string> tokens_of(std::string_view text, TextUnit unit) {
  const auto symbols = split_symbols(text, Encoding::characters);
  if (unit == TextUnit::characters) return {symbols.begin(), symbols.end()};
  std::vector<std::string> words;
  bool inside = false;
  for (const auto symbol : symbols) {
    const auto part = in_word(symbol);
    if (!part.empty() && !inside) words.emplace_back();
    if (!part.empty()) words.back() += part;
    inside = !part.empty();
  }
  return words;
}

Vocabulary::Vocabulary(TextUnit unit, std::vector<std::string> tokens)
    : unit_(unit), tokens_(std::move(tokens)) {
  std::int32_t place = unknown;
  for (const auto& token : tokens_) {
    const bool first = places_.try_emplace(token, ++place).second;
    if (!first) throw Error(fmt::format("a vocabulary has {} twice", shown(token)));
  }
}

Vocabulary Vocabulary::build(std::span<const std::string_view> texts, const VocabularyOptions& options) {
  check_options(options);
  std::unordered_map<std::string, std::size_t> places;
  std::vector<Counted> counts;  // in the order of appearance
  for (const auto text : texts) {
    for (auto& token : tokens_of(text, options.unit)) {
      const auto [place, first] = places.try_emplace(std::move(token), counts.size());
      if (first) counts.push_back({place->first, 0});
      ++counts[place->second].count;
    }
  }
  if (counts.empty()) {
    throw Error(fmt::format("the {} texts to learn from hold no {}; name another column", texts.size(),
                            plural_of(options.unit)));
  }
  std::ranges::stable_sort(counts, std::ranges::greater{}, &Counted::count);
  if (counts.front().count < options.min_count) {
    throw Error(fmt::format(
        "none of the {} {} in the texts to learn from comes {} times; the commonest, {}, comes {} times: "
        "ask for fewer",
        counts.size(), plural_of(options.unit), options.min_count, shown(counts.front().token),
        counts.front().count));
  }
  std::vector<std::string> tokens;
  for (const auto& [token, count] : counts) {
    if (count < options.min_count || std::ssize(tokens) == options.largest) break;
    tokens.emplace_back(token);
  }
  return {options.unit, std::move(tokens)};
}

std::vector<std::int32_t> Vocabulary::encode(std::string_view text, std::int64_t longest) const {
  auto tokens = tokens_of(text, unit_);
  if (longest > 0 && std::ssize(tokens) > longest) tokens.resize(static_cast<std::size_t>(longest));
  std::vector<std::int32_t> places;
  places.reserve(tokens.size());
  for (const auto& token : tokens) {
    const auto found = places_.find(token);
    places.push_back(found == places_.end() ? unknown : found->second);
  }
  return places;
}

nlohmann::json Vocabulary::to_json() const {
  return {{"unit", plural_of(unit_)}, {"tokens", tokens_}};
}

Vocabulary Vocabulary::from_json(const nlohmann::json& json) try {
  const auto unit = parse_text_unit(json.at("unit").get<std::string>());
  auto tokens = json.at("tokens").get<std::vector<std::string>>();
  if (tokens.empty()) throw Error("a vocabulary has no tokens");
  for (const auto& token : tokens) {
    const auto parts = tokens_of(token, unit);
    const bool is_token = parts.size() == 1 && parts.front() == token;
    if (!is_token)
      throw Error(fmt::format("a vocabulary of {} has {}, which is none", plural_of(unit), shown(token)));
  }
  return {unit, std::move(tokens)};
} catch (const nlohmann::json::exception& error) {
  throw Error(fmt::format("a vocabulary cannot be read ({})", error.what()));
}

}  // namespace carousel
