// The values of a pickle while it is read, and what the names on the list make of their arguments.
#pragma once

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "io/pickle.h"

namespace carousel {

/// Makes the values of a Pickle. Throws Error with the bare reason.
class PickleMachine {
 public:
  const Pickle& pickle() const { return pickle_; }
  Pickle take(PickleRef root);

  PickleRef add(PickleValue value);
  PickleRef add(PickleKind kind) { return add(PickleValue{.kind = kind}); }
  PickleRef add_integer(std::int64_t number);
  PickleRef add_text(std::string_view text);
  PickleRef add_tuple(std::span<const PickleRef> items);
  PickleRef add_dict();
  PickleRef add_function(std::string_view module, std::string_view name);

  void set_item(PickleRef dict, PickleRef key, PickleRef value);

  /// REDUCE: what function(*arguments) makes.
  PickleRef call(PickleRef function, PickleRef arguments);
  /// BUILD: gives the target an attribute dict, which only an OrderedDict may have; it is left out.
  void build(PickleRef target) const;
  /// BINPERSID: ('storage', type, key, device, element count).
  PickleRef storage(PickleRef id);

 private:
  const PickleValue& at(PickleRef ref) const { return pickle_.values[ref]; }
  /// The item of a tuple, which must be of that kind; `what` and the tuple's owner are for the message.
  PickleRef item(PickleRef tuple, std::uint32_t i, PickleKind kind) const;
  PickleRef tensor(PickleRef arguments, bool typed);
  void check_reach(const PickleTensor& tensor) const;
  void check_keys() const;

  Pickle pickle_;
  std::map<std::string_view, std::uint32_t> text_indices_;
  std::map<std::uint32_t, std::uint32_t> storage_indices_;  ///< by the index of the key's text
};

}  // namespace carousel
