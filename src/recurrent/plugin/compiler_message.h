// One sentence for a user out of what a compiler prints about a cell's file. This header needs no tensor.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace carousel {

/// What is wrong with the cell in the file `cell`, from the whole output of g++ or clang that refused it:
///
///   janet.h:12: sin is not among a step's functions. ...
///
/// The text is the first error's: of a static_assert its sentence, with the numbers that were compared or what cannot be evaluated, else the compiler's
/// own text, where the type on which a step is checked is called V. The line is the one in the cell's file that the error
/// names, or from which the code that it names was asked for; where neither is printed the sentence stands after the file
/// alone. An output without an error is given back as its last line.
std::string compiler_message(std::string_view output, const std::filesystem::path& cell);

}  // namespace carousel
