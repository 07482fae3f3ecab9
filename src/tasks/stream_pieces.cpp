#include "carousel/tasks/stream_pieces.h"

#include <algorithm>
#include <numeric>

#include "carousel/tasks/batching.h"
#include "carousel/torch.h"

namespace carousel {

StreamPieces StreamPieces::end_to_end(const std::vector<std::int64_t>& lengths) {
  const auto length_of = [&](std::int64_t i) { return lengths[static_cast<std::size_t>(i)]; };
  std::vector<std::int64_t> falling(lengths.size());
  std::iota(falling.begin(), falling.end(), 0);
  std::ranges::stable_sort(falling, std::greater{}, length_of);

  const std::int64_t longest = lengths.empty() ? 0 : std::ranges::max(lengths);
  std::vector<std::vector<std::int64_t>> streams;
  StreamPieces pieces;
  for (const auto i : falling) {
    const auto fits = [&](std::int64_t used) { return used + length_of(i) <= longest; };
    const auto found = std::ranges::find_if(pieces.stream_lengths, fits);
    const auto place = static_cast<std::size_t>(found - pieces.stream_lengths.begin());
    if (found == pieces.stream_lengths.end()) pieces.stream_lengths.push_back(0), streams.emplace_back();
    pieces.stream_lengths[place] += length_of(i);
    streams[place].push_back(i);
  }
  for (std::size_t s = 0; s < streams.size(); ++s) {
    std::int64_t first = 0;
    for (const auto i : streams[s]) {
      pieces.sequence.push_back(i), pieces.stream.push_back(static_cast<std::int64_t>(s));
      pieces.first.push_back(first);
      first += length_of(i);
    }
  }
  return pieces;
}

torch::Tensor StreamPieces::join(const std::vector<torch::Tensor>& sequences) const {
  std::vector<std::vector<torch::Tensor>> parts(stream_lengths.size());
  for (std::size_t p = 0; p < sequence.size(); ++p)
    parts[static_cast<std::size_t>(stream[p])].push_back(sequences[static_cast<std::size_t>(sequence[p])]);
  std::vector<torch::Tensor> whole;
  for (const auto& of_stream : parts) whole.push_back(torch::cat(of_stream));
  return padded(whole);
}

torch::Tensor StreamPieces::resets() const {
  const auto steps = stream_lengths.empty() ? 0 : std::ranges::max(stream_lengths);
  auto marks = torch::zeros({steps, std::ssize(stream_lengths)}, torch::kBool);
  for (std::size_t p = 0; p < sequence.size(); ++p) {
    if (first[p] > 0) marks[first[p]][stream[p]] = true;
  }
  return marks;
}

torch::Tensor StreamPieces::lengths() const {
  return copy_of(stream_lengths, {std::ssize(stream_lengths)});
}

}  // namespace carousel
