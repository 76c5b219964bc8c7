
// Follows the stream and shows the sessions.

const STATES = ["permission", "waiting", "working", "unreachable", "idle", "ended"];
// A session that has had no prompt yet waits, too, but it needs nobody.
const isStarted = (session, state) => state === "waiting" && session.rule === "started";
const GROUPS = [
  ["Needs approval", "permission", (session, state) => state === "permission"],
  ["Waiting for you", "waiting", (session, state) => state === "waiting" && !isStarted(session, state)],
  ["Working", "working", (session, state) => state === "working"],
  ["No prompt yet", "idle", isStarted],
  ["Unreachable", "unreachable", (session, state) => state === "unreachable"],
];
// A session that has waited for longer is folded away, and does not count as one that needs the user.
const IDLE_MILLISECONDS = 12 * 60 * 60 * 1000;
const MAX_FOLDED_SHOWN = 100;
const MAX_ROOMY = 40;
const SHOW_INTERVAL = 100;

const connection = document.querySelector("#connection");
const summary = document.querySelector("#summary");
const icon = document.querySelector("link[rel=icon]");
const groups = document.querySelector("#groups");
const folds = { idle: document.querySelector("#idle"), ended: document.querySelector("#ended") };
const filteredNote = document.querySelector("#filtered");
const welcome = document.querySelector("#welcome");
const sessions = new Map();
const cards = new Map();
const sections = new Map();
// Counts the sections that were made. A heading needs an id that no other one has, also after sections have gone.
let madeSections = 0;

const setTextOf = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

// Returns the state in which a session is shown.
const stateOf = (session, now) => (session.state === "waiting" && now - Date.parse(session.since) > IDLE_MILLISECONDS ? "idle" : session.state);

// Returns whether a session in this state needs the user.
const isNeed = (session, state) => state === "permission" || (state === "waiting" && !isStarted(session, state));

// Makes a list hold these elements in this order. Only those that are not in their place are moved.
function arrange(list, ordered) {
  const wanted = new Set(ordered);
  for (const element of [...list.children]) if (!wanted.has(element)) element.remove();
  let next = list.firstElementChild;
  for (const element of ordered) {
    if (element === next) next = next.nextElementSibling;
    else list.insertBefore(element, next);
  }
}

// Returns the card of a session, filled.
function cardOf(key, session, state, now) {
  let card = cards.get(key);
  if (!card) {
    card = new Card(key);
    cards.set(key, card);
  }
  card.fill(session, state, now);
  return card.element;
}

// Returns the section of a group: a state, a project or a machine.
function sectionOf(group, title, state) {
  let section = sections.get(group);
  if (!section) {
    const element = document.createElement("section");
    const heading = makeElement("h2", "", "");
    const [name, count, list] = [makeElement("span", "", title), makeElement("span", "count", ""), document.createElement("ul")];
    heading.id = `group-${madeSections++}`;
    heading.append(name, " ", count);
    element.setAttribute("aria-labelledby", heading.id);
    element.dataset.state = state;
    element.append(heading, list);
    section = { element, count, list };
    sections.set(group, section);
  }
  return section;
}

// Splits the sessions into groups, by state, project or machine: the title, the state whose colour it has, and its sessions.
function makeGroups(open) {
  if (filter.groups === "state") {
    return GROUPS.map(([title, colour, holds]) => [`state ${title}`, title, colour, open.filter(([, session, state]) => holds(session, state))]);
  }
  const [member, nameless] = filter.groups === "machine" ? ["machine", "This machine"] : ["project", "No project"];
  const byName = new Map();
  for (const entry of open) {
    const name = entry[1][member] ?? "";
    if (!byName.has(name)) byName.set(name, []);
    byName.get(name).push(entry);
  }
  // `open` begins with those that need approval, so the groups do, too.
  return [...byName].map(([name, entries]) => [`${member} ${name}`, name || nameless, "", entries]);
}

// Fills the list of a fold, if it is open, and its count.
function showFold(state, passed, all, now) {
  const fold = folds[state];
  fold.hidden = all.length === 0;
  const shown = fold.open ? passed.toSorted(([, a], [, b]) => (a.since < b.since ? 1 : a.since > b.since ? -1 : 0)).slice(0, MAX_FOLDED_SHOWN) : [];
  arrange(fold.querySelector("ul"), shown.map(([key, session]) => cardOf(key, session, state, now)));
  setTextOf(fold.querySelector(".count"), passed.length === all.length ? String(all.length) : `${passed.length} of ${all.length}`);
  setTextOf(fold.querySelector(".rest"), fold.open && passed.length > MAX_FOLDED_SHOWN ? `and ${passed.length - MAX_FOLDED_SHOWN} before them` : "");
}

// Shows all sessions.
function showSessions() {
  const now = Date.now();
  const focused = document.activeElement;
  const byState = Object.fromEntries(STATES.map((state) => [state, []]));
  for (const [key, session] of sessions) {
    const state = stateOf(session, now);
    byState[state]?.push([key, session, state]);
  }
  // The session that has been in its state for longest is first.
  const order = ([, a], [, b]) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0);
  const waiting = byState.waiting.sort(order);
  const open = [
    ...byState.permission.sort(order),
    ...waiting.filter(([, ...entry]) => isNeed(...entry)),
    ...byState.working.sort(order),
    ...waiting.filter(([, ...entry]) => isStarted(...entry)),
    ...byState.unreachable.sort(order),
  ];
  const needed = open.filter(([, session, state]) => isNeed(session, state));
  offerProjects(open);
  offerMachines();
  const passes = ([, session]) => passesFilter(session);
  const shown = isFiltered() ? open.filter(passes) : open;
  document.body.dataset.groups = filter.groups;
  document.body.classList.toggle("dense", shown.length > MAX_ROOMY);

  const made = makeGroups(shown).filter(([, , , entries]) => entries.length > 0);
  for (const [group, title, state, entries] of made) {
    const section = sectionOf(group, title, state);
    setTextOf(section.count, String(entries.length));
    section.list.style.setProperty("--cards", entries.length);
    arrange(section.list, entries.map(([key, session, shownState]) => cardOf(key, session, shownState, now)));
  }
  groups.classList.toggle("several", made.length > 1);
  arrange(groups, made.map(([group]) => sections.get(group).element));
  for (const [group, { element }] of sections) if (!element.isConnected) sections.delete(group);
  for (const state of Object.keys(folds)) showFold(state, isFiltered() ? byState[state].filter(passes) : byState[state], byState[state], now);
  for (const [key, { element }] of cards) if (!element.isConnected) cards.delete(key);
  noteOpenCards();
  if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });

  showFilterNote(open, shown, needed);
  showSummary(byState, needed.length);
  welcome.hidden = open.length + byState.idle.length > 0;
  showSetup();
  followNeeds(new Map(needed.map(([key, session]) => [key, session])));
}

// Says what the filter hides. It must not hide that a session needs the user.
function showFilterNote(open, shown, needed) {
  filteredNote.hidden = !isFiltered() || open.length === 0;
  if (filteredNote.hidden) return;
  const hidden = needed.filter(([, session]) => !passesFilter(session)).length;
  const rest = hidden === 0 ? "" : hidden === 1 ? " One that needs you is hidden." : ` ${hidden} that need you are hidden.`;
  setTextOf(filteredNote.firstElementChild, `${shown.length} of ${open.length} sessions pass the filter.${rest}`);
}

function showSummary({ permission, working }, need) {
  document.title = need ? `(${need}) sessions` : "sessions";
  setTextOf(summary, need === 0 ? "No session needs you." : need === 1 ? "One session needs you." : `${need} sessions need you.`);
  const colour = permission.length ? "e08a1e" : need ? "3b82c4" : working.length ? "3f9a63" : "888";
  const address = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='5' fill='%23${colour}'/%3E%3C/svg%3E`;
  if (icon.href !== address) icon.href = address;
}

// What the server says of the hooks. The page asks again while this is of interest.
const SETUP_WORDS = {
  installed: "The hooks are installed. Each session that you start now is followed.",
  partly: "Some hooks are missing in the settings of Claude Code. Run `hooks doctor`.",
  disabled: "The settings of Claude Code switch all hooks off (`disableAllHooks`).",
  missing: "The hooks are not installed. Run `hooks install`. Until then, the page shows only what Claude Code itself records.",
  unknown: "The settings of Claude Code cannot be read. Run `hooks doctor` to see whether the hooks are installed.",
};
const SETUP_INTERVAL = 5000;
let setup = null;
async function readSetup() {
  try {
    const answer = await fetch("/setup");
    const read = answer.ok ? await answer.json() : null;
    if (read?.hooks !== setup?.hooks || read?.signals !== setup?.signals) {
      setup = read;
      showSetup();
    }
  } catch {
    // The server does not answer, and the page says so elsewhere.
  }
}

function showSetup() {
  // A plugin, or the settings of a project, may run the hooks. Then there are signals.
  const state = setup?.hooks === "missing" && setup.signals ? null : setup?.hooks;
  const words = SETUP_WORDS[state] ?? "";
  showWithCode(document.querySelector("#hooks"), welcome.hidden ? "" : words);
  showWithCode(document.querySelector("#setup"), welcome.hidden && state !== "installed" ? words : "");
}

// Shows a text of ours, in which a command stands between backticks.
function showWithCode(element, text) {
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  element.hidden = text === "";
  element.replaceChildren(...text.split("`").map((part, number) => (number % 2 ? makeElement("code", "", part) : part)));
}

// Shows the state of the connection.
function showConnection(state, text) {
  if (connection.dataset.is === state) return;
  connection.dataset.is = state;
  document.body.dataset.connection = state;
  connection.textContent = text;
}

// Many events may come at once. The page is drawn at the first one, and then after a while for all of the rest.
let lastShown = 0;
let showTimer;
function showSoon() {
  if (showTimer !== undefined) return;
  const show = () => {
    showTimer = undefined;
    lastShown = performance.now();
    showSessions();
  };
  const wait = lastShown + SHOW_INTERVAL - performance.now();
  if (lastShown === 0 || wait <= 0) show();
  else showTimer = setTimeout(show, wait);
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
    showSoon();
  });
  source.addEventListener("error", () => {
    // The request was refused with a status: another server answers now, which does not know this offset.
    if (source.readyState === EventSource.CLOSED) offset = "-1";
    source.close();
    lostTimer ??= setTimeout(() => showConnection("lost", `reconnecting… as of ${CLOCK.format(Date.now())}`), 700);
    setTimeout(follow, failures === 0 ? 0 : Math.min(2000, 100 * 2 ** failures));
    failures += 1;
  });
}

// Time alone changes for how long a session waits. Once a minute would be late by up to a minute.
setInterval(() => {
  const now = Date.now();
  let isMoved = false;
  for (const card of cards.values()) {
    card.writeSince(now);
    isMoved ||= stateOf(card.session, now) !== card.state;
  }
  if (isMoved) showSessions();
}, 5000);
setInterval(() => {
  if (!welcome.hidden || setup?.hooks !== "installed") readSetup();
}, SETUP_INTERVAL);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && readSetup());
for (const fold of Object.values(folds)) fold.addEventListener("toggle", showSessions);
readAddress();
showSettings();
readSetup();
follow();
