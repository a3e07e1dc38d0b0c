// Commands by name: of one name, of several, those that carry a number or a size, and unknown ones.
#include <linux/hidraw.h>
#include <linux/input.h>
#include <linux/joystick.h>
#include <linux/spi/spidev.h>
#include <linux/uinput.h>

#include "ioctl_family.h"

int main(void) {
  for (unsigned long type = 0; type < 256; type++) {
    for (unsigned long number = 0; number < 24; number++) one(_IOC(_IOC_NONE, type, number, 0), NULL);
    one(_IOC(_IOC_READ, type, 0x12, 3), NULL);
    one(_IOC(_IOC_WRITE, type, 0xff, 0x1ead), BAD);
    one(_IOC(_IOC_READ | _IOC_WRITE, type, 0xef, 0x3fff), BAD);
  }
  for (unsigned long number = 0; number < 256; number++) {
    one(_IOC(_IOC_READ, 'E', number, 8), NULL);
    one(_IOC(_IOC_WRITE, 'E', number, 24), NULL);
    one(_IOC(_IOC_READ, 'H', number, 8), NULL);
    one(_IOC(_IOC_READ | _IOC_WRITE, 'H', number, 8), NULL);
    one(_IOC(_IOC_READ, 'M', number, 4), NULL);
    one(_IOC(_IOC_WRITE, 'M', number, 4), NULL);
    one(_IOC(_IOC_READ, 0x89, number, 4), NULL);
    one(_IOC(_IOC_NONE, 0x89, number, 0), BAD);
    one(_IOC(_IOC_NONE, 'T', number, 0), BAD);
  }
  one(UI_GET_SYSNAME(77), BAD);
  one(JSIOCGNAME(88), BAD);
  one(SPI_IOC_MESSAGE(3), BAD);
  one(HIDIOCSFEATURE(9), BAD);
  one(HIDIOCGFEATURE(9), BAD);
  one(0xffffffffUL, BAD);
  one(0xffffffff00005401UL, BAD);
  return 0;
}
