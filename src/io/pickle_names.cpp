#include "io/pickle_names.h"

#include <algorithm>
#include <array>

namespace carousel {
namespace {

using enum PickleFunction;

constexpr PickleName functions[] = {
    {"collections OrderedDict", ordered_dict},
    {"torch._utils _rebuild_tensor_v2", rebuild_tensor},
    {"torch._utils _rebuild_tensor_v3", rebuild_untyped_tensor},
    {"torch._utils _rebuild_parameter", rebuild_parameter},
    {"torch._utils _rebuild_parameter_with_state", rebuild_parameter},
    {"torch.jit._pickle restore_type_tag", first_argument},
    {"torch.storage UntypedStorage", storage_type, DType::U8},
    {"torch Size", opaque},
    {"torch device", opaque},
    {"_codecs encode", opaque},
    {"__builtin__ set", opaque},
    {"builtins set", opaque},
    {"__builtin__ frozenset", opaque},
    {"builtins frozenset", opaque},
    {"__builtin__ bytearray", opaque},
    {"builtins bytearray", opaque},
    {"__builtin__ complex", opaque},
    {"builtins complex", opaque},
};

/// A type under torch's names. A storage class belongs to the types that torch has had from its beginnings.
struct TorchType {
  DType dtype;
  std::string_view name;
  std::string_view storage;
};

constexpr TorchType torch_types[] = {
    {DType::F64, "float64", "DoubleStorage"},
    {DType::F32, "float32", "FloatStorage"},
    {DType::F16, "float16", "HalfStorage"},
    {DType::BF16, "bfloat16", "BFloat16Storage"},
    {DType::I64, "int64", "LongStorage"},
    {DType::I32, "int32", "IntStorage"},
    {DType::I16, "int16", "ShortStorage"},
    {DType::I8, "int8", "CharStorage"},
    {DType::U8, "uint8", "ByteStorage"},
    {DType::BOOL, "bool", "BoolStorage"},
    {DType::C64, "complex64", "ComplexFloatStorage"},
    {DType::U16, "uint16", ""},
    {DType::U32, "uint32", ""},
    {DType::U64, "uint64", ""},
    {DType::F8_E4M3, "float8_e4m3fn", ""},
    {DType::F8_E5M2, "float8_e5m2", ""},
    {DType::F8_E4M3FNUZ, "float8_e4m3fnuz", ""},
    {DType::F8_E5M2FNUZ, "float8_e5m2fnuz", ""},
    {DType::F8_E8M0, "float8_e8m0fnu", ""},
};

/// The names of module torch that the types bring.
const auto& type_names() {
  static const auto names = [] {
    std::vector<PickleName> made;
    for (const auto& type : torch_types) {
      made.push_back({type.name, PickleFunction::dtype, type.dtype});
      if (!type.storage.empty()) made.push_back({type.storage, storage_type, type.dtype});
    }
    return made;
  }();
  return names;
}

const TorchType* find_type(DType dtype) {
  const auto found = std::ranges::find(torch_types, dtype, &TorchType::dtype);
  return found == std::end(torch_types) ? nullptr : found;
}

struct Opcode {
  unsigned char code;
  std::string_view name;
};

/// Those that the reader does not know; the others it names itself.
constexpr Opcode refused[] = {
    {'0', "POP"},          {'1', "POP_MARK"},
    {'2', "DUP"},          {'F', "FLOAT"},
    {'I', "INT"},          {'L', "LONG"},
    {'P', "PERSID"},       {'S', "STRING"},
    {'V', "UNICODE"},      {'d', "DICT"},
    {'g', "GET"},          {'i', "INST"},
    {'l', "LIST"},         {'o', "OBJ"},
    {'p', "PUT"},          {0x81, "NEWOBJ"},
    {0x82, "EXT1"},        {0x83, "EXT2"},
    {0x84, "EXT4"},        {0x92, "NEWOBJ_EX"},
    {0x97, "NEXT_BUFFER"}, {0x98, "READONLY_BUFFER"},
};

}  // namespace

const PickleName* find_pickle_name(std::string_view module, std::string_view name) {
  for (const auto& function : functions) {
    if (function.name.size() == module.size() + 1 + name.size() && function.name.starts_with(module) &&
        function.name[module.size()] == ' ' && function.name.ends_with(name)) {
      return &function;
    }
  }
  if (module != "torch") return nullptr;
  const auto found = std::ranges::find(type_names(), name, &PickleName::name);
  return found == type_names().end() ? nullptr : &*found;
}

std::string_view storage_class(DType dtype) {
  const auto* type = find_type(dtype);
  return type ? type->storage : "";
}

std::string_view torch_dtype_name(DType dtype) {
  const auto* type = find_type(dtype);
  return type ? type->name : "";
}

std::string_view opcode_name(unsigned char opcode) {
  const auto found = std::ranges::find(refused, opcode, &Opcode::code);
  return found == std::end(refused) ? "" : found->name;
}

}  // namespace carousel
