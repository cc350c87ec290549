// SPDX-License-Identifier: Apache-2.0
/* Knows every adapter by its name. */
#include "courier/adapter.h"

#define ADAPTER(name) extern const struct adapter adapter_##name;
#include "courier/adapters.def"
#undef ADAPTER

static const struct adapter *const all[] = {
#define ADAPTER(name) &adapter_##name,
#include "courier/adapters.def"
#undef ADAPTER
};

size_t adapter_count(void) {
    return sizeof all / sizeof all[0];
}

const struct adapter *adapter_at(size_t index) {
    return all[index];
}

const struct adapter *adapter_find(struct str name) {
    for (size_t i = 0; i < adapter_count(); i++)
        if (str_equal(str_from(all[i]->name), name)) return all[i];
    return NULL;
}
