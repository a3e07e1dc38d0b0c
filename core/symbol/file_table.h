// The files behind mappings: opened as their process saw them, each read once for all the processes that map it.
#pragma once

#include <sys/types.h>

#include <compare>
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
  // A file as it is now: the number of a deleted file's inode is soon used again.
  struct Identity {
    uint64_t device = 0;
    uint64_t inode = 0;
    int64_t modified_ns = 0;
    int64_t size = 0;

    bool operator<(const Identity& other) const { return fields() < other.fields(); }
    std::tuple<uint64_t, uint64_t, int64_t, int64_t> fields() const { return {device, inode, modified_ns, size}; }
  };
  struct Opened {
    UniqueFd fd;
    Identity identity;
    std::string root;  // the path was below it; "" or "/proc/PID/root"
  };
  using Known = std::tuple<uint64_t, uint64_t, std::string>;  // device, inode, path as mapped

  std::shared_ptr<MappedFile> find_bound(uint64_t image, const Mapping& mapping);
  std::shared_ptr<MappedFile> make(Opened opened, const Mapping& mapping);
  std::shared_ptr<MappedFile> vdso(const Mapping& mapping);
  Opened open_candidate(pid_t pid, bool alive, const Mapping& mapping) const;
  std::shared_ptr<MappedFile> enter(Opened opened, const Mapping& mapping);
  std::shared_ptr<MappedFile> limit_held(const std::shared_ptr<MappedFile>& added);

  std::string proc_root_;
  DebugFileSearch search_;
  std::mutex mutex_;
  std::map<uint64_t, std::vector<std::pair<Mapping, std::shared_ptr<MappedFile>>>> bound_;  // by image
  std::map<Identity, std::shared_ptr<MappedFile>> by_identity_;
  std::map<std::pair<std::string, int64_t>, std::shared_ptr<MappedFile>>
      by_build_id_;  // and size: a stripped copy differs
  std::map<Known, std::shared_ptr<MappedFile>> last_seen_;
  std::deque<std::shared_ptr<MappedFile>> held_;  // with open descriptors, oldest first
  std::shared_ptr<MappedFile> vdso_;
};

}  // namespace polytap
