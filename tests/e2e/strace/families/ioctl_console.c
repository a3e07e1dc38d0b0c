#include <linux/kd.h>
#include <linux/keyboard.h>
#include <signal.h>

#include "ioctl_family.h"

// Tables of which each holds one kind of key, or few characters.
static void contents(void) {
  for (int key = 0; key < 0x10000; key += key < 0x1000 ? 5 : 0x555) {
    const struct kbentry entry = {(unsigned char)(key % 9), (unsigned char)key, (unsigned short)key};
    one(KDSKBENT, &entry);
    one(KDGKBENT, &entry);
  }
  for (int function = 0; function < 256; function += 17) {
    const struct kbsentry entry = {(unsigned char)function, "\033[A and the rest of what is said"};
    one(KDSKBSENT, &entry);
    one(KDGKBSENT, &entry);
  }
  static const unsigned counts[] = {0, 1, 3, 33, 256, 257};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    struct kbdiacrs signs = {counts[i], {{'`', 'A', 0300}, {'\'', 'a', 0341}, {'\n', 0, 0x7f}}};
    one(KDSKBDIACR, &signs);
    one(KDGKBDIACR, &signs);
    struct kbdiacrsuc wide = {counts[i], {{'`', 'A', 0300}, {0x300, 'a', 0x1e00}}};
    one(KDSKBDIACRUC, &wide);
    one(KDGKBDIACRUC, &wide);
    struct unipair pairs[3] = {{0x20, 1}, {0xf001, 2}};
    const struct unimapdesc map = {(unsigned short)(counts[i] % 5), pairs}, no_map = {3, NULL}, bad = {3, BAD};
    one(PIO_UNIMAP, &map);
    one(GIO_UNIMAP, &map);
    one(PIO_UNIMAP, &no_map);
    one(GIO_UNIMAP, &bad);
    char data[4096] = "\1\2\3font";
    const struct consolefontdesc font = {(unsigned short)counts[i], (unsigned short)(i * 8), data};
    one(PIO_FONTX, &font);
    one(GIO_FONTX, &font);
    for (unsigned op = KD_FONT_OP_SET; op <= KD_FONT_OP_COPY + 1; op++) {
      struct console_font_op operation = {op, (unsigned)i, 8, 16, counts[i], (unsigned char*)data};
      one(KDFONTOP, &operation);
      operation.data = NULL;
      one(KDFONTOP, &operation);
      operation.data = BAD;
      one(KDFONTOP, &operation);
    }
  }
  static const unsigned long numbers[] = {1, 3, 4, 7, 8, 9, 440, 1193182, 1193183, 0x10001, 0xff04a9, 0x3b4, 0x3df};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    static const unsigned long commands[] = {KIOCSOUND, KDMKTONE,  KDSETLED,  KDSKBLED,  KDADDIO,
                                             KDDELIO,   KDSETMODE, KDSKBMODE, KDSKBMETA, KDSIGACCEPT};
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) one(commands[k], (void*)numbers[i]);
  }
}

int main(void) {
  contents();
  EVERY(KIOCSOUND, KDMKTONE, KDGETLED, KDSETLED, KDGKBTYPE, KDADDIO, KDDELIO, KDENABIO, KDDISABIO, KDSETMODE, KDGETMODE,
        KDMAPDISP, KDUNMAPDISP, GIO_SCRNMAP, PIO_SCRNMAP, GIO_UNISCRNMAP, PIO_UNISCRNMAP, GIO_UNIMAP, PIO_UNIMAP,
        PIO_UNIMAPCLR, KDGKBMODE, KDSKBMODE, KDGKBMETA, KDSKBMETA, KDGKBLED, KDSKBLED, KDGKBENT, KDSKBENT, KDGKBSENT,
        KDSKBSENT, KDGKBDIACR, KDSKBDIACR, KDGKBDIACRUC, KDSKBDIACRUC, KDGETKEYCODE, KDSETKEYCODE, KDSIGACCEPT,
        KDKBDREP, KDFONTOP, GIO_FONT, PIO_FONT, GIO_FONTX, PIO_FONTX, PIO_FONTRESET, GIO_CMAP, PIO_CMAP);
  return 0;
}
