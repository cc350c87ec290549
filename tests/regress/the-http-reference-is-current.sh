#!/bin/sh
# Promise: docs/reference/http.md lists the routes that the server serves, with their scopes and sentences. With --write it is mended.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - "$@" <<'PYTHON'
from serving import *

PATH, BEGIN, END = "docs/reference/http.md", "<!-- routes: tests/regress/the-http-reference-is-current.sh --write -->\n", "<!-- end of routes -->"
server = Server(Directory())
status, description = ask(server, "GET", "/openapi.json", key=None)
expect(status == 200 and description["openapi"] == "3.1.0", "the description is there")
server.stop()

rows = ["| route | scope | what it is for |", "|---|---|---|"]
for path, verbs in description["paths"].items():
    for verb, route in verbs.items():
        scope = "`%s`" % route["security"][0]["bearer"][0] if route["security"] else "none"
        query = "".join(", `?%s=`: %s" % (p["name"], p["description"]) for p in route.get("parameters", []) if p["in"] == "query")
        rows.append("| `%s %s` | %s | %s%s |" % (verb.upper(), path, scope, route["summary"].rstrip("."), query))
text = open(PATH).read()
before, rest = text.split(BEGIN)
after = rest.split(END)[1]
current = before + BEGIN + "\n".join(rows) + "\n" + END + after
if sys.argv[1:] == ["--write"]: open(PATH, "w").write(current)
else: expect(text == current, PATH + " is not current: run tests/regress/the-http-reference-is-current.sh --write")

# Every reference leads somewhere.
def references(node):
    if isinstance(node, dict):
        if "$ref" in node: yield node["$ref"]
        for value in node.values(): yield from references(value)
    elif isinstance(node, list):
        for value in node: yield from references(value)
schemas = {"#/components/schemas/" + name for name in description["components"]["schemas"]}
expect(set(references(description)) <= schemas, "a schema that is not there is referred to")
end("the HTTP reference is current")
PYTHON
