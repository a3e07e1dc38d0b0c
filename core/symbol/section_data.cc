#include "core/symbol/section_data.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace polytap {
namespace {

constexpr uint64_t kChunk = uint64_t{1} << 15;
// No real section is larger; the number comes from the file, which may be damaged.
constexpr uint64_t kMaxSize = uint64_t{4} << 30;
// zlib's own bound on how far a stream can grow (its FAQ: 1032 to 1).
constexpr uint64_t kMaxInflation = 1032;
// A block of 128 KiB of one byte takes four (RFC 8878).
constexpr uint64_t kMaxZstdInflation = 32768;
constexpr uint64_t kMaxString = 1 << 20;

// False at the end of the file too.
bool read_fully(int fd, uint8_t* to, uint64_t size, uint64_t offset) {
  while (size > 0) {
    const ssize_t got = ::pread(fd, to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    offset += static_cast<uint64_t>(got);
    size -= static_cast<uint64_t>(got);
  }
  return true;
}

// How much of SIZE bytes at OFFSET the file has: section headers of damaged files tell any number.
uint64_t present_size(int fd, uint64_t offset, uint64_t size) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return 0;
  const auto file_size = static_cast<uint64_t>(status.st_size);
  return offset >= file_size ? 0 : std::min(size, file_size - offset);
}

}  // namespace

struct SectionData::Inflater {
  z_stream stream{};
  ZSTD_DStream* zstd = nullptr;  // in place of `stream`, which still has the input
  uint64_t produced = 0;
  bool ended = false;
  bool failed = false;
  uint64_t next_input = 0;  // in the file
  uint64_t input_end = 0;
  std::vector<uint8_t> input = std::vector<uint8_t>(kChunk);

  explicit Inflater(Compression compression) {
    if (compression == Compression::kZstd) {
      zstd = ::ZSTD_createDStream();
      failed = zstd == nullptr;
    } else {
      failed = ::inflateInit(&stream) != Z_OK;
    }
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (zstd != nullptr) {
      ::ZSTD_freeDStream(zstd);
    } else {
      ::inflateEnd(&stream);
    }
  }

  // Some of what comes next, up to SIZE bytes.
  void step(uint8_t* to, uint64_t size) {
    if (zstd != nullptr) {
      ZSTD_inBuffer in{stream.next_in, stream.avail_in, 0};
      ZSTD_outBuffer out{to, size, 0};
      const size_t result = ::ZSTD_decompressStream(zstd, &out, &in);
      failed |= ::ZSTD_isError(result) != 0;
      stream.next_in += in.pos;
      stream.avail_in -= static_cast<uInt>(in.pos);
      produced += out.pos;
      return;
    }
    stream.next_out = to;
    stream.avail_out = static_cast<uInt>(std::min<uint64_t>(size, 1U << 30));
    const uInt room = stream.avail_out;
    const int result = ::inflate(&stream, Z_NO_FLUSH);
    produced += room - stream.avail_out;
    ended = result == Z_STREAM_END;
    failed |= result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR;
  }
};

SectionData::SectionData() = default;

SectionData::SectionData(SectionData&& other) noexcept { *this = std::move(other); }

SectionData& SectionData::operator=(SectionData&& other) noexcept {
  if (this == &other) return *this;
  release();
  fd_ = other.fd_;
  offset_ = other.offset_;
  size_ = std::exchange(other.size_, 0);
  data_ = std::exchange(other.data_, nullptr);
  reserved_ = std::exchange(other.reserved_, nullptr);
  all_loaded_ = other.all_loaded_;
  loaded_ = std::move(other.loaded_);
  inflater_ = std::move(other.inflater_);
  return *this;
}

SectionData::~SectionData() { release(); }

void SectionData::release() {
  if (reserved_ != nullptr) ::munmap(reserved_, size_);
  reserved_ = nullptr;
}

void SectionData::reserve(uint64_t size) {
  if (size == 0 || size > kMaxSize) return;
  void* place = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place == MAP_FAILED) return;
  reserved_ = static_cast<uint8_t*>(place);
  data_ = reserved_;
  size_ = size;
}

SectionData SectionData::from_file(int fd, uint64_t offset, uint64_t size) {
  SectionData section;
  section.fd_ = fd;
  section.offset_ = offset;
  section.reserve(present_size(fd, offset, size));
  section.loaded_.resize((section.size_ + kChunk - 1) / kChunk);
  return section;
}

SectionData SectionData::from_compressed(Compression compression, int fd, uint64_t offset, uint64_t compressed_size,
                                         uint64_t size) {
  SectionData section;
  compressed_size = present_size(fd, offset, compressed_size);
  const uint64_t most = compression == Compression::kZstd ? kMaxZstdInflation : kMaxInflation;
  if (compressed_size == 0 || size / most > compressed_size) return section;
  section.fd_ = fd;
  section.reserve(size);
  section.inflater_ = std::make_unique<Inflater>(compression);
  section.inflater_->next_input = offset;
  section.inflater_->input_end = offset + compressed_size;
  return section;
}

SectionData SectionData::from_memory(std::string_view bytes) {
  SectionData section;
  section.data_ = reinterpret_cast<const uint8_t*>(bytes.data());
  section.size_ = bytes.size();
  section.all_loaded_ = true;
  return section;
}

bool SectionData::load(uint64_t begin, uint64_t end) {
  if (begin > end || end > size_) return false;
  if (all_loaded_ || begin == end) return true;
  return inflater_ ? inflate_up_to(end) : load_from_file(begin, end);
}

bool SectionData::load_from_file(uint64_t begin, uint64_t end) {
  uint64_t chunk = begin / kChunk;
  const uint64_t end_chunk = (end + kChunk - 1) / kChunk;
  while (chunk < end_chunk) {
    if (loaded_[chunk]) {
      ++chunk;
      continue;
    }
    uint64_t run = chunk;
    while (run < end_chunk && !loaded_[run]) ++run;
    const uint64_t from = chunk * kChunk;
    const uint64_t to = std::min(run * kChunk, size_);
    // Cheaper than a fault for every page; it may fail (before Linux 5.14), nothing depends on it.
    ::madvise(reserved_ + from, to - from, MADV_POPULATE_WRITE);
    if (!read_fully(fd_, reserved_ + from, to - from, offset_ + from)) return false;
    for (; chunk < run; ++chunk) loaded_[chunk] = true;
  }
  return true;
}

bool SectionData::inflate_up_to(uint64_t end) {
  Inflater& inflater = *inflater_;
  z_stream& stream = inflater.stream;
  while (!inflater.failed && inflater.produced < end) {
    if (stream.avail_in == 0) {
      const uint64_t size = std::min<uint64_t>(inflater.input.size(), inflater.input_end - inflater.next_input);
      if (size == 0 || !read_fully(fd_, inflater.input.data(), size, inflater.next_input)) break;
      inflater.next_input += size;
      stream.next_in = inflater.input.data();
      stream.avail_in = static_cast<uInt>(size);
    }
    // Some more than is asked for, so that small steps cost little.
    const uint64_t target = std::min(size_, (end + kChunk - 1) / kChunk * kChunk);
    inflater.step(reserved_ + inflater.produced, target - inflater.produced);
    if (inflater.ended && inflater.produced < end) inflater.failed = true;
  }
  const bool complete = inflater.produced >= end;
  if (inflater.produced == size_) {
    all_loaded_ = true;
    inflater_.reset();
  }
  return complete;
}

bool SectionData::overwrite(uint64_t offset, uint64_t value, unsigned size) {
  if (reserved_ == nullptr || size > sizeof value || size > size_ || offset > size_ - size) return false;
  std::memcpy(reserved_ + offset, &value, size);
  return true;
}

std::string_view SectionData::string_at(uint64_t offset) {
  constexpr uint64_t kStep = 256;
  for (uint64_t end = offset; end < size_ && end - offset < kMaxString;) {
    const uint64_t next = std::min(size_, end + kStep);
    if (!load(end, next)) return {};
    if (const void* nul = std::memchr(data_ + end, 0, next - end)) {
      const auto* text = reinterpret_cast<const char*>(data_ + offset);
      return {text, static_cast<size_t>(static_cast<const char*>(nul) - text)};
    }
    end = next;
  }
  return {};
}

}  // namespace polytap
