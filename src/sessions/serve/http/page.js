
// Follows the stream and shows the sessions. The text of a payload is only ever inserted as text, never as markup.
const STATES = ["working", "permission", "waiting", "ended"];
const MAX_ENDED_SHOWN = 100;
const TELLING_ARGUMENTS = ["command", "file_path", "notebook_path", "url", "pattern", "query", "message", "description", "plan"];
const MAX_TEXT_LENGTH = 4000;

const columns = Object.fromEntries(STATES.map((state) => [state, document.querySelector(`[data-state=${state}]`)]));
const connection = document.querySelector("#connection");
const summary = document.querySelector("#summary");
const icon = document.querySelector("link[rel=icon]");
const sessions = new Map();
const cards = new Map();

// Makes an element with a class, a text, and children.
function makeElement(name, className, text, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text) element.textContent = showHidden(truncate(text));
  element.append(...children.filter(Boolean));
  return element;
}

const truncate = (text) => (text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text);

// Replaces invisible characters by their code points: they could show a command reversed, or hide a part of it. Line feeds
// and tabs are visible. A joiner after a character that is not ASCII is part of a script or an emoji, and stays.
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;
const JOINER = /[\u200c\u200d]/;
const showHidden = (text) =>
  text.replaceAll("\r\n", "\n").replace(HIDDEN, (hidden, at) =>
    JOINER.test(hidden) && text.charCodeAt(at - 1) > 127 ? hidden : `[U+${hidden.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );

// Formats the time since then in its largest whole unit, as the table in the terminal does.
function formatAge(since) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(since)) / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86400)}d`;
}

// Returns the argument of a call that says most, or all arguments.
function describeInput(input) {
  if (input === null || typeof input !== "object") return input === null ? "" : String(input);
  const telling = TELLING_ARGUMENTS.map((name) => input[name]).find((value) => typeof value === "string");
  return telling ?? input.questions?.[0]?.question ?? JSON.stringify(input, null, 2);
}

// Makes the box with the call that needs approval.
function makeCall(session) {
  const pending = session.pendingPermission;
  if (!pending) return null;
  const more = session.pendingCount > 1 ? ` and ${session.pendingCount - 1} more` : "";
  const description = describeInput(pending.toolInput);
  return makeElement("div", "call", "", makeElement("span", "tool", pending.toolName + more), description && makeElement("span", "target", description));
}

// Makes the list of what is folded away in a card.
function makeDetails(session) {
  const list = makeElement("dl");
  const rows = [["Name", session.name], ["Directory", session.cwd], ["Session", session.sessionId], ["Why", session.reason], ["Process", session.pid], ["Host", session.host]];
  for (const [name, value] of rows) {
    if (value !== null) list.append(makeElement("dt", "", name), makeElement("dd", "", String(value)));
  }
  return list;
}

// Fills a card with what is known of a session.
function fillCard(card, session) {
  const since = makeElement("time", "since", formatAge(session.since));
  since.dateTime = session.since;
  since.title = new Date(session.since).toLocaleString();
  const text = { working: session.prompt, permission: null, waiting: session.lastMessage, ended: session.endReason }[session.state];
  const pending = makeCall(session);
  const head = makeElement(
    "div", "head", "",
    makeElement("span", "project", session.project ?? session.sessionId.slice(0, 8)),
    session.branch && makeElement("span", "branch", session.branch),
    since,
  );
  const cardSummary = makeElement(
    "summary", "", "", head, pending,
    session.error && makeElement("p", "error", session.error),
    !pending && makeElement("p", "text", text || session.reason),
    session.background.length > 0 && makeElement("p", "note", `Running on: ${session.background.join(", ")}`),
    session.host && makeElement("p", "note", `On ${session.host}`),
  );
  const body = card.firstElementChild ?? card.appendChild(makeElement("details", "card"));
  const hadFocus = body.contains(document.activeElement);
  body.replaceChildren(cardSummary, makeDetails(session));
  if (hadFocus) cardSummary.focus({ preventScroll: true });
}

// Makes a list hold these cards in this order. It moves only the cards that are not in their place, so that the focus stays.
function arrangeCards(list, ordered) {
  ordered.forEach((card, index) => {
    if (list.children[index] === card) return;
    const focused = card.contains(document.activeElement) ? document.activeElement : null;
    list.insertBefore(card, list.children[index] ?? null);
    focused?.focus({ preventScroll: true });
  });
  while (list.children.length > ordered.length) list.lastElementChild.remove();
}

// Returns the card of a session, and fills it if the session has changed.
function cardOf(key, session) {
  let known = cards.get(key);
  if (!known) {
    known = { element: makeElement("li"), shown: null };
    known.element.dataset.key = key;
    cards.set(key, known);
  }
  if (known.shown !== session) {
    fillCard(known.element, session);
    known.shown = session;
  }
  return known.element;
}

// Shows all sessions.
function showSessions() {
  const byState = Object.fromEntries(STATES.map((state) => [state, []]));
  for (const [key, session] of sessions) byState[session.state]?.push([key, session]);
  // The session that waits longest is first. Of the ended sessions, the newest is first.
  const order = ([, a], [, b]) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0);
  for (const state of STATES) {
    const all = byState[state].sort(order);
    const isEnded = state === "ended";
    if (isEnded) all.reverse();
    const shown = isEnded ? (columns.ended.open ? all.slice(0, MAX_ENDED_SHOWN) : []) : all;
    arrangeCards(columns[state].querySelector("ul"), shown.map(([key, session]) => cardOf(key, session)));
    columns[state].querySelector(".count").textContent = all.length || "";
    if (isEnded) columns.ended.querySelector(".more").textContent = all.length > MAX_ENDED_SHOWN ? `and ${all.length - MAX_ENDED_SHOWN} before them` : "";
  }
  for (const [key, { element }] of cards) if (!element.isConnected) cards.delete(key);
  columns.ended.hidden = byState.ended.length === 0;
  // A session without a prompt waits, too, but it does not need the user.
  const waiting = byState.waiting.filter(([, session]) => session.rule !== "started").length;
  const need = byState.permission.length + waiting;
  document.title = need ? `(${need}) sessions` : "sessions";
  summary.textContent = need === 0 ? "No session needs you." : need === 1 ? "One session needs you." : `${need} sessions need you.`;
  const colour = byState.permission.length ? "e08a1e" : waiting ? "3b82c4" : byState.working.length ? "3f9a63" : "888";
  icon.href = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='5' fill='%23${colour}'/%3E%3C/svg%3E`;
}

// Shows the state of the connection.
function showConnection(state, text) {
  if (connection.dataset.is === state) return;
  connection.dataset.is = state;
  connection.textContent = text;
}

// The stream ends every minute, and when the server ends. Then the page connects again and continues where it was. A server
// that was restarted sends everything again.
let offset = "-1";
let failures = 0;
let lostTimer;

function follow() {
  const source = new EventSource(`/sessions?offset=${encodeURIComponent(offset)}&live=sse`);
  let messages = [];
  source.addEventListener("data", ({ data }) => messages.push(...JSON.parse(data)));
  source.addEventListener("control", ({ data }) => {
    const control = JSON.parse(data);
    // Messages of another run of the server, and upserts, are everything that is true now.
    const isOtherRun = control.streamNextOffset.split("_")[0] !== offset.split("_")[0];
    if (isOtherRun || messages.some(({ headers }) => headers.operation === "upsert")) sessions.clear();
    offset = control.streamNextOffset;
    for (const { key, value, headers } of messages) {
      if (headers.operation === "delete") sessions.delete(key);
      else sessions.set(key, value);
    }
    messages = [];
    failures = 0;
    clearTimeout(lostTimer);
    lostTimer = undefined;
    showConnection("live", "live");
    showSessions();
  });
  source.addEventListener("error", () => {
    // The request was refused with a status: another server answers now, which does not know this offset.
    if (source.readyState === EventSource.CLOSED) offset = "-1";
    source.close();
    lostTimer ??= setTimeout(() => showConnection("lost", `reconnecting… as of ${new Date().toLocaleTimeString()}`), 700);
    setTimeout(follow, failures === 0 ? 0 : Math.min(2000, 100 * 2 ** failures));
    failures += 1;
  });
}

setInterval(() => {
  for (const since of document.querySelectorAll(".since")) {
    const now = formatAge(since.dateTime);
    if (since.textContent !== now) since.textContent = now;
  }
}, 1000);
columns.ended.addEventListener("toggle", showSessions);
follow();
