#include "backends/ebpf/kernel_misses.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <array>
#include <cstring>

namespace polytap::ebpf {
namespace {

// struct bpf_link_info, of which the build machine's linux/bpf.h may lack the end. Words behind type, id and prog_id:
constexpr uint32_t kWords = 16;
constexpr uint32_t kKprobeMultiLink = 8;  // BPF_LINK_TYPE_KPROBE_MULTI
constexpr uint32_t kPerfEventLink = 7;    // BPF_LINK_TYPE_PERF_EVENT
constexpr size_t kMultiMissed = 2;        // addrs; count, flags; missed
constexpr size_t kPerfMissed = 4;         // type; func_name; name_len, offset; addr; missed
constexpr uint32_t kPerfKprobe = 3;       // BPF_PERF_EVENT_KPROBE
constexpr uint32_t kPerfKretprobe = 4;

struct LinkInfo {
  uint32_t type = 0;
  uint32_t id = 0;
  uint32_t program = 0;
  uint32_t padding = 0;
  std::array<uint64_t, kWords> words{};
};

}  // namespace

uint64_t missed_by_program(int program_fd) {
  bpf_prog_info info{};
  uint32_t size = sizeof info;
  return bpf_obj_get_info_by_fd(program_fd, &info, &size) == 0 ? info.recursion_misses : 0;
}

uint64_t missed_by_link(int link_fd) {
  LinkInfo info;
  uint32_t size = sizeof info;
  if (link_fd < 0 || bpf_obj_get_info_by_fd(link_fd, &info, &size) != 0) return 0;
  if (info.type == kKprobeMultiLink) return info.words[kMultiMissed];
  const auto event = static_cast<uint32_t>(info.words[0]);
  if (info.type == kPerfEventLink && (event == kPerfKprobe || event == kPerfKretprobe)) return info.words[kPerfMissed];
  return 0;
}

}  // namespace polytap::ebpf
