// The files behind mappings: opened as their process saw them, each read once for all the processes that map it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/symbol/mapped_file.h"
#include "core/symbol/open_mapping.h"
#include "core/symbol/process_maps.h"

namespace polytap {

// Thread-safe.
class FileTable {
 public:
  // SEARCH: where debug files are looked for; its path and roots are those of each file.
  FileTable(std::string proc_root, DebugFileSearch search);

  // The file of a mapping in process PID, whose image has this number (ProcessMaps::Version). Once opened it stays
  // bound to the image: neither the end of the process nor a new file under the old name changes it. Null when there is
  // nothing to open.
  std::shared_ptr<MappedFile> open(pid_t pid, uint64_t image, bool alive, const Mapping& mapping);

 private:
  using Known = std::tuple<uint64_t, uint64_t, std::string>;  // device, inode, path as mapped

  std::shared_ptr<MappedFile> find_bound(uint64_t image, const Mapping& mapping);
  std::shared_ptr<MappedFile> make(OpenedMapping opened, const Mapping& mapping);
  std::shared_ptr<MappedFile> enter(OpenedMapping opened, const Mapping& mapping);
  std::shared_ptr<MappedFile> limit_held(const std::shared_ptr<MappedFile>& added);

  std::string proc_root_;
  DebugFileSearch search_;
  std::mutex mutex_;
  std::map<uint64_t, std::vector<std::pair<Mapping, std::shared_ptr<MappedFile>>>> bound_;  // by image
  std::map<FileIdentity, std::shared_ptr<MappedFile>> by_identity_;
  std::map<std::pair<std::string, int64_t>, std::shared_ptr<MappedFile>>
      by_build_id_;  // and size: a stripped copy differs
  std::map<Known, std::shared_ptr<MappedFile>> last_seen_;
  std::deque<std::shared_ptr<MappedFile>> held_;  // with open descriptors, oldest first
  std::shared_ptr<MappedFile> vdso_;
};

}  // namespace polytap
