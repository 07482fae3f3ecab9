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
};

/// Each such dict once, the root first. Paths of more than 1,000 characters are left out.
std::vector<PickleEntry> reachable_dicts(const Pickle& pickle);

/// What makes a dict no state dict ("its entry "epoch" is a number"); empty when it is one. An empty dict is
/// one.
std::string why_no_state_dict(const Pickle& pickle, PickleRef dict);

/// Those of the dicts that are state dicts and not empty; an empty root counts too.
std::vector<std::string> state_dict_paths(const Pickle& pickle, const std::vector<PickleEntry>& dicts);

/// The state dict under that path; for an empty path the only one. Throws Error, one sentence with the
/// source.
PickleRef choose_state_dict(const Pickle& pickle, const std::string& path, std::string_view source);

}  // namespace carousel
