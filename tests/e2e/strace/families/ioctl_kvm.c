#include <fcntl.h>
#include <linux/kvm.h>

#include "ioctl_family.h"

int main(void) {
  EVERY(KVM_CREATE_VM, KVM_CREATE_VCPU, KVM_CHECK_EXTENSION, KVM_SET_USER_MEMORY_REGION, KVM_GET_REGS, KVM_SET_REGS,
        KVM_GET_SREGS, KVM_SET_SREGS, KVM_SET_CPUID2, KVM_GET_SUPPORTED_CPUID, KVM_GET_EMULATED_CPUID, KVM_RUN,
        KVM_GET_API_VERSION, KVM_GET_VCPU_MMAP_SIZE, KVM_GET_MSRS, KVM_GET_FPU, KVM_GET_CPUID2);
  for (long extension = 0; extension < 260; extension++) one(KVM_CHECK_EXTENSION, (void*)extension);
  struct {
    struct kvm_cpuid2 head;
    struct kvm_cpuid_entry2 entries[3];
  } cpuid;
  memset(&cpuid, 1, sizeof cpuid);
  for (unsigned count = 0; count < 4; count++) {
    cpuid.head.nent = count;
    one(KVM_SET_CPUID2, at_page_end(&cpuid, sizeof cpuid));
    one(KVM_SET_CPUID2, at_page_end(&cpuid, sizeof cpuid - 1));
  }
  // A machine, where there is /dev/kvm.
  const int system = open("/dev/kvm", O_RDWR);
  const int machine = ioctl(system, KVM_CREATE_VM, 0);
  const int cpu = ioctl(machine, KVM_CREATE_VCPU, 0);
  struct kvm_regs registers;
  struct kvm_sregs special;
  memset(&registers, 0, sizeof registers);
  memset(&special, 0, sizeof special);
  ioctl(cpu, KVM_GET_REGS, &registers);
  ioctl(cpu, KVM_GET_SREGS, &special);
  close(cpu);
  close(machine);
  close(system);
  return 0;
}
