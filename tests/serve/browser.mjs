// Opens the page in a real browser: node browser.mjs CHROMIUM URL [HOME]
//
// If HOME is given, the page shows /home/ada in its place: for pictures.
//
// Each line on stdin is an order. The answer to each is a line of JSON:
//   see KEY STATE     waits until the card of this session is shown in that state; the time when it came there, in ms since 1970
//   wait SELECTOR     waits until this element is shown
//   watch             records from now on when cards move; `see` needs it for the time
//   text KEY          the text of the card that is visible
//   all KEY           all text of the card, also what is folded away
//   part KEY CLASS    the text of this part of the card; null if the part is hidden
//   board             what the page shows: its title, the connection, the keys in each column, how often it was loaded
//   groups            the groups that the page shows, from top to bottom: the title and the keys of each
//   page              what the page shows beside the sessions: the notes, the address, and whether it says what to do next
//   scripts           the scripts of a payload that ran, and the elements that came from one
//   keys KEY…         presses these keys; the element that has the focus then
//   type TEXT         types this text where the focus is
//   click SELECTOR    clicks an element
//   choose SELECTOR VALUE   chooses an option
//   clipboard         the text in the clipboard
//   go QUERY          opens the page again with this query
//   leave, return     takes the focus from the page, and gives it back
//   notices           the notices of the browser that were shown: title, text, and whether each was withdrawn; and the sounds
//   touch, mouse      from now on, the window is one of a device with this pointer
//   width PIXELS      sets the width of the window; the boxes that are not in their place
//   axe               the rules of axe-core that the page violates, and the elements
//   open              opens every card and every fold; the number of cards
//   shot FILE WIDTH HEIGHT   writes a picture of the page
//   dark, light       sets the colour scheme; the colours
import puppeteer from "puppeteer-core";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [executablePath, url, home] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], headless: true, pipe: true });
await browser.defaultBrowserContext().overridePermissions(new URL(url).origin, ["notifications", "clipboard-read", "clipboard-sanitized-write"]);
const page = await browser.newPage();
const errors = [];
page.on("pageerror", (error) => errors.push(error.message));
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
let loads = 0;
page.on("framenavigated", () => (loads += 1));
await page.evaluateOnNewDocument((home) => {
  globalThis.ran = [];
  globalThis.alert = (what) => globalThis.ran.push(what);
  // The notices are real ones. They are only written down here.
  globalThis.notices = [];
  globalThis.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options);
      this.entry = { title, text: options.body, isWithdrawn: false };
      globalThis.notices.push(this.entry);
    }
    close() {
      this.entry.isWithdrawn = true;
      super.close();
    }
  };
  globalThis.sounds = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    globalThis.sounds += 1;
    return start.apply(this, when);
  };
  if (home) {
    const { parse } = JSON;
    JSON.parse = (text) => parse(text.replaceAll(home, "/home/ada"));
  }
}, home ?? "");
await page.goto(url);

// The browser gives no text of a card that is not on the screen.
const showCard = (selector) => page.evaluate((selector) => (document.querySelector(selector).style.contentVisibility = "visible") && null, selector);
const cardOf = (key) => `li.card[data-key="${key}"]`;
const readColours = () =>
  page.evaluate(() => {
    const style = getComputedStyle(document.body);
    return { ground: style.backgroundColor, ink: style.color };
  });

// Returns what is wrong with the boxes of the page.
function findMisplaced() {
  const found = [];
  // The browser gives a card or a list that is not on the screen the size that it had last.
  for (const element of document.querySelectorAll("section > ul, li.card")) element.style.contentVisibility = "visible";
  const boxes = new Map();
  const box = (element) => {
    if (!boxes.has(element)) boxes.set(element, element.getBoundingClientRect());
    return boxes.get(element);
  };
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className || element.id} in ${element.closest("li.card")?.dataset.key ?? "the page"}`;
  // Buttons that appear where the mouse is lie on the text on purpose.
  const isSeen = (element) => !element.classList.contains("unseen") && getComputedStyle(element).opacity !== "0" && box(element).width > 0 && box(element).height > 0;
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const parent of [document.body, ...document.body.querySelectorAll("*")]) {
    if (parent.closest("svg") || !isSeen(parent)) continue;
    const style = getComputedStyle(parent);
    if (style.display === "inline") continue;
    // An overflow that is neither cut nor scrollable covers another box.
    if (parent.clientWidth > 0 && style.overflowX === "visible" && parent.scrollWidth > parent.clientWidth + 1) found.push(`${name(parent)} overflows`);
    const children = [...parent.children].filter(isSeen);
    for (const [number, child] of children.entries()) {
      const a = box(child);
      if (a.left < box(parent).left - 0.5 || a.right > box(parent).right + 0.5) found.push(`${name(child)} sticks out of ${name(parent)}`);
      // The boxes are in the order of the text, so a box lies on one of the next ones, if on any.
      for (const other of children.slice(number + 1, number + 12)) {
        if (child.matches("input[type=radio]")) continue;
        // A text that goes on in the next line has a box in each line.
        const pairs = [...child.getClientRects()].flatMap((one) => [...other.getClientRects()].map((two) => [one, two]));
        const isOn = ([one, two]) => Math.min(one.right, two.right) - Math.max(one.left, two.left) > 0.5 && Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top) > 0.5;
        if (pairs.some(isOn)) found.push(`${name(child)} lies on ${name(other)}`);
      }
    }
  }
  for (const card of document.querySelectorAll("li.card")) {
    if (!isSeen(card)) continue;
    for (const part of card.querySelectorAll(".project, .name, .branch, .path-end, .since, .actions button")) {
      if (part.hidden || part.textContent === "" || part.closest("[hidden]") || getComputedStyle(part.parentElement).opacity === "0") continue;
      const [inner, outer] = [box(part), box(card)];
      if (inner.width < Math.min(12, 3 * part.textContent.length) || inner.height < 8 || inner.top > outer.bottom - 8) found.push(`${name(part)} is not to be seen`);
      const isShort = part.textContent.length < 12 || part.matches(".since, button");
      if (isShort && part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0) found.push(`${name(part)} is cut, and short`);
    }
  }
  return found.slice(0, 20);
}

const orders = {
  async see(key, state) {
    await page.waitForFunction(
      (selector, state) => document.querySelector(selector)?.dataset.state === state,
      { polling: "mutation", timeout: 60_000 },
      cardOf(key), state,
    );
    // The time at which the observer of `watch` saw it.
    return page.evaluate((key, state) => globalThis.moved?.[`${key} ${state}`] ?? null, key, state);
  },
  async wait(selector) {
    await page.waitForSelector(selector, { visible: true, timeout: 60_000 });
  },
  watch: () =>
    page.evaluate(() => {
      globalThis.moved = {};
      const recordMoves = () => {
        for (const li of document.querySelectorAll("li.card")) {
          globalThis.moved[`${li.dataset.key} ${li.dataset.state}`] ??= performance.timeOrigin + performance.now();
        }
      };
      new MutationObserver(recordMoves).observe(document.body, { childList: true, subtree: true });
    }),
  all: (key) => page.evaluate((selector) => document.querySelector(selector).textContent, cardOf(key)),
  async text(key) {
    await showCard(cardOf(key));
    return page.evaluate((selector) => document.querySelector(selector).innerText, cardOf(key));
  },
  async part(key, part) {
    await showCard(cardOf(key));
    return page.evaluate((selector) => {
      const element = document.querySelector(selector);
      return element.checkVisibility() ? element.innerText : null;
    }, `${cardOf(key)} .${part}`);
  },
  board: async () => ({
    loads,
    errors,
    ...(await page.evaluate(() => {
      const columns = { working: [], permission: [], waiting: [], idle: [], ended: [] };
      for (const card of document.querySelectorAll("main li.card")) (columns[card.dataset.state] ??= []).push(card.dataset.key);
      return {
        title: document.title,
        connection: document.querySelector("#connection").textContent,
        columns,
        endedIsOpen: document.querySelector("#ended").open,
      };
    })),
  }),
  groups: () =>
    page.evaluate(() => {
      const shown = [...document.querySelectorAll("#groups > section, main > .fold")].filter((group) => group.checkVisibility());
      // The title that a screen reader says.
      const titleOf = (group) => document.getElementById(group.getAttribute("aria-labelledby")) ?? group.querySelector("h2");
      return shown.map((group) => [titleOf(group).innerText.trim(), [...group.querySelectorAll("li.card")].map((card) => card.dataset.key)]);
    }),
  page: () =>
    page.evaluate(() => {
      const seen = (selector) => {
        const element = document.querySelector(selector);
        return element.checkVisibility() ? element.innerText : null;
      };
      return { address: location.search, filtered: seen("#filtered span"), setup: seen("#setup"), hooks: seen("#hooks"), welcome: seen("#welcome h2"), summary: seen("#summary"), said: document.querySelector("#said").textContent };
    }),
  scripts: () => page.evaluate(() => ({ ran: globalThis.ran, elements: document.querySelectorAll("main img, main script, main iframe, li a").length })),
  async keys(...keys) {
    for (const key of keys) await page.keyboard.press(key);
    return page.evaluate(() => {
      const { activeElement: element } = document;
      const card = element.closest("li.card");
      const outlines = ["", "::after"].map((pseudo) => getComputedStyle(element, pseudo));
      return {
        key: card?.dataset.key ?? null,
        isOpen: card?.classList.contains("open") ?? false,
        isVisible: outlines.some(({ outlineStyle, outlineWidth, outlineColor }) => outlineStyle !== "none" && outlineWidth !== "0px" && outlineColor !== "rgba(0, 0, 0, 0)"),
      };
    });
  },
  async type(...words) {
    await page.keyboard.type(words.join(" "));
  },
  async click(...selector) {
    await page.click(selector.join(" "));
  },
  async choose(selector, ...value) {
    await page.select(selector, value.join(" "));
  },
  clipboard: () => page.evaluate(() => navigator.clipboard.readText()),
  async go(query) {
    await page.goto(url + (query ?? ""));
  },
  leave: () => page.evaluate(() => (document.hasFocus = () => false) && null),
  return: () => page.evaluate(() => delete document.hasFocus && null),
  notices: () => page.evaluate(() => ({ shown: globalThis.notices, sounds: globalThis.sounds })),
  async touch() {
    await page.setViewport({ ...page.viewport(), hasTouch: true });
  },
  async mouse() {
    await page.setViewport({ ...page.viewport(), hasTouch: false });
  },
  async width(width) {
    await page.setViewport({ ...page.viewport(), width: Number(width), height: 800 });
    return page.evaluate(findMisplaced);
  },
  async axe() {
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
    return page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document);
      return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | ")}`);
    });
  },
  open: () =>
    page.evaluate(async () => {
      for (const details of document.querySelectorAll("details")) details.open = true;
      // The page adds the sessions of a fold when it is opened.
      await new Promise((resolve) => setTimeout(resolve, 200));
      for (const card of document.querySelectorAll("li.card:not(.open)")) card.querySelector(".title").click();
      return document.querySelectorAll("li.card").length;
    }),
  async shot(path, width, height) {
    await page.setViewport({ ...page.viewport(), width: Number(width), height: Number(height) });
    await page.evaluate(() => document.activeElement.blur());
    await page.screenshot({ path });
  },
  async light() {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
    return readColours();
  },
  async dark() {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    return readColours();
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [order, ...words] = line.split(" ");
  console.log(JSON.stringify((await orders[order](...words)) ?? null));
}
await browser.close();
