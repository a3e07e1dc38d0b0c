// Numbers of the system that have names: users, control groups, errors, signals, system calls.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace polytap {

// Looks names up once and keeps them. What has no name is given as its number.
class NameLookup {
 public:
  const std::string& user(uint32_t uid);
  // "unified:/user.slice", one per hierarchy that has it, as bpftrace's cgroup_path prints them.
  const std::string& cgroup_path(uint64_t id, const std::string& hierarchies = {});

 private:
  std::unordered_map<uint32_t, std::string> users_;
  std::map<std::pair<uint64_t, std::string>, std::string> cgroups_;
};

// "No such file or directory" for 2 and for -2.
std::string error_name(int64_t code);
// "SIGINT", "SIGRTMIN+1".
std::string signal_name(int64_t signal);
// The name of the process PID as it is now; empty when there is none.
std::string process_name(uint64_t pid);
// "openat" as user space calls it.
std::string syscall_name(uint64_t number);

}  // namespace polytap
