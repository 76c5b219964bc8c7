// The official client materialises the sessions: node client.mjs URL MODE
//
// It breaks off and comes again, and survives restarts. "done" on stdin ends it, once it is up to date; then it prints
// what it knows. Each session's prompt holds a number that only grows: one that does not is an event too many.
import { stream } from "@durable-streams/client";
import { MaterializedState } from "@durable-streams/state";
import { createInterface } from "node:readline";

const [url, mode] = process.argv.slice(2);
const state = new MaterializedState();
let offset = "-1";
let isOver = false;
let heard = Date.now();
const counts = { events: 0, connections: 0, told: 0, refused: 0, doubled: 0, odd: 0 };

const number = (value) => Number(value?.prompt ?? value?.lastMessage ?? -1);

function apply({ type, key, value, headers }) {
  counts.events += 1;
  // Of another run of the server: whatever is known, this is true now.
  if (headers.operation === "upsert") {
    counts.told += 1;
    return state.apply({ type, key, value, headers });
  }
  const before = state.get(type, key);
  // An insert of what is known, or a delete of what is not, tells of something that came and went in between.
  if (!before && headers.operation === "update") counts.odd += 1;
  if (before && headers.operation === "update" && JSON.stringify(before) === JSON.stringify(value)) counts.doubled += 1;
  if (before && value && number(value) < number(before)) counts.doubled += 1;
  state.apply({ type, key, value, headers });
}

async function follow() {
  counts.connections += 1;
  const breakOff = new AbortController();
  // A connection that lasts a different time each time.
  const timer = setTimeout(() => breakOff.abort(), 150 + ((counts.connections * 137) % 500));
  try {
    const response = await stream({ url, offset, json: true, live: mode === "sse" ? "sse" : "long-poll", signal: breakOff.signal, sseResilience: { logWarnings: false } });
    await new Promise((resolve, reject) => {
      response.subscribeJson((batch) => {
        if (breakOff.signal.aborted) return;
        heard = Date.now();
        for (const item of batch.items) apply(item);
        offset = batch.offset;
        // Cut here, it must neither miss nor repeat.
        if (isOver && batch.upToDate) finish();
      });
      response.closed.then(resolve, reject);
      breakOff.signal.addEventListener("abort", () => resolve());
    });
  } catch (error) {
    if (error.status) counts.refused += 1;
    if (!breakOff.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    clearTimeout(timer);
    breakOff.abort();
  }
}

function finish() {
  console.log(JSON.stringify({ ...counts, sessions: [...state.getType("session").values()] }));
  process.exit(0);
}

createInterface({ input: process.stdin }).on("line", () => (isOver = true));
// Version 0.1.5 says nothing of a connection on which nothing new came.
setInterval(() => isOver && Date.now() - heard > 5000 && finish(), 500);
while (true) await follow();
