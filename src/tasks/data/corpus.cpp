#include "carousel/tasks/data/corpus.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/tasks/data/file.h"
#include "carousel/tasks/data/text.h"

namespace carousel {

std::vector<std::string_view> split_symbols(std::string_view text, Encoding encoding,
                                            std::string_view source) {
  std::vector<std::string_view> symbols;
  symbols.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); at += symbols.back().size()) {
    const auto length = encoding == Encoding::bytes ? 1 : utf8_length(text.substr(at));
    if (length == 0) {
      throw Error(fmt::format(
          "{} is not valid UTF-8 at byte offset {} (0x{:02x}); save it as UTF-8 or read it as bytes", source,
          at, static_cast<unsigned char>(text[at])));
    }
    symbols.push_back(text.substr(at, length));
  }
  return symbols;
}

Alphabet alphabet_of(std::string_view text, Encoding encoding, std::string_view source) {
  const auto symbols = split_symbols(text, encoding, source);
  const std::unordered_set<std::string_view> distinct(symbols.begin(), symbols.end());
  Alphabet alphabet(distinct.begin(), distinct.end());
  std::sort(alphabet.begin(), alphabet.end());  // the byte order of UTF-8 is the order of code points
  return alphabet;
}

std::vector<std::int32_t> encode(std::string_view text, const Alphabet& alphabet, Encoding encoding,
                                 std::string_view source) {
  std::unordered_map<std::string_view, std::int32_t> token_of;
  for (const auto& symbol : alphabet) token_of.emplace(symbol, static_cast<std::int32_t>(token_of.size()));
  std::vector<std::int32_t> tokens;
  tokens.reserve(text.size());
  for (const auto symbol : split_symbols(text, encoding, source)) {
    const auto found = token_of.find(symbol);
    if (found == token_of.end()) {
      const auto line = std::count(text.data(), symbol.data(), '\n') + 1;
      throw line_error(
          static_cast<std::size_t>(line), source,
          fmt::format("has the symbol {}, which is not among the {} of the alphabet; remove it or use the "
                      "text the alphabet was made from",
                      shown(symbol), alphabet.size()));
    }
    tokens.push_back(found->second);
  }
  return tokens;
}

std::string decode(std::span<const std::int32_t> tokens, const Alphabet& alphabet) {
  std::string text;
  for (const auto token : tokens) {
    if (token < 0 || static_cast<std::size_t>(token) >= alphabet.size()) {
      throw Error(
          fmt::format("token {} is outside the alphabet of {} symbols; use the alphabet it was encoded with",
                      token, alphabet.size()));
    }
    text += alphabet[static_cast<std::size_t>(token)];
  }
  return text;
}

Corpus read_corpus(const std::filesystem::path& path, Encoding encoding) {
  const auto text = read_text(path);
  auto alphabet = alphabet_of(text, encoding, source_name(path));
  auto tokens = encode(text, alphabet, encoding, source_name(path));
  return {std::move(alphabet), std::move(tokens)};
}

Corpus read_corpus(const std::filesystem::path& path, Encoding encoding, Alphabet alphabet) {
  auto tokens = encode(read_text(path), alphabet, encoding, source_name(path));
  return {std::move(alphabet), std::move(tokens)};
}

TokenSplit split_tokens(std::span<const std::int32_t> tokens, const SplitFractions& fractions) {
  const auto [train, valid, test] = fractions;
  const bool all_positive = train >= 0 && valid >= 0 && test >= 0;  // false for a NaN too
  if (!all_positive || std::abs(train + valid + test - 1) > 1e-6) {
    throw Error(
        fmt::format("the fractions {}, {}, {} must not be negative and must sum to 1", train, valid, test));
  }
  const auto n = static_cast<double>(tokens.size());
  const auto place = [&](double fraction) {  // 1e-6 forgives 0.29 * 100 = 28.999999999999996
    return std::min(tokens.size(), static_cast<std::size_t>(n * fraction + 1e-6));
  };
  const auto first = place(train), second = test > 0 ? place(train + valid) : tokens.size();
  if ((train > 0 && first == 0) || (valid > 0 && second == first) || (test > 0 && second == tokens.size())) {
    throw Error(fmt::format(
        "{} tokens are too few for the fractions {}, {}, {}; give a longer text or set a part to 0",
        tokens.size(), train, valid, test));
  }
  const auto cut = [&](std::size_t begin, std::size_t end) {
    const auto part = tokens.subspan(begin, end - begin);
    return std::vector<std::int32_t>(part.begin(), part.end());
  };
  return {cut(0, first), cut(first, second), cut(second, tokens.size())};
}

}  // namespace carousel
