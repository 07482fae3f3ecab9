#include "train/own_part.h"

#include <algorithm>
#include <utility>

#include <c10/util/ConstexprCrc.h>
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/torch.h"
#include "carousel/train/model.h"
#include "carousel/train/parameters.h"

#include "recurrent/random_state.h"

namespace carousel {

using torch::Tensor;

namespace {

struct Range {
  std::int64_t first = 0, count = 0;
};

Range sequences_of(std::int64_t all, const ProcessGroup& group) {
  const auto begin = [&](std::int64_t rank) { return (all * rank + group.size() - 1) / group.size(); };
  return {begin(group.rank()), begin(group.rank() + 1) - begin(group.rank())};
}

std::uint64_t hash_of(const Tensor& tensor) {
  if (!tensor.defined()) return 0;
  const auto plain = tensor.detach().to(torch::kCPU).contiguous();
  return c10::util::crc64(static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()).checksum();
}

/// What must be the same in every process, a line each.
std::string start_lines(const Task& task, const Batch& first, const Model& model) {
  std::string lines;
  for (const auto& [name, weight] : parameters_once(model))
    lines += fmt::format("weights {} {:016x}\n", name, hash_of(weight));
  lines += fmt::format(
      "data: a first batch of hash {:016x}{:016x}, {} batches to train on, {} to validate on\n",
      hash_of(first.input), hash_of(first.target), task.batches(Split::train), task.batches(Split::valid));
  return lines;
}

void require_division(std::int64_t sequences, std::int64_t processes) {
  if (sequences % processes == 0) return;
  const std::int64_t below = sequences / processes * processes;
  throw Error(fmt::format(
      "a batch of {} sequences cannot be divided among {} processes: give --batch {}{}, or another number "
      "of processes",
      sequences, processes, below > 0 ? fmt::format("{} or ", below) : "", below + processes));
}

}  // namespace

Batch part_of(const Task& task, const Batch& batch, const ProcessGroup* group) {
  if (!group) return batch;
  const auto [first, count] = sequences_of(batch.sequences(), *group);
  return task.part(batch, first, count);
}

OwnPart::OwnPart(std::shared_ptr<ProcessGroup> group, const Task& task, Model& model)
    : group_(group && group->size() > 1 ? std::move(group) : nullptr), task_(task), model_(model) {
  if (!group_) return;
  const Batch first = task.batch(Split::train, 0);
  if (!first.resets.defined())  // else as many as were packed
    require_division(first.sequences(), group_->size());
  require_equal(*group_, "weights or data", start_lines(task, first, model));
  gradients_ = group_->join_gradients(trainable_tensors(model));
}

void OwnPart::backward(const Tensor& given, bool last) {
  if (!group_) return given.backward();
  Tensor loss = given;
  if (!loss.defined()) {
    for (const auto& parameter : trainable_tensors(model_)) {
      const auto nothing = parameter.sum() * 0.0;
      loss = loss.defined() ? loss + nothing : nothing;
    }
  }
  gradients_->backward(loss * static_cast<double>(group_->size()), last);  // which are divided by it
}

std::vector<double> OwnPart::sum(std::vector<double> values) const {
  if (!group_) return values;
  return group_->sum(std::move(values));
}

Tensor OwnPart::whole_state(const Tensor& part) const {
  if (!group_) return part;
  const auto mine = part.detach().to(torch::kCPU);
  const auto all = static_cast<std::int64_t>(sum({static_cast<double>(mine.size(1))})[0]);
  const auto [first, count] = sequences_of(all, *group_);
  auto whole = torch::zeros({mine.size(0), all, mine.size(2)}, mine.options());
  whole.narrow(1, first, count).copy_(mine);
  group_->sum(whole);
  return whole;
}

Tensor OwnPart::part_of_state(const Tensor& whole) const {
  if (!group_) return whole;
  const auto [first, count] = sequences_of(whole.size(1), *group_);
  return whole.narrow(1, first, count).contiguous();
}

std::string OwnPart::first_of(const std::string& text) const {
  if (!group_) return text;
  const auto all = group_->gather(text);
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    if (!all[rank].empty()) return fmt::format("rank {}: {}", rank, all[rank]);
  }
  return text;
}

OwnPart::Draws::Draws(const OwnPart& part, Tensor state, std::int64_t update)
    : part_(part), before_(std::move(state)) {
  if (part_.is_whole()) return;
  seed_ = hash_of(before_) ^ static_cast<std::uint64_t>(update);
  torch::manual_seed(seed_ + 1 + static_cast<std::uint64_t>(part_.rank()));
  seeded_ = generator_state();
}

bool OwnPart::Draws::drew() const {
  return !part_.is_whole() && !torch::equal(seeded_, generator_state());
}

void OwnPart::Draws::end(bool anybody_drew) {
  if (part_.is_whole()) return;
  if (anybody_drew) {
    torch::manual_seed(seed_);
  } else {
    set_generator_state(before_);
  }
}

}  // namespace carousel
