// What becomes of memory that was freed.
#pragma once

namespace carousel::cli {

/// From now on freed memory stays with the program. An update allocates and frees the same few megabytes
/// again and again; glibc would hand them back to the system each time, and fetching them anew, page by page,
/// took a third of an update in torch's own layers. `carousel bench` leaves the system's way alone unless
/// told, as a program of one's own would.
void keep_freed_memory();

}  // namespace carousel::cli
