// SPDX-License-Identifier: Apache-2.0
#ifndef BENCH_CALIBRATION_H
#define BENCH_CALIBRATION_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * What the machine can do at all, measured in the same run as everything else: without it a figure of another machine, or of this one under
 * load, says nothing. Measured before and after; where the two differ much, somebody else was using the machine.
 */
struct calibration_figures {
    double syscall_ns;               /* getppid */
    double read_ns;                  /* one dependent read of memory, 64 B lines over 256 MB in random order */
    double sync_p50_us, sync_p99_us; /* 4 KiB appended and fdatasynced in the data directory */
    double echo_p50_us, echo_p99_us; /* 256 B there and back over TCP on loopback */
};

struct machine {
    char processor[96], kernel[96], file_system[48], compiler[96];
    unsigned cores;
    uint64_t memory_bytes;
    double load; /* of the last minute when the bench began */
};

void machine_describe(struct machine *m, const char *directory);
/* `directory` can be written and lies where the data will lie. `quick` takes fewer samples. */
enum err calibration_measure(struct calibration_figures *c, const char *directory, bool quick, struct problem *p) MUST_USE;
/* 4 KiB appended and fdatasynced `count` times. */
enum err calibration_sync(const char *directory, unsigned count, double *p50_us, double *p99_us, struct problem *p) MUST_USE;
/* Members of a JSON object, without the braces. */
void machine_write_json(const struct machine *m, struct buf *out);
void calibration_write_json(const struct calibration_figures *c, struct buf *out);

/* Only the second and later cores go to load generators, so that the server's core is its own; nothing where there is one core. */
#define BENCH_SERVER_CORE 0
#define BENCH_CLIENT_CORE 1
void bench_pin(int core);
int64_t bench_now_ns(void);          /* monotonic */
double bench_cpu_seconds(pid_t pid); /* user and system time of a process so far */
int64_t bench_own_cpu_ns(void);      /* the same of this process */
double bench_resident_bytes(void);   /* of this process */

#endif
