// Reads the stream as a dashboard does, without a page: node reader.mjs STREAM_URL
//
// Each line on stdin is answered with a line of JSON:
//   shown     the open sessions: "REPOSITORY COLUMN" of each id
//   values    how many values the stream had, and what the schema refused of them
import { stream } from "@durable-streams/client";
import { createInterface } from "node:readline";
import { groupSessions } from "./board.mjs";
import { sessionSchema } from "./schema.mjs";
import { openSessionsDb } from "./sessions_db.mjs";

// Old versions of the database print to standard output.
console.log = console.error;
const { createStreamDB } = await import("@durable-streams/state/db").catch(() => import("@durable-streams/state"));
const [url] = process.argv.slice(2);
const db = await openSessionsDb(createStreamDB, url);
// The database has only the newest value of each session. Here every value of the stream arrives.
const values = { count: 0, refused: [] };
const response = await stream({ url, offset: "-1", json: true, live: "sse", sseResilience: { logWarnings: false } });
response.subscribeJson(({ items }) => {
  for (const { value } of items.filter(({ headers }) => headers.operation !== "delete")) {
    values.count += 1;
    const { error } = sessionSchema.safeParse(value);
    if (error) values.refused.push({ value, issues: error.issues });
  }
});

const orders = {
  shown: () => {
    const groups = groupSessions([...db.collections.sessions.state.values()]);
    const cards = groups.flatMap(({ repository, cards }) => cards.map((card) => ({ repository, ...card })));
    return Object.fromEntries(cards.map(({ repository, column, session }) => [session.sessionId, `${repository} ${column}`]));
  },
  values: () => values,
};
for await (const order of createInterface({ input: process.stdin })) process.stdout.write(`${JSON.stringify(orders[order]())}\n`);
process.exit(0);
