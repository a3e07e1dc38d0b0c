// The printers that argument kinds are made of. Each shows one argument; those for structures take its address.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/syscall/arguments.h"

struct timespec;
struct timeval;

namespace polytap::printers {

// Plain values.
void fd(CallText& text, uint64_t value, const ArgumentKind& kind);
void directory_fd(CallText& text, uint64_t value, const ArgumentKind& kind);
void int32(CallText& text, uint64_t value, const ArgumentKind& kind);
void process(CallText& text, uint64_t value, const ArgumentKind& kind);
void uint32(CallText& text, uint64_t value, const ArgumentKind& kind);
void int64(CallText& text, uint64_t value, const ArgumentKind& kind);
void uint64(CallText& text, uint64_t value, const ArgumentKind& kind);
void hex(CallText& text, uint64_t value, const ArgumentKind& kind);
void hex32(CallText& text, uint64_t value, const ArgumentKind& kind);
void address(CallText& text, uint64_t value, const ArgumentKind& kind);
void mode(CallText& text, uint64_t value, const ArgumentKind& kind);
void type_and_mode(CallText& text, uint64_t value, const ArgumentKind& kind);
void device(CallText& text, uint64_t value, const ArgumentKind& kind);
void enumeration(CallText& text, uint64_t value, const ArgumentKind& kind);
void enumeration64(CallText& text, uint64_t value, const ArgumentKind& kind);
void flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void flags64(CallText& text, uint64_t value, const ArgumentKind& kind);
void ipc_flags(CallText& text, uint64_t value, const ArgumentKind& kind);  // and permissions
void ipc_key(CallText& text, uint64_t value, const ArgumentKind& kind);
void signal(CallText& text, uint64_t value, const ArgumentKind& kind);

// Strings and buffers.
void path(CallText& text, uint64_t value, const ArgumentKind& kind);
void string(CallText& text, uint64_t value, const ArgumentKind& kind);
void buffer(CallText& text, uint64_t value, const ArgumentKind& kind);         // kind.length_argument
void result_buffer(CallText& text, uint64_t value, const ArgumentKind& kind);  // as long as the call returns
void result_string(CallText& text, uint64_t value, const ArgumentKind& kind);
void string_array(CallText& text, uint64_t value, const ArgumentKind& kind);
void environment(CallText& text, uint64_t value, const ArgumentKind& kind);
void int_at(CallText& text, uint64_t value, const ArgumentKind& kind);  // [7]
void uint_at(CallText& text, uint64_t value, const ArgumentKind& kind);
void long_at(CallText& text, uint64_t value, const ArgumentKind& kind);
void address_at(CallText& text, uint64_t value, const ArgumentKind& kind);
void fd_pair(CallText& text, uint64_t value, const ArgumentKind& kind);

// Files.
void open_flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void open_mode(CallText& text, uint64_t value, const ArgumentKind& kind);  // only where a file may be made
void open_how(CallText& text, uint64_t value, const ArgumentKind& kind);
void access_mode(CallText& text, uint64_t value, const ArgumentKind& kind);
void file_status(CallText& text, uint64_t value, const ArgumentKind& kind);  // struct stat
void statx_flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void statx(CallText& text, uint64_t value, const ArgumentKind& kind);
void statfs(CallText& text, uint64_t value, const ArgumentKind& kind);
void directory_entries(CallText& text, uint64_t value, const ArgumentKind& kind);      // getdents64
void old_directory_entries(CallText& text, uint64_t value, const ArgumentKind& kind);  // getdents
void fcntl_argument(CallText& text, uint64_t value, const ArgumentKind& kind);
bool fcntl_known_at_entry(const CallText& text);
void ioctl_command(CallText& text, uint64_t value, const ArgumentKind& kind);
void ioctl_argument(CallText& text, uint64_t value, const ArgumentKind& kind);
void ioctl_answer(CallText& text, uint64_t value, const ArgumentKind& kind);
bool ioctl_known_at_entry(const CallText& text);
void io_vectors(CallText& text, uint64_t value, const ArgumentKind& kind);         // to write
void io_vectors_result(CallText& text, uint64_t value, const ArgumentKind& kind);  // filled by the call
void poll_fds(CallText& text, uint64_t value, const ArgumentKind& kind);
void fd_set(CallText& text, uint64_t value, const ArgumentKind& kind);
void pselect_mask(CallText& text, uint64_t value, const ArgumentKind& kind);
void epoll_event(CallText& text, uint64_t value, const ArgumentKind& kind);
void epoll_events_result(CallText& text, uint64_t value, const ArgumentKind& kind);
void xattr_value(CallText& text, uint64_t value, const ArgumentKind& kind);
void xattr_result(CallText& text, uint64_t value, const ArgumentKind& kind);

// Memory.
void map_flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void mremap_address(CallText& text, uint64_t value, const ArgumentKind& kind);
void personality(CallText& text, uint64_t value, const ArgumentKind& kind);
void random_bytes(CallText& text, uint64_t value, const ArgumentKind& kind);
void uint64_of(CallText& text, uint64_t value, const ArgumentKind& kind);
void moved_offset(CallText& text, uint64_t value, const ArgumentKind& kind);
void device32(CallText& text, uint64_t value, const ArgumentKind& kind);
void quota_command(CallText& text, uint64_t value, const ArgumentKind& kind);
void ptrace_pid(CallText& text, uint64_t value, const ArgumentKind& kind);
void policy(CallText& text, uint64_t value, const ArgumentKind& kind);
void huge_flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void membarrier_cpu(CallText& text, uint64_t value, const ArgumentKind& kind);
void kcmp_rest(CallText& text, uint64_t value, const ArgumentKind& kind);
void seccomp_flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void key(CallText& text, uint64_t value, const ArgumentKind& kind);
void io_priority(CallText& text, uint64_t value, const ArgumentKind& kind);
void syslog_action(CallText& text, uint64_t value, const ArgumentKind& kind);
void swap_flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void timer_event(CallText& text, uint64_t value, const ArgumentKind& kind);
void memory_policy(CallText& text, uint64_t value, const ArgumentKind& kind);
void node_mask(CallText& text, uint64_t value, const ArgumentKind& kind);
void restarted(CallText& text, uint64_t value, const ArgumentKind& kind);

// Processes, signals, time.
void signal_set(CallText& text, uint64_t value, const ArgumentKind& kind);
void signal_action(CallText& text, uint64_t value, const ArgumentKind& kind);
void signal_frame(CallText& text, uint64_t value, const ArgumentKind& kind);
void signal_info(CallText& text, uint64_t value, const ArgumentKind& kind);
void signal_stack(CallText& text, uint64_t value, const ArgumentKind& kind);
void wait_status(CallText& text, uint64_t value, const ArgumentKind& kind);
void wait_id(CallText& text, uint64_t value, const ArgumentKind& kind);
void clone_flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void clone_parent_tid(CallText& text, uint64_t value, const ArgumentKind& kind);
void clone_tls(CallText& text, uint64_t value, const ArgumentKind& kind);
void clone_child_tid(CallText& text, uint64_t value, const ArgumentKind& kind);
void clone_stack(CallText& text, uint64_t value, const ArgumentKind& kind);
void clone_arguments(CallText& text, uint64_t value, const ArgumentKind& kind);
void clone_arguments_result(CallText& text, uint64_t value, const ArgumentKind& kind);
void time_spec(CallText& text, uint64_t value, const ArgumentKind& kind);
void time_val(CallText& text, uint64_t value, const ArgumentKind& kind);
void time_spec_pair(CallText& text, uint64_t value, const ArgumentKind& kind);
void time_val_pair(CallText& text, uint64_t value, const ArgumentKind& kind);
void remaining_time(CallText& text, uint64_t value, const ArgumentKind& kind);
void interval_timer(CallText& text, uint64_t value, const ArgumentKind& kind);
void interval_timer_spec(CallText& text, uint64_t value, const ArgumentKind& kind);
void resource_limit(CallText& text, uint64_t value, const ArgumentKind& kind);
void resource_usage(CallText& text, uint64_t value, const ArgumentKind& kind);
void system_info(CallText& text, uint64_t value, const ArgumentKind& kind);
void system_name(CallText& text, uint64_t value, const ArgumentKind& kind);
void process_times(CallText& text, uint64_t value, const ArgumentKind& kind);
void futex_operation(CallText& text, uint64_t value, const ArgumentKind& kind);
void futex_value(CallText& text, uint64_t value, const ArgumentKind& kind);
void futex_timeout(CallText& text, uint64_t value, const ArgumentKind& kind);
void futex_second(CallText& text, uint64_t value, const ArgumentKind& kind);
void futex_third(CallText& text, uint64_t value, const ArgumentKind& kind);
void prctl_argument(CallText& text, uint64_t value, const ArgumentKind& kind);  // the first behind the option
bool prctl_known_at_entry(const CallText& text);
void prctl_rest(CallText& text, uint64_t value, const ArgumentKind& kind);
void arch_prctl_argument(CallText& text, uint64_t value, const ArgumentKind& kind);
bool arch_prctl_known_at_entry(const CallText& text);
void cpu_set(CallText& text, uint64_t value, const ArgumentKind& kind);
void groups(CallText& text, uint64_t value, const ArgumentKind& kind);
void groups_result(CallText& text, uint64_t value, const ArgumentKind& kind);
void scheduling_parameter(CallText& text, uint64_t value, const ArgumentKind& kind);
void scheduler(CallText& text, uint64_t value, const ArgumentKind& kind);
void capability_header(CallText& text, uint64_t value, const ArgumentKind& kind);
void capability_data(CallText& text, uint64_t value, const ArgumentKind& kind);
void io_uring_parameters(CallText& text, uint64_t value, const ArgumentKind& kind);
void io_uring_enter_argument(CallText& text, uint64_t value, const ArgumentKind& kind);
void io_uring_register_argument(CallText& text, uint64_t value, const ArgumentKind& kind);
bool io_uring_register_known_at_entry(const CallText& text);
void perf_attributes(CallText& text, uint64_t value, const ArgumentKind& kind);
void bpf_attributes(CallText& text, uint64_t value, const ArgumentKind& kind);
void seccomp_argument(CallText& text, uint64_t value, const ArgumentKind& kind);
bool seccomp_known_at_entry(const CallText& text);

// Sockets.
void socket_type(CallText& text, uint64_t value, const ArgumentKind& kind);
void socket_protocol(CallText& text, uint64_t value, const ArgumentKind& kind);
void socket_address(CallText& text, uint64_t value, const ArgumentKind& kind);
void socket_address_result(CallText& text, uint64_t value, const ArgumentKind& kind);
void socket_address_length(CallText& text, uint64_t value, const ArgumentKind& kind);
void socket_option(CallText& text, uint64_t value, const ArgumentKind& kind);
void socket_option_value(CallText& text, uint64_t value, const ArgumentKind& kind);
void socket_option_result(CallText& text, uint64_t value, const ArgumentKind& kind);
void message_to_send(CallText& text, uint64_t value, const ArgumentKind& kind);
void message_received(CallText& text, uint64_t value, const ArgumentKind& kind);
void data_to_send(CallText& text, uint64_t value, const ArgumentKind& kind);
void data_received(CallText& text, uint64_t value, const ArgumentKind& kind);
void messages_to_send(CallText& text, uint64_t value, const ArgumentKind& kind);
void messages_received(CallText& text, uint64_t value, const ArgumentKind& kind);

// What is shown behind the value that a call returned.
void note_select(CallText& text);
void note_pselect(CallText& text);
void note_poll(CallText& text);
void note_ppoll(CallText& text);
void note_fcntl(CallText& text);
void note_prctl(CallText& text);
void note_ioctl(CallText& text);

// Parts that several of them share.
void put_time_spec(CallText& text, int64_t seconds, int64_t nanoseconds);
void put_time_val(CallText& text, int64_t seconds, int64_t microseconds);
void put_mode(CallText& text, uint32_t mode);
void put_signal_set(CallText& text, uint64_t set, uint32_t signal_count = 64);
void put_signal_info(CallText& text, const void* information);
void put_wait_status(CallText& text, int status);
void put_open_flags(CallText& text, uint64_t value);
void put_socket_address(CallText& text, std::span<const char> bytes);
// struct sock_fprog. OF_SECCOMP: what it returns are seccomp's actions.
void put_classic_filter(CallText& text, uint64_t at, bool of_seccomp);
void put_comment_time(CallText& text, int64_t seconds, int64_t nanoseconds);
// [a, b], or [a, b, ...] behind LIMIT elements.
template <typename T, typename Put>
void put_array(CallText& text, uint64_t at, uint64_t count, Put&& put_element, size_t element_size = sizeof(T));

}  // namespace polytap::printers

#include "core/syscall/put_array.h"
