// Builds the page of a dashboard and opens it in a real browser: node browser.mjs CHROMIUM STREAM_URL
//
// Each line on stdin is answered with a line of JSON:
//   shown      the cards on the page: "REPOSITORY COLUMN" of each id
//   card ID    the texts of the card of this session
//   links      the address of each repository that has one
//   page       how often the page was loaded, its errors, and all its text
import { build } from "esbuild";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

const [executablePath, stream] = process.argv.slice(2);
const folder = dirname(fileURLToPath(import.meta.url));
const state = "@durable-streams/state";
const hasOwnModule = existsSync(`${folder}/node_modules/${state}/dist/db.js`);
const { outputFiles } = await build({
  absWorkingDir: folder,
  entryPoints: ["page.mjs"],
  alias: { "stream-db": hasOwnModule ? `${state}/db` : state },
  bundle: true,
  format: "esm",
  write: false,
  logLevel: "error",
  define: { "process.env.NODE_ENV": '"production"' },
});
const html = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><main></main><script type="module" src="/page.js"></script>';
// The page comes from another port than the stream, as that of a dashboard does.
const server = createServer((request, response) => {
  const isScript = request.url === "/page.js";
  response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? outputFiles[0].contents : html);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], headless: true, pipe: true });
const page = await browser.newPage();
const errors = [];
page.on("pageerror", (error) => errors.push(error.message));
let loads = 0;
page.on("framenavigated", () => (loads += 1));
await page.goto(`http://127.0.0.1:${server.address().port}/?stream=${encodeURIComponent(stream)}`);

const orders = {
  shown: () =>
    page.evaluate(() => {
      const cards = [...document.querySelectorAll("[data-session]")];
      const place = (card) => `${card.closest("section").dataset.repository} ${card.dataset.column}`;
      return Object.fromEntries(cards.map((card) => [card.dataset.session, place(card)]));
    }),
  card: (id) =>
    page.evaluate((id) => {
      const members = document.querySelectorAll(`[data-session="${id}"] [data-member]`);
      return Object.fromEntries([...members].map((member) => [member.dataset.member, member.textContent]));
    }, id),
  links: () => page.evaluate(() => Object.fromEntries([...document.querySelectorAll("a")].map((link) => [link.textContent, link.href]))),
  page: async () => ({ loads, errors, text: await page.evaluate(() => document.documentElement.outerHTML) }),
};
for await (const line of createInterface({ input: process.stdin })) {
  const [order, ...words] = line.split(" ");
  console.log(JSON.stringify((await orders[order](...words)) ?? null));
}
await browser.close();
server.close();
