#include "core/symbol/module_debug.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "core/symbol/read_whole_file.h"

namespace polytap {
namespace {

namespace fs = std::filesystem;

// "nf-tables.ko", "nf_tables.ko.debug" (Fedora's): nf_tables. Nothing for other files, and for compressed ones.
std::string module_of(std::string name) {
  if (name.ends_with(".debug")) name.resize(name.size() - 6);
  if (!name.ends_with(".ko")) return {};
  name.resize(name.size() - 3);
  std::ranges::replace(name, '-', '_');
  return name;
}

// The build-id of a note as a file of its own: a header of 12 bytes, "GNU\0", the id. Empty when it cannot be read.
std::string build_id_of_note(const std::string& path) {
  const auto note = read_whole_file(path);
  return note.ok() && note->size() > 16 ? note->substr(16) : std::string();
}

std::optional<size_t> section_around(const std::vector<PlacedSection>& places, const std::vector<uint64_t>& loaded_at,
                                     uint64_t address) {
  for (size_t i = 0; i < loaded_at.size(); ++i) {
    if (loaded_at[i] != 0 && address >= loaded_at[i] && address - loaded_at[i] < places[i].size) return i;
  }
  return std::nullopt;
}

}  // namespace

ModuleDebug::ModuleDebug(std::string debug_directory, std::string release, std::string sys_root)
    : debug_directory_(std::move(debug_directory)), release_(std::move(release)), sys_root_(std::move(sys_root)) {}

// Some thousands, of which Debian's package has all; a module that was built here has its DWARF in itself.
void ModuleDebug::find_files() {
  found_files_ = true;
  for (const std::string& folder :
       {fmt::format("{}/lib/modules/{}", debug_directory_, release_), fmt::format("/lib/modules/{}", release_)}) {
    std::error_code error;
    fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      std::string name = module_of(at->path().filename().string());
      if (!name.empty()) files_.emplace(std::move(name), at->path().string());
    }
  }
}

// Only root may read them.
std::vector<uint64_t> ModuleDebug::loaded_sections(const std::string& name, const Module& module) const {
  std::vector<uint64_t> loaded;
  for (const PlacedSection& place : module.places) {
    const auto text = read_whole_file(fmt::format("{}/module/{}/sections/{}", sys_root_, name, place.name));
    loaded.push_back(text.ok() ? std::strtoull(text->c_str(), nullptr, 16) : 0);
  }
  return loaded;
}

void ModuleDebug::open(const std::string& name, Module& module) {
  if (!found_files_) find_files();
  module.missing = fmt::format("no lines: there is no {}/lib/modules/{}/.../{}.ko (in Debian: linux-image-{}-dbg)",
                               debug_directory_, release_, name, release_);
  const std::string id = build_id_of_note(fmt::format("{}/module/{}/notes/.note.gnu.build-id", sys_root_, name));
  const auto [begin, end] = files_.equal_range(name);
  for (auto it = begin; it != end; ++it) {
    const std::string& path = it->second;
    auto file = ElfFile::open(UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)));
    if (!file || !is_unlinked(*file)) continue;
    if (!id.empty() && file->build_id() != id) {
      module.missing = fmt::format("no lines: {} is of another build than the module that is loaded", path);
      continue;
    }
    module.places = place_code_sections(*file);
    std::string why;
    module.debug =
        DebugInfo::open(std::move(*file), {.path = path, .roots = {""}, .debug_directory = debug_directory_}, why);
    if (module.debug) return;
    module.missing = fmt::format("no lines: {}: {}", path, why);
  }
}

bool ModuleDebug::find_source(std::string_view name, uint64_t address, bool inlines, std::vector<SourceFrame>& frames,
                              std::string& why) {
  auto known = modules_.find(name);
  if (known == modules_.end()) {
    known = modules_.emplace(std::string(name), Module()).first;
    open(known->first, known->second);
  }
  Module& module = known->second;
  why = module.missing;
  if (!module.debug) return false;
  auto section = section_around(module.places, module.loaded_at, address);
  if (!section) {
    // Not read yet, or the module has been loaded again elsewhere.
    module.loaded_at = loaded_sections(known->first, module);
    section = section_around(module.places, module.loaded_at, address);
  }
  if (!section) {
    why = fmt::format("no lines: {}/module/{}/sections does not tell where its code is (only root may read that)",
                      sys_root_, name);
    return false;
  }
  const uint64_t linked = address - module.loaded_at[*section] + module.places[*section].address;
  const bool found = module.debug->find(linked, inlines, frames);
  why = module.debug->why();
  return found;
}

}  // namespace polytap
