#!/bin/sh
# Promise: a model that is damaged, or of another version, is refused with file, line and what to do, and judges nothing; without a model
# the learned detectors say nothing; the built-in one, given as a file, judges as the built-in one.
set -eu
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
"$hikeshi" sim export --seed 5 --accounts 300 --days 40 --campaigns 2 --out "$at/world" >"$at/told"
replay() { "$hikeshi" replay --events "$at/world/events.ndjson" "$@" 2>"$at/err"; }

replay --out "$at/built-in.ndjson"
grep -q '"code":"learned"' "$at/built-in.ndjson"
replay --model none --out "$at/none.ndjson"
if grep -q '"code":"learned"\|"code":"isolated"' "$at/none.ndjson"; then exit 1; fi
replay --without learned,isolated --out "$at/without.ndjson"
cmp "$at/none.ndjson" "$at/without.ndjson"
replay --model models/default.model --out "$at/file.ndjson"
cmp "$at/built-in.ndjson" "$at/file.ndjson"

# expect WORDS: refused with these words, and nothing was judged.
expect() {
    if replay --model "$at/bad.model" --out "$at/bad.ndjson"; then
        echo "not refused: $1"
        exit 1
    fi
    grep -q -- "$1" "$at/err" || { cat "$at/err"; echo "expected: $1"; exit 1; }
    grep -q "bad.model" "$at/err"
    [ ! -s "$at/bad.ndjson" ]
}
# A leaf that says otherwise: one digit, in the middle of the file.
sed '200s/[1-8]\( \|$\)/9\1/' models/default.model >"$at/bad.model"
if cmp -s models/default.model "$at/bad.model"; then exit 1; fi
expect "copy it anew"
head -c 20000 models/default.model >"$at/bad.model"
expect "copy it anew"
sed '1s/1$/2/' models/default.model >"$at/bad.model"
expect "train it anew"
echo "no model" >"$at/bad.model"
expect "bad.model"

# Trained when the row had another column: refused by its name, though the file is whole.
python3 - models/default.model "$at/bad.model" <<'END'
import sys
def crc32c(data):
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ 0x82F63B78 if n & 1 else n >> 1
        table.append(n)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF
body = open(sys.argv[1], "rb").read()
body = body[:body.rindex(b"crc32c ")].replace(b"column share_asn\n", b"column share_of_yore\n", 1)
with open(sys.argv[2], "wb") as out:
    out.write(body + b"crc32c %08x\n" % crc32c(body))
END
expect "share_of_yore"
