// SPDX-License-Identifier: Apache-2.0
/* Describes the machine and measures its floor: a system call, a read of memory, a sync of the disk, a round trip over loopback. */
#include "bench/calibration.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <hdrhistogram/hdr_histogram.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"

#define CHASE_SIZE ((size_t)256 * 1024 * 1024)
#define LINE_SIZE  64

int64_t bench_now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t bench_own_cpu_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void bench_pin(int core) {
    if (get_nprocs() < 2) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    (void)sched_setaffinity(0, sizeof set, &set); /* a bench without it is worse, not wrong */
}

/* -- the machine --------------------------------------------------------------------------------------------------------------------- */

/* The value of the first line "name : value" of a file of /proc. */
static void read_proc(const char *path, const char *name, char *out, size_t size) {
    char line[512];
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f)) {
        struct str rest, key = str_cut(str_from(line), ':', &rest);
        if (!str_equal(str_trim(key), str_from(name))) continue;
        rest = str_trim(rest);
        (void)snprintf(out, size, "%.*s", STR_ARGS(rest));
        break;
    }
    if (f) (void)fclose(f);
}

/* The file systems one meets, by the magic numbers of statfs(2). */
static const char *file_system_name(long magic) {
    switch ((unsigned long)magic) {
    case 0xEF53: return "ext4";
    case 0x58465342: return "xfs";
    case 0x9123683E: return "btrfs";
    case 0x01021994: return "tmpfs (not durable)";
    case 0x794C7630: return "overlayfs";
    case 0x2FC12FC1: return "zfs";
    case 0xF2F52010: return "f2fs";
    case 0x6969: return "nfs";
    default: return NULL;
    }
}

void machine_describe(struct machine *m, const char *directory) {
    *m = (struct machine){.cores = (unsigned)get_nprocs(), .processor = "unknown", .compiler = __VERSION__};
    read_proc("/proc/cpuinfo", "model name", m->processor, sizeof m->processor);
    struct sysinfo s;
    if (sysinfo(&s) == 0) {
        m->memory_bytes = (uint64_t)s.totalram * s.mem_unit;
        m->load = (double)s.loads[0] / (1 << SI_LOAD_SHIFT);
    }
    struct utsname u;
    if (uname(&u) == 0) (void)snprintf(m->kernel, sizeof m->kernel, "%.30s %.60s", u.sysname, u.release);
    struct statfs fs;
    if (statfs(directory, &fs) != 0) return;
    const char *name = file_system_name((long)fs.f_type);
    if (name) (void)snprintf(m->file_system, sizeof m->file_system, "%s", name);
    else (void)snprintf(m->file_system, sizeof m->file_system, "type 0x%lx", (unsigned long)fs.f_type);
}

void machine_write_json(const struct machine *m, struct buf *out) {
    buf_text(out, STR("\"processor\":"));
    buf_json(out, str_from(m->processor));
    buf_fmt(out, ",\"cores\":%u,\"memory_bytes\":%llu,\"kernel\":", m->cores, (unsigned long long)m->memory_bytes);
    buf_json(out, str_from(m->kernel));
    buf_text(out, STR(",\"file_system\":"));
    buf_json(out, str_from(m->file_system));
    buf_text(out, STR(",\"compiler\":"));
    buf_json(out, str_from(m->compiler));
    buf_fmt(out, ",\"load_before\":%.2f", m->load);
}

void calibration_write_json(const struct calibration_figures *c, struct buf *out) {
    buf_fmt(out,
            "\"syscall_ns\":%.0f,\"dependent_read_ns\":%.0f,\"fdatasync_p50_us\":%.0f,\"fdatasync_p99_us\":%.0f,"
            "\"loopback_p50_us\":%.1f,\"loopback_p99_us\":%.1f",
            c->syscall_ns, c->read_ns, c->sync_p50_us, c->sync_p99_us, c->echo_p50_us, c->echo_p99_us);
}

double bench_cpu_seconds(pid_t pid) {
    char path[64], line[1024] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (!f) return 0;
    size_t size = fread(line, 1, sizeof line - 1, f);
    (void)fclose(f);
    line[size] = 0;
    const char *after_name = strrchr(line, ')'); /* the name may hold blanks; user and system time are the 12th and 13th field after it */
    unsigned long user = 0, system = 0;
    if (!after_name || sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) return 0;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

double bench_resident_bytes(void) {
    unsigned long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f) return 0;
    int read = fscanf(f, "%lu %lu", &size, &resident);
    (void)fclose(f);
    return read == 2 ? (double)resident * (double)sysconf(_SC_PAGESIZE) : 0;
}

/* -- its floor ----------------------------------------------------------------------------------------------------------------------- */

static double measure_syscall(unsigned count) {
    int64_t from = bench_now_ns();
    for (unsigned i = 0; i < count; i++) (void)syscall(SYS_getppid);
    return (double)(bench_now_ns() - from) / count;
}

/*
 * Follows one random cycle through all lines (Sattolo's shuffle makes exactly one), so that no read can start before the one before it has
 * ended: what a hash probe costs when nothing is prefetched.
 */
static double measure_read(unsigned count) {
    char *lines = mmap(NULL, CHASE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (lines == MAP_FAILED) return 0;
    uint32_t line_count = CHASE_SIZE / LINE_SIZE;
#define NEXT(line) (*(uint32_t *)(void *)(lines + (size_t)(line)*LINE_SIZE))
    for (uint32_t i = 0; i < line_count; i++) NEXT(i) = i;
    for (uint32_t i = line_count - 1; i > 0; i--) {
        uint32_t k = (uint32_t)(hash_mix(i, 1) % i), swap = NEXT(i);
        NEXT(i) = NEXT(k);
        NEXT(k) = swap;
    }
    uint32_t at = 0;
    int64_t from = bench_now_ns();
    for (unsigned i = 0; i < count; i++) at = NEXT(at);
    double ns = (double)(bench_now_ns() - from) / count;
#undef NEXT
    __asm__ volatile("" : : "r"(at)); /* the walk must not be optimized away */
    (void)munmap(lines, CHASE_SIZE);
    return ns;
}

enum err calibration_sync(const char *directory, unsigned count, double *p50_us, double *p99_us, struct problem *p) {
    char path[512];
    static const char block[4096];
    struct hdr_histogram *h;
    if (hdr_init(100, INT64_C(10000000000), 3, &h) != 0) return problem_set(p, ERR_FULL, "", "", "no memory for a histogram");
    (void)snprintf(path, sizeof path, "%s/calibration.tmp", directory);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    bool good = fd >= 0;
    for (unsigned i = 0; i < count && good; i++) {
        int64_t from = bench_now_ns();
        good = write(fd, block, sizeof block) == sizeof block && fdatasync(fd) == 0;
        (void)hdr_record_value(h, bench_now_ns() - from);
    }
    enum err err = good ? ERR_OK : problem_set(p, ERR_IO, path, "", "cannot write and sync: %s", strerror(errno));
    if (fd >= 0) (void)close(fd);
    (void)unlink(path);
    *p50_us = (double)hdr_value_at_percentile(h, 50) / 1e3;
    *p99_us = (double)hdr_value_at_percentile(h, 99) / 1e3;
    hdr_close(h);
    return err;
}

/* Answers whatever comes, until the other side closes. */
__attribute__((noreturn)) static void be_echo(int listener) {
    bench_pin(BENCH_SERVER_CORE);
    char text[256];
    int fd = accept(listener, NULL, NULL), on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ssize_t got;
    while ((got = recv(fd, text, sizeof text, MSG_WAITALL)) > 0)
        if (send(fd, text, (size_t)got, MSG_NOSIGNAL) != got) break;
    _exit(0);
}

static bool echo_once(int fd, struct hdr_histogram *h) {
    static char text[256];
    int64_t from = bench_now_ns();
    if (send(fd, text, sizeof text, MSG_NOSIGNAL) != sizeof text) return false;
    if (recv(fd, text, sizeof text, MSG_WAITALL) != sizeof text) return false;
    (void)hdr_record_value(h, bench_now_ns() - from);
    return true;
}

static enum err measure_echo(struct calibration_figures *c, unsigned count, struct problem *p) {
    struct hdr_histogram *h;
    if (hdr_init(100, INT64_C(10000000000), 3, &h) != 0) return problem_set(p, ERR_FULL, "", "", "no memory for a histogram");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    bool good = bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 1) == 0 &&
                getsockname(listener, (struct sockaddr *)&address, &size) == 0;
    pid_t child = good ? fork() : -1;
    if (child == 0) {
        (void)close(fd);
        be_echo(listener);
    }
    good = child > 0 && connect(fd, (struct sockaddr *)&address, size) == 0;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    cpu_set_t before;
    bool known = sched_getaffinity(0, sizeof before, &before) == 0;
    bench_pin(BENCH_CLIENT_CORE);
    for (unsigned i = 0; i < count && good; i++) good = echo_once(fd, h);
    if (known) (void)sched_setaffinity(0, sizeof before, &before);
    enum err err = good ? ERR_OK : problem_set(p, ERR_IO, "", "", "loopback echo failed: %s", strerror(errno));
    (void)close(fd);
    (void)close(listener);
    if (child > 0) (void)waitpid(child, NULL, 0);
    c->echo_p50_us = (double)hdr_value_at_percentile(h, 50) / 1e3;
    c->echo_p99_us = (double)hdr_value_at_percentile(h, 99) / 1e3;
    hdr_close(h);
    return err;
}

enum err calibration_measure(struct calibration_figures *c, const char *directory, bool quick, struct problem *p) {
    *c = (struct calibration_figures){0};
    unsigned scale = quick ? 1 : 4;
    c->syscall_ns = measure_syscall(200000 * scale);
    c->read_ns = measure_read(1000000 * scale);
    enum err err = calibration_sync(directory, 150 * scale, &c->sync_p50_us, &c->sync_p99_us, p);
    return err ? err : measure_echo(c, 5000 * scale, p);
}
