// SPDX-License-Identifier: Apache-2.0
/* hikeshi import: takes files of past events through the front door, so that
 * accounts are known from the first day. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/import.h"
#include "cli/plain_text.h"
#include "cli/progress.h"
#include "cli/wiring.h"
#include "sys/clock.h"

/* Bad lines shown in full; the rest is counted, and stands in the reject file.
 */
#define SHOWN_MAX 10
#define STEP_SIZE (1024U * 1024)
/* A bad line goes whole into the reject file up to here; as JSON it may be six
 * times as long. */
#define RAW_SIZE_MAX EVENT_JSON_SIZE_MAX
#define TEXT_SIZE    (6U * RAW_SIZE_MAX + 4096)

static const struct cli_option options[] = {
    {"--format", "FORMAT",
     "ndjson (events of the contract), rba (public RBA data set) or afd "
     "(Amazon Fraud Detector); default ndjson"},
    {"--data", "DIR", "data directory, made where it is not there (default: data)"},
    {"--strict", NULL, "stop at the first bad line; what came before it stays imported"},
    {"--rejects", "FILE", "where bad lines go, with their reason (default: DIR/rejects.ndjson)"},
    {"--labels-out", "FILE", "where the data set's labels go (default: DIR/labels.ndjson)"},
    {"--geo", "FILE", "facts of networks: MMDB, geoip text, or lines as \"AS64500 hosting\"; may be given several times"},
    {"--dry-run", NULL, "only check; nothing is stored"},
    {"--json", NULL, "print the counts as one JSON object"},
    {0},
};

/* A file that is made when the first line is written to it, and appended to
 * where it is there. */
struct side_file {
    const char *path; /* NULL = lines are dropped */
    FILE *file;
    uint64_t lines;
};

struct import {
    const struct import_format *format;
    bool strict, dry_run;
    struct side_file rejects, labels;
    struct wiring wiring; /* unless dry_run */
    struct clock clock;
    struct arena step;
    char *memory;       /* of the source, IMPORT_MEMORY_SIZE */
    char *text, *clean; /* a line under construction; TEXT_SIZE and RAW_SIZE_MAX * 3 */
    const char *name;   /* of the file being read */
    uint64_t read, imported, repeated, rejected;
    uint64_t bytes; /* of the files before this one */
    struct progress progress;
};

static enum err write_line(struct side_file *f, struct str line, struct problem *p) {
    f->lines++;
    if (!f->path) return ERR_OK;
    if (!f->file) f->file = fopen(f->path, "ae");
    if (!f->file) return problem_set(p, ERR_IO, f->path, "", "cannot open the file: %s", strerror(errno));
    if (fwrite(line.at, 1, line.size, f->file) == line.size && fputc('\n', f->file) != EOF) return ERR_OK;
    return problem_set(p, ERR_IO, f->path, "make room and import again; nothing is counted twice", "cannot write: %s", strerror(errno));
}

static enum err close_side(struct side_file *f, enum err err, struct problem *p) {
    if (!f->file || fclose(f->file) == 0 || err) return err;
    return problem_set(p, ERR_IO, f->path, "make room and import again; nothing is counted twice", "cannot write: %s", strerror(errno));
}

/* Bytes of a stranger's file as a JSON string: what is no UTF-8 becomes U+FFFD.
 * `clean` is memory of three times their size. */
static void write_raw(struct buf *out, struct str raw, char *clean) {
    struct buf c = buf_over(clean, RAW_SIZE_MAX * 3);
    for (size_t i = 0, size; i < raw.size; i += size) {
        for (size = 1; size <= 4 && i + size <= raw.size && !str_is_utf8(str_slice(raw, i, i + size));) size++;
        bool good = size <= 4 && i + size <= raw.size;
        if (!good) size = 1;
        buf_text(&c, good ? str_slice(raw, i, i + size) : STR("\xEF\xBF\xBD"));
    }
    buf_json(out, buf_str(&c));
}

static enum err reject(struct import *im, const struct import_piece *piece, const struct problem *why, struct problem *p) {
    if (im->rejected++ < SHOWN_MAX) {
        (void)fprintf(stderr, "%s:%" PRIu64 ": %s%s", im->name, piece->line, why->where, why->where[0] ? ": " : "");
        plain_text_print(stderr, str_from(why->what));
        (void)fputc('\n', stderr);
        if (why->fix[0]) (void)fprintf(stderr, "    hint: %s\n", why->fix);
    }
    struct buf line = buf_over(im->text, TEXT_SIZE);
    buf_text(&line, STR("{\"file\":"));
    write_raw(&line, str_from(im->name), im->clean);
    buf_fmt(&line, ",\"line\":%" PRIu64 ",\"error\":", piece->line);
    buf_json(&line, str_from(err_word(why->err)));
    buf_text(&line, STR(",\"where\":"));
    write_raw(&line, str_from(why->where), im->clean);
    buf_text(&line, STR(",\"what\":"));
    write_raw(&line, str_from(why->what), im->clean);
    buf_text(&line, STR(",\"raw\":"));
    write_raw(&line, str_slice(piece->raw, 0, RAW_SIZE_MAX), im->clean);
    buf_char(&line, '}');
    enum err err = write_line(&im->rejects, buf_str(&line), p);
    if (err || !im->strict) return err;
    return problem_set(p, ERR_INVALID, "",
                       "mend it and import again; what came before it is kept "
                       "and is not counted twice",
                       "stopped at the first bad line, %s:%" PRIu64, im->name, piece->line);
}

/* Submits, and commits whenever the batch is full. Where the event itself is refused, *why says so. */
static enum err submit(struct import *im, const struct event *e, struct problem *why, struct problem *p) {
    struct receipt receipt;
    enum err err = engine_submit(im->wiring.engine, e, &receipt, why);
    if (err == ERR_FULL) {
        err = wiring_settle(&im->wiring, p);
        if (err) return err;
        err = engine_submit(im->wiring.engine, e, &receipt, why);
    }
    if (err == ERR_CONFLICT || err == ERR_DENIED || err == ERR_TOO_LARGE) return ERR_OK;
    if (err) return *p = *why, err;
    if (receipt.repeated) im->repeated++;
    else im->imported++;
    return ERR_OK;
}

static enum err take_piece(struct import *im, const struct import_source *s, const struct import_piece *piece, struct problem *p) {
    struct event e;
    struct problem why = {0};
    arena_reset(&im->step);
    enum err err = ingest_event(piece->json, im->clock.now_ms(im->clock.self), &im->step, &e, &why);
    if (!err && !im->dry_run) {
        err = submit(im, &e, &why, p);
        if (err) return err;
    } else if (!err) {
        im->imported++;
    }
    if (why.err) {
        import_name_column(s, &why);
        return reject(im, piece, &why, p);
    }
    return piece->label.size ? write_line(&im->labels, piece->label, p) : ERR_OK;
}

static enum err read_source(struct import *im, struct import_source *s, struct problem *p) {
    struct import_piece piece;
    struct problem why;
    for (;;) {
        why = (struct problem){0};
        enum err err = ERR_OK;
        switch (import_next(s, &piece, &why)) {
        case IMPORT_END: return ERR_OK;
        case IMPORT_FAILED: return *p = why, why.err;
        case IMPORT_REFUSED: im->read++, err = reject(im, &piece, &why, p); break;
        case IMPORT_PIECE: im->read++, err = take_piece(im, s, &piece, p); break;
        }
        if (err) return err;
        if (im->read % 256 == 0) progress_show(&im->progress, im->read, im->bytes + s->bytes, im->clock.monotonic_us(im->clock.self));
    }
}

static enum err import_file(struct import *im, const char *path, struct problem *p) {
    bool standard_input = strcmp(path, "-") == 0;
    im->name = standard_input ? "standard input" : path;
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return problem_set(p, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, path, "", "cannot open the file: %s", strerror(errno));
    struct import_source s;
    enum err err = import_open(&s, im->format, fd, im->memory, p);
    if (err && !standard_input) (void)snprintf(p->where, sizeof p->where, "%.100s:1", path);
    if (!err) {
        if (s.ignored[0]) (void)fprintf(stderr, "%s: columns that nothing is made of: %s\n", im->name, s.ignored);
        err = read_source(im, &s, p);
    }
    if (err == ERR_IO && !p->where[0]) (void)snprintf(p->where, sizeof p->where, "%.100s", im->name);
    im->bytes += s.bytes;
    if (!standard_input) (void)close(fd);
    return err;
}

/* Bytes of all files together; 0 where one of them cannot tell. */
static uint64_t total_size(const struct arguments *a) {
    uint64_t total = 0;
    for (unsigned i = 0; i < a->operand_count; i++) {
        struct stat status;
        if (stat(a->operands[i], &status) != 0 || !S_ISREG(status.st_mode)) return 0;
        total += (uint64_t)status.st_size;
    }
    return total;
}

static void print_summary(const struct import *im, bool json, double seconds) {
    if (json) {
        (void)printf("{\"read\":%" PRIu64 ",\"imported\":%" PRIu64 ",\"repeated\":%" PRIu64 ",\"rejected\":%" PRIu64 ",\"labels\":%" PRIu64
                     ",\"dry_run\":%s,\"seconds\":%.3f}\n",
                     im->read, im->imported, im->repeated, im->rejected, im->labels.lines, im->dry_run ? "true" : "false", seconds);
        return;
    }
    (void)printf("%" PRIu64 " lines read: %" PRIu64 " events %s, %" PRIu64 " already there, %" PRIu64 " refused\n", im->read, im->imported,
                 im->dry_run ? "are good (dry run: nothing stored)" : "imported", im->repeated, im->rejected);
    if (im->rejects.lines && im->rejects.path) (void)printf("refused lines and reasons: %s\n", im->rejects.path);
    if (im->labels.lines && im->labels.path) (void)printf("%" PRIu64 " labels: %s\n", im->labels.lines, im->labels.path);
}

static void say(void *context, const char *line) {
    (void)context;
    (void)fprintf(stderr, "%s\n", line);
}

static enum err import_files(struct import *im, const struct arguments *a, const char *data, struct problem *p) {
    if (!im->dry_run) {
        const char *geo[ARGUMENT_COUNT_MAX];
        struct wiring_options o = {.data = data, .create = true, .geo = geo, .geo_count = argument_all(a, "--geo", geo), .say = say};
        enum err err = wiring_open(&o, &im->wiring, p);
        if (err) return err;
    }
    uint64_t before = im->dry_run ? 0 : engine_position(im->wiring.engine);
    progress_init(&im->progress, stderr, im->dry_run ? "checking" : "importing", "read", "lines", total_size(a),
                  im->clock.monotonic_us(im->clock.self));
    enum err err = ERR_OK;
    for (unsigned i = 0; i < a->operand_count && !err; i++) err = import_file(im, a->operands[i], p);
    progress_end(&im->progress, im->read, im->clock.monotonic_us(im->clock.self));
    if (im->dry_run) return err;
    struct problem settling; /* what stopped the import says more than what it may bring with it */
    enum err settled = wiring_settle(&im->wiring, err ? &settling : p);
    if (!err) err = settled;
    uint64_t stored = engine_settled(im->wiring.engine) - before; /* less than was submitted where the disk failed */
    if (im->imported > stored) im->imported = stored;
    struct problem closing;
    enum err closed = wiring_close(&im->wiring, err ? &closing : p);
    return err ? err : closed;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    struct str format = str_from(argument(a, "--format", "ndjson"));
    struct import im = {.format = import_format_from(format),
                        .clock = clock_real(),
                        .strict = argument_given(a, "--strict"),
                        .dry_run = argument_given(a, "--dry-run")};
    if (!im.format) {
        (void)problem_set(&p, ERR_INVALID, "--format", "it is one of: ndjson, rba, afd", "unknown format '%.*s'", STR_ARGS(format));
        return cli_fail(&p);
    }
    if (a->operand_count == 0) {
        (void)problem_set(&p, ERR_INVALID, "", "name one or more files, or - for standard input", "no file to import");
        return cli_fail(&p);
    }
    const char *data = argument(a, "--data", "data");
    char rejects[512], labels[512];
    (void)snprintf(rejects, sizeof rejects, "%s/rejects.ndjson", data);
    (void)snprintf(labels, sizeof labels, "%s/labels.ndjson", data);
    im.rejects.path = argument(a, "--rejects", im.dry_run ? NULL : rejects);
    im.labels.path = argument(a, "--labels-out", im.dry_run ? NULL : labels);
    im.memory = malloc(IMPORT_MEMORY_SIZE);
    im.text = malloc(TEXT_SIZE);
    im.clean = malloc((size_t)RAW_SIZE_MAX * 3);
    void *step = malloc(STEP_SIZE);
    int64_t from = im.clock.monotonic_us(im.clock.self);
    enum err err = im.memory && im.text && im.clean && step ? ERR_OK : problem_set(&p, ERR_FULL, "", "", "no memory for the import");
    im.step = arena_over(step, STEP_SIZE);
    if (!err) err = import_files(&im, a, data, &p);
    err = close_side(&im.rejects, err, &p);
    err = close_side(&im.labels, err, &p);
    if (im.read) print_summary(&im, argument_given(a, "--json"), (double)(im.clock.monotonic_us(im.clock.self) - from) / 1e6);
    free(im.memory);
    free(im.text);
    free(im.clean);
    free(step);
    if (err) return cli_fail(&p);
    return im.rejected && im.rejected == im.read ? 1 : 0;
}

extern const struct command command_import;
const struct command command_import = {
    .name = "import",
    .sentence = "take files of past events in: our own NDJSON, the RBA data "
                "set, Amazon Fraud Detector's CSV",
    .operands = "FILE...",
    .options = options,
    .run = run,
    .example = "hikeshi import --format rba --data data rba-dataset.csv",
};
