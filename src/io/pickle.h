// The pickle of a torch.save file, read without being run.
//
// A pickle is a program for a stack machine that may call any Python function. This reader knows the opcodes
// that make containers, numbers and texts, and a short list of names that may stand where a function does:
// those that torch.save writes for tensors, dicts and plain values. Nothing is ever called: each of these
// names is a case of a switch that notes what the call would have made. Every other opcode and name is refused.
//
// Values refer to each other by index, so sharing costs nothing, cycles are harmless and nothing is freed by recursion.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "carousel/io/tensor_view.h"

namespace carousel {

using PickleRef = std::uint32_t;  ///< an index into Pickle::values

enum class PickleKind : std::uint8_t {
  none,
  boolean,
  integer,
  text,
  tuple,
  dict,
  storage,
  tensor,
  function,
  other
};

/// "a tuple", "a tensor"; lists, floats and all that is never looked into are "another value".
std::string_view kind_name(PickleKind kind);

/// What a name in the pickle would have made.
enum class PickleFunction : std::uint8_t {
  ordered_dict,
  rebuild_tensor,          // torch._utils._rebuild_tensor_v2: typed storage
  rebuild_untyped_tensor,  // _v3: storage of bytes, and a dtype
  rebuild_parameter,
  first_argument,  // returns what it is given
  storage_type,
  dtype,
  opaque,  // a plain value that is never looked into: torch.Size, set, ...
};

struct PickleValue {
  PickleKind kind = PickleKind::none;
  PickleFunction function = PickleFunction::opaque;
  DType dtype = DType::U8;  ///< of a storage, a dtype or a storage type
  std::uint32_t index = 0;  ///< into texts, dicts, storages or tensors; the first item of a tuple
  std::uint32_t count = 0;  ///< items of a tuple
  std::int64_t number = 0;  ///< of an integer
};

/// A block of bytes that lies beside the pickle under this key.
struct PickleStorage {
  std::string_view key;  ///< digits
  std::uint64_t bytes = 0;
};

/// Addresses nothing outside its storage. Offset, sizes and strides count elements.
struct PickleTensor {
  DType dtype = DType::F32;
  std::uint32_t storage = 0;
  std::int64_t offset = 0;
  PickleRef sizes = 0, strides = 0;  ///< tuples of integers
};

/// Keys and values; no text twice among the keys.
using PickleDict = std::vector<std::pair<PickleRef, PickleRef>>;

struct Pickle {
  std::vector<PickleValue> values;
  std::vector<PickleRef> items;  ///< of all tuples
  std::vector<PickleDict> dicts;
  std::vector<std::string_view> texts;  ///< each once, UTF-8, within the bytes that were read
  std::vector<PickleStorage> storages;  ///< each key once
  std::vector<PickleTensor> tensors;
  PickleRef root = 0;

  const PickleValue& at(PickleRef ref) const { return values[ref]; }

  /// The integers of a tuple that is known to hold nothing else.
  std::vector<std::int64_t> integers(PickleRef tuple) const;
};

/// Reads a pickle of protocol 2 to 5. Takes time and memory in proportion to the bytes. Throws Error with the
/// bare reason: an unknown opcode, a name that is not on the list, a tensor that reaches beyond its storage,
/// more than 4 million values, a tensor of more than 32 dimensions, a key twice.
Pickle read_pickle(std::string_view bytes);

}  // namespace carousel
