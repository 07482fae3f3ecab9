#include "carousel/data/piano_roll.h"

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"

namespace carousel {
namespace {

constexpr std::string_view silence = "-";

void add_step(PianoRoll& piece, const std::vector<std::string_view>& words, std::size_t line,
              std::string_view source) {
  const auto step = piece.keys.size();
  piece.keys.resize(step + piano_keys);
  ++piece.length;
  if (words.size() == 1 && words[0] == silence) return;
  for (const auto word : words) {
    const auto key = parse_number<int>(word);
    if (!key || *key < 0 || *key >= piano_keys) {
      throw line_error(
          line, source,
          fmt::format("has {} where a key from 0 to {} is expected, or '-' alone for silence; correct it",
                      shown(word), piano_keys - 1));
    }
    auto& sounds = piece.keys[step + static_cast<std::size_t>(*key)];
    if (sounds != 0) throw line_error(line, source, fmt::format("has the key {} twice; give it once", *key));
    sounds = 1;
  }
}

}  // namespace

std::vector<PianoRoll> parse_piano_rolls(std::string_view text, std::string_view source) {
  std::vector<PianoRoll> pieces;
  bool in_piece = false;
  std::size_t number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    const auto words = split_words(line);
    if (!words.empty()) {
      if (!in_piece) pieces.emplace_back();
      add_step(pieces.back(), words, number, source);
    }
    in_piece = !words.empty();
  }
  if (pieces.empty())
    throw Error(fmt::format("{} holds no piece; give a file with a line of keys a step", source));
  return pieces;
}

std::vector<PianoRoll> read_piano_rolls(const std::filesystem::path& path) {
  return parse_piano_rolls(read_text(path), source_name(path));
}

}  // namespace carousel
