#include "core/symbol/debug_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <lzma.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace polytap {
namespace {

constexpr size_t kMaxDebugData = size_t{512} << 20;

UniqueFd open_regular(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return UniqueFd();
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

// The CRC of a debug link is the one of Ethernet and zlib, and so of xz.
std::optional<uint32_t> crc_of(int fd) {
  std::array<uint8_t, 65536> buffer;
  uint32_t crc = 0;
  for (off_t offset = 0;;) {
    const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), offset);
    if (got < 0) return std::nullopt;
    if (got == 0) return crc;
    crc = lzma_crc32(buffer.data(), static_cast<size_t>(got), crc);
    offset += got;
  }
}

std::optional<ElfFile> find_by_build_id(const std::string& id, const DebugFileSearch& search) {
  if (id.size() < 2) return std::nullopt;
  std::string hex;
  for (const char byte : id) hex += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  for (const std::string& root : search.roots) {
    const std::string path =
        fmt::format("{}{}/.build-id/{}/{}.debug", root, search.debug_directory, hex.substr(0, 2), hex.substr(2));
    auto file = ElfFile::open(open_regular(path));
    if (file && file->has_symtab() && file->build_id() == id) return file;
  }
  return std::nullopt;
}

std::optional<ElfFile> find_by_link(const DebugLink& link, const std::string& id, const DebugFileSearch& search) {
  const size_t slash = search.path.rfind('/');
  if (slash == std::string::npos || link.file_name.find('/') != std::string::npos) return std::nullopt;
  const std::string directory = search.path.substr(0, slash);
  for (const std::string& root : search.roots) {
    for (const std::string& place : {directory, directory + "/.debug", search.debug_directory + directory}) {
      auto file = ElfFile::open(open_regular(fmt::format("{}{}/{}", root, place, link.file_name)));
      if (!file || !file->has_symtab()) continue;
      // Equal build-ids prove as much as the CRC and cost nothing.
      const std::string other_id = file->build_id();
      if (!id.empty() && !other_id.empty() ? id == other_id : crc_of(file->fd()) == link.crc) return file;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<ElfFile> find_debug_file(const ElfFile& file, const DebugFileSearch& search) {
  const std::string id = file.build_id();
  if (auto found = find_by_build_id(id, search)) return found;
  if (const auto link = file.debug_link()) return find_by_link(*link, id, search);
  return std::nullopt;
}

std::optional<ElfFile> embedded_symbols(const ElfFile& file) {
  const std::string compressed = file.section(".gnu_debugdata");
  if (compressed.empty()) return std::nullopt;
  return ElfFile::from_bytes(decompress_xz(compressed, kMaxDebugData));
}

std::string decompress_xz(std::string_view compressed, size_t limit) {
  constexpr uint64_t kMaxDecoderMemory = uint64_t{256} << 20;
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kMaxDecoderMemory, LZMA_CONCATENATED) != LZMA_OK) return {};
  stream.next_in = reinterpret_cast<const uint8_t*>(compressed.data());
  stream.avail_in = compressed.size();
  std::string bytes;
  lzma_ret result = LZMA_OK;
  while (result == LZMA_OK && bytes.size() < limit) {
    const size_t used = bytes.size();
    bytes.resize(std::max<size_t>(65536, used * 2));
    stream.next_out = reinterpret_cast<uint8_t*>(bytes.data()) + used;
    stream.avail_out = bytes.size() - used;
    result = lzma_code(&stream, LZMA_FINISH);
    bytes.resize(bytes.size() - stream.avail_out);
  }
  lzma_end(&stream);
  if (result != LZMA_STREAM_END) return {};
  return bytes;
}

SymbolIndex read_symbols(const ElfFile& file, const DebugFileSearch& search) {
  SymbolIndex index;
  if (file.has_symtab()) {
    file.add_symtab(index);
  } else {
    file.add_dynsym(index);
    if (const auto separate = find_debug_file(file, search)) {
      separate->add_symtab(index);
    } else if (const auto embedded = embedded_symbols(file)) {
      embedded->add_symtab(index);
    }
  }
  index.finish();
  return index;
}

}  // namespace polytap
