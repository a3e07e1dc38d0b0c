// The bytes of one section, read from the file (and decompressed) as far as they are asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace polytap {

// Reads by pread into memory of its own: a file that shrinks or is on a dead network share gives an error, not a
// SIGBUS. Not thread-safe: load() fills in what others may be reading.
class SectionData {
 public:
  SectionData();  // no such section: size 0
  // FD must stay open as long as this.
  static SectionData from_file(int fd, uint64_t offset, uint64_t size);
  // A section with SHF_COMPRESSED: a stream of COMPRESSED_SIZE bytes that gives SIZE bytes. It can only be inflated
  // from its beginning: load() does so as far as needed.
  enum class Compression : uint8_t { kZlib, kZstd };
  static SectionData from_compressed(Compression compression, int fd, uint64_t offset, uint64_t compressed_size,
                                     uint64_t size);
  // Of memory that lives longer than this.
  static SectionData from_memory(std::string_view bytes);

  SectionData(SectionData&&) noexcept;
  SectionData& operator=(SectionData&&) noexcept;
  ~SectionData();

  uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The section's first byte. Only what was loaded may be read; its place in memory never changes.
  const uint8_t* data() const { return data_; }
  // Makes [BEGIN, END) readable; false when the section or the file is shorter, or the stream is damaged.
  bool load(uint64_t begin, uint64_t end);
  bool load_all() { return load(0, size_); }
  // Puts VALUE, of SIZE bytes, in the place of what was loaded there. False for memory of others, and out of bounds.
  bool overwrite(uint64_t offset, uint64_t value, unsigned size);
  // The text up to the next NUL; nothing when there is none.
  std::string_view string_at(uint64_t offset);

 private:
  struct Inflater;
  bool load_from_file(uint64_t begin, uint64_t end);
  bool inflate_up_to(uint64_t end);
  void reserve(uint64_t size);
  void release();

  int fd_ = -1;
  uint64_t offset_ = 0;
  uint64_t size_ = 0;
  const uint8_t* data_ = nullptr;
  uint8_t* reserved_ = nullptr;  // address space of size_ bytes, filled by load(); null for memory of others
  bool all_loaded_ = false;
  std::vector<bool> loaded_;  // by chunk
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace polytap
