// Measures the page of `sessions serve`: node page.mjs CHROMIUM URL SESSIONS
//
// Prints a JSON object. Each member is a list of 21 times in ms, in ascending order.
import { createServer } from "node:http";
import puppeteer from "puppeteer-core";

const ROUNDS = 21;
const [executablePath, url, count] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], headless: true, pipe: true });
const measured = { floor: [], paint: [], cards: [], scripts: [], frames: [], one: [], filter: [] };

// A page with one word shows what the browser and the machine need for any page.
const server = createServer((request, response) => response.setHeader("Content-Type", "text/html").end("<!doctype html><p>word"));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const floorUrl = `http://127.0.0.1:${server.address().port}/`;

// Notes when all cards are painted, and keeps the stream of the page, so that messages can be put into it.
async function openPage(address = url) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1440, height: 900 });
  await page.evaluateOnNewDocument((count) => {
    globalThis.afterFrame = () =>
      new Promise((resolve) => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => resolve(performance.now());
        channel.port2.postMessage(null);
      }));
    globalThis.EventSource = class extends EventSource {
      constructor(...args) {
        super(...args);
        globalThis.stream = this;
      }
    };
    globalThis.firstPaint = new Promise((resolve) => {
      const isFirst = ({ name }) => name === "first-contentful-paint";
      new PerformanceObserver((list) => list.getEntries().filter(isFirst).forEach(({ startTime }) => resolve(startTime))).observe({ type: "paint", buffered: true });
    });
    globalThis.allCards = new Promise((resolve) => {
      const observer = new MutationObserver(async () => {
        if (document.querySelectorAll("li.card").length < count) return;
        observer.disconnect();
        resolve(await globalThis.afterFrame());
      });
      observer.observe(document, { childList: true, subtree: true });
    });
  }, Number(count));
  await page.goto(address);
  return page;
}

for (let round = 0; round < ROUNDS; round += 1) {
  const floor = await openPage(floorUrl);
  measured.floor.push(await floor.evaluate(() => globalThis.firstPaint));
  await floor.close();
  const page = await openPage();
  const [cards, paint] = await page.evaluate(async () => [await globalThis.allCards, await globalThis.firstPaint]);
  measured.cards.push(cards);
  measured.paint.push(paint);
  await page.close();
}

const page = await openPage();
// The time that the processor spends, so that a busy machine does not count.
const devtools = await page.createCDPSession();
await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
const readProcessorTime = async () => (await devtools.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value * 1000;
await page.exposeFunction("readProcessorTime", readProcessorTime);
const updates = await page.evaluate(async (rounds) => {
  await globalThis.allCards;
  const answer = await fetch("/sessions");
  const streamNextOffset = answer.headers.get("Stream-Next-Offset");
  const messages = await answer.json();
  const pause = () => new Promise((resolve) => setTimeout(resolve, 400));
  const states = ["working", "permission", "waiting"];
  const change = ({ key, value }, round) => {
    // Each session goes into another state, and all its texts change.
    const state = states[(states.indexOf(value.state) + round) % states.length];
    const pendingPermission = state === "permission" ? { toolName: "Bash", toolInput: { command: `make ${round} ${key}` } } : null;
    const texts = { prompt: state === "working" ? `Prompt ${round} of ${key}` : null, lastMessage: state === "waiting" ? `Answer ${round}\n\n- of ${key}` : null };
    return { type: "session", key, headers: { operation: "update" }, value: { ...value, ...texts, state, pendingPermission, pendingCount: pendingPermission ? 1 : 0, since: new Date(Date.now() - round * 1000).toISOString() } };
  };
  const send = (changes) => {
    const data = JSON.stringify(changes);
    const start = performance.now();
    globalThis.stream.dispatchEvent(new MessageEvent("data", { data }));
    globalThis.stream.dispatchEvent(new MessageEvent("control", { data: JSON.stringify({ streamNextOffset }) }));
    return start;
  };
  const times = { processor: [], scripts: [], frames: [], one: [], filter: [] };
  for (let round = 1; round <= rounds; round += 1) {
    await pause();
    const changes = messages.map((message) => change(message, round));
    const before = await globalThis.readProcessorTime();
    const start = send(changes);
    document.body.getBoundingClientRect();
    times.scripts.push(performance.now() - start);
    times.frames.push((await globalThis.afterFrame()) - start);
    times.processor.push((await globalThis.readProcessorTime()) - before);
    const shown = document.querySelectorAll("li.card").length;
    const last = messages.at(-1).key;
    if (shown !== messages.length || !document.querySelector(`li[data-key="${last}"]`).textContent.includes(`${round}`)) throw new Error("not shown");
    await pause();
    times.one.push(-send([change(messages[round], round + 1)]) + (await globalThis.afterFrame()));
  }
  const text = document.querySelector("#text");
  for (let round = 0; round < rounds; round += 1) {
    await pause();
    const start = performance.now();
    text.value = round % 2 ? "" : "project-1";
    text.dispatchEvent(new Event("input"));
    times.filter.push((await globalThis.afterFrame()) - start);
  }
  return times;
}, ROUNDS);
Object.assign(measured, updates);
for (const times of Object.values(measured)) times.sort((a, b) => a - b);
console.log(JSON.stringify(measured));
await browser.close();
server.close();
