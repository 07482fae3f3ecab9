#include "carousel/io/torch_file.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"

#include "io/in_quotes.h"
#include "io/pickle.h"
#include "io/torch_tree.h"
#include "io/zip_archive.h"

namespace carousel {
namespace {

constexpr std::string_view pickle_name = "data.pkl";
constexpr std::uint64_t allowance = std::uint64_t{16} << 20;
constexpr std::uint64_t most_growth = 16;

bool is_zip(std::string_view bytes) {
  return bytes.starts_with("PK\3\4");
}

/// A pickle begins with its protocol. A header of safetensors that begins so is a short one, and the upper
/// half of its length is zero.
bool is_pickle(std::string_view bytes) {
  return bytes.size() > 1 && bytes[0] == '\x80' && bytes[1] >= 1 && bytes[1] <= 5 &&
         bytes.substr(0, 8).substr(std::min<std::size_t>(bytes.size(), 4)) != std::string_view("\0\0\0\0", 4);
}

void check_beginning(std::string_view bytes) {
  if (is_zip(bytes)) return;
  if (is_pickle(bytes)) throw Error("it is a bare pickle, as torch.save wrote them before 1.6");
  throw Error(bytes.empty() ? "it is empty" : "it is no zip archive");
}

/// The folder in the archive that holds all of it, with its slash.
std::string folder_of(const ZipArchive& archive) {
  for (const auto& [name, size] : archive.entries()) {
    const auto slash = name.find('/');
    if (slash == std::string::npos || name.substr(slash + 1) != pickle_name) continue;
    const std::string folder = name.substr(0, slash + 1);
    for (const auto& [other, bytes] : archive.entries()) {
      if (!other.starts_with(folder)) {
        throw Error(
            fmt::format("its entry {} lies outside the folder {}", in_quotes(other), in_quotes(folder)));
      }
    }
    return folder;
  }
  throw Error("it is a zip archive without a data.pkl, not one of torch.save");
}

void check_kind(const ZipArchive& archive, const std::string& folder) {
  if (archive.has(folder + "constants.pkl"))
    throw Error(
        "it is a TorchScript archive, as torch.jit.save and torch::save of C++ write them, in which a module "
        "is "
        "a program; in Python torch.save(torch.jit.load(file).state_dict(), path) takes the weights out of "
        "it");
  if (archive.has(folder + "byteorder") && archive.read(folder + "byteorder") != "little") {
    throw Error("its numbers are big-endian");
  }
}

}  // namespace

struct TorchFile::Contents {
  Contents(std::string_view bytes, std::string_view from) : source(from), file_bytes(bytes.size()) {
    check_beginning(bytes);
    const ZipArchive archive(std::as_bytes(std::span(bytes)));
    const std::string folder = folder_of(archive);
    check_kind(archive, folder);
    program = archive.read(folder + std::string(pickle_name));
    pickle = read_pickle(program);
    for (const auto& storage : pickle.storages) {
      storages.push_back(archive.read(fmt::format("{}data/{}", folder, storage.key)));
      if (storages.back().size() == storage.bytes) continue;
      throw Error(fmt::format("storage {} should have {} bytes and has {}", storage.key, storage.bytes,
                              storages.back().size()));
    }
    paths = state_dict_paths(reachable_dicts(pickle));
  }

  StridedView view(std::string_view name, const PickleTensor& tensor) const {
    return {.name = std::string(name),
            .dtype = tensor.dtype,
            .shape = pickle.integers(tensor.sizes),
            .strides = pickle.integers(tensor.strides),
            .offset = tensor.offset,
            .storage = std::as_bytes(std::span(storages[tensor.storage]))};
  }

  std::string source;
  std::uint64_t file_bytes;
  std::string program;  ///< what the pickle's texts point into
  Pickle pickle;
  std::vector<std::string> storages;
  std::vector<std::string> paths;
};

TorchFile::TorchFile(std::string_view bytes, std::string_view source) {
  try {
    contents_ = std::make_shared<const Contents>(bytes, source);
  } catch (const Error& reason) {
    throw Error(
        fmt::format("'{}' cannot be read as a file of torch.save: {}; save the weights alone with "
                    "torch.save(model.state_dict(), path) in Python, or fetch another copy",
                    source, reason.what()));
  }
}

const std::vector<std::string>& TorchFile::state_dicts() const {
  return contents_->paths;
}

std::vector<StridedView> TorchFile::tensors(const std::string& key) const& {
  const auto& pickle = contents_->pickle;
  const PickleRef dict = choose_state_dict(pickle, key, contents_->source);
  std::vector<StridedView> views;
  std::uint64_t left = allowance + most_growth * contents_->file_bytes;
  for (const auto& [name, value] : pickle.dicts[pickle.at(dict).index]) {
    const auto& view = views.emplace_back(
        contents_->view(pickle.texts[pickle.at(name).index], pickle.tensors[pickle.at(value).index]));
    if (view.bytes() > left) {
      throw Error(fmt::format(
          "'{}' has {} bytes, but its tensors up to {} would need more than 16 times that and 16 MiB, "
          "because they repeat elements: save them with .contiguous() in Python",
          contents_->source, contents_->file_bytes, in_quotes(view.name)));
    }
    left -= view.bytes();
  }
  return views;
}

bool is_torch_file(std::string_view bytes) {
  return is_zip(bytes) || is_pickle(bytes);
}

TorchFile read_torch_file(const std::filesystem::path& path) {
  return {read_file(path), path.string()};
}

}  // namespace carousel
