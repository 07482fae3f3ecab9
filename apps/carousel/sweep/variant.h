// Variants: options that are tried together, as one value of a sweep. `--variant "{cell=rnn},{cell=lstm,forget-bias=3}"`
// compares two networks of which the first cannot have the second's bias.
#pragma once

#include <string>
#include <vector>

#include "options/option_values.h"
#include "sweep/values.h"

namespace carousel::cli {

inline constexpr const char* variant_name = "variant";

/// What a variant gives: "cell=lstm,forget-bias=3". Throws Error for what is no option with a value.
std::vector<Given> variant_options(const std::string& text, const std::string& label);

/// The values of --variant, whose options are of `table`. Throws Error for an option that is unknown, there twice, or among
/// `refused`: those of one run alone, and the seed.
SweptOption swept_variants(const GivenTexts& given, const std::vector<Option>& table,
                           const std::vector<std::string>& refused, const CellRegistry& cells);

/// Throws Error where a variant gives an option that the sweep varies by itself.
void check_variants(const std::vector<SweptOption>& options);

/// Values with every variant replaced by what it gives, which goes before what was given otherwise.
std::vector<Given> without_variants(std::vector<Given> values);

}  // namespace carousel::cli
