// The files of Python's torch.save, read without Python and without running what they hold.
//
// Since torch 1.6 such a file is a zip archive of uncompressed entries: FOLDER/data.pkl, a pickle of what was
// saved, and FOLDER/data/0, 1, ..., the bytes of the storages that its tensors are windows into. A pickle is
// a program that may call any Python function. This reader knows only what makes tensors, dicts and plain
// values, and calls nothing.
//
// A file is hostile until it is checked: reading takes time and memory in proportion to the file, whatever it
// claims. Refused are, with the reason, compressed or damaged entries, tensors that reach beyond their
// storage, objects of other classes (with the name), big-endian files, TorchScript archives, and what torch
// wrote before 1.6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carousel/io/tensor_view.h"

namespace carousel {

/// A tensor as torch stores it: element (i, j, ...) lies at offset + i * strides[0] + j * strides[1] + ... of
/// a storage that other tensors may share. Nothing of it lies outside. The storage's bytes may lie at any address.
struct StridedView {
  std::string name;
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  ///< in elements; 0 repeats
  std::int64_t offset = 0;            ///< in elements
  std::span<const std::byte> storage;

  /// Bytes of its elements, one after the other.
  std::uint64_t bytes() const;

  /// Writes the elements row-major to `to`, which has bytes() bytes.
  void copy_to(std::span<std::byte> to) const;
};

/// A torch.save file in memory. Copies share the bytes.
class TorchFile {
 public:
  /// Reads and checks all of it. Throws Error that names `source`, the reason and what to do.
  TorchFile(std::string_view bytes, std::string_view source);

  /// Keys of the state dicts inside: dicts with text keys and nothing but tensors as values, reached from the
  /// top through dicts with text keys. "" is what was saved itself, "model" its entry, "checkpoint.model" an
  /// entry of that. Empty dicts are left out, and so are the inner dicts of an optimiser's state, whose keys
  /// are numbers.
  const std::vector<std::string>& state_dicts() const;

  /// The tensors of the state dict under `key`, in the order in which they were saved. With an empty key the
  /// only state dict there is. Throws Error that lists the keys when there are several, none, or none of that
  /// name, and when the tensors' elements need more than 16 MiB and 16 times the file together (a tensor of
  /// stride 0 can claim any size).
  std::vector<StridedView> tensors(const std::string& key = "") const&;
  std::vector<StridedView> tensors(const std::string& key = "") const&& = delete;  // they point into this

 private:
  struct Contents;
  std::shared_ptr<const Contents> contents_;
};

/// Whether the bytes begin as a file of torch.save does, now or before torch 1.6, or as another pickle; false
/// for safetensors.
bool is_torch_file(std::string_view bytes);

/// Throws as read_file and TorchFile do.
TorchFile read_torch_file(const std::filesystem::path& path);

/// Writes a state dict, an OrderedDict of tensors in this order, that Python's torch.load reads with its
/// defaults (weights_only=True) and with mmap=True. Written atomically (see write_file_atomically); the same
/// tensors in the same order give the same bytes. Each tensor gets a storage of its own. Throws Error for a
/// name that comes twice or is not UTF-8, a type that torch lacks, and data whose size is not what shape and type need.
void write_torch_file(const std::filesystem::path& path, std::span<const TensorView> tensors);

}  // namespace carousel
