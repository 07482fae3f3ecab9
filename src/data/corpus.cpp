#include "carousel/data/corpus.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"

namespace carousel {

namespace {

/// Calls `see` with every symbol of a text, in order.
template <class See>
void for_each_symbol(std::string_view text, Encoding encoding, std::string_view source, See see) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = encoding == Encoding::bytes ? 1 : utf8_length(text.substr(at));
    if (length == 0) {
      throw Error(fmt::format(
          "{} is not valid UTF-8 at byte offset {} (0x{:02x}); save it as UTF-8 or read it as bytes", source,
          at, static_cast<unsigned char>(text[at])));
    }
    see(text.substr(at, length));
    at += length;
  }
}

/// A number for each symbol, -1 at first. Those of one byte, most of most texts, need no hash.
class SymbolTable {
 public:
  SymbolTable() { of_byte_.fill(-1); }

  std::int32_t& operator[](std::string_view symbol) {
    if (symbol.size() == 1) return of_byte_[static_cast<unsigned char>(symbol.front())];
    return of_longer_.try_emplace(symbol, -1).first->second;
  }

 private:
  std::array<std::int32_t, 256> of_byte_;
  std::unordered_map<std::string_view, std::int32_t> of_longer_;
};

namespace fs = std::filesystem;

/// The files of a folder in the order of their paths, or the file itself.
std::vector<fs::path> files_of(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(path); entry != fs::recursive_directory_iterator();
       ++entry) {
    const bool hidden = entry->path().filename().string().starts_with('.');
    if (hidden && entry->is_directory()) entry.disable_recursion_pending();
    if (!hidden && entry->is_regular_file()) files.push_back(entry->path());
  }
  if (files.empty()) throw Error(fmt::format("the folder '{}' has no file to read", path.string()));
  std::ranges::sort(files);
  return files;
}

struct NamedText {
  std::string name, text;
};

/// Read as bytes a file may hold any of them.
std::vector<NamedText> read_symbols(const fs::path& path, Encoding encoding) {
  std::vector<NamedText> texts;
  for (const auto& file : files_of(path))
    texts.push_back({source_name(file), encoding == Encoding::bytes ? read_data(file) : read_text(file)});
  return texts;
}

/// The symbols of all texts, in code point order.
Alphabet alphabet_of_all(const std::vector<NamedText>& texts, Encoding encoding) {
  if (texts.size() == 1) return alphabet_of(texts.front().text, encoding, texts.front().name);
  Alphabet all;
  for (const auto& [name, text] : texts) {
    const auto own = alphabet_of(text, encoding, name);
    Alphabet joined;
    std::ranges::set_union(all, own, std::back_inserter(joined));
    all = std::move(joined);
  }
  return all;
}

Corpus encode_all(const std::vector<NamedText>& texts, Alphabet alphabet, Encoding encoding) {
  Corpus corpus{std::move(alphabet), {}, {}};
  for (const auto& [name, text] : texts) {
    if (text.empty()) continue;
    auto tokens = encode(text, corpus.alphabet, encoding, name);
    if (corpus.tokens.empty()) {
      corpus.tokens = std::move(tokens);
    } else {
      corpus.begins.push_back(corpus.tokens.size());
      corpus.tokens.insert(corpus.tokens.end(), tokens.begin(), tokens.end());
    }
  }
  return corpus;
}

}  // namespace

std::vector<std::string_view> split_symbols(std::string_view text, Encoding encoding,
                                            std::string_view source) {
  std::vector<std::string_view> symbols;
  symbols.reserve(text.size());
  for_each_symbol(text, encoding, source, [&](std::string_view symbol) { symbols.push_back(symbol); });
  return symbols;
}

Alphabet alphabet_of(std::string_view text, Encoding encoding, std::string_view source) {
  SymbolTable seen;
  Alphabet alphabet;
  for_each_symbol(text, encoding, source, [&](std::string_view symbol) {
    if (std::exchange(seen[symbol], 0) < 0) alphabet.emplace_back(symbol);
  });
  std::sort(alphabet.begin(), alphabet.end());  // the byte order of UTF-8 is the order of code points
  return alphabet;
}

std::vector<std::int32_t> encode(std::string_view text, const Alphabet& alphabet, Encoding encoding,
                                 std::string_view source) {
  SymbolTable token_of;
  std::int32_t count = 0;
  for (const auto& symbol : alphabet) token_of[symbol] = count++;
  std::vector<std::int32_t> tokens;
  tokens.reserve(text.size());
  for_each_symbol(text, encoding, source, [&](std::string_view symbol) {
    tokens.push_back(token_of[symbol]);
    if (tokens.back() >= 0) return;
    const auto line = std::count(text.data(), symbol.data(), '\n') + 1;
    throw line_error(
        static_cast<std::size_t>(line), source,
        fmt::format("has the symbol {}, which is not among the {} of the alphabet; remove it or use the "
                    "text the alphabet was made from",
                    shown(symbol), alphabet.size()));
  });
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

Corpus read_corpus(const fs::path& path, Encoding encoding) {
  const auto texts = read_symbols(path, encoding);
  return encode_all(texts, alphabet_of_all(texts, encoding), encoding);
}

Corpus read_corpus(const fs::path& path, Encoding encoding, Alphabet alphabet) {
  return encode_all(read_symbols(path, encoding), std::move(alphabet), encoding);
}

std::vector<std::size_t> places_within(std::span<const std::size_t> places, std::size_t first,
                                       std::size_t end) {
  std::vector<std::size_t> within;
  for (const auto place : places) {
    if (place > first && place < end) within.push_back(place - first);
  }
  return within;
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
