// Music as piano rolls in text: which of the 88 piano keys sound at each step.
//
//   39 51 58 67     a line a step: the keys that sound, 0 (A0, MIDI note 21) to 87 (C8, MIDI note 108)
//   -               a silent step
//                   an empty line between pieces
// The format is Carousel's own; data/README.md tells how it is made from the published piano rolls.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace carousel {

inline constexpr int piano_keys = 88;

/// One piece of music.
struct PianoRoll {
  int length = 0;                  // steps T
  std::vector<std::uint8_t> keys;  // [T, piano_keys], time-major, 1 where a key sounds
};

/// The pieces of a text, in order; several empty lines count as one. Throws Error with the line if a key is
/// not a number from 0 to 87, is given twice or stands beside "-", and Error if there is no piece.
std::vector<PianoRoll> parse_piano_rolls(std::string_view text, std::string_view source);

/// The pieces of a file. Throws as read_text and parse_piano_rolls.
std::vector<PianoRoll> read_piano_rolls(const std::filesystem::path& path);

}  // namespace carousel
