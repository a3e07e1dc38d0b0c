#include "core/symbol/debug_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <lzma.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/symbol/debuginfod.h"
#include "core/symbol/go_symbols.h"

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

std::string in_hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return hex;
}

// Of a separate debug file: it adds to a file that has neither.
bool is_useful(const ElfFile& file) { return file.has_symtab() || file.has_section(".debug_info"); }

std::string build_id_path(const std::string& id, const std::string& debug_directory) {
  if (id.size() < 2) return {};
  const std::string hex = in_hex(id);
  return fmt::format("{}/.build-id/{}/{}.debug", debug_directory, hex.substr(0, 2), hex.substr(2));
}

std::optional<ElfFile> find_by_build_id(const std::string& id, const DebugFileSearch& search) {
  if (id.size() < 2) return std::nullopt;
  for (const std::string& directory : search.more_directories) {
    auto file = ElfFile::open(open_regular(build_id_path(id, directory)));
    if (file && is_useful(*file) && file->build_id() == id) return file;
  }
  for (const std::string& root : search.roots) {
    auto file = ElfFile::open(open_regular(build_id_path(id, root + search.debug_directory)));
    if (file && is_useful(*file) && file->build_id() == id) return file;
  }
  if (!search.debuginfod_cache.empty()) {
    auto file = ElfFile::open(open_regular(fmt::format("{}/{}/debuginfo", search.debuginfod_cache, in_hex(id))));
    if (file && is_useful(*file) && file->build_id() == id) return file;
  }
  return std::nullopt;
}

std::optional<ElfFile> find_by_link(const DebugLink& link, const std::string& id, const DebugFileSearch& search) {
  const size_t slash = search.path.rfind('/');
  if (slash == std::string::npos || link.file_name.find('/') != std::string::npos) return std::nullopt;
  const std::string directory = search.path.substr(0, slash);
  std::vector<std::string> places;
  for (const std::string& more : search.more_directories) {
    places.push_back(more + directory);
    places.push_back(more);
  }
  for (const std::string& root : search.roots) {
    for (const std::string& place : {directory, directory + "/.debug", search.debug_directory + directory}) {
      places.push_back(root + place);
    }
  }
  for (const std::string& place : places) {
    auto file = ElfFile::open(open_regular(fmt::format("{}/{}", place, link.file_name)));
    if (!file || !is_useful(*file)) continue;
    // Equal build-ids prove as much as the CRC and cost nothing.
    const std::string other_id = file->build_id();
    if (!id.empty() && !other_id.empty() ? id == other_id : crc_of(file->fd()) == link.crc) return file;
  }
  return std::nullopt;
}

}  // namespace

std::optional<ElfFile> find_debug_file(const ElfFile& file, const DebugFileSearch& search) {
  const std::string id = file.build_id();
  if (auto found = find_by_build_id(id, search)) return found;
  if (const auto link = file.debug_link()) {
    if (auto found = find_by_link(*link, id, search)) return found;
  }
  if (search.debuginfod_timeout == 0 || id.size() < 2) return std::nullopt;
  auto fetched = fetch_debug_file(id, search.debuginfod_timeout);
  if (!fetched.ok()) return std::nullopt;
  auto opened = ElfFile::open(std::move(*fetched));
  return opened && is_useful(*opened) && opened->build_id() == id ? std::move(opened) : std::nullopt;
}

std::string missing_debug_file(const ElfFile& file, const DebugFileSearch& search) {
  const std::string id = file.build_id();
  std::string tried = id.size() < 2 ? "it has no build-id" : build_id_path(id, search.debug_directory) + " is missing";
  if (const auto link = file.debug_link()) tried += fmt::format(", so is its debug link {}", link->file_name);
  if (search.debuginfod_timeout != 0 && id.size() >= 2) {
    const auto fetched = fetch_debug_file(id, search.debuginfod_timeout);
    tried += "; " + (fetched.ok() ? std::string("what debuginfod fetched has no DWARF") : fetched.error().message());
  }
  return fmt::format("stripped, and no debug file: {}", tried);
}

std::optional<ElfFile> embedded_symbols(const ElfFile& file) {
  const std::string compressed = file.section(".gnu_debugdata");
  if (compressed.empty()) return std::nullopt;
  return ElfFile::from_bytes(decompress_xz(compressed, kMaxDebugData));
}

std::optional<ElfFile> find_alternate_file(const std::string& path, const std::string& id,
                                           const DebugFileSearch& search) {
  const size_t slash = search.path.rfind('/');
  std::vector<std::string> places;
  if (path.starts_with('/')) {
    places.push_back(path);
  } else {
    // Relative to the file that refers to it, which may be the separate debug file.
    if (slash != std::string::npos) places.push_back(search.path.substr(0, slash + 1) + path);
    const size_t name = path.rfind('/');
    places.push_back(fmt::format("{}/.dwz/{}", search.debug_directory, path.substr(name + 1)));
    const size_t below = path.find(".dwz/");
    if (below != std::string::npos) places.push_back(fmt::format("{}/{}", search.debug_directory, path.substr(below)));
  }
  for (const std::string& root : search.roots) {
    for (const std::string& place : places) {
      auto file = ElfFile::open(open_regular(root + place));
      if (file && file->build_id() == id) return file;
    }
    auto file = ElfFile::open(open_regular(build_id_path(id, root + search.debug_directory)));
    if (file && file->build_id() == id) return file;
  }
  return std::nullopt;
}

std::optional<ElfFile> find_split_file(std::string_view name, std::string_view directory,
                                       const DebugFileSearch& search) {
  if (name.empty()) return std::nullopt;
  const size_t slash = search.path.rfind('/');
  std::vector<std::string> places;
  if (name.starts_with('/')) {
    places.emplace_back(name);
  } else {
    places.push_back(fmt::format("{}/{}", directory, name));
    // Moved together with the program.
    if (slash != std::string::npos) places.push_back(search.path.substr(0, slash + 1) + std::string(name));
  }
  if (slash != std::string::npos) {
    places.push_back(search.path.substr(0, slash + 1) + std::string(name.substr(name.rfind('/') + 1)));
  }
  for (const std::string& root : search.roots) {
    for (const std::string& place : places) {
      if (auto file = ElfFile::open(open_regular(root + place))) return file;
    }
  }
  return std::nullopt;
}

std::optional<ElfFile> find_package(const DebugFileSearch& search) {
  if (search.path.empty()) return std::nullopt;
  for (const std::string& root : search.roots) {
    auto file = ElfFile::open(open_regular(root + search.path + ".dwp"));
    if (file) return file;
  }
  return std::nullopt;
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
    } else {
      add_go_functions(file, index);
    }
  }
  index.finish();
  return index;
}

}  // namespace polytap
