#!/bin/sh
# Promise: wherever the power fails on the night of a takeover, right before or right after any commit of journal or store, the night ends as it does without: nothing done
# twice, nothing lost. All blows are struck, with the optimized binary: under sanitizers the unit test strikes every second.
cd "$(dirname "$0")/../.." && make --no-print-directory -s build/tests/crash_test && exec build/tests/crash_test
