# make run    builds Hikeshi and plays the story (README.md)
# make test   builds with gcc and clang, sanitizers on, and runs every check
# make test-integration   proves the mail to the owner in real mail servers (as root: tests/integration/README.md)
# make        builds build/hikeshi
# make NAME   release: the same, a sixth faster, as build-release/hikeshi
#             or one of: tidy format fuzz bench evaluate attribution model lint coverage clean setup

CFLAGS_STRICT := -std=c17 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wmissing-prototypes -Wstrict-prototypes \
                 -Wundef -Wvla -Wswitch-enum -Werror
BUILD ?= build
CC := gcc
MODE_FLAGS ?= -O2 -g -fno-plt
DEFINES := -D_GNU_SOURCE -D_FORTIFY_SOURCE=2
PANGO := $(patsubst -I%,-isystem %,$(filter -I%,$(shell pkg-config --cflags pangocairo fontconfig)))
INCLUDES := -Isrc -I. -isystem third_party -isystem /usr/share/include/llhttp -isystem /usr/include/postgresql $(PANGO) -include base/banned.h
OURS := $(DEFINES) $(CFLAGS_STRICT) $(MODE_FLAGS) $(INCLUDES)
THEIRS := -std=gnu17 -w $(MODE_FLAGS) -Ithird_party -isystem /usr/share/include/llhttp
JOBS ?= $(shell nproc)
# One short line per file; V=1 shows the whole commands, -s nothing.
SAY = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '%-5s %s\n' $(1) $(2);)
LIBS := -luv -lssl -lcrypto -lsqlite3 -lmaxminddb -lcurl -lpq -lpangocairo-1.0 -lpango-1.0 -lcairo -lfontconfig -lgobject-2.0 -lglib-2.0 -lzstd -lresolv -lpthread -lm

SOURCES := $(filter-out src/main.c %_test.c,$(shell find src sim -name '*.c' | sort))
TESTS := $(shell find src sim tests -name '*_test.c' 2>/dev/null | sort)
VENDORED := $(sort $(wildcard third_party/*/*.c))
LLHTTP := $(addprefix /usr/share/llhttp/,api.c http.c llhttp.c)

OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
THEIR_OBJECTS := $(VENDORED:%.c=$(BUILD)/%.o) $(LLHTTP:/usr/share/llhttp/%.c=$(BUILD)/llhttp/%.o)
LIBRARY := $(BUILD)/libhikeshi.a
GENERATED := $(addprefix $(BUILD)/generated/,default_bundle.o notice_bundle.o clock_bundle.o model_bundle.o)
TEST_PROGRAMS := $(TESTS:%.c=$(BUILD)/%)

.PHONY: all release run test test-integration test-programs tidy lint coverage format fuzz bench evaluate attribution model clean setup
all: $(BUILD)/hikeshi

# Optimised once more as a whole by the linker, which inlines across files. It builds as fast, but every test program would take as long.
release:
	@$(MAKE) --no-print-directory BUILD=build-release MODE_FLAGS="-O2 -g -fno-plt -flto=auto" build-release/hikeshi

setup:
	@tools/setup

run: setup
	@$(MAKE) --no-print-directory -j$(JOBS) $(BUILD)/hikeshi
	@$(BUILD)/hikeshi demo $(DEMO_FLAGS)

test: setup
	@tools/test

test-integration: setup
	@tools/setup-integration
	@tools/test-integration

test-programs: $(TEST_PROGRAMS) $(BUILD)/hikeshi

tidy:
	@tools/tidy

# A report to read, not a gate: clang-tidy is not among the packages that tools/setup installs.
lint:
	clang-tidy --quiet $(SOURCES) -- $(DEFINES) -std=c17 $(INCLUDES)

coverage:
	@tools/coverage

format:
	clang-format -i $$(find src tests sim -name '*.[ch]' 2>/dev/null)

bench: release
	build-release/hikeshi bench

# Makes the tables of docs/detection.md from seeds; fails where a figure lies outside of its published interval.
evaluate: $(BUILD)/hikeshi
	@HIKESHI=$(BUILD)/hikeshi tools/evaluate

# Whose acts are called whose, over five simulated shops: docs/explanation/attribution.md.
attribution: $(BUILD)/hikeshi
	@HIKESHI=$(BUILD)/hikeshi tools/attribution

# Makes models/default.model again from its seeds in build/model, and fails where it is not the same: docs/how-to/train-a-model.md.
model: $(BUILD)/hikeshi
	@HIKESHI=$(BUILD)/hikeshi tools/make-model

fuzz:
	@tools/fuzz

clean:
	rm -rf build build-*

$(BUILD)/hikeshi: $(BUILD)/src/main.o $(LIBRARY)
	$(call SAY,link,$@)$(CC) $(MODE_FLAGS) -o $@ $^ $(LIBS)

$(LIBRARY): $(OBJECTS) $(THEIR_OBJECTS) $(GENERATED)
	@rm -f $@
	$(call SAY,ar,$@)ar rcs $@ $^

$(BUILD)/src/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(call SAY,cc,$<)$(CC) $(OURS) -MMD -MP -c -o $@ $<

$(BUILD)/sim/%.o: sim/%.c Makefile
	@mkdir -p $(@D)
	$(call SAY,cc,$<)$(CC) $(OURS) -MMD -MP -c -o $@ $<

# The default policy, the phrases of notices, the legal clocks and the default model are part of the binary. The folders stand for a file that was struck.
$(BUILD)/generated/default_bundle.c: tools/embed rules rules/lists $(wildcard rules/* rules/lists/*)
	@mkdir -p $(@D)
	$(call SAY,embed,rules)tools/embed rules decide/decide.h policy_default_bundle policy.toml '*.rule' 'lists/*.txt' >$@.part && mv $@.part $@

$(BUILD)/generated/notice_bundle.c: tools/embed notices $(wildcard notices/*)
	@mkdir -p $(@D)
	$(call SAY,embed,notices)tools/embed notices notify/phrases.h phrases_built_in '*.txt' >$@.part && mv $@.part $@

$(BUILD)/generated/clock_bundle.c: tools/embed clocks clocks/words $(wildcard clocks/* clocks/words/*)
	@mkdir -p $(@D)
	$(call SAY,embed,clocks)tools/embed clocks notify/clock.h clocks_built_in '*.toml' 'words/*.toml' >$@.part && mv $@.part $@

$(BUILD)/generated/model_bundle.c: tools/embed models $(wildcard models/*)
	@mkdir -p $(@D)
	$(call SAY,embed,models)tools/embed models score/model.h model_bundle_built_in '*.model' >$@.part && mv $@.part $@

$(BUILD)/generated/%.o: $(BUILD)/generated/%.c Makefile
	$(call SAY,cc,$<)$(CC) $(OURS) -MMD -MP -c -o $@ $<

$(BUILD)/third_party/%.o: third_party/%.c Makefile
	@mkdir -p $(@D)
	$(call SAY,cc,$<)$(CC) $(THEIRS) -MMD -MP -c -o $@ $<

# Strict: a bare LF and bytes after `connection: close` are errors, not kindness (docs/adr/0003-event-loop-and-http-parser.md).
$(BUILD)/llhttp/%.o: /usr/share/llhttp/%.c Makefile
	@mkdir -p $(@D)
	$(call SAY,cc,$<)$(CC) $(THEIRS) -DLLHTTP_STRICT_MODE=1 -c -o $@ $<

$(BUILD)/src/%_test: src/%_test.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,cc,$<)$(CC) $(OURS) -MMD -MP -o $@ $< $(LIBRARY) $(LIBS)

$(BUILD)/sim/%_test: sim/%_test.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,cc,$<)$(CC) $(OURS) -MMD -MP -o $@ $< $(LIBRARY) $(LIBS)

$(BUILD)/tests/%_test: tests/%_test.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call SAY,cc,$<)$(CC) $(OURS) -MMD -MP -o $@ $< $(LIBRARY) $(LIBS)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
