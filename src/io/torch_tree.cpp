#include "io/torch_tree.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

#include "io/in_quotes.h"

namespace carousel {
namespace {

constexpr std::size_t longest_path = 1000;
constexpr std::size_t most_paths = 10'000;
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
constexpr std::string_view how_to_name_it =
    "in Python, torch.save(model.state_dict(), path) writes a state dict alone";

PickleRef only_state_dict(const Pickle& pickle, const std::vector<PickleEntry>& dicts,
                          std::string_view source) {
  const auto first = std::ranges::find(dicts, true, &PickleEntry::is_state_dict);
  if (first != dicts.end()) {
    const bool alone = std::all_of(first, dicts.end(),
                                   [&](const auto& e) { return !e.is_state_dict || e.dict == first->dict; });
    if (alone) return first->dict;
    throw Error(fmt::format("'{}' holds several state dicts ({}): choose one by its key; or, {}", source,
                            listed(state_dict_paths(dicts)), how_to_name_it));
  }
  const auto& root = pickle.at(pickle.root);
  const std::string reason = root.kind == PickleKind::dict ? why_no_state_dict(pickle, pickle.root)
                                                           : fmt::format("it holds {}", kind_name(root.kind));
  throw Error(fmt::format("'{}' holds no state dict, a dict whose values are all tensors ({}); {}", source,
                          reason, how_to_name_it));
}

}  // namespace

std::vector<PickleEntry> reachable_dicts(const Pickle& pickle) {
  enum class Verdict : std::uint8_t { open, other, has_texts, state_dict };
  std::vector<Verdict> verdicts(pickle.dicts.size());
  const auto judge = [&](PickleRef dict) {
    if (!has_text_keys(pickle, dict)) return Verdict::other;
    const bool counts = dict == pickle.root || !dict_of(pickle, dict).empty();
    return counts && why_no_state_dict(pickle, dict).empty() ? Verdict::state_dict : Verdict::has_texts;
  };
  std::vector<PickleEntry> found;
  std::vector<std::size_t> to_visit;  // the first path to each
  const auto reach = [&](std::string path, PickleRef ref) {
    if (pickle.at(ref).kind != PickleKind::dict || found.size() == most_paths) return;
    auto& verdict = verdicts[pickle.at(ref).index];
    const bool is_new = verdict == Verdict::open;
    if (is_new) verdict = judge(ref);
    if (verdict == Verdict::other) return;
    if (is_new) to_visit.push_back(found.size());
    found.push_back({std::move(path), ref, verdict == Verdict::state_dict});
  };
  reach("", pickle.root);
  for (std::size_t i = 0; i < to_visit.size(); ++i) {
    const PickleEntry parent = found[to_visit[i]];
    for (const auto& [key, value] : dict_of(pickle, parent.dict)) {
      const auto name = pickle.texts[pickle.at(key).index];
      if (parent.path.size() + name.size() >= longest_path) continue;
      reach(i == 0 ? std::string(name) : fmt::format("{}.{}", parent.path, name), value);
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

std::vector<std::string> state_dict_paths(const std::vector<PickleEntry>& dicts) {
  std::vector<std::string> paths;
  for (const auto& entry : dicts) {
    if (entry.is_state_dict) paths.push_back(entry.path);
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
                            in_quotes(path), listed(state_dict_paths(dicts))));
  }
  if (std::find_if(std::next(found), dicts.end(), is_meant) != dicts.end()) {
    throw Error(fmt::format("'{}' holds several dicts under the key {}; {}", source, in_quotes(path),
                            how_to_name_it));
  }
  const std::string reason = why_no_state_dict(pickle, found->dict);
  if (reason.empty()) return found->dict;
  throw Error(fmt::format("{} in '{}' is no state dict: {} (state dicts: {})", in_quotes(path), source,
                          reason, listed(state_dict_paths(dicts))));
}

}  // namespace carousel
