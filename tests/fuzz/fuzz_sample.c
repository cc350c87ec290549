// SPDX-License-Identifier: Apache-2.0
/* Guards the reader of events, labels and scores (evaluate/sample.c) and what is measured of them: any lines give figures within their
 * range, or an error. Each line goes where its first byte says: 'e' event, 'l' label, 's' score; a score begins its file. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "evaluate/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char memory[24 << 20];

static void take(struct sample *s, struct str line) {
    struct problem p = {0};
    struct str rest = str_slice(line, 1, line.size);
    enum err err = ERR_OK;
    if (line.at[0] == 'e' && s->file_count == 0) err = sample_event(s, rest, &p);
    else if (line.at[0] == 'l') err = sample_label(s, rest, &p);
    else if (line.at[0] == 's') {
        if (s->file_count == 0) CHECK(sample_begin_scores(s, STR("fuzz"), &p) == ERR_OK);
        err = sample_score(s, rest, &p);
    }
    CHECK((err == ERR_OK) == (p.what[0] == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct sample s;
    static struct plan plan;
    static struct measurement m;
    static size_t used;
    struct problem p = {0};
    memset(memory, 0, used);
    struct arena arena = arena_over(memory, sizeof memory);
    CHECK(sample_init(&s, &arena, 64, &p) == ERR_OK);
    struct str rest = {(const char *)data, size};
    while (rest.size) {
        struct str line = str_cut(rest, '\n', &rest);
        if (line.size && line.size <= SAMPLE_LINE_MAX) take(&s, line);
    }
    if (s.file_count && sample_check(&s, &p) == ERR_OK) {
        plan = plan_default();
        plan.rounds = 50;
        CHECK(measure(&s, &plan, &m, &p) == ERR_OK);
        for (unsigned v = 0; v < VIEW_COUNT; v++)
            for (unsigned g = 0; g < m.views[v].group_count; g++)
                for (unsigned k = 0; k < METRIC_COUNT; k++) {
                    const struct estimate *e = &m.views[v].files[0].figures[g].of[k];
                    CHECK(isnan(e->value) || (e->value >= 0 && e->value <= 1));
                    CHECK(isnan(e->low) || (e->low >= 0 && e->low <= e->high && e->high <= 1));
                    CHECK(!isnan(e->value) || measure_why(&s, &m.views[v], (enum group)g, 0, (enum metric)k).size);
                }
        struct buf out = buf_over(arena_take(&arena, 8 << 20), 8 << 20);
        report_json(&(struct report){&s, &plan, &m}, &out);
        CHECK(!out.overflow);
    }
    used = arena.used;
    return 0;
}
