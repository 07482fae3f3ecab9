// libzip's handles and errors as C++ sees them.
#pragma once

#include <zip.h>

#include <memory>
#include <string>

namespace carousel {

/// Receives libzip's reason.
class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;
  ~ZipError() { zip_error_fini(&error_); }

  zip_error_t* get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_;
};

/// Drops an archive without writing it.
struct DiscardZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};

struct FreeSource {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};

using ZipHandle = std::unique_ptr<zip_t, DiscardZip>;
using SourceHandle = std::unique_ptr<zip_source_t, FreeSource>;

}  // namespace carousel
