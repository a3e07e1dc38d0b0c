// Helper functions that newer kernels than the build machine's linux/bpf.h may have, and short names for the others.
#pragma once

#include <linux/bpf.h>

#include <cstdint>

namespace polytap::ebpf::helper {

inline constexpr int32_t kMapLookup = BPF_FUNC_map_lookup_elem;
inline constexpr int32_t kMapUpdate = BPF_FUNC_map_update_elem;
inline constexpr int32_t kMapDelete = BPF_FUNC_map_delete_elem;
inline constexpr int32_t kMapLookupOnCpu = BPF_FUNC_map_lookup_percpu_elem;  // Linux 5.19
inline constexpr int32_t kForEachMapElement = BPF_FUNC_for_each_map_elem;    // Linux 5.13
inline constexpr int32_t kLoop = BPF_FUNC_loop;                              // Linux 5.17
inline constexpr int32_t kReadUser = BPF_FUNC_probe_read_user;
inline constexpr int32_t kReadKernel = BPF_FUNC_probe_read_kernel;
inline constexpr int32_t kCopyFromUser = BPF_FUNC_copy_from_user;  // may sleep
inline constexpr int32_t kReadUserString = BPF_FUNC_probe_read_user_str;
inline constexpr int32_t kReadKernelString = BPF_FUNC_probe_read_kernel_str;
inline constexpr int32_t kTimeMonotonic = BPF_FUNC_ktime_get_ns;
inline constexpr int32_t kTimeBoot = BPF_FUNC_ktime_get_boot_ns;
inline constexpr int32_t kTimeTai = BPF_FUNC_ktime_get_tai_ns;  // Linux 6.1
inline constexpr int32_t kPidTgid = BPF_FUNC_get_current_pid_tgid;
inline constexpr int32_t kNamespacePidTgid = BPF_FUNC_get_ns_current_pid_tgid;  // Linux 5.7
inline constexpr int32_t kUidGid = BPF_FUNC_get_current_uid_gid;
inline constexpr int32_t kComm = BPF_FUNC_get_current_comm;
inline constexpr int32_t kCpu = BPF_FUNC_get_smp_processor_id;
inline constexpr int32_t kNumaNode = BPF_FUNC_get_numa_node_id;
inline constexpr int32_t kCgroup = BPF_FUNC_get_current_cgroup_id;
inline constexpr int32_t kRandom = BPF_FUNC_get_prandom_u32;
inline constexpr int32_t kJiffies = BPF_FUNC_jiffies64;
inline constexpr int32_t kCurrentTask = BPF_FUNC_get_current_task;
inline constexpr int32_t kCurrentTaskTyped = BPF_FUNC_get_current_task_btf;  // Linux 5.11
inline constexpr int32_t kTaskRegisters = BPF_FUNC_task_pt_regs;             // Linux 5.15
inline constexpr int32_t kStack = BPF_FUNC_get_stack;
inline constexpr int32_t kCookie = BPF_FUNC_get_attach_cookie;
inline constexpr int32_t kSendSignal = BPF_FUNC_send_signal;
inline constexpr int32_t kSendSignalThread = BPF_FUNC_send_signal_thread;
inline constexpr int32_t kOverrideReturn = BPF_FUNC_override_return;  // CONFIG_BPF_KPROBE_OVERRIDE
inline constexpr int32_t kWriteUser = BPF_FUNC_probe_write_user;      // not in lockdown
inline constexpr int32_t kRingReserve = BPF_FUNC_ringbuf_reserve;
inline constexpr int32_t kRingSubmit = BPF_FUNC_ringbuf_submit;
inline constexpr int32_t kRingOutput = BPF_FUNC_ringbuf_output;
inline constexpr int32_t kSeqPrintf = BPF_FUNC_seq_printf;  // of iterators
inline constexpr int32_t kSeqWrite = BPF_FUNC_seq_write;

}  // namespace polytap::ebpf::helper
