// Text as a sequence of numbers: the data of a language model over characters or bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carousel {

/// What one symbol of a text is: a byte, or a code point of UTF-8.
enum class Encoding { bytes, characters };

/// The symbols of a text or name list, in order; a symbol's token is its place. Under `bytes` a symbol is one
/// byte and need not be valid UTF-8.
using Alphabet = std::vector<std::string>;

/// A text as tokens: text = alphabet[tokens[0]] + alphabet[tokens[1]] + ...
struct Corpus {
  Alphabet alphabet;                 // in code point order
  std::vector<std::int32_t> tokens;  // each in [0, alphabet.size())
  std::vector<std::size_t> begins;   // places at which a file of a folder begins behind another, rising
};

/// The text cut into symbols, as views into it. Under `characters` invalid UTF-8 throws Error with the byte
/// offset. `source` is how messages name the text.
std::vector<std::string_view> split_symbols(std::string_view text, Encoding encoding,
                                            std::string_view source = "the text");

/// Each symbol that occurs in the text, once, in code point order. Throws as split_symbols.
Alphabet alphabet_of(std::string_view text, Encoding encoding, std::string_view source = "the text");

/// The text as tokens of an alphabet. Throws Error with the line if a symbol is not in it, and as split_symbols.
std::vector<std::int32_t> encode(std::string_view text, const Alphabet& alphabet, Encoding encoding,
                                 std::string_view source = "the text");

/// The text that tokens stand for. Throws Error if a token is not in [0, alphabet.size()).
std::string decode(std::span<const std::int32_t> tokens, const Alphabet& alphabet);

/// A text file under the alphabet of its own symbols; under `bytes` any file, as it is. Of a folder all files in it and in
/// its folders, in the order of their paths, but those that are hidden. Throws as read_text (or read_data) and encode, and
/// Error for a folder without a file.
Corpus read_corpus(const std::filesystem::path& path, Encoding encoding);

/// The same under a given alphabet: to evaluate a model that was trained on another text.
Corpus read_corpus(const std::filesystem::path& path, Encoding encoding, Alphabet alphabet);

/// The share of a text that each part gets, in this order; they sum to 1.
struct SplitFractions {
  double train = 0.9;
  double valid = 0.1;
  double test = 0.0;
};

struct TokenSplit {
  std::vector<std::int32_t> train, valid, test;
};

/// Of rising places those in [first, end), counted from `first`, which is none itself.
std::vector<std::size_t> places_within(std::span<const std::size_t> places, std::size_t first,
                                       std::size_t end);

/// The text cut in three, in order: train gets floor(n train) of n tokens, train and valid floor(n (train +
/// valid)). Throws Error if a fraction is negative, they do not sum to 1, or a part with a share would be empty.
TokenSplit split_tokens(std::span<const std::int32_t> tokens, const SplitFractions& fractions = {});

}  // namespace carousel
