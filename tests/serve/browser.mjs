// Opens the page in a real browser: node browser.mjs CHROMIUM URL
//
// Each line on stdin is an order. The answer to each is a line of JSON:
//   see KEY STATE     waits until the card of this session is in that column; the time when it came there, in ms since 1970
//   watch             records from now on when cards move; `see` needs it for the time
//   text KEY          the text of the card that is visible
//   all KEY           all text of the card, also what is folded away
//   board             what the page shows: its title, the connection, the keys in each column, how often it was loaded
//   scripts           the scripts of a payload that ran, and the elements that came from one
//   keys KEY…         presses these keys; the element that has the focus then
//   width PIXELS      sets the width of the window; the boxes that are not in their place
//   open              opens every card; the number of cards
//   phone, wide, dark, light    sets the size or the colour scheme; whether something is too wide, and the colours
import puppeteer from "puppeteer-core";
import { createInterface } from "node:readline";

const [executablePath, url] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], headless: true, pipe: true });
const page = await browser.newPage();
const errors = [];
page.on("pageerror", (error) => errors.push(error.message));
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
let loads = 0;
page.on("framenavigated", () => (loads += 1));
await page.evaluateOnNewDocument(() => {
  globalThis.ran = [];
  globalThis.alert = (what) => globalThis.ran.push(what);
});
await page.goto(url);

const readStyle = () =>
  page.evaluate(() => {
    const style = getComputedStyle(document.body);
    return { sticksOut: document.documentElement.scrollWidth > innerWidth, ground: style.backgroundColor, ink: style.color };
  });

const orders = {
  async see(key, state) {
    await page.waitForFunction(
      (key, state) => document.querySelector(`[data-state="${state}"] li[data-key="${key}"]`) !== null,
      { polling: "mutation", timeout: 60_000 },
      key, state,
    );
    // The time at which the observer of `watch` saw it.
    return page.evaluate((key, state) => globalThis.moved?.[`${key} ${state}`] ?? null, key, state);
  },
  watch: () =>
    page.evaluate(() => {
      globalThis.moved = {};
      const recordMoves = () => {
        for (const li of document.querySelectorAll("li[data-key]")) {
          globalThis.moved[`${li.dataset.key} ${li.closest("[data-state]").dataset.state}`] ??= performance.timeOrigin + performance.now();
        }
      };
      new MutationObserver(recordMoves).observe(document.body, { childList: true, subtree: true });
    }),
  all: (key) => page.evaluate((key) => document.querySelector(`li[data-key="${key}"]`).textContent, key),
  text: (key) => page.evaluate((key) => document.querySelector(`li[data-key="${key}"]`).innerText, key),
  board: async () => ({
    loads,
    errors,
    ...(await page.evaluate(() => ({
      title: document.title,
      connection: document.querySelector("#connection").textContent,
      columns: Object.fromEntries([...document.querySelectorAll("[data-state]")].map((column) => [column.dataset.state, [...column.querySelectorAll("li")].map((li) => li.dataset.key)])),
      endedIsOpen: document.querySelector("#ended").open,
    }))),
  }),
  scripts: () => page.evaluate(() => ({ ran: globalThis.ran, elements: document.querySelectorAll("main img, main script, main iframe, li a").length })),
  async keys(...keys) {
    for (const key of keys) await page.keyboard.press(key);
    return page.evaluate(() => {
      const { activeElement: element } = document;
      const outline = getComputedStyle(element);
      return {
        key: element.closest("li")?.dataset.key ?? null,
        isOpen: element.parentElement?.open ?? false,
        isVisible: outline.outlineStyle !== "none" && outline.outlineWidth !== "0px",
      };
    });
  },
  async width(width) {
    await page.setViewport({ width: Number(width), height: 800 });
    return page.evaluate(() => {
      const found = [];
      const name = (element) => `${element.tagName.toLowerCase()}.${element.className || element.id} in ${element.closest("li")?.dataset.key ?? "the page"}`;
      const box = (element) => element.getBoundingClientRect();
      const isSeen = (element) => box(element).width > 0 && box(element).height > 0;
      if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
      for (const parent of [document.body, ...document.body.querySelectorAll("*")]) {
        const children = [...parent.children].filter(isSeen);
        if (!isSeen(parent) || getComputedStyle(parent).display === "inline") continue;
        children.forEach((child, number) => {
          const { left, right } = box(child);
          if (left < box(parent).left - 0.5 || right > box(parent).right + 0.5) found.push(`${name(child)} sticks out of ${name(parent)}`);
          for (const other of children.slice(number + 1)) {
            const [a, b] = [box(child), box(other)];
            if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5) found.push(`${name(child)} lies on ${name(other)}`);
          }
        });
        // An overflow that is neither cut nor scrollable covers another box.
        if (parent.scrollWidth > parent.clientWidth + 1 && getComputedStyle(parent).overflowX === "visible" && parent.clientWidth > 0) found.push(`${name(parent)} overflows`);
      }
      for (const project of document.querySelectorAll(".project")) {
        if (project.textContent.length < 12 && project.scrollWidth > project.clientWidth) found.push(`${name(project)} is cut, and short`);
      }
      return found;
    });
  },
  open: () =>
    page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
      // The page adds the ended sessions when their list is opened.
      return new Promise((resolve) => setTimeout(() => {
        for (const details of document.querySelectorAll("details")) details.open = true;
        resolve(document.querySelectorAll("li").length);
      }, 200));
    }),
  async phone() {
    await page.setViewport({ width: 390, height: 844 });
    return readStyle();
  },
  async wide() {
    await page.setViewport({ width: 1280, height: 800 });
    return readStyle();
  },
  async light() {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
    return readStyle();
  },
  async dark() {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    return readStyle();
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [order, ...words] = line.split(" ");
  console.log(JSON.stringify((await orders[order](...words)) ?? null));
}
await browser.close();
