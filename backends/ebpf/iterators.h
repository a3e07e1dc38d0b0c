// Programs that the kernel runs once for each of its objects of a kind (iter:task, ...), when it is asked to.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/base/result.h"
#include "core/probe/site.h"

namespace polytap::ebpf {

// The id in the kernel's BTF of the function that programs for the iterator NAME ("task") stand for.
Result<uint32_t> iterator_id(const std::string& name);
// Why this kernel cannot run SITE, an iterator's, and the remedy; nullopt when it can.
std::optional<std::string> why_no_iterator(const ProbeSite& site);
// Runs the program for every object there is.
Status iterate(int program_fd, const ProbeSite& site);

// A file of the kernel's at which an iterator is to be had: each time that somebody reads it the program runs. Removed
// again unless keep() was called.
class IteratorPin {
 public:
  // Pins the program at SITE.module, where nothing must be yet.
  static Result<IteratorPin> create(int program_fd, const ProbeSite& site);
  IteratorPin(IteratorPin&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  IteratorPin& operator=(IteratorPin&&) = delete;
  ~IteratorPin();
  void keep() { path_.clear(); }

 private:
  explicit IteratorPin(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace polytap::ebpf
