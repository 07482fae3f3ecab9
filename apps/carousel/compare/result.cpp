#include "compare/result.h"

#include "carousel/torch_build.h"
#include "carousel/version.h"

#include "compare/verdict.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

const char* scale_name(Scale scale) {
  constexpr const char* names[] = {"largest", "each", "largest state at the step", "norm"};
  return names[static_cast<std::size_t>(scale)];
}

const char* agreement_name(Agreement agreement) {
  constexpr const char* names[] = {"equal", "rounding", "mismatch"};
  return names[static_cast<std::size_t>(agreement)];
}

json check_json(const Check& check) {
  const Difference& d = check.difference;
  const auto beyond = check.first_beyond();
  const auto from_double = [&] {
    const FromExact& exact = *check.from_exact;
    return json{{"carousel", exact.ours.relative}, {"pytorch", exact.reference.relative}};
  };
  return {{"quantity", quantity_name(check.quantity)},
          {"name", check.name},
          {"numbers", d.count},
          {"max_abs", d.absolute},
          {"max_rel", d.relative},
          {"relative_to", scale_name(scale_of(check.quantity))},
          {"reference_size", d.reference_size},
          {"all_zero", d.nothing},
          {"tolerance", check.tolerance},
          {"ok", check.ok()},
          {"agreement", agreement_name(check.agreement())},
          {"from_double", check.from_exact ? from_double() : json()},
          {"first_beyond", beyond ? json(*beyond) : json()}};
}

json checks_json(const std::vector<Check>& checks) {
  json list = json::array();
  for (const Check& check : checks) list.push_back(check_json(check));
  return list;
}

json pair_json(const Pair& pair) {
  return {{"carousel", pair.ours}, {"pytorch", pair.reference}};
}

json trajectory_json(const Trajectory& t) {
  return {{"optimiser", t.how.optimiser},
          {"schedule", t.how.schedule},
          {"scaled", t.how.scaled},
          {"updates", t.how.options.updates},
          {"clipped", t.clipped},
          {"loss", pair_json(t.losses)},
          {"clip_norm", pair_json(t.clip_norms)},
          {"rate", pair_json(t.rates)},
          {"validation", pair_json(t.validations)},
          {"figures", checks_json(t.checks)}};
}

json curve_json(const StepCurve& curve) {
  return {{"layer", curve.id.layer},
          {"reverse", curve.id.reverse},
          {"state", curve.state},
          {"norm", pair_json(curve.norms)}};
}

json spread_json(const Spread& spread) {
  return {
      {"median", spread.median}, {"lower", spread.lower}, {"upper", spread.upper}, {"turns", spread.count}};
}

json one_json(const Comparison& c) {
  json made{{"name", c.name},
            {"task", c.task},
            {"cell", c.cell},
            {"title", c.title},
            {"dtype", c.dtype()},
            {"weights", c.start},
            {"reference", c.layer},
            {"updates", c.updates},
            {"ok", c.ok()},
            {"notes", c.notes},
            {"figures", checks_json(c.checks)},
            {"steps", json::array()},
            {"trajectories", json::array()}};
  for (const StepCurve& curve : c.curves) made["steps"].push_back(curve_json(curve));
  for (const Trajectory& t : c.trajectories) made["trajectories"].push_back(trajectory_json(t));
  if (c.speed) {
    made["seconds_an_update"] = {{"carousel", spread_json(c.speed->ours)},
                                 {"pytorch", spread_json(c.speed->reference)},
                                 {"ratio", c.speed->ratio}};
  }
  return made;
}

}  // namespace

json comparison_json(const std::vector<Comparison>& comparisons, const PythonReference& python,
                     std::int64_t threads) {
  const CompareVerdict verdict = judge(comparisons);
  json made{{"verdict", verdict.equal ? "equal" : "mismatch"},
            {"sentence", verdict.sentence},
            {"carousel", CAROUSEL_VERSION},
            {"libtorch", torch_version},
            {"torch", python.torch_version()},
            {"python", python.python_version()},
            {"executable", python.executable()},
            {"threads", threads},
            {"comparisons", json::array()}};
  for (const Comparison& comparison : comparisons) made["comparisons"].push_back(one_json(comparison));
  return made;
}

}  // namespace carousel::cli
