// What a Carousel function throws when it cannot do what it was asked.
//
// Every message is one sentence that names the wrong value and what to do about it; the command line prints
// it as it is and turns the class into the exit code. Programming errors inside torch stay c10::Error.
#pragma once

#include <stdexcept>
#include <string>

namespace carousel {

/// Something that was given is wrong: an option, a file's contents, a shape. Exit code 2.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The system refused: a full disk, a folder without write permission. Exit code 1.
class SystemError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Training produced a loss or gradient that is not finite. Exit code 3.
class NonFiniteError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace carousel
