// State dicts among what a torch.save file holds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/pickle.h"

namespace carousel {

/// A dict that is reached from the root through dicts with text keys; the path joins the keys with dots.
struct PickleEntry {
  std::string path;
  PickleRef dict = 0;
  bool is_state_dict = false;  ///< its values are all tensors, and there is one or it is the root
};

/// Every path to such a dict, the root's first; what lies in a dict that has several is listed under the
/// first alone. Paths of more than 1,000 characters are left out, and all beyond the first 10,000.
std::vector<PickleEntry> reachable_dicts(const Pickle& pickle);

/// What makes a dict no state dict ("its entry "epoch" is a number"); empty when it is one. An empty dict is one.
std::string why_no_state_dict(const Pickle& pickle, PickleRef dict);

/// The paths of those that are state dicts.
std::vector<std::string> state_dict_paths(const std::vector<PickleEntry>& dicts);

/// The state dict under that path; for an empty path the only one. Throws Error, one sentence with the source.
PickleRef choose_state_dict(const Pickle& pickle, const std::string& path, std::string_view source);

}  // namespace carousel
