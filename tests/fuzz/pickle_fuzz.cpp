// The pickle reader on any bytes: it refuses them with an Error, or every reference it gives leads somewhere,
// every tensor lies within its storage, and every state dict is the same after it was written and read again.
// The storages are made up, as large as the pickle says, so no zip archive stands between the fuzzer and the machine.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "carousel/error.h"

#include "fuzz/views.h"
#include "io/pickle.h"
#include "io/torch_tree.h"
#include "io/torch_writer.h"

namespace {

using namespace carousel;

constexpr std::uint64_t most_bytes = 4096;  ///< of made-up storages, and of a tensor

void require_indices(const Pickle& pickle) {
  const auto known = [&](PickleRef ref) { return ref < pickle.values.size(); };
  REQUIRE(known(pickle.root));
  for (const auto item : pickle.items) REQUIRE(known(item));
  for (const auto& dict : pickle.dicts) {
    for (const auto& [key, value] : dict) REQUIRE(known(key) && known(value));
  }
  for (const auto& value : pickle.values) {
    REQUIRE(value.kind != PickleKind::tuple || value.index + value.count <= pickle.items.size());
    REQUIRE(value.kind != PickleKind::text || value.index < pickle.texts.size());
    REQUIRE(value.kind != PickleKind::dict || value.index < pickle.dicts.size());
    REQUIRE(value.kind != PickleKind::tensor || value.index < pickle.tensors.size());
    REQUIRE(value.kind != PickleKind::storage || value.index < pickle.storages.size());
  }
}

std::vector<std::string> made_up(const std::vector<PickleStorage>& storages) {
  std::vector<std::string> made;
  for (const auto& storage : storages) {
    auto& bytes = made.emplace_back(storage.bytes, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i + made.size());
  }
  return made;
}

std::vector<StridedView> views_of(const Pickle& pickle, PickleRef dict,
                                  const std::vector<std::string>& storages) {
  std::vector<StridedView> views;
  for (const auto& [key, value] : pickle.dicts[pickle.at(dict).index]) {
    const auto& tensor = pickle.tensors[pickle.at(value).index];
    StridedView view{.name = std::string(pickle.texts[pickle.at(key).index]),
                     .dtype = tensor.dtype,
                     .shape = pickle.integers(tensor.sizes),
                     .strides = pickle.integers(tensor.strides),
                     .offset = tensor.offset,
                     .storage = std::as_bytes(std::span(storages[tensor.storage]))};
    if (view.bytes() <= most_bytes) views.push_back(std::move(view));
  }
  return views;
}

void check(const Pickle& pickle) {
  require_indices(pickle);
  std::uint64_t bytes = 0;
  for (const auto& storage : pickle.storages) {
    if (storage.bytes > most_bytes) return;
    bytes += storage.bytes;
  }
  if (bytes > most_bytes) return;
  const auto storages = made_up(pickle.storages);
  for (const auto& entry : reachable_dicts(pickle)) {
    REQUIRE(!entry.is_state_dict || why_no_state_dict(pickle, entry.dict).empty());
    if (!entry.is_state_dict) continue;
    const auto views = views_of(pickle, entry.dict, storages);
    fuzz::require_sound(views);
    std::vector<std::string> data;
    const auto tensors = fuzz::row_major(views, data);
    const std::string written = pickle_state_dict(tensors);
    const Pickle again = read_pickle(written);
    fuzz::require_same(tensors, views_of(again, choose_state_dict(again, "", "fuzz"), data));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Pickle pickle;
  try {
    pickle = read_pickle({reinterpret_cast<const char*>(data), size});
  } catch (const Error&) {
    return 0;
  }
  check(pickle);
  return 0;
}
