#include <linux/bpf.h>

#include "family.h"

static long bpf(int command, const void* attr, unsigned size) { return syscall(SYS_bpf, command, attr, size); }

int main(void) {
  static const unsigned sizes[] = {0,  4,  8,  12, 16, 20,  24,  28,  32,  36,  40, 48,
                                   56, 64, 72, 80, 96, 112, 116, 120, 124, 128, 144};
  for (int command = 0; command < 40; command++) {
    bpf(command, NULL, 0);
    bpf(command, BAD, 16);
    // With file descriptors and pointers that nothing is behind.
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) bpf(command, pattern(sizes[i]), sizes[i]);
    union bpf_attr zero;
    memset(&zero, 0, sizeof zero);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      if (sizes[i] <= sizeof zero && command != BPF_BTF_GET_NEXT_ID)
        bpf(command, at_page_end(&zero, sizes[i]), sizes[i]);
    }
  }
  union bpf_attr map;
  memset(&map, 0, sizeof map);
  map.map_type = BPF_MAP_TYPE_HASH;
  map.key_size = 4;
  map.value_size = 8;
  map.max_entries = 16;
  map.map_flags = BPF_F_NO_PREALLOC;
  strcpy(map.map_name, "family");
  int fd = (int)bpf(BPF_MAP_CREATE, &map, sizeof map);
  uint32_t key = 1;
  uint64_t value = 2;
  union bpf_attr element;
  memset(&element, 0, sizeof element);
  element.map_fd = (uint32_t)fd;
  element.key = (uintptr_t)&key;
  element.value = (uintptr_t)&value;
  element.flags = BPF_NOEXIST;
  bpf(BPF_MAP_UPDATE_ELEM, &element, 32);
  bpf(BPF_MAP_LOOKUP_ELEM, &element, 32);
  struct bpf_insn instructions[] = {
      {BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
      {BPF_LDX | BPF_MEM | BPF_DW, 1, 2, -8, 0},
      {BPF_STX | BPF_ATOMIC | BPF_DW, 3, 4, 16, BPF_ADD},
      {BPF_JMP32 | BPF_JEQ | BPF_X, 5, 6, 1, -1},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
      {0xff, 11, 15, 0x7fff, 0x7fffffff},
  };
  union bpf_attr program;
  memset(&program, 0, sizeof program);
  program.prog_type = BPF_PROG_TYPE_KPROBE;
  program.insn_cnt = 6;
  program.insns = (uintptr_t)instructions;
  program.license = (uintptr_t) "GPL";
  program.kern_version = 0x060102;
  strcpy(program.prog_name, "family_program");
  for (unsigned i = 40; i <= 128; i += 4) bpf(BPF_PROG_LOAD, &program, i);
  program.insn_cnt = 0;
  program.license = (uintptr_t)BAD;
  program.log_level = 1;
  program.log_size = 10;
  program.log_buf = (uintptr_t)&map;
  program.prog_flags = BPF_F_SLEEPABLE | 0x80000000;
  program.expected_attach_type = BPF_TRACE_ITER;
  bpf(BPF_PROG_LOAD, &program, 128);
  return 0;
}
