// A second opinion on a message: reads it on standard input, as it lies in the mailbox, and prints what mailauth holds of its DKIM, SPF and DMARC, as JSON.
// Who sent it, from where, is read from its first Received and its Return-Path. Asked is the resolver of /etc/resolv.conf.
import { Resolver } from "node:dns/promises";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../build/integration/package.json", import.meta.url)); // installed by tools/setup-integration
const { authenticate } = require("mailauth");

const resolver = new Resolver({ timeout: 5000, tries: 1 });
const pieces = [];
for await (const piece of process.stdin) pieces.push(piece);
const told = await authenticate(Buffer.concat(pieces), {
    trustReceived: true,
    disableArc: true,
    disableBimi: true,
    mta: "mailauth.test",
    resolver: (name, type) => resolver.resolve(name, type),
});
console.log(
    JSON.stringify({
        dkim: told.dkim.results.map((r) => ({
            domain: r.signingDomain ?? null,
            selector: r.selector ?? null,
            algorithm: r.algo ?? null,
            result: r.status.result,
            comment: r.status.comment ?? null,
            signed: r.signingHeaders?.keys ?? null,
        })),
        spf: { result: told.spf?.status.result ?? "none", domain: told.spf?.domain ?? null, from: told.spf?.["client-ip"] ?? null },
        dmarc: { result: told.dmarc?.status?.result ?? "none", policy: told.dmarc?.policy ?? null, alignment: told.dmarc?.alignment ?? null },
    }),
);
