
// Notices for a session that begins to need its user. They are off until the user asks for them.

const NEED_MILLISECONDS = 5000;
// Needs that begin within this time are told together.
const GATHER_MILLISECONDS = 1000;
const MAX_SINGLE_NOTICES = 3;
// The rules of a state that the user brought about: the user was there. They are those of `sessions notify`.
const RULES_OF_USERS_ACTS = ["denied", "dialog", "interrupted", "marked"];
const settings = { browser: false, text: true, sound: false, ...readSettings() };
const openNotices = document.querySelector("#open-notices");
const noticesDialog = document.querySelector("#notices");
const refused = document.querySelector("#refused");
// By the key of a session: its need, for as long as it lasts.
const needs = new Map();
// The keys of all sessions that were there when the needs were last looked at.
let known = new Set();
let hasSeenAll = false;
let audio = null;

// A browser may keep nothing for this page. Then the settings hold until the page is closed.
function readSettings() {
  try {
    return JSON.parse(localStorage.getItem("notices")) ?? {};
  } catch {
    return {};
  }
}

function showSettings() {
  const isRefused = settings.browser && globalThis.Notification?.permission !== "granted";
  document.querySelector("#by-browser").checked = settings.browser && !isRefused;
  document.querySelector("#with-text").checked = settings.text;
  document.querySelector("#with-text").disabled = !settings.browser;
  document.querySelector("#by-sound").checked = settings.sound;
  openNotices.textContent = (settings.browser && !isRefused) || settings.sound ? "Notices on" : "Notices off";
}

function saveSettings() {
  try {
    localStorage.setItem("notices", JSON.stringify(settings));
  } catch {
    // They hold until the page is closed.
  }
  showSettings();
}

// Plays two soft tones.
function playSound() {
  audio ??= new AudioContext();
  audio.resume();
  for (const [pitch, delay] of [[660, 0], [880, 0.14]]) {
    const [tone, volume, start] = [audio.createOscillator(), audio.createGain(), audio.currentTime + delay];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.08, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.5);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.55);
  }
}

// Returns the title and the text of the notice for a session.
function describeNeed(session) {
  const project = session.project ?? session.sessionId.slice(0, 8);
  const branch = session.branch ? ` (${session.branch})` : "";
  const place = `${project}${branch}${session.machine ? ` on ${session.machine}` : ""}`;
  const pending = session.pendingPermission;
  const title = session.state === "permission" ? `${place} needs approval` : `${place} waits for you`;
  const call = pending && `${toolWords(pending)}: ${describeInput(pending.toolInput)}`;
  const text = call ?? session.lastMessage ?? session.error ?? session.reason;
  return [clean(title), settings.text ? clean(text).slice(0, 240) : ""];
}

function showNotice(title, body, keys) {
  const notice = new Notification(title, { body, tag: keys.join(" "), icon: icon.href });
  notice.addEventListener("click", () => {
    globalThis.focus();
    cards.get(keys[0])?.parts.title.focus();
    notice.close();
  });
  // The notice is withdrawn when none of its sessions needs the user any more.
  const open = { notice, keys: new Set(keys) };
  for (const key of keys) needs.get(key).notice = open;
}

// Tells the user of the sessions that have needed them for long enough. A user who looks at the page knows.
function tellNeeds() {
  const now = Date.now();
  const due = [...needs].filter(([key, need]) => !need.isTold && now - need.at >= NEED_MILLISECONDS && sessions.get(key)?.state === need.state);
  if (due.length === 0) return;
  for (const [, need] of due) need.isTold = true;
  if (document.visibilityState === "visible" && document.hasFocus()) return;
  if (settings.sound) playSound();
  if (!settings.browser || globalThis.Notification?.permission !== "granted") return;
  if (due.length <= MAX_SINGLE_NOTICES) {
    for (const [key] of due) showNotice(...describeNeed(sessions.get(key)), [key]);
  } else {
    const projects = [...new Set(due.map(([key]) => sessions.get(key).project).filter(Boolean))];
    showNotice(`${due.length} sessions need you`, clean(projects.slice(0, 5).join(", ")), due.map(([key]) => key));
  }
}

// Notes which sessions need the user now. What was so when the page was opened is no news. Nor is an old need of a session that has only
// now appeared: its machine was out of reach for a while.
function followNeeds(needed) {
  for (const [key, need] of needs) {
    const session = needed.get(key);
    // Nobody knows whether it still needs the user. When its machine is back, a need that lasts is no new one.
    if (sessions.get(key)?.state === "unreachable") continue;
    if (session?.state === need.state && session.since === need.since) {
      // What made the session wait may be known later.
      need.isTold ||= RULES_OF_USERS_ACTS.includes(session.rule);
      continue;
    }
    needs.delete(key);
    if (need.notice) {
      need.notice.keys.delete(key);
      if (need.notice.keys.size === 0) need.notice.notice.close();
    }
  }
  const begun = [...needed].filter(([key]) => !needs.has(key));
  for (const [key, { state, since, rule }] of begun) {
    const isOld = !known.has(key) && Date.now() - Date.parse(since) > NEED_MILLISECONDS;
    const isTold = !hasSeenAll || isOld || RULES_OF_USERS_ACTS.includes(rule);
    needs.set(key, { state, since, at: Date.now(), isTold, notice: null });
  }
  // One timer for all that begin together: 500 timers take 3 ms.
  if (hasSeenAll && begun.length > 0) setTimeout(tellNeeds, NEED_MILLISECONDS + GATHER_MILLISECONDS);
  hasSeenAll = true;
  known = new Set(sessions.keys());
}

document.querySelector("#by-browser").addEventListener("change", async ({ target }) => {
  settings.browser = target.checked;
  refused.textContent = "";
  if (target.checked && (await globalThis.Notification?.requestPermission()) !== "granted") {
    settings.browser = false;
    refused.textContent = "The browser does not allow notices of this page. Its settings for this page can allow them.";
  }
  saveSettings();
});
document.querySelector("#with-text").addEventListener("change", ({ target }) => {
  settings.text = target.checked;
  saveSettings();
});
document.querySelector("#by-sound").addEventListener("change", ({ target }) => {
  settings.sound = target.checked;
  if (target.checked) playSound();
  saveSettings();
});
openNotices.addEventListener("click", () => noticesDialog.showModal());
