#include "core/kernel/kernel_bytes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <utility>

#include "core/base/unique_fd.h"
#include "core/kernel/tracefs.h"

namespace polytap {

Result<KernelBytes> KernelBytes::of_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (fd.valid() && ::fstat(fd.get(), &status) == 0 && status.st_size > 0) {
    const auto size = static_cast<size_t>(status.st_size);
    void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (mapped != MAP_FAILED) {
      KernelBytes bytes{std::string()};
      bytes.mapped_ = mapped;
      bytes.size_ = size;
      return bytes;
    }
  }
  ASSIGN_OR_RETURN(std::string text, read_kernel_file(path));
  return KernelBytes(std::move(text));
}

KernelBytes::KernelBytes(KernelBytes&& other) noexcept
    : read_(std::move(other.read_)), mapped_(std::exchange(other.mapped_, nullptr)), size_(other.size_) {}

KernelBytes& KernelBytes::operator=(KernelBytes&& other) noexcept {
  std::swap(read_, other.read_);
  std::swap(mapped_, other.mapped_);
  std::swap(size_, other.size_);
  return *this;
}

KernelBytes::~KernelBytes() {
  if (mapped_ != nullptr) ::munmap(mapped_, size_);
}

}  // namespace polytap
