// Text to file descriptors: standard output or a file (-o), and standard error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/output/renderer.h"

namespace polytap {

// When the answer goes out: when the buffer is full or nothing waits, behind each line, or at once.
enum class Buffering : uint8_t { kFull, kLine, kNone };

// Buffers the answer up to 64 KiB, so that a fast printf is not one write(2) a line. Errors go out at once. Expects
// SIGPIPE to be ignored. Not thread-safe.
class FdSink : public ByteSink {
 public:
  // The descriptors are borrowed.
  FdSink(int out_fd, int error_fd);
  // Writes the answer to the file PATH, made new.
  static Result<std::unique_ptr<FdSink>> create_file(const std::string& path, int error_fd);
  FdSink(const FdSink&) = delete;
  FdSink& operator=(const FdSink&) = delete;
  ~FdSink() override;

  void set_buffering(Buffering buffering) { buffering_ = buffering; }

  void out(std::string_view text) override;
  void error(std::string_view text) override;
  void flush() override;

  // Whether the answer could no longer be written (EPIPE, ENOSPC, ...): from then on it is dropped, and the run is best
  // ended. Why: `failure()`, its code() is errno.
  bool failed() const override { return !failure_.ok(); }
  const Status& failure() const { return failure_; }

 private:
  FdSink(UniqueFd file, std::string name, int error_fd);
  void write_out(std::string_view text);

  UniqueFd file_;
  int out_fd_;
  int error_fd_;
  std::string name_ = "standard output";
  std::string buffer_;
  Buffering buffering_ = Buffering::kFull;
  Status failure_;
};

}  // namespace polytap
