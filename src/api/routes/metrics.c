// SPDX-License-Identifier: Apache-2.0
/* GET /metrics: the server's figures for Prometheus. */
#include "api/exchange.h"

static enum exchange_result answer(struct exchange *x) {
    exchange_begin(x, 200, STR("text/plain; version=0.0.4; charset=utf-8"));
    struct courier_figures courier;
    if (x->api->courier) x->api->courier(x->api->courier_context, &courier);
    struct press press = x->api->press;
    struct press_figures printed = press.ops ? press.ops->figures(press.self) : (struct press_figures){0};
    struct metrics_source source = {.engine = x->api->engine,
                                    .courier = x->api->courier ? &courier : NULL,
                                    .press = press.ops ? &printed : NULL,
                                    .now_us = x->api->now_us,
                                    .now_ms = x->api->now_ms};
    metrics_write(&x->api->metrics, &source, x->out);
    return EXCHANGE_DONE;
}

extern const struct route route_metrics;
const struct route route_metrics = {
    .name = "metrics",
    .method = "GET",
    .path = "/metrics",
    .scope = SCOPE_METRICS,
    .sentence = "The server's figures in Prometheus text format; none of them is a person's.",
    .answers = (const struct route_answer[]){{200, "text/plain", NULL, "the figures"}, {0}},
    .answer = answer,
};
