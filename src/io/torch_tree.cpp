#include "io/torch_tree.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

#include "io/in_quotes.h"

namespace carousel {
namespace {

constexpr std::size_t longest_path = 1000;
constexpr std::size_t most_listed = 12;

const PickleDict& dict_of(const Pickle& pickle, PickleRef dict) {
  return pickle.dicts[pickle.at(dict).index];
}

bool has_text_keys(const Pickle& pickle, PickleRef dict) {
  return std::ranges::all_of(dict_of(pickle, dict), [&](const auto& item) {
    return pickle.at(item.first).kind == PickleKind::text;
  });
}

std::string listed(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const auto& path : paths) {
    if (names.size() == most_listed) {
      names.push_back(fmt::format("and {} more", paths.size() - most_listed));
      break;
    }
    names.push_back(in_quotes(path));
  }
  return join(names);
}

/// The tensors lie in a dict of their own, and what else was saved beside it.
constexpr std::string_view advice =
    "in Python, torch.save(model.state_dict(), path) writes a state dict alone";

PickleRef only_state_dict(const Pickle& pickle, const std::vector<PickleEntry>& dicts,
                          std::string_view source) {
  const auto paths = state_dict_paths(pickle, dicts);
  if (paths.size() == 1) return std::ranges::find(dicts, paths.front(), &PickleEntry::path)->dict;
  if (!paths.empty()) {
    throw Error(fmt::format("'{}' holds several state dicts ({}): choose one by its key; or, {}", source,
                            listed(paths), advice));
  }
  const auto& root = pickle.at(pickle.root);
  const std::string reason = root.kind == PickleKind::dict ? why_no_state_dict(pickle, pickle.root)
                                                           : fmt::format("it holds {}", kind_name(root.kind));
  throw Error(fmt::format("'{}' holds no state dict, a dict whose values are all tensors ({}); {}", source,
                          reason, advice));
}

}  // namespace

std::vector<PickleEntry> reachable_dicts(const Pickle& pickle) {
  std::vector<PickleEntry> found;
  std::vector<bool> seen(pickle.dicts.size());
  const auto visit = [&](std::string path, PickleRef ref) {
    const auto& value = pickle.at(ref);
    if (value.kind != PickleKind::dict || seen[value.index]) return;
    seen[value.index] = true;
    if (has_text_keys(pickle, ref)) found.push_back({std::move(path), ref});
  };
  visit("", pickle.root);
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const auto& [key, value] : dict_of(pickle, found[i].dict)) {
      const auto name = pickle.texts[pickle.at(key).index];
      const auto& path = found[i].path;
      if (path.size() + name.size() >= longest_path) continue;
      visit(i == 0 ? std::string(name) : fmt::format("{}.{}", path, name), value);
    }
  }
  return found;
}

std::string why_no_state_dict(const Pickle& pickle, PickleRef dict) {
  for (const auto& [key, value] : dict_of(pickle, dict)) {
    if (pickle.at(key).kind != PickleKind::text)
      return fmt::format("{} is one of its keys", kind_name(pickle.at(key).kind));
    if (pickle.at(value).kind == PickleKind::tensor) continue;
    return fmt::format("its entry {} is {}", in_quotes(pickle.texts[pickle.at(key).index]),
                       kind_name(pickle.at(value).kind));
  }
  return "";
}

std::vector<std::string> state_dict_paths(const Pickle& pickle, const std::vector<PickleEntry>& dicts) {
  std::vector<std::string> paths;
  for (const auto& [path, dict] : dicts) {
    const bool counts = dict == pickle.root || !dict_of(pickle, dict).empty();
    if (counts && why_no_state_dict(pickle, dict).empty()) paths.push_back(path);
  }
  return paths;
}

PickleRef choose_state_dict(const Pickle& pickle, const std::string& path, std::string_view source) {
  const auto dicts = reachable_dicts(pickle);
  if (path.empty()) return only_state_dict(pickle, dicts, source);
  const auto is_meant = [&](const PickleEntry& entry) { return entry.path == path; };
  const auto found = std::ranges::find_if(dicts, is_meant);
  if (found == dicts.end()) {
    throw Error(fmt::format("'{}' holds no dict under the key {} (its state dicts: {})", source,
                            in_quotes(path), listed(state_dict_paths(pickle, dicts))));
  }
  if (std::find_if(std::next(found), dicts.end(), is_meant) != dicts.end()) {
    throw Error(
        fmt::format("'{}' holds several dicts under the key {}; {}", source, in_quotes(path), advice));
  }
  const std::string reason = why_no_state_dict(pickle, found->dict);
  if (reason.empty()) return found->dict;
  throw Error(fmt::format("{} in '{}' is no state dict: {} (state dicts: {})", in_quotes(path), source,
                          reason, listed(state_dict_paths(pickle, dicts))));
}

}  // namespace carousel
