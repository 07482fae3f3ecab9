// Sections of the report on one run's model on its table, each from the figures that table.json holds (tables/table_record.h);
// null where it has none of them.
#pragma once

#include "report/chart.h"

namespace carousel::cli {

nlohmann::json numbers_section(const nlohmann::json& figures);
nlohmann::json classes_section(const nlohmann::json& figures);  ///< table_classes.cpp
nlohmann::json wrong_section(const nlohmann::json& figures);
nlohmann::json inputs_section(const nlohmann::json& figures);  ///< table_inputs.cpp

/// NaN for null.
double number_of_figure(const nlohmann::json& value);

/// "test part", and how much of it where that is not all.
std::string part_of_figures(const nlohmann::json& figures);

}  // namespace carousel::cli
