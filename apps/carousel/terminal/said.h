// A failure of which nothing is left to say.
#pragma once

namespace carousel::cli {

/// Thrown where another process says the sentence: the program ends with the code alone.
struct Said {
  int code = 1;
};

}  // namespace carousel::cli
