// Whether this process has the threads that OpenMP believes in.
#pragma once

namespace carousel::fused {

/// Whether this process was made by fork() since the library was loaded. The threads that its parent's OpenMP had started are
/// not there, and whoever hands them work waits for ever: what runs in such a process does so on one thread.
bool forked();

}  // namespace carousel::fused
