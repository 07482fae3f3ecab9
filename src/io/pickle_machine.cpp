#include "io/pickle_machine.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "carousel/error.h"

#include "io/in_quotes.h"
#include "io/pickle_names.h"
#include "io/utf8.h"

namespace carousel {
namespace {

constexpr std::size_t most_values = std::size_t{1} << 21;
constexpr std::uint32_t most_tensor_dimensions = 32;

std::uint32_t index_of_next(std::size_t size) {
  return static_cast<std::uint32_t>(size);
}

}  // namespace

Pickle PickleMachine::take(PickleRef root) {
  check_keys();
  pickle_.root = root;
  return std::move(pickle_);
}

PickleRef PickleMachine::add(PickleValue value) {
  if (pickle_.values.size() == most_values)
    throw Error(fmt::format("it holds more than {} values", most_values));
  pickle_.values.push_back(value);
  return index_of_next(pickle_.values.size() - 1);
}

PickleRef PickleMachine::add_integer(std::int64_t number) {
  return add({.kind = PickleKind::integer, .number = number});
}

PickleRef PickleMachine::add(PickleKind kind) {
  const auto found = alike_.find(kind);
  return found != alike_.end() ? found->second
                               : alike_.emplace(kind, add(PickleValue{.kind = kind})).first->second;
}

PickleRef PickleMachine::add_text(std::string_view text) {
  const auto found = texts_.find(text);
  if (found != texts_.end()) return found->second;
  if (!is_utf8(text)) throw Error(fmt::format("the text {} is not UTF-8", in_quotes(text)));
  const PickleRef made = add({.kind = PickleKind::text, .index = index_of_next(pickle_.texts.size())});
  pickle_.texts.push_back(text);
  texts_.emplace(text, made);
  return made;
}

PickleRef PickleMachine::add_tuple(std::span<const PickleRef> items) {
  const PickleValue tuple{.kind = PickleKind::tuple,
                          .index = index_of_next(pickle_.items.size()),
                          .count = static_cast<std::uint32_t>(items.size())};
  pickle_.items.insert(pickle_.items.end(), items.begin(), items.end());
  return add(tuple);
}

PickleRef PickleMachine::add_dict() {
  const PickleRef made = add({.kind = PickleKind::dict, .index = index_of_next(pickle_.dicts.size())});
  pickle_.dicts.emplace_back();
  return made;
}

PickleRef PickleMachine::add_function(std::string_view module, std::string_view name) {
  const auto* known = find_pickle_name(module, name);
  if (!known) {
    throw Error(fmt::format("it names {}, which is no part of a state dict and was not called",
                            in_quotes(fmt::format("{}.{}", module, name))));
  }
  return add({.kind = PickleKind::function, .function = known->function, .dtype = known->dtype});
}

void PickleMachine::set_item(PickleRef dict, PickleRef key, PickleRef value) {
  if (at(dict).kind != PickleKind::dict)
    throw Error(fmt::format("it sets an item of {}", kind_name(at(dict).kind)));
  pickle_.dicts[at(dict).index].emplace_back(key, value);
}

/// Where a key comes twice Python keeps the last and another reader may keep the first.
void PickleMachine::check_keys() const {
  std::vector<std::uint32_t> keys;
  for (const auto& dict : pickle_.dicts) {
    keys.clear();
    for (const auto& [key, value] : dict) {
      if (at(key).kind == PickleKind::text) keys.push_back(at(key).index);
    }
    std::ranges::sort(keys);
    const auto twice = std::ranges::adjacent_find(keys);
    if (twice != keys.end())
      throw Error(fmt::format("the key {} comes twice in a dict", in_quotes(pickle_.texts[*twice])));
  }
}

void PickleMachine::build(PickleRef target) const {
  if (at(target).kind == PickleKind::dict) return;
  throw Error(fmt::format("it sets attributes of {}, which only the dict of a state dict has",
                          kind_name(at(target).kind)));
}

PickleRef PickleMachine::item(PickleRef tuple, std::uint32_t i, PickleKind kind) const {
  if (at(tuple).kind != PickleKind::tuple || i >= at(tuple).count) {
    throw Error(fmt::format("{} is wanted as item {} of a tuple that has fewer", kind_name(kind), i));
  }
  const PickleRef found = pickle_.items[at(tuple).index + i];
  if (at(found).kind == kind) return found;
  throw Error(fmt::format("{} stands where {} is needed", kind_name(at(found).kind), kind_name(kind)));
}

PickleRef PickleMachine::call(PickleRef function, PickleRef arguments) {
  if (at(function).kind != PickleKind::function) {
    throw Error(fmt::format("it calls {}, which is no function", kind_name(at(function).kind)));
  }
  if (at(arguments).kind != PickleKind::tuple) {
    throw Error(fmt::format("it calls a function with {} for its arguments", kind_name(at(arguments).kind)));
  }
  switch (at(function).function) {
    case PickleFunction::ordered_dict:
      if (at(arguments).count != 0) throw Error("it makes an OrderedDict from arguments");
      return add_dict();
    case PickleFunction::rebuild_tensor:
      return tensor(arguments, true);
    case PickleFunction::rebuild_untyped_tensor:
      return tensor(arguments, false);
    case PickleFunction::rebuild_parameter:
      return item(arguments, 0, PickleKind::tensor);
    case PickleFunction::first_argument:
      if (at(arguments).count == 0) throw Error("it tags no value");
      return pickle_.items[at(arguments).index];
    case PickleFunction::opaque:
      return add(PickleKind::other);
    default:
      throw Error("it calls a type of torch, which is no function");
  }
}

PickleRef PickleMachine::storage(PickleRef id) {
  const auto kind = at(item(id, 0, PickleKind::text));
  const auto type = at(item(id, 1, PickleKind::function));
  const auto key = at(item(id, 2, PickleKind::text));
  const std::int64_t elements = at(item(id, 4, PickleKind::integer)).number;
  if (pickle_.texts[kind.index] != "storage" || type.function != PickleFunction::storage_type) {
    throw Error("it refers to something outside that is no storage");
  }
  const std::string_view name = pickle_.texts[key.index];
  if (name.empty() || name.size() > 20 || name.find_first_not_of("0123456789") != name.npos) {
    throw Error(fmt::format("{} is no storage's name: torch counts them", in_quotes(name)));
  }
  std::int64_t bytes = 0;
  if (elements < 0 || __builtin_mul_overflow(elements, dtype_bits(type.dtype) / 8, &bytes)) {
    throw Error(fmt::format("storage {} claims {} elements", name, elements));
  }
  const auto [known, is_new] = storage_indices_.emplace(key.index, index_of_next(pickle_.storages.size()));
  if (is_new) pickle_.storages.push_back({name, static_cast<std::uint64_t>(bytes)});
  if (pickle_.storages[known->second].bytes != static_cast<std::uint64_t>(bytes)) {
    throw Error(fmt::format("storage {} claims {} bytes in one place and {} in another", name,
                            pickle_.storages[known->second].bytes, bytes));
  }
  return add({.kind = PickleKind::storage, .dtype = type.dtype, .index = known->second});
}

/// (storage, offset, sizes, strides, requires_grad, hooks[, dtype][, metadata])
PickleRef PickleMachine::tensor(PickleRef arguments, bool typed) {
  const auto& store = at(item(arguments, 0, PickleKind::storage));
  PickleTensor made{.dtype = typed ? store.dtype : DType::U8, .storage = store.index};
  made.offset = at(item(arguments, 1, PickleKind::integer)).number;
  made.sizes = item(arguments, 2, PickleKind::tuple);
  made.strides = item(arguments, 3, PickleKind::tuple);
  if (!typed) {
    const auto& type = at(item(arguments, 6, PickleKind::function));
    if (type.function != PickleFunction::dtype) throw Error("a tensor's type is no dtype");
    made.dtype = type.dtype;
  }
  const std::uint32_t metadata = typed ? 6 : 7;
  if (at(arguments).count > metadata) {
    const auto& marks = at(pickle_.items[at(arguments).index + metadata]);
    const bool none = marks.kind == PickleKind::none ||
                      (marks.kind == PickleKind::dict && pickle_.dicts[marks.index].empty());
    if (!none)
      throw Error(
          "a tensor is negated or conjugated lazily: call its resolve_neg() and resolve_conj() first");
  }
  check_reach(made);
  pickle_.tensors.push_back(made);
  return add({.kind = PickleKind::tensor, .index = index_of_next(pickle_.tensors.size() - 1)});
}

void PickleMachine::check_reach(const PickleTensor& tensor) const {
  const auto dimensions = at(tensor.sizes).count;
  if (dimensions > most_tensor_dimensions || dimensions != at(tensor.strides).count) {
    throw Error(fmt::format("a tensor has {} sizes and {} strides (at most {} of each, and as many)",
                            dimensions, at(tensor.strides).count, most_tensor_dimensions));
  }
  const std::int64_t width = dtype_bits(tensor.dtype) / 8;
  std::int64_t elements = 1, last = tensor.offset;
  bool overflow = false, empty = false, negative = tensor.offset < 0;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    const std::int64_t size = at(item(tensor.sizes, i, PickleKind::integer)).number;
    const std::int64_t stride = at(item(tensor.strides, i, PickleKind::integer)).number;
    negative = negative || size < 0 || stride < 0;
    empty = empty || size == 0;
    std::int64_t step = 0;
    overflow = overflow || __builtin_mul_overflow(elements, std::max<std::int64_t>(size, 1), &elements) ||
               __builtin_mul_overflow(std::max<std::int64_t>(size - 1, 0), stride, &step) ||
               __builtin_add_overflow(last, step, &last);
  }
  if (negative) throw Error("a tensor has a negative offset, size or stride");
  std::int64_t bytes = 0, end = 0;
  overflow = overflow || __builtin_mul_overflow(elements, width, &bytes) ||
             __builtin_add_overflow(last, std::int64_t{1}, &end) || __builtin_mul_overflow(end, width, &end);
  if (overflow) throw Error("a tensor's sizes and strides overflow");
  const auto& storage = pickle_.storages[tensor.storage];
  if (empty || static_cast<std::uint64_t>(end) <= storage.bytes) return;
  throw Error(fmt::format("a tensor reaches to byte {} of storage {}, which has {}", end, storage.key,
                          storage.bytes));
}

}  // namespace carousel
