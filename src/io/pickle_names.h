// The names of functions and opcodes that a pickle may hold.
#pragma once

#include <optional>
#include <string_view>

#include "io/pickle.h"

namespace carousel {

struct PickleName {
  std::string_view name;  ///< "module name", as the pickle spells it
  PickleFunction function;
  DType dtype = DType::U8;
};

/// The entry of the list of what may stand in a pickle, or null.
const PickleName* find_pickle_name(std::string_view module, std::string_view name);

/// The name under which torch pickles the dtype's storage ("FloatStorage"), or "" when it has none of its own.
std::string_view storage_class(DType dtype);

/// torch's name of the dtype ("float32"), or "" when torch does not have it.
std::string_view torch_dtype_name(DType dtype);

/// An opcode's name in Python's pickletools, or "" when there is no such opcode.
std::string_view opcode_name(unsigned char opcode);

}  // namespace carousel
