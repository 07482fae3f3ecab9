// The reader of torch.save files on any bytes: it refuses them with an Error, or every tensor lies within its
// storage and every state dict is the same after it was written and read again. Blind changes of a zip
// archive break its checksums, so most mutations are made to one entry, and the archive is put together anew around it.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "carousel/error.h"
#include "carousel/io/torch_file.h"

#include "fuzz/views.h"
#include "io/torch_writer.h"
#include "io/zip_archive.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using namespace carousel;

void check(const TorchFile& file, const std::string& key) {
  std::vector<StridedView> views;
  try {
    views = file.tensors(key);
  } catch (const Error&) {  // two dicts may have one path, and expanded tensors may be too large
    return;
  }
  for (const auto& view : views) {
    if (view.bytes() > std::uint64_t{1} << 16) return;
  }
  fuzz::require_sound(views);
  std::vector<std::string> data;
  const auto tensors = fuzz::row_major(views, data);
  const TorchFile again(torch_file_bytes(tensors), "written");
  fuzz::require_same(tensors, again.tensors());
}

/// The archive with one of its entries mutated.
std::string with_changed_entry(std::string_view file, std::minstd_rand& random, std::size_t most) {
  const ZipArchive archive(std::as_bytes(std::span(file)));
  std::vector<std::pair<std::string, std::string>> contents;
  for (const auto& [name, size] : archive.entries()) contents.emplace_back(name, archive.read(name));
  if (contents.empty()) return std::string(file);
  const auto is_pickle = [](const auto& entry) { return entry.first.ends_with("data.pkl"); };
  const auto pickle = std::ranges::find_if(contents, is_pickle);
  const bool anywhere = pickle == contents.end() || random() % 4 == 0;
  auto& changed = (anywhere ? contents[random() % contents.size()] : *pickle).second;
  const std::size_t size = changed.size(), room = std::max(size, std::min<std::size_t>(most / 2, size + 64));
  changed.resize(std::max<std::size_t>(room, 1));
  changed.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(changed.data()), size, changed.size()));
  std::vector<ZipEntry> entries;
  for (const auto& [name, content] : contents) entries.push_back({name, std::as_bytes(std::span(content))});
  return zip_stored(entries);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  std::minstd_rand random(seed);
  if (random() % 8 != 0) {
    try {
      const auto made = with_changed_entry({reinterpret_cast<const char*>(data), size}, random, most);
      if (made.size() <= most) {
        std::ranges::copy(made, data);
        return made.size();
      }
    } catch (const Error&) {  // no archive: change its bytes
    }
  }
  return LLVMFuzzerMutate(data, size, most);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::optional<TorchFile> file;
  try {
    file.emplace(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  } catch (const Error&) {
    return 0;
  }
  for (const auto& key : file->state_dicts()) check(*file, key);
  return 0;
}
