// The content of a large file of the kernel's.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace polytap {

// Mapped where the kernel can map it (/sys/kernel/btf/vmlinux: since Linux 6.16), which takes no time; else read, in
// pieces of a page as sysfs gives them.
class KernelBytes {
 public:
  explicit KernelBytes(std::string bytes) : read_(std::move(bytes)) {}
  static Result<KernelBytes> of_file(const std::string& path);
  KernelBytes(KernelBytes&& other) noexcept;
  KernelBytes& operator=(KernelBytes&& other) noexcept;
  ~KernelBytes();

  std::string_view view() const {
    return mapped_ != nullptr ? std::string_view(static_cast<const char*>(mapped_), size_) : read_;
  }

 private:
  std::string read_;
  void* mapped_ = nullptr;
  size_t size_ = 0;
};

}  // namespace polytap
