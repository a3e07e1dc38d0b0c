// What strace shows behind the results of some calls when it is asked to (-e kvm=vcpu, -e namespace=new), from outside
// of their arguments.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/syscall/call_text.h"

namespace polytap {

// " (KVM_EXIT_HLT)" behind ioctl(fd, KVM_RUN); else empty. TID is stopped behind the call.
std::string kvm_exit_note(pid_t tid, const CallValues& call);

// " (net:[4026532008], user:[4026532007])" behind a call that made or entered namespaces; else empty.
std::string new_namespaces_note(pid_t tid, const CallValues& call, const MemoryView& memory);

}  // namespace polytap
