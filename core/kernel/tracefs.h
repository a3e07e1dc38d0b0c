// The kernel's tracing file system: where it is, which events it has and what their records look like.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/kernel/event_format.h"

namespace polytap {

class Tracefs {
 public:
  // Finds tracefs at /sys/kernel/tracing or /sys/kernel/debug/tracing. As root, mounts it at /sys/kernel/tracing when
  // it is nowhere; it is left mounted, as any user of tracing leaves it: it is the place where the system has it, and
  // unmounting could take it from another user who came later. Fails (with the remedy) when its events are not
  // readable.
  static Result<Tracefs> open();
  // A tree of the same shape elsewhere.
  static Result<Tracefs> open_at(std::string root);

  const std::string& root() const { return root_; }

  // In order of name. Empty for a category that is not there.
  std::vector<std::string> categories() const;
  std::vector<std::string> events(std::string_view category) const;
  // Every "category:event" that can be enabled, in order of name.
  std::vector<std::string> all_events() const;
  // The text of the file at PATH below the root.
  Result<std::string> read(std::string_view path) const;
  Result<EventFormat> format(std::string_view category, std::string_view event) const;
  Result<uint32_t> event_id(std::string_view category, std::string_view event) const;

 private:
  explicit Tracefs(std::string root) : root_(std::move(root)) {}
  std::string root_;
};

// The whole of a file whose size stat() does not tell (procfs, sysfs, tracefs).
Result<std::string> read_kernel_file(const std::string& path);

}  // namespace polytap
