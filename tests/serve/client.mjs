// The official client keeps a copy of the sessions: node client.mjs URL MODE
//
// It disconnects often and connects again, also after restarts of the server. A line on stdin ends it as soon as it is up
// to date; then it prints what it knows as JSON. Each session's prompt is a number that only grows. If a message has a
// smaller number, an event came twice.
import { stream } from "@durable-streams/client";
import { MaterializedState } from "@durable-streams/state";
import { createInterface } from "node:readline";

const [url, mode] = process.argv.slice(2);
const state = new MaterializedState();
let offset = "-1";
let isEnding = false;
let lastBatchAt = Date.now();
const counts = { events: 0, connections: 0, upserts: 0, refused: 0, doubled: 0, unexpected: 0 };

const number = (value) => Number(value?.prompt ?? value?.lastMessage ?? -1);

function apply({ type, key, value, headers }) {
  counts.events += 1;
  // A message of another run of the server: it is true now, whatever the client knows.
  if (headers.operation === "upsert") {
    counts.upserts += 1;
    return state.apply({ type, key, value, headers });
  }
  const before = state.get(type, key);
  // An insert of a known session, or a delete of an unknown one, is right: the session went or came in between.
  if (!before && headers.operation === "update") counts.unexpected += 1;
  if (before && headers.operation === "update" && JSON.stringify(before) === JSON.stringify(value)) counts.doubled += 1;
  if (before && value && number(value) < number(before)) counts.doubled += 1;
  state.apply({ type, key, value, headers });
}

async function follow() {
  counts.connections += 1;
  const disconnect = new AbortController();
  // Each connection lasts a different time.
  const timer = setTimeout(() => disconnect.abort(), 150 + ((counts.connections * 137) % 500));
  try {
    const response = await stream({ url, offset, json: true, live: mode === "sse" ? "sse" : "long-poll", signal: disconnect.signal, sseResilience: { logWarnings: false } });
    await new Promise((resolve, reject) => {
      response.subscribeJson((batch) => {
        if (disconnect.signal.aborted) return;
        lastBatchAt = Date.now();
        for (const item of batch.items) apply(item);
        offset = batch.offset;
        if (isEnding && batch.upToDate) finish();
      });
      response.closed.then(resolve, reject);
      disconnect.signal.addEventListener("abort", () => resolve());
    });
  } catch (error) {
    if (error.status) counts.refused += 1;
    if (!disconnect.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    clearTimeout(timer);
    disconnect.abort();
  }
}

function finish() {
  console.log(JSON.stringify({ ...counts, sessions: [...state.getType("session").values()] }));
  process.exit(0);
}

createInterface({ input: process.stdin }).on("line", () => (isEnding = true));
// Version 0.1.5 does not report a connection without new messages.
setInterval(() => isEnding && Date.now() - lastBatchAt > 5000 && finish(), 500);
while (true) await follow();
