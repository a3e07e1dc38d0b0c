// Runs a virtual CPU in real mode: it writes to a port, then halts. Ends with 77 where there is no KVM.
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

int main(void) {
  static const unsigned char kCode[] = {0xb0, 'x', 0xe6, 0x10, 0xf4};  // mov $'x',%al; out %al,$0x10; hlt
  const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm < 0) return 77;
  const int vm = ioctl(kvm, KVM_CREATE_VM, 0UL);
  if (vm < 0) return 77;
  unsigned char* memory = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memcpy(memory, kCode, sizeof kCode);
  struct kvm_userspace_memory_region region = {0, 0, 0x1000, 0x1000, (unsigned long)memory};
  if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0) return 1;
  const int cpu = ioctl(vm, KVM_CREATE_VCPU, 0UL);
  const int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0UL);
  struct kvm_run* run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
  struct kvm_sregs system;
  if (cpu < 0 || run == MAP_FAILED || ioctl(cpu, KVM_GET_SREGS, &system) < 0) return 1;
  system.cs.base = 0;
  system.cs.selector = 0;
  if (ioctl(cpu, KVM_SET_SREGS, &system) < 0) return 1;
  struct kvm_regs registers;
  memset(&registers, 0, sizeof registers);
  registers.rip = 0x1000;
  registers.rflags = 2;
  if (ioctl(cpu, KVM_SET_REGS, &registers) < 0) return 1;
  for (int i = 0; i < 2; i++) {
    if (ioctl(cpu, KVM_RUN, 0UL) < 0) return 1;
  }
  printf("reason %u\n", run->exit_reason);
  return 0;
}
