#include "io/torch_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/io/torch_file.h"

#include "io/in_quotes.h"
#include "io/pickle_names.h"
#include "io/tensor_bytes.h"
#include "io/utf8.h"
#include "io/zip_archive.h"

namespace carousel {
namespace {

/// Writes opcodes one after the other. Nothing is remembered: a state dict is small against its tensors.
class PickleWriter {
 public:
  std::string take() { return std::move(bytes_); }

  void code(std::string_view opcodes) { bytes_ += opcodes; }

  void text(std::string_view text) {
    code("X");
    little_endian(text.size(), 4);
    bytes_ += text;
  }

  void global(std::string_view module, std::string_view name) {
    bytes_ += fmt::format("c{}\n{}\n", module, name);
  }

  void integer(std::int64_t number) {
    if (number >= 0 && number < 256) {
      code("K");
      little_endian(static_cast<std::uint64_t>(number), 1);
    } else {
      code("\x8a\x08");
      little_endian(static_cast<std::uint64_t>(number), 8);
    }
  }

  void tuple(const std::vector<std::int64_t>& numbers) {
    code("(");
    for (const auto number : numbers) integer(number);
    code("t");
  }

  void empty_ordered_dict() {
    global("collections", "OrderedDict");
    code(")R");
  }

 private:
  void little_endian(std::uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) bytes_ += static_cast<char>(number >> (8 * i) & 0xff);
  }

  std::string bytes_;
};

/// Row-major strides in elements, as torch computes them.
std::vector<std::int64_t> strides_of(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * std::max<std::int64_t>(shape[i], 1);
  return strides;
}

/// ('storage', class, key, 'cpu', elements); types that came late to torch lie in a storage of bytes.
void write_storage(PickleWriter& pickle, const TensorView& tensor, std::size_t key) {
  const auto type = storage_class(tensor.dtype);
  const auto width = static_cast<std::size_t>(type.empty() ? 1 : dtype_bits(tensor.dtype) / 8);
  pickle.code("(");
  pickle.text("storage");
  if (type.empty()) {
    pickle.global("torch.storage", "UntypedStorage");
  } else {
    pickle.global("torch", type);
  }
  pickle.text(std::to_string(key));
  pickle.text("cpu");
  pickle.integer(static_cast<std::int64_t>(tensor.data.size() / width));
  pickle.code("tQ");
}

void write_tensor(PickleWriter& pickle, const TensorView& tensor, std::size_t key) {
  const bool typed = !storage_class(tensor.dtype).empty();
  pickle.global("torch._utils", typed ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3");
  pickle.code("(");
  write_storage(pickle, tensor, key);
  pickle.integer(0);
  pickle.tuple(tensor.shape);
  pickle.tuple(strides_of(tensor.shape));
  pickle.code("\x89");  // requires no gradient
  pickle.empty_ordered_dict();
  if (!typed) pickle.global("torch", torch_dtype_name(tensor.dtype));
  pickle.code("tR");
}

void check(std::span<const TensorView> tensors) {
  std::vector<std::string_view> names;
  for (const auto& tensor : tensors) {
    if (torch_dtype_name(tensor.dtype).empty()) {
      throw Error(fmt::format("tensor {} has type {}, which torch lacks", in_quotes(tensor.name),
                              dtype_name(tensor.dtype)));
    }
    const auto needed = bytes_needed(tensor.name, tensor.dtype, tensor.shape);
    if (needed != tensor.data.size()) {
      throw Error(fmt::format("tensor {} needs {} bytes and has {}", in_quotes(tensor.name), needed,
                              tensor.data.size()));
    }
    if (!is_utf8(tensor.name)) throw Error(fmt::format("{} is not UTF-8", in_quotes(tensor.name)));
    names.push_back(tensor.name);
  }
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end()) throw Error(fmt::format("{} comes twice", in_quotes(*twice)));
}

}  // namespace

std::string pickle_state_dict(std::span<const TensorView> tensors) {
  PickleWriter pickle;
  pickle.code("\x80\x02");  // protocol 2
  pickle.empty_ordered_dict();
  pickle.code("(");
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    pickle.text(tensors[i].name);
    write_tensor(pickle, tensors[i], i);
  }
  pickle.code("u.");
  return pickle.take();
}

std::string torch_file_bytes(std::span<const TensorView> tensors) {
  check(tensors);
  const std::string pickle = pickle_state_dict(tensors);
  const auto bytes = [](std::string_view text) { return std::as_bytes(std::span(text)); };
  std::vector<ZipEntry> entries{{"archive/data.pkl", bytes(pickle)}, {"archive/byteorder", bytes("little")}};
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    entries.push_back({fmt::format("archive/data/{}", i), tensors[i].data});
  }
  entries.push_back({"archive/version", bytes("3\n")});
  return zip_stored(entries);
}

void write_torch_file(const std::filesystem::path& path, std::span<const TensorView> tensors) {
  std::string file;
  try {
    file = torch_file_bytes(tensors);
  } catch (const Error& reason) {
    throw Error(
        fmt::format("cannot write '{}': {}; rename, reshape or convert it", path.string(), reason.what()));
  }
  write_file_atomically(path, file);
}

}  // namespace carousel
