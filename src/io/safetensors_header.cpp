#include "io/safetensors_header.h"

#include <limits>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"

#include "io/in_quotes.h"

namespace carousel {
namespace {

using nlohmann::json;

constexpr std::size_t most_dimensions = 64;

/// Receives the parser's events and throws at the first that does not belong.
class HeaderReader {
 public:
  SafetensorsHeader take() { return std::move(header_); }

  bool start_object(std::size_t) {
    if (place_ == Place::before) {
      place_ = Place::top;
    } else if (place_ == Place::top && key_ == metadata_key) {
      place_ = Place::metadata;
    } else if (place_ == Place::top) {
      place_ = Place::tensor;
      header_.entries.emplace_back().name = key_;
      fields_.clear();
      offsets_.clear();
    } else {
      reject("an object");
    }
    return true;
  }

  bool key(std::string& name) {
    key_ = name;
    if (place_ == Place::top && !names_.insert(name).second) fail("{} comes twice", in_quotes(name));
    if (place_ == Place::metadata && !header_.metadata.emplace(name, "").second) {
      fail("the metadata key {} comes twice", in_quotes(name));
    }
    if (place_ != Place::tensor) return true;
    if (name != "dtype" && name != "shape" && name != "data_offsets") {
      fail("tensor {} has the unknown field {}", tensor(), in_quotes(name));
    }
    if (!fields_.insert(name).second) fail("tensor {} has {} twice", tensor(), name);
    return true;
  }

  bool end_object() {
    if (place_ == Place::tensor) finish_tensor();
    place_ = place_ == Place::top ? Place::after : Place::top;
    return true;
  }

  bool start_array(std::size_t) {
    const bool wanted = place_ == Place::tensor && key_ != "dtype";
    if (!wanted) reject("an array");
    place_ = key_ == "shape" ? Place::shape : Place::offsets;
    return true;
  }

  bool end_array() {
    place_ = Place::tensor;
    return true;
  }

  bool number_unsigned(std::uint64_t value) {
    if (place_ == Place::offsets) return add_offset(value);
    if (place_ != Place::shape) reject(fmt::format("{}", value));
    if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) reject(fmt::format("{}", value));
    auto& shape = header_.entries.back().shape;
    if (shape.size() == most_dimensions)
      fail("tensor {} has more than {} dimensions", tensor(), most_dimensions);
    shape.push_back(static_cast<std::int64_t>(value));
    return true;
  }

  bool string(std::string& value) {
    if (place_ == Place::metadata) {
      header_.metadata[key_] = value;
    } else if (place_ == Place::tensor && key_ == "dtype") {
      const auto dtype = dtype_from_name(value);
      if (!dtype) fail("tensor {} has the unknown dtype {}", tensor(), in_quotes(value));
      header_.entries.back().dtype = *dtype;
    } else {
      reject("the text " + in_quotes(value));
    }
    return true;
  }

  bool null() { return reject("null"); }
  bool boolean(bool value) { return reject(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { return reject(fmt::format("{}", value)); }
  bool number_float(double value, const std::string&) { return reject(fmt::format("{:g}", value)); }
  bool binary(json::binary_t&) { return reject("binary data"); }

  bool parse_error(std::size_t position, const std::string&, const json::exception& error) {
    const bool encoding = std::string_view(error.what()).find("UTF-8") != std::string_view::npos;
    fail("the header is not valid {} at its byte {}", encoding ? "UTF-8" : "JSON", position);
    return false;
  }

 private:
  enum class Place { before, top, tensor, shape, offsets, metadata, after };

  template <class... Arguments>
  [[noreturn]] static void fail(fmt::format_string<Arguments...> reason, Arguments&&... arguments) {
    throw Error(fmt::format(reason, std::forward<Arguments>(arguments)...));
  }

  std::string tensor() const { return in_quotes(header_.entries.back().name); }

  /// Never returns; the result only lets it stand for an event's.
  bool reject(std::string_view what) const {
    switch (place_) {
      case Place::before:
        fail("the header is {} where an object is needed", what);
      case Place::top:
        fail("{} is {} where an object is needed", in_quotes(key_), what);
      case Place::metadata:
        fail("the metadata key {} is {} where a text is needed", in_quotes(key_), what);
      case Place::tensor:
        fail("tensor {} has {} as its {}", tensor(), what, key_);
      default:
        fail("tensor {} has {} in its {}, where a whole number from 0 to 2^63 - 1 is needed", tensor(), what,
             key_);
    }
  }

  bool add_offset(std::uint64_t value) {
    if (offsets_.size() == 2) fail("tensor {} has more than two data_offsets", tensor());
    offsets_.push_back(value);
    return true;
  }

  void finish_tensor() {
    for (const char* field : {"dtype", "shape", "data_offsets"}) {
      if (!fields_.contains(field)) fail("tensor {} has no {}", tensor(), field);
    }
    if (offsets_.size() != 2)
      fail("tensor {} has {} data_offsets where two are needed", tensor(), offsets_.size());
    header_.entries.back().begin = offsets_[0];
    header_.entries.back().end = offsets_[1];
  }

  SafetensorsHeader header_;
  Place place_ = Place::before;
  std::string key_;
  std::set<std::string> names_;   ///< every key of the top object
  std::set<std::string> fields_;  ///< of the current tensor
  std::vector<std::uint64_t> offsets_;
};

std::string as_json(std::string_view text) {
  try {
    return json(text).dump();
  } catch (const json::exception&) {
    throw Error(fmt::format("{} is not UTF-8", in_quotes(text)));
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text) {
  // The parser would take a zero byte for the end and never look at what follows.
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    throw Error(fmt::format("the header is not valid JSON at its byte {}", zero + 1));
  }
  HeaderReader reader;
  json::sax_parse(text, &reader);
  return reader.take();
}

std::string dump_safetensors_header(const SafetensorsHeader& header) {
  std::vector<std::string> members;
  if (!header.metadata.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : header.metadata) pairs.push_back(as_json(key) + ":" + as_json(value));
    members.push_back(fmt::format("\"{}\":{{{}}}", metadata_key, fmt::join(pairs, ",")));
  }
  for (const auto& entry : header.entries) {
    members.push_back(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                                  as_json(entry.name), dtype_name(entry.dtype), fmt::join(entry.shape, ","),
                                  entry.begin, entry.end));
  }
  return fmt::format("{{{}}}", fmt::join(members, ","));
}

}  // namespace carousel
