#include <linux/input.h>

#include "ioctl_family.h"

int main(void) {
  EVERY(EVIOCGVERSION, EVIOCGEFFECTS, EVIOCGID, EVIOCGREP, EVIOCSREP, EVIOCGKEYCODE, EVIOCSKEYCODE, EVIOCGKEYCODE_V2,
        EVIOCSKEYCODE_V2, EVIOCRMFF, EVIOCGRAB, EVIOCREVOKE, EVIOCSCLOCKID, EVIOCSFF, EVIOCGNAME(32), EVIOCGPHYS(32),
        EVIOCGUNIQ(8), EVIOCGPROP(16), EVIOCGMTSLOTS(24), EVIOCGMTSLOTS(2), EVIOCGKEY(96), EVIOCGLED(8), EVIOCGSND(8),
        EVIOCGSW(8));
  for (unsigned type = 0; type < EV_CNT; type++) EVERY(EVIOCGBIT(0, 96) + type);
  for (unsigned axis = 0; axis < ABS_CNT; axis += 7) {
    unsigned words[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    one(EVIOCGABS(axis), words);
    one(EVIOCSABS(axis), words);
    one(_IOC(_IOC_READ, 'E', 0x40 + axis, 20), words);
    one(_IOC(_IOC_READ, 'E', 0x40 + axis, 32), words);
    one(_IOC(_IOC_WRITE, 'E', 0xc0 + axis, 12), words);
  }
  for (unsigned code = 0; code < KEY_CNT; code += code < 260 ? 1 : 3) {
    const unsigned key[2] = {code, code};
    one(EVIOCSKEYCODE, key);
  }
  struct ff_effect effect;
  memset(&effect, 3, sizeof effect);
  for (unsigned type = FF_RUMBLE; type <= FF_GAIN; type++) {
    effect.type = type;
    one(EVIOCSFF, &effect);
  }
  return 0;
}
