// Texts as tokens of a fixed vocabulary: what a model that reads texts of a table learns from, and keeps.
//
//   characters   a token is a code point of UTF-8, as it stands
//   words        a token is a run of letters and digits, A to Z made small, and of everything beyond ASCII, as it
//                stands; spaces, punctuation and control characters of ASCII, the no-break space and the General
//                Punctuation of Unicode (U+2000 to U+206F: dashes, quotes, an ellipsis) divide and are dropped:
//                "Don't stop—café 24" is don, t, stop, café, 24
#pragma once

#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace carousel {

enum class TextUnit { characters, words };
/// "characters", "words".
const std::vector<std::string>& text_unit_names();
/// Throws Error with the nearest of them for another name.
TextUnit parse_text_unit(const std::string& name);

/// The tokens of a text, in order. Throws Error with the byte offset where it is not UTF-8.
std::vector<std::string> tokens_of(std::string_view text, TextUnit unit);

struct VocabularyOptions {
  TextUnit unit = TextUnit::words;
  std::int64_t largest = 10'000;  ///< at most so many tokens besides the unknown one: the commonest
  std::int64_t min_count = 1;     ///< of those that come at least so often in all texts together
};

class Vocabulary {
 public:
  /// The place of every token that is not in the vocabulary.
  static constexpr std::int32_t unknown = 0;

  /// From the texts that a model learns from: the commonest first, at place 1; of equally common ones that which
  /// comes first. Throws Error for numbers below 1, where no token is left, and as tokens_of.
  static Vocabulary build(std::span<const std::string_view> texts, const VocabularyOptions& options);

  /// The places of a text's first tokens, at most `longest`; all for 0. Empty for a text without a token.
  /// Throws Error as tokens_of.
  std::vector<std::int32_t> encode(std::string_view text, std::int64_t longest = 0) const;

  /// Of places, the unknown one among them.
  std::int64_t size() const { return std::ssize(tokens_) + 1; }
  TextUnit unit() const { return unit_; }
  /// From place 1 on.
  const std::vector<std::string>& tokens() const { return tokens_; }

  /// {"unit": "words", "tokens": ["the", "of"]}
  nlohmann::json to_json() const;
  /// Throws Error for what to_json does not write: another unit, tokens that repeat or are none.
  static Vocabulary from_json(const nlohmann::json& json);

  bool operator==(const Vocabulary& other) const { return unit_ == other.unit_ && tokens_ == other.tokens_; }

 private:
  Vocabulary(TextUnit unit, std::vector<std::string> tokens);

  TextUnit unit_;
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, std::int32_t> places_;
};

}  // namespace carousel
