# SPDX-License-Identifier: BSD-3-Clause
"""The clock of one host is wrong.  The kernel has one time of day for all namespaces, so programs are told another one."""
import os
import struct
import subprocess

# Instead of what the C library has.  Reads how many seconds its clock is ahead from memory that it shares with the test:
# no process needs a file or a system call for that, however confined it is.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int (*right)(clockid_t, struct timespec*);
static const volatile int64_t* ahead;

// Other libraries may ask for the time before this one is begun.
__attribute__((constructor)) static void begin(void) {
  if (right != 0) return;
  const int file = open(getenv("CLOCK_AHEAD"), O_RDONLY | O_CLOEXEC);
  if (file < 0) abort();
  ahead = mmap(0, sizeof(*ahead), PROT_READ, MAP_SHARED, file, 0);
  if (ahead == MAP_FAILED) abort();
  close(file);
  right = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  if (right == 0) begin();
  const int failed = right(clock, now);
  if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *ahead;
  return failed;
}

int gettimeofday(struct timeval* now, void* zone) {
  (void)zone;
  struct timespec exact;
  const int failed = clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return failed;
}

time_t time(time_t* to) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME_COARSE, &exact);
  if (to != 0) *to = exact.tv_sec;
  return exact.tv_sec;
}
"""


class WrongClock:
    """For programs with `environment`: how far they are ahead can be changed while they run."""

    def __init__(self, folder, ahead=0):
        """`folder`: is made, for what they need."""
        folder.mkdir()
        folder.chmod(0o755)
        self.file = folder / "ahead"
        self.file.write_bytes(struct.pack("=q", ahead))
        self.file.chmod(0o644)
        shim = folder / "clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", shim, "-x", "c", "-"], check=True,
                       input=SHIM.encode())
        shim.chmod(0o755)
        self.environment = {"LD_PRELOAD": str(shim), "CLOCK_AHEAD": str(self.file)}

    def set_ahead(self, seconds):
        # One write of eight bytes in their place: nobody reads half of it.
        file = os.open(self.file, os.O_WRONLY)
        os.pwrite(file, struct.pack("=q", seconds), 0)
        os.close(file)
