// SPDX-License-Identifier: Apache-2.0
/* Opens the journal of a data directory for reading only. */
#include "cli/journal_look.h"

#include "store/data_dir.h"
#include "sys/disk.h"

enum err journal_look_open(const char *data, struct journal_look *look, struct problem *p) {
    *look = (struct journal_look){0};
    struct disk disk = sys_disk();
    int64_t created_ms;
    enum err err = data_dir_read_meta(disk, data, &look->seed, &created_ms, p);
    if (err == ERR_NOT_FOUND)
        return problem_set(p, err, data, "name the directory of a server or an import with --data", "there is no data directory here");
    if (!err) err = data_dir_path(data, "journal", look->directory, p);
    if (err) return err;
    struct journal_options options = {.seed = look->seed, .read_only = true};
    struct journal_report report;
    err = journal_files_open(disk, look->directory, &options, &look->files, &report, p);
    if (!err) look->journal = journal_files_port(look->files);
    return err;
}

void journal_look_close(struct journal_look *look) {
    struct problem ignored; /* nothing was written, so nothing can be lost */
    if (look->files) (void)!journal_files_close(look->files, &ignored);
    look->files = NULL;
}
