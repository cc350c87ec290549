#!/bin/sh
# Promise: docs/reference/events.md says of kinds and members what the code does. Both are made from the lists in src/event.
set -eu
cd "$(dirname "$0")/../.."
tools/docs --check
