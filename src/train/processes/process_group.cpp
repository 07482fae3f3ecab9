#include "carousel/train/process_group.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/text.h"
#include "carousel/torch.h"

namespace carousel {

namespace {

template <class Reduce> std::vector<double> reduced(const std::vector<double>& values, Reduce reduce) {
  auto tensor = torch::tensor(at::ArrayRef<double>(values), torch::kDouble);
  reduce(tensor);
  const auto* first = tensor.const_data_ptr<double>();
  return {first, first + tensor.numel()};
}

}  // namespace

std::vector<double> ProcessGroup::sum(std::vector<double> values) {
  return reduced(values, [this](torch::Tensor& tensor) { sum(tensor); });
}
std::vector<double> ProcessGroup::largest(std::vector<double> values) {
  return reduced(values, [this](torch::Tensor& tensor) { largest(tensor); });
}

std::vector<std::string> ProcessGroup::gather(const std::string& text) {
  // Each fills its own row of zeros, and the rows are added up.
  auto lengths = torch::zeros({size_}, torch::kDouble);
  lengths[rank_] = static_cast<double>(text.size());
  sum(lengths);
  const auto most = std::max<std::int64_t>(1, lengths.max().to(torch::kLong).item<std::int64_t>());
  auto bytes = torch::zeros({size_, most}, torch::kByte);
  std::ranges::copy(text, bytes.mutable_data_ptr<std::uint8_t>() + rank_ * most);
  sum(bytes);
  std::vector<std::string> texts;
  for (std::int64_t r = 0; r < size_; ++r) {
    const auto* first = bytes.const_data_ptr<std::uint8_t>() + r * most;
    texts.emplace_back(first, first + lengths[r].to(torch::kLong).item<std::int64_t>());
  }
  return texts;
}

namespace {

const char* variable(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

std::int64_t number(const char* name, std::int64_t least) {
  const char* text = variable(name);
  if (!text) throw Error(fmt::format("{} is not set, as torchrun sets it beside WORLD_SIZE", name));
  std::int64_t value = 0;
  const std::string_view view(text);
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), value);
  if (error != std::errc() || end != view.data() + view.size() || value < least)
    throw Error(fmt::format("{} is '{}': it must be a whole number from {} on", name, visible(text), least));
  return value;
}

}  // namespace

std::optional<ProcessGroupOptions> processes_of_environment() {
  if (!variable("WORLD_SIZE") || !variable("RANK")) return {};
  ProcessGroupOptions options{.rank = number("RANK", 0), .size = number("WORLD_SIZE", 1)};
  if (options.rank >= options.size)
    throw Error(fmt::format("RANK is {}, but WORLD_SIZE is {}: ranks are counted from 0", options.rank,
                            options.size));
  options.address = variable("MASTER_ADDR") ? variable("MASTER_ADDR") : "127.0.0.1";
  options.port = number("MASTER_PORT", 1);
  options.local_rank = variable("LOCAL_RANK") ? number("LOCAL_RANK", 0) : options.rank;
  const char* agent = variable("TORCHELASTIC_USE_AGENT_STORE");
  options.serves = !agent || std::string_view(agent) != "True";
  if (variable("TORCHELASTIC_RESTART_COUNT")) options.restarts = number("TORCHELASTIC_RESTART_COUNT", 0);
  return options;
}

void require_equal(ProcessGroup& group, const std::string& what, const std::string& lines) {
  const auto all = group.gather(lines);
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    if (all[rank] == all[0]) continue;
    const auto ours = split_lines(all[0]), others = split_lines(all[rank]);
    std::size_t i = 0;
    while (i < ours.size() && i < others.size() && ours[i] == others[i]) ++i;
    const auto line = [&](const auto& of) { return i < of.size() ? std::string(of[i]) : "nothing"; };
    throw Error(
        fmt::format("rank {} has other {} than rank 0, '{}' in place of '{}': start every process alike",
                    rank, what, line(others), line(ours)));
  }
}

}  // namespace carousel
