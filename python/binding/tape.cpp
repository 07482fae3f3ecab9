#include "tape.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel::python {

using torch::Tensor;

namespace {

/// Where the rows of each part begin, and, last, where what follows them does.
std::vector<std::int64_t> part_starts(const fused::Job& job) {
  const auto layout = fused::layout_of(job);
  const auto width = static_cast<std::int64_t>(job.cell().slots + job.cell().states - 1) * job.units;
  std::vector<std::int64_t> starts{0};
  for (std::int64_t p = 0; p < job.parts; ++p)
    starts.push_back(starts.back() + layout.all_rows(p) * width + fused::slack);
  return starts;
}

}  // namespace

template <class T> fused::Tape<T> open_tape(const Tensor& tape, const fused::Job& job) {
  fused::Tape<T> opened;
  const auto starts = part_starts(job);
  T* memory = tape.mutable_data_ptr<T>();
  for (std::size_t p = 0; p + 1 < starts.size(); ++p)
    opened.kept.emplace_back(std::shared_ptr<void>(std::shared_ptr<void>(), memory + starts[p]));
  return opened;
}

template <class T> void close_tape(const Tensor& tape, const fused::Job& job) {
  const auto starts = part_starts(job);
  T* memory = tape.mutable_data_ptr<T>();
  for (std::size_t p = 1; p < starts.size(); ++p)
    std::fill_n(memory + starts[p] - fused::slack, fused::slack, T{});
  std::fill(memory + starts.back(), memory + tape.numel(), T{});
  memory[tape.numel() - 1] = static_cast<T>(job.parts);
}

template <class T> std::int64_t parts_of(const Tensor& tape, const fused::Job& job, std::int64_t rows) {
  const auto size = tape_size(job.cell(), rows, job.units);
  const bool fits = tape.scalar_type() == c10::CppTypeToScalarType<T>::value && tape.is_contiguous() &&
                    tape.dim() == 1 && tape.numel() == size;
  const auto parts = fits ? static_cast<std::int64_t>(tape.const_data_ptr<T>()[size - 1]) : 0;
  if (parts >= 1 && parts <= most_parts) return parts;
  throw Error(
      fmt::format("the tape, {} of shape {}, is not one of this layer with {} rows: give what layer_forward "
                  "returned with keep=True",
                  c10::toString(tape.scalar_type()), c10::str(tape.sizes()), rows));
}

template fused::Tape<float> open_tape<float>(const Tensor&, const fused::Job&);
template fused::Tape<double> open_tape<double>(const Tensor&, const fused::Job&);
template void close_tape<float>(const Tensor&, const fused::Job&);
template void close_tape<double>(const Tensor&, const fused::Job&);
template std::int64_t parts_of<float>(const Tensor&, const fused::Job&, std::int64_t);
template std::int64_t parts_of<double>(const Tensor&, const fused::Job&, std::int64_t);

}  // namespace carousel::python
