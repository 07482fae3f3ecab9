// What a refusal says.
#pragma once

#include <string>

#include "carousel/error.h"

namespace carousel::testing {

/// The sentence of the Error that a call throws; empty when it throws none.
template <class Call> std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace carousel::testing
