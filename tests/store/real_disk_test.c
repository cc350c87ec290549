// SPDX-License-Identifier: Apache-2.0
/* Proves the stores on a real file system: a killed process loses nothing acknowledged, its lock is free, a child writes the image. */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/applied_test.h"
#include "store/data_dir.h"
#include "sys/disk.h"

static char root[] = "/tmp/hikeshi-store-XXXXXX";
static struct data_dir dir;

static enum err open_dir(const char *name, struct problem *p) {
    char path[128];
    struct data_dir_options o = {
        .create = true, .layout = 1, .fresh_seed = 99, .now_ms = 1767225600000, .bounds = {20000, 6000, 100, 1000}};
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    return data_dir_open(sys_disk(), path, &o, &dir, p);
}

static void expect_open(const char *name) {
    struct problem p = {0};
    enum err err = open_dir(name, &p);
    if (err) printf("%s: %s\n", p.where, p.what);
    EXPECT(err == ERR_OK);
}

static bool work(uint64_t count, uint64_t batch, _Atomic uint64_t *acknowledged) {
    char event[64];
    for (uint64_t i = 1; i <= count; i++) {
        struct journal_record r = applied_record(journal_last(dir.journal) + 1, event);
        uint64_t position;
        if (journal_append(dir.journal, &r, &position) != ERR_OK) return false;
        apply_record(dir.cells, dir.seen, &r);
        if (i % batch && i != count) continue;
        if (!journal_seal(dir.journal) || journal_commit(dir.journal, NULL) != ERR_OK) return false;
        if (acknowledged) *acknowledged = journal_durable(dir.journal);
    }
    return true;
}

static void replay_tail(void) {
    struct applying a = {dir.cells, dir.seen};
    EXPECT(dir.journal.ops->scan(dir.journal.self, dir.cells_position + 1, apply_each, &a, NULL) == ERR_OK);
}

static uint64_t digest_after(uint64_t n) {
    struct cells_memory *m;
    struct cells_bounds bounds = {20000, 6000, 100, 1000};
    char event[64];
    EXPECT(cells_memory_open(&bounds, &m, NULL) == ERR_OK);
    for (uint64_t i = 1; i <= n; i++) {
        struct journal_record r = applied_record(i, event);
        apply_record(cells_memory_cells(m), cells_memory_seen(m), &r);
    }
    uint64_t digest = cells_memory_digest(m);
    cells_memory_close(m);
    return digest;
}

/* Works until it is killed, with images on the way; tells through shared memory what was acknowledged. */
__attribute__((noreturn)) static void live(_Atomic uint64_t *acknowledged) {
    if (open_dir("killed", NULL) != ERR_OK) _exit(1);
    replay_tail();
    for (uint64_t round = 1;; round++) {
        bool done;
        if (!work(40, 1 + round % 7, acknowledged)) _exit(1);
        if (round % 5 == 0 && dir.child.pid == 0 && data_dir_snapshot_begin(&dir, journal_last(dir.journal), NULL) != ERR_OK) _exit(1);
        if (data_dir_snapshot_poll(&dir, false, &done, NULL) != ERR_OK) _exit(1);
    }
}

TEST(a_killed_process_loses_nothing_acknowledged) {
    _Atomic uint64_t *acknowledged = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t state = 11;
    for (int life = 0; life < 6; life++) {
        uint64_t before = *acknowledged, wanted = before + 50 + test_random(&state) % 400;
        pid_t child = fork();
        if (child == 0) live(acknowledged);
        int status = 0;
        while (*acknowledged < wanted && waitpid(child, &status, WNOHANG) == 0) (void)usleep(200);
        EXPECT(*acknowledged >= wanted);
        (void)kill(child, SIGKILL);
        (void)waitpid(child, &status, 0);
        EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        expect_open("killed"); /* its lock is free at once, whatever its own child was doing */
        EXPECT(journal_last(dir.journal) >= *acknowledged);
        replay_tail();
        EXPECT(cells_memory_digest(dir.cells_memory) == digest_after(journal_last(dir.journal)));
        *acknowledged = journal_last(dir.journal);
        EXPECT(data_dir_close(&dir, NULL) == ERR_OK);
    }
    EXPECT(munmap((void *)acknowledged, 4096) == 0);
}

TEST(a_child_writes_the_image_while_the_table_goes_on) {
    expect_open("forked");
    EXPECT(work(3000, 100, NULL));
    EXPECT(data_dir_snapshot_begin(&dir, 3000, NULL) == ERR_OK);
    EXPECT(work(2000, 100, NULL)); /* none of it is in the image */
    bool done = false;
    EXPECT(data_dir_snapshot_poll(&dir, true, &done, NULL) == ERR_OK);
    EXPECT(done);
    EXPECT(data_dir_close(&dir, NULL) == ERR_OK);
    expect_open("forked");
    EXPECT_EQ(dir.cells_position, 3000);
    EXPECT(cells_memory_digest(dir.cells_memory) == digest_after(3000));
    replay_tail();
    EXPECT(cells_memory_digest(dir.cells_memory) == digest_after(5000));
    EXPECT(work(500, 50, NULL)); /* on mapped pages */
    EXPECT(data_dir_snapshot(&dir, 5500, NULL) == ERR_OK);
    EXPECT(data_dir_close(&dir, NULL) == ERR_OK);
    expect_open("forked");
    EXPECT_EQ(dir.cells_position, 5500);
    EXPECT(cells_memory_digest(dir.cells_memory) == digest_after(5500));
    EXPECT(data_dir_close(&dir, NULL) == ERR_OK);
}

TEST(a_second_process_is_told_who_has_it) {
    expect_open("locked");
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "in use by process %lld", (long long)getpid());
    pid_t child = fork();
    if (child == 0) {
        struct problem p = {0};
        static struct data_dir_options o;
        static struct data_dir other;
        enum err err = data_dir_open(sys_disk(), dir.path, &o, &other, &p);
        _exit(err == ERR_BUSY && strstr(p.what, wanted) ? 0 : 1);
    }
    int status;
    EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT(data_dir_close(&dir, NULL) == ERR_OK);
}

TEST(what_the_system_refuses_is_said_with_path_and_advice) {
    struct disk d = sys_disk();
    struct disk_file f;
    struct problem p = {0};
    char path[128];
    (void)snprintf(path, sizeof path, "%s/none", root);
    EXPECT(d.ops->open(d.self, path, DISK_READ, &f, &p) == ERR_NOT_FOUND);
    EXPECT(strcmp(p.where, path) == 0 && strstr(p.what, "cannot open: ") == p.what);
    EXPECT(d.ops->make_directory(d.self, root, &p) == ERR_CONFLICT);
    EXPECT(d.ops->open(d.self, "/proc/version/x", DISK_CREATE, &f, &p) == ERR_NOT_FOUND);
    EXPECT(d.ops->open(d.self, "/dev/full", DISK_WRITE, &f, NULL) == ERR_OK);
    EXPECT(d.ops->write(d.self, f, 0, "x", 1, &p) == ERR_FULL);
    EXPECT(p.fix[0]);
    d.ops->close(d.self, f);
}

int main(void) {
    if (!mkdtemp(root)) return 1;
    RUN(a_killed_process_loses_nothing_acknowledged);
    RUN(a_child_writes_the_image_while_the_table_goes_on);
    RUN(a_second_process_is_told_who_has_it);
    RUN(what_the_system_refuses_is_said_with_path_and_advice);
    char command[64];
    (void)snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command) == 0 ? test_end() : 1;
}
