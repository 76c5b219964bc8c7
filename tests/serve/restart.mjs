// The official client over restarts of the server: node restart.mjs URL MODE
//
// This script calls the client once. The client itself connects again after each restart. Each line on stdin is answered
// with a line of JSON: what the client knows of each session, and how it ended, if it did.
import { stream } from "@durable-streams/client";
import { MaterializedState } from "@durable-streams/state";
import { createInterface } from "node:readline";

const [url, live] = process.argv.slice(2);
const state = new MaterializedState();
const operations = {};
let end = null;
const response = await stream({ url, offset: "-1", json: true, live, sseResilience: { logWarnings: false } });
response.subscribeJson((batch) => {
  for (const item of batch.items) {
    operations[item.headers.operation] = (operations[item.headers.operation] ?? 0) + 1;
    state.apply(item);
  }
});
response.closed.then(() => (end = "closed"), (error) => (end = String(error)));
process.on("unhandledRejection", (error) => (end = String(error)));

for await (const _ of createInterface({ input: process.stdin })) {
  const sessions = Object.fromEntries([...state.getType("session")].sort().map(([key, value]) => [key, value.state]));
  console.log(JSON.stringify({ end, operations, sessions }));
}
process.exit(0);
