// The sections of the report, a source file a subject. Each returns a section as the page takes it
// (page/page.h), or null when the runs have nothing for it. They throw Error when a record does not have the
// form it should.
#pragma once

#include "report/run.h"

namespace carousel::cli {

std::string subtitle_of(const RunRecords& run);      ///< one run in a line: facts.cpp
nlohmann::json verdict_section(const Runs& runs);    ///< what the diagnosis says
nlohmann::json facts_section(const Runs& runs);      ///< what was run, and its result
nlohmann::json spikes_section(const Runs& runs);     ///< a table, with the command that replays each
nlohmann::json learning_section(const Runs& runs);   ///< loss, metric, norm, clipping: training.cpp
nlohmann::json updates_section(const Runs& runs);    ///< steps and gradients of the parameters
nlohmann::json reach_section(const Runs& runs);      ///< dh, keep gate, memory: flow.cpp
nlohmann::json fields_section(const Runs& runs);     ///< heat maps over updates and time steps
nlohmann::json gates_section(const Runs& runs);      ///< saturation and means
nlohmann::json analysis_sections(const Runs& runs);  ///< a list of sections: analysis.cpp
nlohmann::json table_sections(const Runs& runs);  ///< a list too, of one run's model on its table: table.cpp

}  // namespace carousel::cli
