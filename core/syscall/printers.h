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
void node_device(CallText& text, uint64_t value, const ArgumentKind& kind);  // by its mode
void device(CallText& text, uint64_t value, const ArgumentKind& kind);
void enumeration(CallText& text, uint64_t value, const ArgumentKind& kind);
void enumeration64(CallText& text, uint64_t value, const ArgumentKind& kind);
void flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void flags64(CallText& text, uint64_t value, const ArgumentKind& kind);
void ipc_flags(CallText& text, uint64_t value, const ArgumentKind& kind);  // and permissions
void shm_flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void ipc_key(CallText& text, uint64_t value, const ArgumentKind& kind);
void signal(CallText& text, uint64_t value, const ArgumentKind& kind);

// What the kind's structure describes, and an array of such; kind.length_argument has the count.
void structure(CallText& text, uint64_t value, const ArgumentKind& kind);
void structures(CallText& text, uint64_t value, const ArgumentKind& kind);

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
void unsigned_long_at(CallText& text, uint64_t value, const ArgumentKind& kind);
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
void io_uring_register_answer(CallText& text, uint64_t value, const ArgumentKind& kind);
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
void ptrace_address(CallText& text, uint64_t value, const ArgumentKind& kind);
void ptrace_data(CallText& text, uint64_t value, const ArgumentKind& kind);
bool ptrace_known_at_entry(const CallText& text);
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

// Clocks, scheduling, the log, mounts, Landlock, quotas and what came later.
void host_name(CallText& text, uint64_t value, const ArgumentKind& kind);
void reboot_argument(CallText& text, uint64_t value, const ArgumentKind& kind);
void mount_type(CallText& text, uint64_t value, const ArgumentKind& kind);
void mount_flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void mount_data(CallText& text, uint64_t value, const ArgumentKind& kind);
void date_at(CallText& text, uint64_t value, const ArgumentKind& kind);
void clock_adjustment(CallText& text, uint64_t value, const ArgumentKind& kind);
void time_zone(CallText& text, uint64_t value, const ArgumentKind& kind);
void update_times(CallText& text, uint64_t value, const ArgumentKind& kind);
void user_id(CallText& text, uint64_t value, const ArgumentKind& kind);
void resident_pages(CallText& text, uint64_t value, const ArgumentKind& kind);
void log_buffer(CallText& text, uint64_t value, const ArgumentKind& kind);
void log_length(CallText& text, uint64_t value, const ArgumentKind& kind);
void kexec_segments(CallText& text, uint64_t value, const ArgumentKind& kind);
void kexec_flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void fanotify_flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void fanotify_fd(CallText& text, uint64_t value, const ArgumentKind& kind);
void scheduling_attributes(CallText& text, uint64_t value, const ArgumentKind& kind);
void scheduling_attributes_result(CallText& text, uint64_t value, const ArgumentKind& kind);
void mount_setting(CallText& text, uint64_t value, const ArgumentKind& kind);
void landlock_ruleset(CallText& text, uint64_t value, const ArgumentKind& kind);
void landlock_rule(CallText& text, uint64_t value, const ArgumentKind& kind);
void futexes(CallText& text, uint64_t value, const ArgumentKind& kind);
void futex2_flags(CallText& text, uint64_t value, const ArgumentKind& kind);
void cache_range(CallText& text, uint64_t value, const ArgumentKind& kind);
void cache_status(CallText& text, uint64_t value, const ArgumentKind& kind);
void statmount_request(CallText& text, uint64_t value, const ArgumentKind& kind);
void statmount_result(CallText& text, uint64_t value, const ArgumentKind& kind);
void mount_ids(CallText& text, uint64_t value, const ArgumentKind& kind);
void security_contexts(CallText& text, uint64_t value, const ArgumentKind& kind);
void security_module_ids(CallText& text, uint64_t value, const ArgumentKind& kind);
void file_attributes(CallText& text, uint64_t value, const ArgumentKind& kind);
void xattr_arguments(CallText& text, uint64_t value, const ArgumentKind& kind);
void size_at(CallText& text, uint64_t value, const ArgumentKind& kind);
void mount_key(CallText& text, uint64_t value, const ArgumentKind& kind);
void mount_value(CallText& text, uint64_t value, const ArgumentKind& kind);
void mount_extra(CallText& text, uint64_t value, const ArgumentKind& kind);
void file_handle(CallText& text, uint64_t value, const ArgumentKind& kind);
void file_handle_result(CallText& text, uint64_t value, const ArgumentKind& kind);
void mount_id_result(CallText& text, uint64_t value, const ArgumentKind& kind);
void vectors(CallText& text, uint64_t value, const ArgumentKind& kind);
void page_addresses(CallText& text, uint64_t value, const ArgumentKind& kind);
void page_nodes(CallText& text, uint64_t value, const ArgumentKind& kind);
void page_states(CallText& text, uint64_t value, const ArgumentKind& kind);
void thread_area(CallText& text, uint64_t value, const ArgumentKind& kind);
void thread_area_result(CallText& text, uint64_t value, const ArgumentKind& kind);
void descriptor_table(CallText& text, uint64_t value, const ArgumentKind& kind);
void system_control(CallText& text, uint64_t value, const ArgumentKind& kind);
void quota_id(CallText& text, uint64_t value, const ArgumentKind& kind);
void quota_address(CallText& text, uint64_t value, const ArgumentKind& kind);
bool log_known_at_entry(const CallText& text);
bool quota_known_at_entry(const CallText& text);

// Keys, System V IPC, message queues, asynchronous I/O.
void keyctl_argument(CallText& text, uint64_t value, const ArgumentKind& kind);
bool keyctl_known_at_entry(const CallText& text);
void ipc_command(CallText& text, uint64_t value, const ArgumentKind& kind);
void shm_argument(CallText& text, uint64_t value, const ArgumentKind& kind);
bool shm_known_at_entry(const CallText& text);
void sem_argument(CallText& text, uint64_t value, const ArgumentKind& kind);
bool sem_known_at_entry(const CallText& text);
void msg_argument(CallText& text, uint64_t value, const ArgumentKind& kind);
bool msg_known_at_entry(const CallText& text);
void sem_operations(CallText& text, uint64_t value, const ArgumentKind& kind);
void ipc_message_to_send(CallText& text, uint64_t value, const ArgumentKind& kind);
void ipc_message_received(CallText& text, uint64_t value, const ArgumentKind& kind);
void queue_request(CallText& text, uint64_t value, const ArgumentKind& kind);
void queue_attributes(CallText& text, uint64_t value, const ArgumentKind& kind);
void io_blocks(CallText& text, uint64_t value, const ArgumentKind& kind);
void io_block(CallText& text, uint64_t value, const ArgumentKind& kind);
void io_event_result(CallText& text, uint64_t value, const ArgumentKind& kind);
void io_events_result(CallText& text, uint64_t value, const ArgumentKind& kind);

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
void prctl_argument(CallText& text, uint64_t value, const ArgumentKind& kind);  // kind.length_argument: which
bool prctl_known_at_entry(const CallText& text);
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
void note_clock_state(CallText& text);
void note_date(CallText& text);
void note_scheduler(CallText& text);
void note_io_priority(CallText& text);
void note_personality(CallText& text);
void note_membarrier(CallText& text);
void note_signal(CallText& text);
void note_thread_area(CallText& text);
void note_recvmmsg(CallText& text);

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
void put_classic_instructions(CallText& text, uint64_t at, uint64_t count, bool of_seccomp);
// /* 2023-11-14T22:13:20.5+0000 */: FRACTION has so many digits.
void put_comment_time(CallText& text, int64_t seconds, int64_t fraction, int digits = 9);
// NAME and clock ticks, with their seconds.
void put_ticks(CallText& text, std::string_view name, int64_t ticks);
// [a, b], or [a, b, ...] behind LIMIT elements.
template <typename T, typename Put>
void put_array(CallText& text, uint64_t at, uint64_t count, Put&& put_element, size_t element_size = sizeof(T));

}  // namespace polytap::printers

#include "core/syscall/put_array.h"
