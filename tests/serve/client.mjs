// The official client materialises the sessions: node client.mjs URL MODE
//
// It breaks off and comes again, and survives restarts. "done" on stdin ends it, once it is up to date; then it prints
// what it knows. Each session's prompt holds a number that only grows: one that does not is an event too many.
import { stream } from "@durable-streams/client";
import { MaterializedState } from "@durable-streams/state";
import { createInterface } from "node:readline";

const [url, mode] = process.argv.slice(2);
let state = new MaterializedState();
let offset = "-1";
let isOver = false;
const counts = { events: 0, connections: 0, gone: 0, doubled: 0, odd: 0 };

const number = (value) => Number(value?.prompt ?? value?.lastMessage ?? -1);

function apply({ type, key, value, headers }) {
  counts.events += 1;
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
    const response = await stream({ url, offset, live: mode === "sse" ? "sse" : "long-poll", signal: breakOff.signal, sseResilience: { logWarnings: false } });
    await new Promise((resolve, reject) => {
      response.subscribeJson((batch) => {
        if (breakOff.signal.aborted) return;
        for (const item of batch.items) apply(item);
        offset = batch.offset;
        // Cut here, it must neither miss nor repeat.
        if (isOver && batch.upToDate) finish();
      });
      response.closed.then(resolve, reject);
      breakOff.signal.addEventListener("abort", () => resolve());
    });
  } catch (error) {
    if (error.status === 410) {
      // As the protocol has it: what we know is of another run.
      counts.gone += 1;
      offset = "-1";
      state = new MaterializedState();
    } else if (!breakOff.signal.aborted) {
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
while (true) await follow();
