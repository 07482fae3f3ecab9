// How much memory there is, to refuse at once what cannot fit: where memory is promised and not there when it is
// written to, the system ends the process without a word.
#pragma once

namespace carousel {

/// Bytes that this process can have at most: of the machine, of its control group, of its own limit.
double machine_memory();

}  // namespace carousel
