// ioctl(2) of KVM.
#include <linux/kvm.h>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/named_constant.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables_ioctl_kvm.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;

constexpr Field kRegionFields[] = {
    POLYTAP_FIELD(kvm_userspace_memory_region, slot, kNumber),
    POLYTAP_FIELD(kvm_userspace_memory_region, flags, flags_of(kKvmMemoryFlags)),
    POLYTAP_FIELD(kvm_userspace_memory_region, guest_phys_addr, kHex),
    POLYTAP_FIELD(kvm_userspace_memory_region, memory_size, kNumber),
    POLYTAP_FIELD(kvm_userspace_memory_region, userspace_addr, kHex),
};
constexpr Structure kRegion{kRegionFields, sizeof(kvm_userspace_memory_region)};

template <typename T>
std::span<const std::byte> bytes_of(const T& object) {
  return std::as_bytes(std::span(&object, 1));
}

#define REGISTER(member) POLYTAP_FIELD(kvm_regs, member, kHex)
constexpr Field kRegisterFields[] = {
    REGISTER(rax), REGISTER(rbx), REGISTER(rcx), REGISTER(rdx), REGISTER(rsi), REGISTER(rdi),
    REGISTER(rsp), REGISTER(rbp), REGISTER(r8),  REGISTER(r9),  REGISTER(r10), REGISTER(r11),
    REGISTER(r12), REGISTER(r13), REGISTER(r14), REGISTER(r15), REGISTER(rip), REGISTER(rflags),
};
#undef REGISTER
constexpr Structure kRegisters{kRegisterFields, sizeof(kvm_regs)};

bool put_registers(CallText& text, uint64_t at) {
  kvm_regs registers{};
  if (!text.fetch(at, registers)) return false;
  if (text.style.verbose) {
    put_structure(text, bytes_of(registers), kRegisters);
    return true;
  }
  const auto put = [&](std::string_view name, uint64_t value) {
    text.put(name);
    text.hex(value);
  };
  put("{rax=", registers.rax);
  put(", ..., rsp=", registers.rsp);
  put(", rbp=", registers.rbp);
  put(", ..., rip=", registers.rip);
  put(", rflags=", registers.rflags);
  text.put('}');
  return true;
}

constexpr Field kSegmentFields[] = {
    POLYTAP_FIELD(kvm_segment, base, kHex),        POLYTAP_FIELD(kvm_segment, limit, kNumber),
    POLYTAP_FIELD(kvm_segment, selector, kNumber), POLYTAP_FIELD(kvm_segment, type, kNumber),
    POLYTAP_FIELD(kvm_segment, present, kNumber),  POLYTAP_FIELD(kvm_segment, dpl, kNumber),
    POLYTAP_FIELD(kvm_segment, db, kNumber),       POLYTAP_FIELD(kvm_segment, s, kNumber),
    POLYTAP_FIELD(kvm_segment, l, kNumber),        POLYTAP_FIELD(kvm_segment, g, kNumber),
    POLYTAP_FIELD(kvm_segment, avl, kNumber),
};
constexpr Structure kSegment{kSegmentFields, sizeof(kvm_segment)};
constexpr Field kTableFields[] = {
    POLYTAP_FIELD(kvm_dtable, base, kHex),
    POLYTAP_FIELD(kvm_dtable, limit, kNumber),
};
constexpr Structure kTable{kTableFields, sizeof(kvm_dtable)};
#define SEGMENT(member) POLYTAP_VERBOSE_FIELD(kvm_sregs, member, structure_of(kSegment))
#define SPECIAL(member, kind) POLYTAP_VERBOSE_FIELD(kvm_sregs, member, kind)
constexpr Field kSpecialFields[] = {
    POLYTAP_FIELD(kvm_sregs, cs, structure_of(kSegment)),
    SEGMENT(ds),
    SEGMENT(es),
    SEGMENT(fs),
    SEGMENT(gs),
    SEGMENT(ss),
    SEGMENT(tr),
    SEGMENT(ldt),
    SPECIAL(gdt, structure_of(kTable)),
    SPECIAL(idt, structure_of(kTable)),
    SPECIAL(cr0, kNumber),
    SPECIAL(cr2, kNumber),
    SPECIAL(cr3, kNumber),
    SPECIAL(cr4, kNumber),
    SPECIAL(cr8, kNumber),
    SPECIAL(efer, kNumber),
    SPECIAL(apic_base, kHex),
    SPECIAL(interrupt_bitmap, array_of(kHex64)),
};
#undef SEGMENT
#undef SPECIAL
constexpr Structure kSpecial{kSpecialFields, sizeof(kvm_sregs)};

constexpr Field kCpuidFields[] = {
    POLYTAP_FIELD(kvm_cpuid_entry2, function, kHex),
    POLYTAP_FIELD(kvm_cpuid_entry2, index, kHex),
    POLYTAP_FIELD(kvm_cpuid_entry2, flags, flags_of(kKvmCpuidFlags)),
    POLYTAP_FIELD(kvm_cpuid_entry2, eax, kHex),
    POLYTAP_FIELD(kvm_cpuid_entry2, ebx, kHex),
    POLYTAP_FIELD(kvm_cpuid_entry2, ecx, kHex),
    POLYTAP_FIELD(kvm_cpuid_entry2, edx, kHex),
};
constexpr Structure kCpuid{kCpuidFields, sizeof(kvm_cpuid_entry2)};

// struct kvm_cpuid2 without the entries that follow. (In C++ the header's structure is larger than in C, and with it
// the numbers of the commands.)
struct CpuidHead {
  uint32_t count;
  uint32_t padding;
};
constexpr uint32_t kSetCpuid = _IOW(KVMIO, _IOC_NR(KVM_SET_CPUID2), CpuidHead);
constexpr uint32_t kGetSupportedCpuid = _IOWR(KVMIO, _IOC_NR(KVM_GET_SUPPORTED_CPUID), CpuidHead);
constexpr uint32_t kGetEmulatedCpuid = _IOWR(KVMIO, _IOC_NR(KVM_GET_EMULATED_CPUID), CpuidHead);

bool put_cpuid(CallText& text, uint64_t at) {
  CpuidHead head{};
  if (!text.fetch(at, head)) return false;
  text.print("{{nent={}, entries=", head.count);
  if (text.style.verbose) {
    printers::put_array<kvm_cpuid_entry2>(text, at + sizeof head, head.count, [&](const kvm_cpuid_entry2& each) {
      put_structure(text, bytes_of(each), kCpuid);
    });
  } else {
    text.put(head.count != 0 ? "[...]" : "[]");
  }
  text.put('}');
  return true;
}

constexpr IoctlContent kContents[] = {
    direct(KVM_CREATE_VM, kHex64).with_note(note_fd),
    direct(KVM_CREATE_VCPU, kUint32).with_note(note_fd),
    direct(KVM_CHECK_EXTENSION, one_of(kKvmCapabilities, 8)),
    in(KVM_SET_USER_MEMORY_REGION, structure_of(kRegion)),
    own_out(KVM_GET_REGS, put_registers),
    own_in(KVM_SET_REGS, put_registers),
    out(KVM_GET_SREGS, structure_of(kSpecial)),
    in(KVM_SET_SREGS, structure_of(kSpecial)),
    own_in(kSetCpuid, put_cpuid),
    own_out(kGetSupportedCpuid, put_cpuid),
    own_out(kGetEmulatedCpuid, put_cpuid),
};

}  // namespace

const IoctlFamily kKvmIoctls{KVMIO, kContents};

}  // namespace polytap
