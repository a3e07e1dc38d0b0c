// Where strace's text goes: standard error, a file, a command, or a file per process.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace polytap {

class StraceOutput {
 public:
  // NAME: empty for standard error, "|command" or "!command" for a pipe.
  static Result<std::unique_ptr<StraceOutput>> create(const std::string& name, bool append);
  ~StraceOutput();
  StraceOutput(const StraceOutput&) = delete;
  StraceOutput& operator=(const StraceOutput&) = delete;

  std::string text;  // what is still to be written
  // Writes TEXT: at once for a terminal or standard error, else when there is enough of it.
  void commit();
  void flush();
  // Whether someone waits for text that is not written yet.
  bool is_pending() const { return prompt_ && !text.empty(); }

 private:
  StraceOutput() = default;
  UniqueFd fd_;
  bool prompt_ = false;  // read by a person
  pid_t reader_ = 0;     // the command of a pipe
};

}  // namespace polytap
