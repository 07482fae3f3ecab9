#include "data/arrow/arrow_column.h"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <arrow/util/float16.h>

#include <utility>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"

#include "data/tables/fields.h"

namespace carousel {
namespace {

using arrow::Type;

/// `value(i)` of each row, and missing ones where Arrow has nulls.
template <class Array, class Value>
void add_values(std::vector<double>& values, const arrow::Array& array, Value&& value) {
  const auto& typed = static_cast<const Array&>(array);
  for (std::int64_t i = 0; i < typed.length(); ++i)
    values.push_back(typed.IsNull(i) ? missing : static_cast<double>(value(typed, i)));
}

template <class Array> void add_numbers(std::vector<double>& values, const arrow::Array& array) {
  add_values<Array>(values, array, [](const Array& typed, std::int64_t i) { return typed.Value(i); });
}

template <class Array, class Decimal>
void add_decimals(std::vector<double>& values, const arrow::Array& array) {
  const auto scale = static_cast<const arrow::DecimalType&>(*array.type()).scale();
  add_values<Array>(values, array, [&](const Array& typed, std::int64_t i) {
    return Decimal(typed.GetValue(i)).ToDouble(scale);
  });
}

/// Whole seconds apart from the rest: nanoseconds since 1970 are more than a double holds exactly.
template <class Array>
void add_seconds(std::vector<double>& values, const arrow::Array& array, std::int64_t a_second) {
  add_values<Array>(values, array, [&](const Array& typed, std::int64_t i) {
    const std::int64_t value = typed.Value(i);
    return static_cast<double>(value / a_second) +
           static_cast<double>(value % a_second) / static_cast<double>(a_second);
  });
}

std::int64_t units_a_second(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      break;
  }
  return 1'000'000'000;
}

template <class UnitType> std::int64_t units_a_second(const arrow::Array& array) {
  return units_a_second(static_cast<const UnitType&>(*array.type()).unit());
}

/// False for a type that is none of numbers.
bool add_as_number(std::vector<double>& values, const arrow::Array& array) {
  switch (array.type_id()) {
    case Type::NA:
      values.insert(values.end(), static_cast<std::size_t>(array.length()), missing);
      return true;
    case Type::BOOL:
      return add_numbers<arrow::BooleanArray>(values, array), true;
    case Type::INT8:
      return add_numbers<arrow::Int8Array>(values, array), true;
    case Type::INT16:
      return add_numbers<arrow::Int16Array>(values, array), true;
    case Type::INT32:
      return add_numbers<arrow::Int32Array>(values, array), true;
    case Type::INT64:
      return add_numbers<arrow::Int64Array>(values, array), true;
    case Type::UINT8:
      return add_numbers<arrow::UInt8Array>(values, array), true;
    case Type::UINT16:
      return add_numbers<arrow::UInt16Array>(values, array), true;
    case Type::UINT32:
      return add_numbers<arrow::UInt32Array>(values, array), true;
    case Type::UINT64:
      return add_numbers<arrow::UInt64Array>(values, array), true;
    case Type::FLOAT:
      return add_numbers<arrow::FloatArray>(values, array), true;
    case Type::DOUBLE:
      return add_numbers<arrow::DoubleArray>(values, array), true;
    case Type::HALF_FLOAT:
      add_values<arrow::HalfFloatArray>(values, array, [](const auto& typed, std::int64_t i) {
        return arrow::util::Float16::FromBits(typed.Value(i)).ToDouble();
      });
      return true;
    case Type::DECIMAL32:
      return add_decimals<arrow::Decimal32Array, arrow::Decimal32>(values, array), true;
    case Type::DECIMAL64:
      return add_decimals<arrow::Decimal64Array, arrow::Decimal64>(values, array), true;
    case Type::DECIMAL128:
      return add_decimals<arrow::Decimal128Array, arrow::Decimal128>(values, array), true;
    case Type::DECIMAL256:
      return add_decimals<arrow::Decimal256Array, arrow::Decimal256>(values, array), true;
    default:
      return false;
  }
}

bool add_as_time(std::vector<double>& values, const arrow::Array& array) {
  switch (array.type_id()) {
    case Type::DATE32:
      add_values<arrow::Date32Array>(
          values, array, [](const auto& typed, std::int64_t i) { return 86400.0 * typed.Value(i); });
      return true;
    case Type::DATE64:
      return add_seconds<arrow::Date64Array>(values, array, 1'000), true;
    case Type::TIMESTAMP:
      return add_seconds<arrow::TimestampArray>(values, array, units_a_second<arrow::TimestampType>(array)),
             true;
    case Type::TIME32:
      return add_seconds<arrow::Time32Array>(values, array, units_a_second<arrow::Time32Type>(array)), true;
    case Type::TIME64:
      return add_seconds<arrow::Time64Array>(values, array, units_a_second<arrow::Time64Type>(array)), true;
    case Type::DURATION:
      return add_seconds<arrow::DurationArray>(values, array, units_a_second<arrow::DurationType>(array)),
             true;
    default:
      return false;
  }
}

bool is_text(Type::type id) {
  return id == Type::STRING || id == Type::LARGE_STRING || id == Type::STRING_VIEW || id == Type::BINARY ||
         id == Type::LARGE_BINARY || id == Type::BINARY_VIEW;
}

bool is_number(Type::type id) {
  return arrow::is_numeric(id) || arrow::is_decimal(id) || id == Type::NA || id == Type::TIME32 ||
         id == Type::TIME64 || id == Type::DURATION;
}

/// Nothing for a type that cannot be read.
std::optional<ColumnKind> kind_of(const arrow::DataType& type) {
  const auto id = type.id();
  if (id == Type::DICTIONARY) return kind_of(*static_cast<const arrow::DictionaryType&>(type).value_type());
  if (id == Type::EXTENSION) return kind_of(*static_cast<const arrow::ExtensionType&>(type).storage_type());
  if (id == Type::BOOL) return ColumnKind::boolean;
  if (is_text(id)) return ColumnKind::category;
  if (id == Type::DATE32 || id == Type::DATE64 || id == Type::TIMESTAMP) return ColumnKind::time;
  return is_number(id) ? std::optional(ColumnKind::number) : std::nullopt;
}

}  // namespace

ArrowColumn::ArrowColumn(const arrow::Field& field, const TableFormat& format, std::string source)
    : column_{.name = field.name()},
      texts_(field.name(), ColumnKind::category),
      rules_(format, ','),
      source_(std::move(source)) {
  const auto kind = kind_of(*field.type());
  if (!kind) {
    throw Error(fmt::format(
        "column {} of {} is of the type {}, which is no number, truth, text or time; leave it out",
        shown(field.name()), source_, shown(field.type()->ToString())));
  }
  column_.kind = *kind;
}

void ArrowColumn::add(const arrow::Array& array) {
  if (array.type_id() == Type::EXTENSION)
    return add(*static_cast<const arrow::ExtensionArray&>(array).storage());
  if (array.type_id() == Type::DICTIONARY) {
    add_dictionary(array);
  } else if (is_text(array.type_id())) {
    add_texts(array);
  } else if (!add_as_number(column_.values, array) && !add_as_time(column_.values, array)) {
    throw Error(fmt::format("column {} of {} changes its type to {}; write the file again",
                            shown(column_.name), source_, shown(array.type()->ToString())));
  }
  rows_ += array.length();
}

void ArrowColumn::add_text(std::string_view text) {
  if (const auto at = end_of_utf8(text); at != text.npos) {
    throw Error(fmt::format("row {} of {} has a text in column {} that is not UTF-8; leave the column out",
                            rows_ + 1, source_, shown(column_.name)));
  }
  texts_.add(text, rules_);
}

void ArrowColumn::add_texts(const arrow::Array& array) {
  const auto add_all = [&](const auto& typed) {
    for (std::int64_t i = 0; i < typed.length(); ++i)
      add_text(typed.IsNull(i) ? std::string_view() : typed.GetView(i));
  };
  switch (array.type_id()) {
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
      return add_all(static_cast<const arrow::LargeBinaryArray&>(array));
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW:
      return add_all(static_cast<const arrow::BinaryViewArray&>(array));
    default:
      return add_all(static_cast<const arrow::BinaryArray&>(array));
  }
}

/// The dictionary first, as a column of its own, then a place in it a row.
void ArrowColumn::add_dictionary(const arrow::Array& array) {
  const auto& typed = static_cast<const arrow::DictionaryArray&>(array);
  ArrowColumn read(*arrow::field(column_.name, typed.dictionary()->type()), {}, source_);
  read.rules_ = rules_;
  read.add(*typed.dictionary());
  const Column dictionary = read.finish();
  for (std::int64_t i = 0; i < typed.length(); ++i) {
    const auto place = typed.IsNull(i) ? -1 : typed.GetValueIndex(i);
    if (dictionary.kind == ColumnKind::category) {
      texts_.add(place < 0 ? "" : dictionary.text(place), rules_);
    } else {
      column_.values.push_back(place < 0 ? missing : dictionary.values.at(static_cast<std::size_t>(place)));
    }
  }
}

Column ArrowColumn::finish() {
  return column_.kind == ColumnKind::category ? texts_.finish() : std::move(column_);
}

}  // namespace carousel
