#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <fcntl.h>
#include <linux/fs.h>

#include "ioctl_family.h"

int main(void) {
  EVERY(TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGLCKTRMIOS, TIOCSLCKTRMIOS, TCGETS2, TCSETS2, TCSETSW2, TCSETSF2, TCGETA,
        TCSETA, TCSETAW, TCSETAF, TIOCGWINSZ, TIOCSWINSZ, TCXONC, TCFLSH, TCSBRK, TCSBRKP, TIOCSCTTY, TIOCMGET,
        TIOCMBIS, TIOCMBIC, TIOCMSET, TIOCGPGRP, TIOCGSID, TIOCGETD, TIOCGSOFTCAR, TIOCGPTN, FIONREAD, TIOCOUTQ,
        TIOCGEXCL, TIOCGDEV, TIOCSPGRP, TIOCSETD, FIONBIO, FIOASYNC, TIOCPKT, TIOCSSOFTCAR, TIOCSPTLCK, TIOCSTI,
        TIOCSBRK, TIOCCBRK, TIOCCONS, TIOCNOTTY, TIOCEXCL, TIOCNXCL, FIOCLEX, FIONCLEX, TIOCVHANGUP, TIOCSSERIAL,
        TIOCGSERIAL, TIOCLINUX, TIOCGPTLCK, TIOCGPKT, TIOCGPTPEER);
  // A terminal that is there.
  const int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  const int unlocked = 0;
  int number = 0;
  ioctl(master, TIOCSPTLCK, &unlocked);
  ioctl(master, TIOCGPTN, &number);
  struct termios terminal;
  struct termios2 extended;
  memset(&terminal, 0, sizeof terminal);
  memset(&extended, 0, sizeof extended);
  unsigned short size[4] = {25, 80, 0, 0};
  ioctl(master, TCGETS, &terminal);
  ioctl(master, TCGETS2, &extended);
  terminal.c_cflag = CBAUD | CS7 | PARENB | CRTSCTS;
  terminal.c_oflag = OPOST | CR2 | TAB3 | FF1;
  for (unsigned speed = 0; speed < 32; speed++) {
    terminal.c_cflag = speed | (speed << IBSHIFT) | (speed % 4 << 4);
    terminal.c_line = speed;
    ioctl(-1, TCSETS, &terminal);
  }
  ioctl(master, TIOCSWINSZ, size);
  ioctl(master, TIOCGWINSZ, size);
  ioctl(master, FIONREAD, &number);
  ioctl(master, TIOCGSID, &number);
  close(master);
  return 0;
}
