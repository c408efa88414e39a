/* SPDX-License-Identifier: Apache-2.0
 * Loaded before the gateway: shifts the wall clock only, as a step or at a slope, and plays a disciplined kernel. The
 * numbers stand in a file that both sides map (SLUICE_SHIM). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

struct control { int64_t offset_ns, slope_ppm, origin_ns, synced; };
static volatile struct control *control;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SLUICE_SHIM");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *map = mmap(0, sizeof *control, PROT_READ, MAP_SHARED, file, 0);
    if (map != MAP_FAILED) control = map;
    close(file);
}

int clock_gettime(clockid_t id, struct timespec *time) {
    int code = syscall(SYS_clock_gettime, id, time);
    if (code || !control || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) return code;
    struct timespec steady;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &steady);
    int64_t since = steady.tv_sec * 1000000000LL + steady.tv_nsec - control->origin_ns;
    int64_t shift = control->offset_ns + (control->slope_ppm ? since / 1000000 * control->slope_ppm : 0);
    int64_t now = time->tv_sec * 1000000000LL + time->tv_nsec + shift;
    time->tv_sec = now / 1000000000LL;
    time->tv_nsec = now % 1000000000LL;
    return 0;
}

int gettimeofday(struct timeval *restrict value, void *restrict zone) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    value->tv_sec = time.tv_sec;
    value->tv_usec = time.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *value) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (value) *value = now.tv_sec;
    return now.tv_sec;
}

int adjtimex(struct timex *state) {
    if (!control) return syscall(SYS_adjtimex, state);
    state->status = control->synced ? STA_PLL : STA_UNSYNC;
    return control->synced ? TIME_OK : TIME_ERROR;
}
