// SPDX-License-Identifier: Apache-2.0
/* What the Glibc module of Swift leaves out. */
#include <malloc.h>
#include <sys/timex.h>
#include <stdint.h>
#include <time.h>

/* The kernel's clocks as plain numbers. */
static inline int64_t kernel_nanoseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
