
// Follows the stream and shows it. What a payload says becomes text and nothing else.
const STATES = ["working", "permission", "waiting", "ended"];
const ENDED_SHOWN = 100;
const TARGETS = ["command", "file_path", "notebook_path", "url", "pattern", "query", "message", "description", "plan"];
const CUT = 4000;

const place = Object.fromEntries(STATES.map((state) => [state, document.querySelector(`[data-state=${state}]`)]));
const connection = document.querySelector("#connection");
const summary = document.querySelector("#summary");
const icon = document.querySelector("link[rel=icon]");
const sessions = new Map();
const cards = new Map();

// A new element with a class, a text, and children.
function make(name, className, text, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text) element.textContent = plain(cut(text));
  element.append(...children.filter(Boolean));
  return element;
}

const cut = (text) => (text.length > CUT ? `${text.slice(0, CUT)}…` : text);

// What cannot be seen is named: it could show a command reversed, or hide a part of it. Line feeds and tabs are seen, and
// joiners that stand in no Latin text belong to the script, or to the emoji, that they stand in.
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;
const JOINER = /[\u200c\u200d]/;
const plain = (text) =>
  text.replaceAll("\r\n", "\n").replace(HIDDEN, (hidden, at) =>
    JOINER.test(hidden) && text.charCodeAt(at - 1) > 127 ? hidden : `[U+${hidden.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );

function age(since) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(since)) / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86400)}d`;
}

// What the call is about: its one telling argument, or all of them.
function target(input) {
  if (input === null || typeof input !== "object") return input === null ? "" : String(input);
  const telling = TARGETS.map((name) => input[name]).find((value) => typeof value === "string");
  return telling ?? input.questions?.[0]?.question ?? JSON.stringify(input, null, 2);
}

function call(session) {
  const pending = session.pendingPermission;
  if (!pending) return null;
  const more = session.pendingCount > 1 ? ` and ${session.pendingCount - 1} more` : "";
  const what = target(pending.toolInput);
  return make("div", "call", "", make("span", "tool", pending.toolName + more), what && make("span", "target", what));
}

function details(session) {
  const list = make("dl");
  const members = [["Name", session.name], ["Directory", session.cwd], ["Session", session.sessionId], ["Why", session.reason], ["Process", session.pid], ["Host", session.host]];
  for (const [name, value] of members) {
    if (value !== null) list.append(make("dt", "", name), make("dd", "", String(value)));
  }
  return list;
}

function fill(card, session) {
  const since = make("time", "since", age(session.since));
  since.dateTime = session.since;
  since.title = new Date(session.since).toLocaleString();
  const text = { working: session.prompt, permission: null, waiting: session.lastMessage, ended: session.endReason }[session.state];
  const pending = call(session);
  const head = make(
    "div", "head", "",
    make("span", "project", session.project ?? session.sessionId.slice(0, 8)),
    session.branch && make("span", "branch", session.branch),
    since,
  );
  const told = make(
    "summary", "", "", head, pending,
    session.error && make("p", "error", session.error),
    !pending && make("p", "text", text || session.reason),
    session.background.length > 0 && make("p", "note", `Running on: ${session.background.join(", ")}`),
    session.host && make("p", "note", `On ${session.host}`),
  );
  const body = card.firstElementChild ?? card.appendChild(make("details", "card"));
  const hadFocus = body.contains(document.activeElement);
  body.replaceChildren(told, details(session));
  if (hadFocus) told.focus({ preventScroll: true });
}

// Makes the list of a column hold these sessions, in this order, touching only what is not so yet.
function arrange(list, wanted) {
  wanted.forEach((card, at) => {
    if (list.children[at] === card) return;
    const focused = card.contains(document.activeElement) ? document.activeElement : null;
    list.insertBefore(card, list.children[at] ?? null);
    focused?.focus({ preventScroll: true });
  });
  while (list.children.length > wanted.length) list.lastElementChild.remove();
}

function card(key, session) {
  let known = cards.get(key);
  if (!known) {
    known = { element: make("li"), shown: null };
    known.element.dataset.key = key;
    cards.set(key, known);
  }
  if (known.shown !== session) {
    fill(known.element, session);
    known.shown = session;
  }
  return known.element;
}

function show() {
  const by = Object.fromEntries(STATES.map((state) => [state, []]));
  for (const [key, session] of sessions) by[session.state]?.push([key, session]);
  // Who waits longest comes first; of those that ended, the last.
  const order = ([, a], [, b]) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0);
  for (const state of STATES) {
    const all = by[state].sort(order);
    const isEnded = state === "ended";
    if (isEnded) all.reverse();
    const shown = isEnded ? (place.ended.open ? all.slice(0, ENDED_SHOWN) : []) : all;
    arrange(place[state].querySelector("ul"), shown.map(([key, session]) => card(key, session)));
    place[state].querySelector(".count").textContent = all.length || "";
    if (isEnded) place.ended.querySelector(".more").textContent = all.length > ENDED_SHOWN ? `and ${all.length - ENDED_SHOWN} before them` : "";
  }
  for (const [key, { element }] of cards) if (!element.isConnected) cards.delete(key);
  place.ended.hidden = by.ended.length === 0;
  // A session that has had no prompt yet waits for its user, who need not know.
  const waiting = by.waiting.filter(([, session]) => session.rule !== "started").length;
  const need = by.permission.length + waiting;
  document.title = need ? `(${need}) sessions` : "sessions";
  summary.textContent = need === 0 ? "Nobody needs you." : need === 1 ? "One needs you." : `${need} need you.`;
  const colour = by.permission.length ? "e08a1e" : waiting ? "3b82c4" : by.working.length ? "3f9a63" : "888";
  icon.href = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='5' fill='%23${colour}'/%3E%3C/svg%3E`;
}

function say(is, text) {
  if (connection.dataset.is === is) return;
  connection.dataset.is = is;
  connection.textContent = text;
}

// The stream ends every minute, and with the server; then it goes on where it was, or with all that is true.
let offset = "-1";
let failures = 0;
let lost;

function follow() {
  const source = new EventSource(`/sessions?offset=${encodeURIComponent(offset)}&live=sse`);
  let news = [];
  source.addEventListener("data", ({ data }) => news.push(...JSON.parse(data)));
  source.addEventListener("control", ({ data }) => {
    const control = JSON.parse(data);
    // Of another run of the server, or told in words that suppose nothing: then it is all that there is.
    const isOther = control.streamNextOffset.split("_")[0] !== offset.split("_")[0];
    if (isOther || news.some(({ headers }) => headers.operation === "upsert")) sessions.clear();
    offset = control.streamNextOffset;
    for (const { key, value, headers } of news) {
      if (headers.operation === "delete") sessions.delete(key);
      else sessions.set(key, value);
    }
    news = [];
    failures = 0;
    clearTimeout(lost);
    lost = undefined;
    say("live", "live");
    show();
  });
  source.addEventListener("error", () => {
    // Refused with a status, rather than broken off: who answers here is not who gave us this offset.
    if (source.readyState === EventSource.CLOSED) offset = "-1";
    source.close();
    lost ??= setTimeout(() => say("lost", `reconnecting… as of ${new Date().toLocaleTimeString()}`), 700);
    setTimeout(follow, failures === 0 ? 0 : Math.min(2000, 100 * 2 ** failures));
    failures += 1;
  });
}

setInterval(() => {
  for (const since of document.querySelectorAll(".since")) {
    const now = age(since.dateTime);
    if (since.textContent !== now) since.textContent = now;
  }
}, 1000);
place.ended.addEventListener("toggle", show);
follow();
