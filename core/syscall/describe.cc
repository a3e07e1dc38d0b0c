// The table of all calls by their argument kinds.
#include <signal.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>

#include <algorithm>

#include "core/base/inline_text.h"
#include "core/syscall/arguments.h"
#include "core/syscall/printers.h"
#include "core/syscall/table.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_system.h"

namespace polytap {
namespace {

namespace p = printers;
using Direction = ArgumentKind::Direction;

constexpr ArgumentKind value_kind(ArgumentPrinter print) { return {print}; }
constexpr ArgumentKind input(ArgumentPrinter print, uint8_t length_argument = 0) {
  return {print, Direction::kIn, nullptr, 0, length_argument};
}
constexpr ArgumentKind result(ArgumentPrinter print, uint8_t length_argument = 0) {
  return {print, Direction::kOut, nullptr, 0, length_argument};
}
constexpr ArgumentKind addendum(ArgumentPrinter print) { return {print, Direction::kAddendum}; }
constexpr ArgumentKind by_command(ArgumentPrinter print, bool (*known_at_entry)(const CallText&)) {
  return {print, Direction::kByCommand, nullptr, 0, 0, known_at_entry};
}
template <typename T>
constexpr ArgumentKind in_kind(ArgumentPrinter print) {
  return {print, Direction::kIn, nullptr, sizeof(T)};
}
template <typename T>
constexpr ArgumentKind out_kind(ArgumentPrinter print) {
  return {print, Direction::kOut, nullptr, sizeof(T)};
}
constexpr ArgumentKind named(ArgumentPrinter print, const ConstantTable& table) {
  return {print, Direction::kValue, &table};
}
constexpr ArgumentKind flags_kind(const ConstantTable& table) { return named(p::flags, table); }
constexpr ArgumentKind flags64_kind(const ConstantTable& table) { return named(p::flags64, table); }
constexpr ArgumentKind enumeration_kind(const ConstantTable& table) { return named(p::enumeration, table); }
constexpr ArgumentKind enumeration64_kind(const ConstantTable& table) { return named(p::enumeration64, table); }
constexpr ArgumentKind ipc_flags_kind(const ConstantTable& table) { return named(p::ipc_flags, table); }

// As the kernel has them.
struct KernelAction {
  uint64_t words[4];
};
using sysinfo_t = struct sysinfo;
using statfs_t = struct statfs;

constexpr ArgumentKind fd_kind = value_kind(p::fd);
constexpr ArgumentKind directory_fd_kind = value_kind(p::directory_fd);
constexpr ArgumentKind int32_kind = value_kind(p::int32);
constexpr ArgumentKind process_kind = value_kind(p::process);
constexpr ArgumentKind uint32_kind = value_kind(p::uint32);
constexpr ArgumentKind int64_kind = value_kind(p::int64);
constexpr ArgumentKind uint64_kind = value_kind(p::uint64);
constexpr ArgumentKind hex_kind = value_kind(p::hex);
constexpr ArgumentKind hex32_kind = value_kind(p::hex32);
constexpr ArgumentKind address_kind = value_kind(p::address);
constexpr ArgumentKind mode_kind = value_kind(p::mode);
constexpr ArgumentKind type_and_mode_kind = value_kind(p::type_and_mode);
constexpr ArgumentKind device32_kind = value_kind(p::device32);
constexpr ArgumentKind quota_command_kind = value_kind(p::quota_command);
constexpr ArgumentKind ptrace_pid_kind = value_kind(p::ptrace_pid);
constexpr ArgumentKind ptrace_address_kind = value_kind(p::ptrace_address);
constexpr ArgumentKind ptrace_data_kind = by_command(p::ptrace_data, p::ptrace_known_at_entry);
constexpr ArgumentKind node_device_kind(uint8_t mode) { return {p::node_device, Direction::kValue, nullptr, 0, mode}; }
constexpr ArgumentKind policy_kind = value_kind(p::policy);
constexpr ArgumentKind long_policy_kind{p::policy, Direction::kValue, nullptr, 0, 1};  // as wide as a long
constexpr ArgumentKind huge_flags_kind(const ConstantTable& table) { return named(p::huge_flags, table); }
constexpr ArgumentKind membarrier_cpu_kind = value_kind(p::membarrier_cpu);
constexpr ArgumentKind kcmp_rest_kind(uint8_t index) { return {p::kcmp_rest, Direction::kValue, nullptr, 0, index}; }
constexpr ArgumentKind host_name_kind = input(p::host_name, 1);
constexpr ArgumentKind reboot_argument_kind = value_kind(p::reboot_argument);
constexpr ArgumentKind mount_type_kind = value_kind(p::mount_type);
constexpr ArgumentKind mount_flags_kind = value_kind(p::mount_flags);
constexpr ArgumentKind mount_data_kind = value_kind(p::mount_data);
constexpr ArgumentKind date_at_kind = out_kind<int64_t>(p::date_at);
constexpr ArgumentKind seccomp_flags_kind = value_kind(p::seccomp_flags);
constexpr ArgumentKind key_kind = value_kind(p::key);
constexpr ArgumentKind io_priority_kind = value_kind(p::io_priority);
constexpr ArgumentKind syslog_action_kind = value_kind(p::syslog_action);
constexpr ArgumentKind swap_flags_kind = value_kind(p::swap_flags);
constexpr ArgumentKind ipc_key_kind = value_kind(p::ipc_key);
constexpr ArgumentKind signal_kind = value_kind(p::signal);
constexpr ArgumentKind path_kind = input(p::path);
constexpr ArgumentKind string_kind = input(p::string);
constexpr ArgumentKind buffer_kind(uint8_t length) { return input(p::buffer, length); }
constexpr ArgumentKind result_buffer_kind = result(p::result_buffer);
constexpr ArgumentKind result_string_kind = result(p::result_string);
constexpr ArgumentKind random_bytes_kind = result(p::random_bytes);
constexpr ArgumentKind string_array_kind = input(p::string_array);
constexpr ArgumentKind environment_kind = input(p::environment);
constexpr ArgumentKind uint_at_kind = out_kind<uint32_t>(p::uint_at);
constexpr ArgumentKind long_at_kind = out_kind<int64_t>(p::long_at);
constexpr ArgumentKind offset_in_kind = in_kind<int64_t>(p::long_at);
constexpr ArgumentKind address_at_kind = out_kind<uint64_t>(p::address_at);
constexpr ArgumentKind fd_pair_kind = out_kind<int[2]>(p::fd_pair);
constexpr ArgumentKind open_flags_kind = value_kind(p::open_flags);
constexpr ArgumentKind open_mode_kind(uint8_t flags) { return {p::open_mode, Direction::kValue, nullptr, 0, flags}; }
constexpr ArgumentKind open_how_kind = in_kind<uint64_t[3]>(p::open_how);
constexpr ArgumentKind access_mode_kind = value_kind(p::access_mode);
constexpr ArgumentKind file_status_kind = result(p::file_status);
constexpr ArgumentKind statx_flags_kind = value_kind(p::statx_flags);
constexpr ArgumentKind statx_result_kind = result(p::statx);
constexpr ArgumentKind directory_entries_kind = result(p::directory_entries);
constexpr ArgumentKind old_directory_entries_kind = result(p::old_directory_entries);
constexpr ArgumentKind fcntl_argument_kind = by_command(p::fcntl_argument, p::fcntl_known_at_entry);
constexpr ArgumentKind ioctl_command_kind = value_kind(p::ioctl_command);
constexpr ArgumentKind ioctl_argument_kind = by_command(p::ioctl_argument, p::ioctl_known_at_entry);
constexpr ArgumentKind io_uring_register_answer_kind = addendum(p::io_uring_register_answer);
constexpr ArgumentKind ioctl_answer_kind = addendum(p::ioctl_answer);
constexpr ArgumentKind io_vectors_kind(uint8_t count) { return input(p::io_vectors, count); }
constexpr ArgumentKind io_vectors_result_kind(uint8_t count) { return result(p::io_vectors_result, count); }
constexpr ArgumentKind poll_fds_kind(uint8_t count) { return input(p::poll_fds, count); }
constexpr ArgumentKind fd_set_kind = input(p::fd_set);
constexpr ArgumentKind pselect_mask_kind = input(p::pselect_mask);
constexpr ArgumentKind epoll_event_kind = input(p::epoll_event);
constexpr ArgumentKind epoll_events_result_kind = result(p::epoll_events_result);
constexpr ArgumentKind xattr_value_kind(uint8_t length) { return input(p::xattr_value, length); }
constexpr ArgumentKind xattr_result_kind(uint8_t length) { return result(p::xattr_result, length); }
constexpr ArgumentKind map_flags_kind = value_kind(p::map_flags);
constexpr ArgumentKind mremap_address_kind = value_kind(p::mremap_address);
constexpr ArgumentKind timer_event_kind = in_kind<sigevent>(p::timer_event);
constexpr ArgumentKind timer_id_kind = out_kind<int>(p::int_at);
constexpr ArgumentKind memory_policy_kind = out_kind<int>(p::memory_policy);
constexpr ArgumentKind node_mask_kind(uint8_t bits) { return input(p::node_mask, bits); }
constexpr ArgumentKind node_mask_result_kind(uint8_t bits) { return result(p::node_mask, bits); }
constexpr ArgumentKind personality_kind = value_kind(p::personality);
constexpr ArgumentKind signal_set_in_kind(uint8_t length) { return input(p::signal_set, length); }
constexpr ArgumentKind signal_set_out_kind(uint8_t length) { return result(p::signal_set, length); }
constexpr ArgumentKind signal_frame_kind = input(p::signal_frame);
constexpr ArgumentKind signal_information_kind = out_kind<siginfo_t>(p::signal_info);
constexpr ArgumentKind remaining_kind = out_kind<timespec>(p::remaining_time);
constexpr ArgumentKind wait_status_kind = out_kind<int>(p::wait_status);
constexpr ArgumentKind clone_stack_kind = value_kind(p::clone_stack);
constexpr ArgumentKind clone_flags_kind = value_kind(p::clone_flags);
constexpr ArgumentKind clone_parent_tid_kind = out_kind<int>(p::clone_parent_tid);
constexpr ArgumentKind clone_tls_kind = result(p::clone_tls);
constexpr ArgumentKind clone_child_tid_kind = result(p::clone_child_tid);
constexpr ArgumentKind clone_arguments_kind = input(p::clone_arguments, 1);
constexpr ArgumentKind clone_arguments_result_kind = addendum(p::clone_arguments_result);
// For calls of which a kind takes two places: the argument of that number.
constexpr ArgumentKind uint64_of_kind(uint8_t argument) {
  return {p::uint64_of, Direction::kValue, nullptr, 0, argument};
}
constexpr ArgumentKind moved_offset_kind(uint8_t argument) {
  return {p::moved_offset, Direction::kAddendum, nullptr, 0, argument};
}
constexpr ArgumentKind futex_operation_kind = value_kind(p::futex_operation);
constexpr ArgumentKind futex_value_kind = value_kind(p::futex_value);
constexpr ArgumentKind futex_timeout_kind = input(p::futex_timeout);
constexpr ArgumentKind futex_second_kind = value_kind(p::futex_second);
constexpr ArgumentKind futex_third_kind = value_kind(p::futex_third);
constexpr ArgumentKind prctl_kind(uint8_t index) {
  return {p::prctl_argument, Direction::kByCommand, nullptr, 0, index, p::prctl_known_at_entry};
}
constexpr ArgumentKind arch_prctl_argument_kind = by_command(p::arch_prctl_argument, p::arch_prctl_known_at_entry);
constexpr ArgumentKind cpu_set_kind(uint8_t length) { return input(p::cpu_set, length); }
constexpr ArgumentKind cpu_set_result_kind = result(p::cpu_set);
constexpr ArgumentKind groups_kind = input(p::groups);
constexpr ArgumentKind groups_result_kind = result(p::groups_result);
constexpr ArgumentKind scheduler_kind = value_kind(p::scheduler);
constexpr ArgumentKind capability_header_kind = input(p::capability_header);
constexpr ArgumentKind capability_data_kind = result(p::capability_data);
constexpr ArgumentKind capability_data_in_kind = input(p::capability_data);
constexpr ArgumentKind io_uring_parameters_kind = result(p::io_uring_parameters);
constexpr ArgumentKind io_uring_enter_argument_kind = input(p::io_uring_enter_argument, 5);
constexpr ArgumentKind io_uring_register_argument_kind =
    by_command(p::io_uring_register_argument, p::io_uring_register_known_at_entry);
constexpr ArgumentKind perf_attributes_kind = input(p::perf_attributes);
constexpr ArgumentKind bpf_attributes_kind = input(p::bpf_attributes);
constexpr ArgumentKind seccomp_argument_kind = by_command(p::seccomp_argument, p::seccomp_known_at_entry);
constexpr ArgumentKind keyctl_kind(uint8_t index) {
  return {p::keyctl_argument, Direction::kByCommand, nullptr, 0, index, p::keyctl_known_at_entry};
}
constexpr ArgumentKind ipc_command_kind(const ConstantTable& table) { return named(p::ipc_command, table); }
constexpr ArgumentKind shm_flags_kind = value_kind(p::shm_flags);
constexpr ArgumentKind shm_argument_kind = by_command(p::shm_argument, p::shm_known_at_entry);
constexpr ArgumentKind sem_argument_kind = by_command(p::sem_argument, p::sem_known_at_entry);
constexpr ArgumentKind msg_argument_kind = by_command(p::msg_argument, p::msg_known_at_entry);
constexpr ArgumentKind sem_operations_kind = input(p::sem_operations);
constexpr ArgumentKind ipc_message_to_send_kind = input(p::ipc_message_to_send);
constexpr ArgumentKind ipc_message_received_kind = result(p::ipc_message_received);
constexpr ArgumentKind queue_request_kind = input(p::queue_request);
constexpr ArgumentKind queue_attributes_kind = input(p::queue_attributes);
constexpr ArgumentKind queue_attributes_result_kind = result(p::queue_attributes);
constexpr ArgumentKind io_blocks_kind = input(p::io_blocks);
constexpr ArgumentKind io_block_kind = input(p::io_block);
constexpr ArgumentKind io_event_result_kind = result(p::io_event_result);
constexpr ArgumentKind io_events_result_kind = result(p::io_events_result);
constexpr ArgumentKind signal_mask_argument_kind = input(p::pselect_mask);
constexpr ArgumentKind user_id_kind = value_kind(p::user_id);
constexpr ArgumentKind log_length_kind = value_kind(p::log_length);
constexpr ArgumentKind kexec_flags_kind = value_kind(p::kexec_flags);
constexpr ArgumentKind fanotify_flags_kind = value_kind(p::fanotify_flags);
constexpr ArgumentKind fanotify_fd_kind = value_kind(p::fanotify_fd);
constexpr ArgumentKind futex2_flags_kind = value_kind(p::futex2_flags);
constexpr ArgumentKind mount_extra_kind = value_kind(p::mount_extra);
constexpr ArgumentKind quota_id_kind = value_kind(p::quota_id);
constexpr ArgumentKind update_times_kind = input(p::update_times);
constexpr ArgumentKind kexec_segments_kind = input(p::kexec_segments);
constexpr ArgumentKind scheduling_attributes_kind = input(p::scheduling_attributes);
constexpr ArgumentKind mount_setting_kind = input(p::mount_setting);
constexpr ArgumentKind landlock_ruleset_kind = input(p::landlock_ruleset);
constexpr ArgumentKind landlock_rule_kind = input(p::landlock_rule);
constexpr ArgumentKind cache_range_kind = input(p::cache_range);
constexpr ArgumentKind file_attributes_kind = input(p::file_attributes);
constexpr ArgumentKind xattr_arguments_kind = input(p::xattr_arguments);
constexpr ArgumentKind size_at_kind = input(p::size_at);
constexpr ArgumentKind mount_key_kind = input(p::mount_key);
constexpr ArgumentKind mount_value_kind = input(p::mount_value);
constexpr ArgumentKind file_handle_kind = input(p::file_handle);
constexpr ArgumentKind page_addresses_kind = input(p::page_addresses);
constexpr ArgumentKind page_nodes_kind = input(p::page_nodes);
constexpr ArgumentKind thread_area_kind = input(p::thread_area);
constexpr ArgumentKind descriptor_table_kind = input(p::descriptor_table);
constexpr ArgumentKind system_control_kind = input(p::system_control);
constexpr ArgumentKind clock_adjustment_kind = result(p::clock_adjustment);
constexpr ArgumentKind resident_pages_kind = result(p::resident_pages);
constexpr ArgumentKind scheduling_attributes_result_kind = result(p::scheduling_attributes_result);
constexpr ArgumentKind cache_status_kind = result(p::cache_status);
constexpr ArgumentKind statmount_result_kind = result(p::statmount_result);
constexpr ArgumentKind mount_ids_kind = result(p::mount_ids);
constexpr ArgumentKind security_contexts_kind = result(p::security_contexts);
constexpr ArgumentKind security_module_ids_kind = result(p::security_module_ids);
constexpr ArgumentKind file_handle_result_kind = result(p::file_handle_result);
constexpr ArgumentKind mount_id_result_kind = result(p::mount_id_result);
constexpr ArgumentKind page_states_kind = result(p::page_states);
constexpr ArgumentKind thread_area_result_kind = result(p::thread_area_result);
constexpr ArgumentKind unsigned_long_at_kind = out_kind<uint64_t>(p::unsigned_long_at);
constexpr ArgumentKind unsigned_long_in_kind = in_kind<uint64_t>(p::unsigned_long_at);
// The offset takes two places.
constexpr ArgumentKind rw_flags_kind{[](CallText& text, uint64_t, const ArgumentKind& kind) {
                                       text.flags(*kind.table, static_cast<uint32_t>(text.argument(5)));
                                     },
                                     Direction::kValue, &kRwFlags};
constexpr ArgumentKind time_zone_kind = input(p::time_zone);
constexpr ArgumentKind time_zone_result_kind = result(p::time_zone);
constexpr ArgumentKind log_buffer_kind = by_command(p::log_buffer, p::log_known_at_entry);
constexpr ArgumentKind quota_address_kind = by_command(p::quota_address, p::quota_known_at_entry);
constexpr ArgumentKind security_contexts_in_kind = input(p::security_contexts);
constexpr ArgumentKind file_attributes_result_kind = result(p::file_attributes);
constexpr ArgumentKind statmount_request_kind = input(p::statmount_request);
constexpr ArgumentKind listmount_request_kind = input(p::statmount_request, 1);
constexpr ArgumentKind futexes_kind(uint8_t count) { return input(p::futexes, count); }
constexpr ArgumentKind vectors_kind(uint8_t count) { return input(p::vectors, count); }
constexpr ArgumentKind restarted_kind = value_kind(p::restarted);
constexpr ArgumentKind socket_type_kind = value_kind(p::socket_type);
constexpr ArgumentKind socket_protocol_kind = value_kind(p::socket_protocol);
constexpr ArgumentKind socket_address_kind(uint8_t length) { return input(p::socket_address, length); }
constexpr ArgumentKind socket_address_result_kind(uint8_t length) { return result(p::socket_address_result, length); }
constexpr ArgumentKind socket_address_length_kind(uint8_t address) {
  ArgumentKind kind = out_kind<int>(p::socket_address_length);
  kind.length_argument = address;
  return kind;
}
constexpr ArgumentKind option_length_kind = out_kind<int>(p::socket_address_length);
constexpr ArgumentKind socket_option_kind = value_kind(p::socket_option);
constexpr ArgumentKind socket_option_value_kind = input(p::socket_option_value, 4);
constexpr ArgumentKind socket_option_result_kind = result(p::socket_option_result);
constexpr ArgumentKind data_to_send_kind(uint8_t length) { return input(p::data_to_send, length); }
constexpr ArgumentKind data_received_kind = result(p::data_received);
constexpr ArgumentKind message_to_send_kind = input(p::message_to_send);
constexpr ArgumentKind message_received_kind = result(p::message_received);
constexpr ArgumentKind messages_to_send_kind = result(p::messages_to_send);  // with the lengths that were sent
constexpr ArgumentKind messages_received_kind = result(p::messages_received);

// The kinds' names as the table has them.
using p::interval_timer;
using p::interval_timer_spec;
using p::process_times;
using p::resource_limit;
using p::resource_usage;
using p::scheduling_parameter;
using p::signal_action;
using p::signal_info;
using p::signal_stack;
using p::system_info;
using p::system_name;
using p::time_spec;
using p::time_spec_pair;
using p::time_val;
using p::time_val_pair;
constexpr ArgumentPrinter statfs_printer = p::statfs;

// As they are written down; what the program keeps is kPackedCalls.
constexpr CallDescription kCalls[] = {
#include "core/syscall/calls.inc"
};

// Each kind and each note once, so that few pointers are left for the dynamic loader.
using Note = void (*)(CallText& text);
template <typename T>
struct Distinct {
  std::array<T, 512> items{};
  uint16_t count = 0;

  constexpr uint16_t index_of(const T& item) {
    for (uint16_t i = 0; i < count; ++i) {
      if (items[i] == item) return i;
    }
    items[count] = item;
    return count++;
  }
};

struct PackedCall {
  InlineText<23> name;
  ReturnKind returns = ReturnKind::kDecimal;
  uint8_t argument_count = 0;
  std::array<uint16_t, 6> kinds{};
  uint16_t note = 0;
};

struct PackedCalls {
  std::array<PackedCall, std::size(kCalls)> calls;
  Distinct<ArgumentKind> kinds;
  Distinct<Note> notes;
};

consteval PackedCalls pack_calls() {
  PackedCalls packed;
  for (size_t i = 0; i < std::size(kCalls); ++i) {
    const CallDescription& call = kCalls[i];
    PackedCall& row = packed.calls[i];
    row = {.name = InlineText<23>::of(call.name), .returns = call.returns, .argument_count = call.argument_count};
    for (size_t slot = 0; slot < call.argument_count; ++slot) {
      row.kinds[slot] = packed.kinds.index_of(call.argument_slots[slot]);
    }
    row.note = packed.notes.index_of(call.note);
  }
  return packed;
}

template <auto kCount, typename T>
consteval std::array<T, kCount> first_of(const std::array<T, 512>& items) {
  std::array<T, kCount> first;
  std::ranges::copy_n(items.begin(), kCount, first.begin());
  return first;
}

constexpr std::array<PackedCall, std::size(kCalls)> kPackedCalls = pack_calls().calls;
constexpr auto kKinds = first_of<pack_calls().kinds.count>(pack_calls().kinds.items);
constexpr auto kNotes = first_of<pack_calls().notes.count>(pack_calls().notes.items);

CallDescription unpacked(const PackedCall& packed) {
  CallDescription call{packed.name, packed.returns, packed.argument_count, {}, kNotes[packed.note]};
  for (size_t slot = 0; slot < packed.argument_count; ++slot) call.argument_slots[slot] = kKinds[packed.kinds[slot]];
  return call;
}

struct ClassEntry {
  InlineText<23> name;
  uint32_t classes;
};
constexpr ClassEntry kClasses[] = {
#include "core/syscall/classes.inc"
};

constexpr uint64_t kNumbers = 512;

// By number, put together once.
struct Index {
  std::array<CallDescription, std::size(kPackedCalls)> descriptions;
  std::array<const CallDescription*, kNumbers> calls{};
  std::array<uint32_t, kNumbers> classes{};
  Index() {
    for (size_t i = 0; i < std::size(kPackedCalls); ++i) {
      descriptions[i] = unpacked(kPackedCalls[i]);
      if (const Syscall* known = find_syscall(descriptions[i].name)) calls[known->number] = &descriptions[i];
    }
    for (const ClassEntry& entry : kClasses) {
      if (const Syscall* known = find_syscall(entry.name)) classes[known->number] = entry.classes;
    }
  }
};

const Index& index() {
  static const Index built;
  return built;
}

}  // namespace

const CallDescription* describe_call(uint64_t number) { return number < kNumbers ? index().calls[number] : nullptr; }

uint32_t classes_of_call(uint64_t number) { return number < kNumbers ? index().classes[number] : 0; }

std::string call_name(uint64_t number) {
  const CallDescription* call = describe_call(number);
  return call != nullptr ? std::string(call->name) : fmt::format("syscall_{:#x}", number);
}

}  // namespace polytap
