// add_key, request_key and all of keyctl.
#include <linux/keyctl.h>

#include "family.h"

int main(void) {
  const char* long_text = "a description that is somewhat longer than what is shown";
  const int keys[] = {0, 1, -1, -8, -9, 0x7fffffff, -0x7fffffff - 1};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    syscall(SYS_add_key, "user", long_text, "payload\0\377", 9L, keys[i]);
    syscall(SYS_request_key, "user", long_text, "callout", keys[i]);
  }
  syscall(SYS_add_key, BAD, NULL, BAD, -1L, 5);
  syscall(SYS_add_key, NULL, BAD, NULL, 0L, 5);
  syscall(SYS_add_key, NULL, BAD, pattern(4), 8L, 5);
  syscall(SYS_request_key, BAD, NULL, BAD, 5);
  void* const addresses[] = {NULL, BAD, pattern(4096), pattern(8), pattern(64)};
  struct iovec { const void* base; size_t length; } vectors[2] = {{long_text, 4}, {long_text + 4, 47}};
  for (int command = -1; command < 40; command++) {
    for (size_t i = 0; i < 5; i++) {
      const long at = (long)addresses[i];
      syscall(SYS_keyctl, command, -3L, at, 9L, at);
      syscall(SYS_keyctl, command, -3L, -4L, at, 44L);
      syscall(SYS_keyctl, command, at, "text", at, "another");
      syscall(SYS_keyctl, command, 0x123456780L, "text", "more", -1L);
      syscall(SYS_keyctl, command, 5L, 6L, 7L, 8L);
    }
    syscall(SYS_keyctl, command, 1L, vectors, 2L, -5L);
    syscall(SYS_keyctl, command, vectors, vectors, 0x100000002L, -1L);
  }
  const int32_t parameters[3] = {1, -2, 0x7fffffff};
  syscall(SYS_keyctl, KEYCTL_DH_COMPUTE, parameters, long_text, 32L, NULL);
  struct keyctl_kdf_params kdf;
  memset(&kdf, 0, sizeof kdf);
  kdf.hashname = (char*)"sha256";
  kdf.otherinfo = (char*)long_text;
  kdf.otherinfolen = 11;
  syscall(SYS_keyctl, KEYCTL_DH_COMPUTE, parameters, long_text, 32L, &kdf);
  kdf.__spare[3] = 7;
  syscall(SYS_keyctl, KEYCTL_DH_COMPUTE, parameters, BAD, 32L, &kdf);
  struct keyctl_pkey_params operation = {5, 20, {16}, {1, 2, 3, 4, 5, 6, 7}};
  for (int command = KEYCTL_PKEY_ENCRYPT; command <= KEYCTL_PKEY_VERIFY; command++) {
    syscall(SYS_keyctl, command, &operation, "enc=pkcs1 hash=sha1", long_text, long_text);
    memset(operation.__spare, 0, sizeof operation.__spare);
  }
  for (unsigned flags = 1; flags; flags <<= 1) {
    syscall(SYS_keyctl, KEYCTL_SETPERM, 9, flags);
    syscall(SYS_keyctl, KEYCTL_SETPERM, 9, flags | 0x3f3f3f3f);
    syscall(SYS_keyctl, KEYCTL_MOVE, 9, -1, -2, flags);
    syscall(SYS_keyctl, KEYCTL_SET_REQKEY_KEYRING, flags);
    syscall(SYS_keyctl, KEYCTL_REJECT, 9, 7, flags, -3);
  }
  for (long capability = 0; capability < 10; capability++) syscall(SYS_keyctl, KEYCTL_CAPABILITIES, pattern(9), capability);
  for (int keyring = -3; keyring < 12; keyring++) syscall(SYS_keyctl, KEYCTL_SET_REQKEY_KEYRING, keyring);
  return 0;
}
