// SPDX-License-Identifier: Apache-2.0
/* hikeshi replay: takes a file of events through the very pipeline, causally, and writes what is decided on each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bounds.h"
#include "base/check.h"
#include "base/nearest.h"
#include "cli/cli.h"
#include "cli/plain_text.h"
#include "cli/progress.h"
#include "cli/replay_attribution.h"
#include "cli/replay_people.h"
#include "cli/wiring.h"
#include "engine/lookahead.h"
#include "ingest/ingest.h"
#include "sys/clock.h"

/*
 * Causal: event N is judged from events 1 to N-1 alone, in the order of the file. Whose act an event was may only be known later; so after
 * the last event, lines {"id","attributed","incident"} correct those that were answered otherwise.
 */
static const struct cli_option options[] = {
    {"--events", "FILE", "the events, one JSON object a line; - for standard input"},
    {"--out", "FILE", "where the decisions go, one line an event (default: standard output)"},
    {"--data", "DIR", "start from what this data directory knows instead of from nothing; it is not changed"},
    {"--at", "POSITION", "with --data: start from what was known after this journal position"},
    {"--policy", "DIR", "decide by this policy instead of the one in force"},
    {"--rows", "FILE", "write what models read of each event that came over a path, as CSV with a header"},
    {"--geo", "FILE", "facts of networks: MMDB, geoip text, or lines as \"AS64500 hosting\"; may be given several times"},
    {"--attribution", "FILE", "also write whose acts the events of incidents were called, when the incident opened and in the end"},
    {"--labels", "FILE", "play people who know: owners report one act of each hijack, analysts clear false alarms"},
    {"--model", "FILE", "judge by this learned model instead of the one in force; none: by no model"},
    {"--without", "NAME,NAME", "leave these detectors out, to measure what they add; all else stays"},
    {"--json", NULL, "end with one JSON object that counts what was done, on standard error"},
    {0},
};

#define READ_SIZE (1U << 20)
#define STEP_SIZE ((size_t)EVENT_JSON_SIZE_MAX * 20)

/* What was answered, to be compared with what is known in the end: one byte an event, by journal position. */
struct answered {
    uint8_t *whose;
    uint64_t capacity;
};

/* An event that waits for its turn, with the memory of its texts and the line that it stands on. */
struct seat {
    struct arena step;
    struct event event;
    uint64_t line;
};

struct replay {
    struct wiring wiring;
    int64_t now_ms; /* virtual: the latest event's time */
    FILE *in, *out, *rows;
    struct arena step; /* of the corrections */
    struct seat seats[LOOKAHEAD_MAX];
    struct lookahead ahead;
    struct splitter splitter;
    struct answered answered;
    struct progress progress;
    struct replay_attribution attribution;
    struct replay_people people;
    bool has_people;
    uint64_t first; /* position before the first event of the file */
    uint64_t count, refused;
};

static int64_t virtual_now_ms(void *self) {
    const struct replay *r = self;
    return r->now_ms;
}

static int64_t virtual_monotonic_us(void *self) {
    return virtual_now_ms(self) * 1000;
}

static int64_t wall_us(void) {
    struct clock real = clock_real();
    return real.monotonic_us(real.self);
}

static enum err remember(struct answered *a, uint64_t position, enum whose whose, struct problem *p) {
    if (position >= a->capacity) {
        uint64_t capacity = position * 2 + 1024;
        uint8_t *grown = realloc(a->whose, capacity);
        if (!grown) return problem_set(p, ERR_FULL, "", "", "no memory to remember %llu answers", (unsigned long long)capacity);
        a->whose = grown;
        a->capacity = capacity;
    }
    a->whose[position] = (uint8_t)whose;
    return ERR_OK;
}

static void write_line(struct replay *r, const struct event *event, const struct receipt *receipt) {
    char memory[16384];
    struct buf b = buf_over(memory, sizeof memory);
    buf_text(&b, STR("{\"id\":"));
    buf_json(&b, event->id);
    buf_char(&b, ',');
    decision_write_members(&receipt->decision, &b);
    buf_fmt(&b, ",\"attributed\":\"%.*s\"}\n", STR_ARGS(whose_word(receipt->whose)));
    CHECK(!b.overflow); /* six reasons of 240 bytes, escaped at worst six-fold */
    (void)fwrite(b.at, 1, b.size, r->out);
}

/* A line that is no event is answered too, so that the output keeps the order of the input. */
static void write_refusal(struct replay *r, uint64_t line, const struct problem *p) {
    char memory[4096];
    struct buf b = buf_over(memory, sizeof memory);
    buf_fmt(&b, "{\"id\":null,\"line\":%llu,\"refused\":", (unsigned long long)line);
    buf_json(&b, str_from(p->what));
    buf_text(&b, STR(",\"field\":"));
    buf_json(&b, str_from(p->where));
    buf_text(&b, STR("}\n"));
    (void)fwrite(b.at, 1, b.size, r->out);
    (void)fprintf(stderr, "line %llu: ", (unsigned long long)line);
    plain_text_print(stderr, str_from(p->what));
    (void)fprintf(stderr, " (%s)\n", p->where);
    r->refused++;
}

/* What the event means for whoever follows the incidents. `of_file`: or it is a word of people who are played. */
static enum err follow(struct replay *r, const struct event *event, const struct receipt *receipt, bool of_file, struct problem *p) {
    if (receipt->repeated) return ERR_OK;
    uint64_t opened = receipt->incident == receipt->position ? receipt->position : 0;
    enum err err = replay_attribution_see(&r->attribution, event, receipt, of_file, p);
    if (!err && r->has_people && of_file) err = replay_people_see(&r->people, event, opened, p);
    if (err || !opened || !r->attribution.out) return err;
    err = wiring_settle(&r->wiring, p);
    return err ? err : replay_attribution_opened(&r->attribution, engine_incidents(r->wiring.engine), opened, p);
}

/* What people have to say before this time. */
static enum err let_speak(struct replay *r, int64_t before_ms, struct problem *p) {
    struct event word;
    while (r->has_people && replay_people_speak(&r->people, before_ms, &word)) {
        struct receipt receipt;
        struct problem bad = {0};
        if (word.time_ms > r->now_ms) r->now_ms = word.time_ms;
        enum err err = engine_submit(r->wiring.engine, &word, &receipt, &bad);
        if (err == ERR_FULL) {
            err = wiring_settle(&r->wiring, p);
            if (err) return err;
            err = engine_submit(r->wiring.engine, &word, &receipt, &bad);
        }
        if (err) return *p = bad, err;
        err = remember(&r->answered, receipt.position, receipt.whose, p);
        if (!err) err = follow(r, &word, &receipt, false, p);
        if (err) return err;
    }
    return ERR_OK;
}

/* Submits the first of the events that wait. */
static enum err play_first(struct replay *r, struct problem *p) {
    const struct seat *seat = &r->seats[lookahead_turn(&r->ahead)];
    struct arrival *arrival = lookahead_first(&r->ahead);
    enum err spoken = let_speak(r, seat->event.time_ms, p);
    if (spoken) return spoken;
    lookahead_next(&r->ahead);
    if (seat->event.time_ms > r->now_ms) r->now_ms = seat->event.time_ms;
    struct problem bad = {0};
    struct receipt receipt;
    enum err err = engine_admit(r->wiring.engine, arrival, &receipt, &bad);
    if (err == ERR_FULL) {
        err = wiring_settle(&r->wiring, p);
        if (err) return err;
        err = engine_admit(r->wiring.engine, arrival, &receipt, &bad);
    }
    if (err == ERR_CONFLICT || err == ERR_DENIED) return write_refusal(r, seat->line, &bad), ERR_OK;
    if (err) return *p = bad, err;
    /* A repeated event is answered as before, in whose act it was too. */
    if (receipt.repeated && receipt.position < r->answered.capacity) receipt.whose = (enum whose)r->answered.whose[receipt.position];
    write_line(r, &seat->event, &receipt);
    r->count++;
    err = follow(r, &seat->event, &receipt, true, p);
    return err ? err : remember(&r->answered, receipt.position, receipt.whose, p);
}

static enum err play_waiting(struct replay *r, struct problem *p) {
    enum err err = ERR_OK;
    while (!err && lookahead_first(&r->ahead)) err = play_first(r, p);
    return err;
}

/* Answers what waits before what is refused. */
static enum err refuse(struct replay *r, const struct problem *bad, struct problem *p) {
    enum err err = play_waiting(r, p);
    if (!err) write_refusal(r, r->splitter.line, bad);
    return err;
}

static enum err play_piece(struct replay *r, struct str piece, struct problem *p) {
    struct seat *seat = &r->seats[lookahead_seat(&r->ahead)];
    struct problem bad = {0};
    arena_reset(&seat->step);
    if (ingest_event(piece, INT64_MAX - EVENT_FUTURE_MS_MAX, &seat->step, &seat->event, &bad)) return refuse(r, &bad, p);
    seat->line = r->splitter.line;
    lookahead_add(&r->ahead, r->wiring.engine, &seat->event);
    return lookahead_is_full(&r->ahead) ? play_first(r, p) : ERR_OK;
}

static enum err play_pieces(struct replay *r, struct str bytes, struct problem *p) {
    for (;;) {
        struct str piece;
        struct problem bad = {0};
        enum split_result result = bytes.size ? splitter_next(&r->splitter, &bytes, &piece, &bad) : SPLIT_MORE;
        if (result == SPLIT_MORE) return ERR_OK;
        enum err err = result == SPLIT_PIECE ? play_piece(r, piece, p) : refuse(r, &bad, p);
        if (err) return err;
    }
}

static enum err play_file(struct replay *r, struct problem *p) {
    char *memory = malloc(READ_SIZE);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory to read with");
    enum err err = ERR_OK;
    uint64_t read = 0;
    for (size_t size; !err && (size = fread(memory, 1, READ_SIZE, r->in)) > 0;) {
        err = play_pieces(r, (struct str){memory, size}, p);
        progress_show(&r->progress, r->count, read += size, wall_us());
    }
    free(memory);
    struct str piece;
    struct problem bad = {0};
    if (!err && ferror(r->in)) return problem_set(p, ERR_IO, "--events", "", "cannot read the file of events: %s", strerror(errno));
    if (!err && splitter_end(&r->splitter, &piece, &bad) == SPLIT_PIECE) err = play_piece(r, piece, p);
    if (!err) err = play_waiting(r, p);
    if (!err) err = let_speak(r, INT64_MAX, p);
    return err ? err : wiring_settle(&r->wiring, p);
}

static void correct_event(struct replay *r, struct str incident, const struct incident_event_row *row) {
    if (row->position <= r->first || row->position >= r->answered.capacity) return;
    if (r->answered.whose[row->position] == (uint8_t)row->whose) return;
    char memory[1024];
    struct buf b = buf_over(memory, sizeof memory);
    buf_text(&b, STR("{\"id\":"));
    buf_json(&b, row->event);
    buf_fmt(&b, ",\"attributed\":\"%.*s\",\"incident\":\"%.*s\"}\n", STR_ARGS(whose_word(row->whose)), STR_ARGS(incident));
    CHECK(!b.overflow);
    (void)fwrite(b.at, 1, b.size, r->out);
    r->answered.whose[row->position] = (uint8_t)row->whose;
}

/* Writes the corrections of one incident. */
static enum err correct_incident(struct replay *r, struct str incident, struct problem *p) {
    struct incident_store store = engine_incidents(r->wiring.engine);
    struct incident_event_query q = {.incident = incident, .count_max = 64};
    struct arena before = r->step;
    for (size_t count = q.count_max; count == q.count_max;) {
        struct incident_event_row *rows;
        r->step.used = before.used;
        enum err err = store.ops->events(store.self, SIGHT_SETTLED, &q, &r->step, &rows, &count);
        if (err) return problem_set(p, err, "", "", "cannot read the events of an incident");
        for (size_t i = 0; i < count; i++) correct_event(r, incident, &rows[i]);
        if (count) q.after = rows[count - 1].position;
    }
    return ERR_OK;
}

/* All incidents, newest first, page by page: the newest word on an event is written first and the older ones do not repeat it. */
static enum err write_corrections(struct replay *r, struct problem *p) {
    struct incident_store store = engine_incidents(r->wiring.engine);
    struct incident_query q = {.status = -1, .count_max = 64};
    for (;;) {
        arena_reset(&r->step);
        struct incident_row *rows;
        size_t count;
        enum err err = store.ops->list(store.self, &q, &r->step, &rows, &count);
        if (err) return problem_set(p, err, "", "", "cannot list the incidents");
        if (count == 0) return ERR_OK;
        struct arena page = r->step;
        for (size_t i = 0; i < count; i++) {
            err = correct_incident(r, rows[i].id, p);
            if (err) return err;
            r->step.used = page.used;
        }
        q.before = rows[count - 1].opened_position;
    }
}

static enum err open_file(const char *name, const char *mode, FILE *standard, FILE **out, struct problem *p) {
    *out = strcmp(name, "-") == 0 ? standard : fopen(name, mode);
    return *out ? ERR_OK : problem_set(p, ERR_IO, name, "", "cannot open '%s': %s", name, strerror(errno));
}

/* To open the file that is being read for writing would empty it. */
static enum err refuse_same(const struct replay *r, const char *out, struct problem *p) {
    struct stat read, written;
    if (strcmp(out, "-") == 0 || fstat(fileno(r->in), &read) != 0 || !S_ISREG(read.st_mode) || stat(out, &written) != 0) return ERR_OK;
    if (read.st_dev != written.st_dev || read.st_ino != written.st_ino) return ERR_OK;
    return problem_set(p, ERR_INVALID, "--out", "name another file", "'%s' holds the events", out);
}

/* Bytes of a regular file, 0 where that is not known. */
static uint64_t size_of(FILE *f) {
    struct stat status;
    return fstat(fileno(f), &status) == 0 && S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
}

/* Failed attempts and what came over no path are not judged by models. */
static void write_row(void *self, const struct features *f, const struct row *row) {
    const struct replay *r = self;
    if (!row_is_judged(f)) return;
    (void)fprintf(r->rows, "%.*s,%d", STR_ARGS(f->event->id), f->judges_path);
    for (unsigned i = 0; i < ROW_COUNT; i++)
        if (row->of[i] == ROW_ABSENT) (void)fputc(',', r->rows);
        else (void)fprintf(r->rows, ",%d", row->of[i]);
    (void)fputc('\n', r->rows);
}

static enum err open_rows(struct replay *r, const char *name, struct wiring_options *o, struct problem *p) {
    enum err err = open_file(name, "wb", stdout, &r->rows, p);
    if (err) return err;
    (void)fprintf(r->rows, "id,judged");
    for (unsigned i = 0; i < ROW_COUNT; i++) (void)fprintf(r->rows, ",%s", row_name(i));
    (void)fputc('\n', r->rows);
    o->rows = (struct row_tap){write_row, r};
    return ERR_OK;
}

static const struct str detectors[] = {
#define DETECTOR(name) {#name, sizeof #name - 1},
#include "score/detectors.def"
#undef DETECTOR
};

/* "stuffing_address,campaign" as bits of their places in the list. */
static enum err read_without(const char *list, uint32_t *left_out, struct problem *p) {
    for (struct str rest = str_from(list); rest.size;) {
        struct str word = str_trim(str_cut(rest, ',', &rest));
        struct nearest nearest;
        unsigned i = 0;
        nearest_init(&nearest, word);
        for (; i < sizeof detectors / sizeof *detectors && !str_equal(detectors[i], word); i++) nearest_offer(&nearest, detectors[i]);
        if (i == sizeof detectors / sizeof *detectors)
            return problem_set(p, ERR_INVALID, "--without", nearest_hint(&nearest, "`hikeshi explain EVENT --measures` lists them all"),
                               "no detector is called '%.*s'", STR_ARGS(str_clip(word, 40)));
        *left_out |= UINT32_C(1) << i;
    }
    return ERR_OK;
}

static enum err open_all(struct replay *r, const struct arguments *a, struct problem *p) {
    const char *events = argument(a, "--events", NULL);
    if (!events) return problem_set(p, ERR_INVALID, "--events", "say which file, or - for standard input", "no events are given");
    enum err err = open_file(events, "rb", stdin, &r->in, p);
    const char *out = argument(a, "--out", "-");
    if (!err) err = refuse_same(r, out, p);
    if (!err) err = open_file(out, "wb", stdout, &r->out, p);
    void *steps = malloc((LOOKAHEAD_MAX + 1) * STEP_SIZE), *held = malloc(EVENT_JSON_SIZE_MAX);
    if (!err && (!steps || !held)) err = problem_set(p, ERR_FULL, "", "", "no memory");
    if (err) return err;
    for (unsigned i = 0; i < LOOKAHEAD_MAX; i++) r->seats[i].step = arena_over((char *)steps + i * STEP_SIZE, STEP_SIZE);
    r->step = arena_over((char *)steps + LOOKAHEAD_MAX * STEP_SIZE, STEP_SIZE);
    splitter_init(&r->splitter, SPLIT_NDJSON, held, EVENT_JSON_SIZE_MAX);
    const char *geo[ARGUMENT_COUNT_MAX];
    struct clock clock = {virtual_now_ms, virtual_monotonic_us, r};
    struct wiring_options o = {.learn_from = argument(a, "--data", NULL),
                               .policy = argument(a, "--policy", NULL),
                               .model = argument(a, "--model", NULL),
                               .geo = geo,
                               .geo_count = argument_all(a, "--geo", geo),
                               .clock = &clock};
    o.without_model = o.model && strcmp(o.model, "none") == 0;
    if (o.without_model) o.model = NULL;
    const char *at = argument(a, "--at", NULL);
    if (at && (!str_to_u64(str_from(at), &o.learn_to) || !o.learn_to))
        return problem_set(p, ERR_INVALID, "--at", "give a whole number from 1", "'%s' is no journal position", at);
    if (at && !o.learn_from) return problem_set(p, ERR_INVALID, "--at", "add --data DIR", "a position needs a data directory");
    const char *rows = argument(a, "--rows", NULL);
    if (rows) err = open_rows(r, rows, &o, p);
    if (!err) err = read_without(argument(a, "--without", ""), &o.left_out, p);
    if (!err) err = replay_attribution_open(&r->attribution, argument(a, "--attribution", NULL), p);
    const char *labels = argument(a, "--labels", NULL);
    r->has_people = labels != NULL;
    if (!err && labels) err = replay_people_open(&r->people, labels, p);
    if (!err) err = wiring_open(&o, &r->wiring, p);
    if (err) return err;
    r->first = engine_position(r->wiring.engine);
    progress_init(&r->progress, stderr, "replaying", "replayed", "events", size_of(r->in), wall_us());
    return ERR_OK;
}

static int run(const struct arguments *a) {
    static struct replay r;
    struct problem p = {0};
    enum err err = open_all(&r, a, &p);
    if (!err) err = play_file(&r, &p);
    if (!err) err = write_corrections(&r, &p);
    if (!err) err = replay_attribution_write(&r.attribution, engine_incidents(r.wiring.engine), &p);
    if (!err) err = replay_attribution_close(&r.attribution, &p);
    if (!err && (fflush(r.out) != 0 || (r.rows && fflush(r.rows) != 0)))
        err = problem_set(&p, ERR_IO, "--out", "is the disk full?", "cannot write the decisions: %s", strerror(errno));
    if (err) return cli_fail(&p);
    progress_end(&r.progress, r.count, wall_us());
    if (argument_given(a, "--json"))
        (void)fprintf(stderr, "{\"events\":%llu,\"refused\":%llu,\"incidents\":%llu,\"reviews\":%llu}\n", (unsigned long long)r.count,
                      (unsigned long long)r.refused, (unsigned long long)engine_totals(r.wiring.engine)->incidents_opened,
                      (unsigned long long)engine_totals(r.wiring.engine)->by_kind[KIND_ENTRY_REVIEWED]);
    replay_people_release(&r.people);
    if (wiring_close(&r.wiring, &p)) return cli_fail(&p);
    return r.refused && !r.count ? 1 : 0;
}

extern const struct command command_replay;
const struct command command_replay = {
    .name = "replay",
    .sentence = "take a file of events through the pipeline and write what is decided on each",
    .operands = "",
    .options = options,
    .run = run,
    .example = "hikeshi replay --events shop.ndjson --out scores.ndjson",
};
