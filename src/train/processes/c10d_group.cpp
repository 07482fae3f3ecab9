// The processes of a training on torch's c10d: a store to meet at, Gloo to speak by, and the Reducer of DistributedDataParallel.
#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <torch/csrc/distributed/c10d/logger.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include "carousel/torch.h"

#include "train/processes/meeting.h"

namespace carousel {

using torch::Tensor;

namespace {

/// What is sent at once at least. A recurrent network has few and large weights: with torch's 25 MB the gradients of the upper layers
/// would wait for those of the lowest, where they can travel while its backward pass goes on.
constexpr std::size_t bucket_bytes = 4 << 20;

/// In the order in which gradients become ready: the last first.
std::vector<std::vector<std::size_t>> buckets_of(const std::vector<Tensor>& parameters,
                                                 const std::vector<bool>& sparse) {
  auto found = std::get<0>(c10d::compute_bucket_assignment_by_size(
      parameters, {c10d::kDefaultFirstBucketBytes, bucket_bytes}, sparse));
  std::ranges::reverse(found);
  return found;
}

/// The Reducer with what DistributedDataParallel gives it.
std::shared_ptr<c10d::Reducer> make_reducer(std::vector<Tensor> parameters, const Meeting& meeting) {
  const std::vector<bool> sparse(parameters.size(), false);
  const auto buckets = buckets_of(parameters, sparse);
  return std::make_shared<c10d::Reducer>(
      std::move(parameters), buckets, meeting.group, sparse, bucket_bytes,
      /*find_unused_parameters=*/true, /*gradient_as_bucket_view=*/false,
      std::unordered_map<std::size_t, std::string>{}, c10d::kDefaultFirstBucketBytes,
      /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false,
      std::vector<std::int64_t>{c10d::kDefaultFirstBucketBytes, bucket_bytes});
}

class Silent final : public c10::WarningHandler {
  void process(const c10::Warning&) override {}
};

class C10dGradients final : public JointGradients {
 public:
  C10dGradients(std::shared_ptr<const Meeting> meeting, std::vector<Tensor> parameters)
      : meeting_(std::move(meeting)),
        reducer_(make_reducer(std::move(parameters), *meeting_)),
        logger_(std::make_shared<c10d::Logger>(reducer_)) {
    reducer_->set_logger(logger_);  // which it asks for where a parameter is not used
  }

  void backward(const Tensor& loss, bool last) override {
    Silent silent;  // the Reducer advises against looking for parameters that a model does not use
    const c10::WarningUtils::WarningHandlerGuard guard(&silent);
    meeting_->speak([&] {
      if (last) {
        reducer_->prepare_for_forward();
        reducer_->prepare_for_backward({loss});
      }
      loss.backward();
    });
  }

 private:
  std::shared_ptr<const Meeting> meeting_;
  std::shared_ptr<c10d::Reducer> reducer_;
  std::shared_ptr<c10d::Logger> logger_;
};

class C10dGroup final : public ProcessGroup {
 public:
  explicit C10dGroup(std::shared_ptr<const Meeting> meeting)
      : ProcessGroup(meeting->options.rank, meeting->options.size), meeting_(std::move(meeting)) {}

  void sum(Tensor& values) override { reduce(values, c10d::ReduceOp::SUM); }
  void largest(Tensor& values) override { reduce(values, c10d::ReduceOp::MAX); }

  std::unique_ptr<JointGradients> join_gradients(std::vector<Tensor> parameters) override {
    return meeting_->speak([&] { return std::make_unique<C10dGradients>(meeting_, std::move(parameters)); });
  }

  bool says(const std::string& failure, bool of_another) override try {
    if (!of_another) meeting_->post("failure", failure);
    if (rank() == 0 && !of_another) {
      std::this_thread::sleep_for(moment /
                                  4);  // the others read it in the store, which ends with this process
      return true;
    }
    const auto stays = (rank() == 0 ? 2 : 1) * moment;  // others still read in the store of rank 0
    return !soon(stays, moment / 50, [&] { return is_said(failure, of_another); });
  } catch (const std::exception&) {
    return !of_another || says_without_store();
  }

  void remember(const std::string& name, const std::string& text) override {
    meeting_->speak(
        [&] { meeting_->lasting->set(name, std::vector<std::uint8_t>(text.begin(), text.end())); });
  }
  std::string recall(const std::string& name) override {
    return meeting_->speak([&]() -> std::string {
      if (!meeting_->lasting->check({name})) return "";
      const auto bytes = meeting_->lasting->get(name);
      return {bytes.begin(), bytes.end()};
    });
  }

 private:
  bool is_said(const std::string& failure, bool of_another) const {
    for (std::int64_t other = 0; other < size(); ++other) {
      const auto said = meeting_->read("failure", other);
      if (said && (of_another || (other < rank() && *said == failure))) return true;
      if (of_another && other < rank() && meeting_->read("waits", other)) return true;
    }
    return false;
  }

  /// Of those on this host the first that has not ended says it, and stays until the others have noticed.
  bool says_without_store() const {
    const auto& options = meeting_->options;
    const std::int64_t first = options.rank - options.local_rank;
    for (auto r = std::max<std::int64_t>(first, options.serves ? 1 : 0); r < rank(); ++r) {
      if (!meeting_->ended.contains(r)) return false;
    }
    soon(WatchedGloo::notice_time, moment / 10,
         [&] { return static_cast<std::int64_t>(meeting_->gloo->closed_ranks().size()) == size() - 1; });
    return true;
  }

  void reduce(Tensor& values, c10d::ReduceOp::RedOpType how) {
    std::vector<Tensor> tensors{values};
    c10d::AllreduceOptions options;
    options.reduceOp = how;
    meeting_->speak([&] { meeting_->group->allreduce(tensors, options)->wait(); });
  }

  std::shared_ptr<const Meeting> meeting_;
};

}  // namespace

std::shared_ptr<ProcessGroup> join_processes(const ProcessGroupOptions& options) {
  return std::make_shared<C10dGroup>(meet(options));
}

}  // namespace carousel
