// Runs the official conformance suite against the server at STREAMS_AT: node conformance.mjs FOLDER [OPTION OF VITEST]…
import { writeFileSync } from "node:fs";
import { join } from "node:path";

// vitest runs files by their names, so the suite is written to a file.
const [folder] = process.argv.splice(2, 1);
writeFileSync(join(folder, "suite.test.mjs"), `
import { runConformanceTests } from "@durable-streams/server-conformance-tests";
runConformanceTests({ baseUrl: process.env.STREAMS_AT, longPollTimeoutMs: 26_000 });
`);
await import("./node_modules/vitest/vitest.mjs");
