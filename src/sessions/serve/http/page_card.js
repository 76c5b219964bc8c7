
// The card of a session. A card is made once, and afterwards only what has changed is written. So the focus, a selection and an
// open card stay as they are.

const MARKS = { permission: "▲", waiting: "◆", working: "●", unreachable: "?", idle: "◇", ended: "○" };
const STATE_WORDS = { permission: "Needs approval", waiting: "Waiting", working: "Working", unreachable: "Unreachable", idle: "Quiet for long", ended: "Ended" };
const TOOL_WORDS = { AskUserQuestion: "Question", ExitPlanMode: "Plan", Elicitation: "Question of a server" };
const ROLE_WORDS = { user: "you", assistant: "Claude", tool: "call" };
const template = document.querySelector("#card").content.firstElementChild;

const toolWords = ({ toolName }) => (Object.hasOwn(TOOL_WORDS, toolName) ? TOOL_WORDS[toolName] : toolName);

// Makes an element with a class and a text. The text of a payload is only ever inserted as text, never as markup.
function makeElement(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.textContent = clean(text);
  return element;
}

// Cards beside an open one need not be as high as it.
const noteOpenCards = () => document.body.classList.toggle("has-open", [...cards.values()].some((card) => card.isOpen));

class Card {
  constructor(key) {
    this.element = template.cloneNode(true);
    this.element.dataset.key = key;
    this.element.card = this;
    this.parts = {};
    for (const part of this.element.querySelectorAll("[class]")) this.parts[part.className] = part;
    this.shown = {};
    this.session = null;
    this.state = null;
    this.isOpen = false;
  }

  // Writes a text into a part, if it is another one than before. A part without a text is hidden.
  write(part, text) {
    const value = text ? clean(text) : "";
    if (this.shown[part] === value) return;
    this.shown[part] = value;
    this.parts[part].textContent = value;
    this.parts[part].hidden = value === "";
  }

  hide(part, isHidden) {
    if (this.parts[part].hidden !== isHidden) this.parts[part].hidden = isHidden;
  }

  // Shows the session in this state. `idle` is the state of a session that has waited for very long.
  fill(session, state, now) {
    if (this.state !== state) {
      this.element.dataset.state = state;
      this.state = state;
    } else if (this.session === session) {
      return;
    }
    this.session = session;
    const isUnused = isStarted(session, state);
    this.element.classList.toggle("started", isUnused);
    this.write("mark", MARKS[isUnused ? "idle" : state]);
    this.write("state", isUnused ? "No prompt yet" : STATE_WORDS[state]);
    const pending = session.state === "permission" ? session.pendingPermission : null;
    const prompt = findPrompt(session);
    this.write("project", session.project ?? session.sessionId.slice(0, 8));
    this.writeSince(now);
    this.write("name", session.name);
    this.parts.line.classList.toggle("unnamed", !session.name);
    this.write("machine", session.machine);
    this.write("branch", session.branch);
    const cut = session.cwd.lastIndexOf("/", session.cwd.length - 2);
    this.write("path-start", session.cwd.slice(0, cut));
    this.write("path-end", session.cwd.slice(cut));
    this.parts["path-end"].classList.toggle("long", session.cwd.length - cut > 40);
    this.hide("path", session.cwd === "");
    this.hide("where", session.cwd === "" && !session.branch && !session.machine);
    this.write("asked", session.state === "permission" ? prompt : "");
    this.hide("call", pending === null);
    if (pending) {
      const others = session.pendingCount > 1 ? ` and ${session.pendingCount - 1} more` : "";
      this.write("tool", toolWords(pending) + others);
      this.write("target", describeInput(pending.toolInput));
    }
    this.write("error", session.error);
    const text = { working: prompt, waiting: session.lastMessage, ended: session.endReason, permission: "" }[session.state];
    this.write("text", text || (pending === null && !session.error ? session.reason : ""));
    const notes = [
      pending?.agentId && "A subagent asks",
      session.background.length > 0 && `Running on: ${session.background.join(", ")}`,
      session.host && `On ${session.host}`,
    ];
    this.write("note", notes.filter(Boolean).join("\n"));
    // A path or an id that would do something else in a terminal is not copied.
    const pasted = [session.sessionId, ...(session.machine ? [session.machine, session.cwd || "/"] : [])];
    this.hide("copy-resume", !pasted.every(isSafeToPaste));
    this.hide("copy-path", !isSafeToPaste(session.cwd));
    this.hide("actions", this.parts["copy-resume"].hidden && this.parts["copy-path"].hidden);
    if (this.isOpen) this.fillDetails();
  }

  // Writes for how long the session has been in its state, and since when.
  writeSince(now) {
    const { since } = this.session;
    this.write("since", formatSince(since, now));
    if (this.parts.since.dateTime === since) return;
    this.parts.since.dateTime = since;
  }

  // Opens or closes the card.
  toggle() {
    this.isOpen = !this.isOpen;
    this.element.classList.toggle("open", this.isOpen);
    this.parts.title.setAttribute("aria-expanded", String(this.isOpen));
    if (this.isOpen) this.fillDetails();
    else this.parts.more.replaceChildren();
    noteOpenCards();
  }

  // Writes what is folded away in a closed card.
  fillDetails() {
    const { session } = this;
    const moment = (time) => time && FULL.format(Date.parse(time));
    const input = session.pendingPermission?.toolInput;
    const rows = [
      ["First prompt", session.originalPrompt === findPrompt(session) && session.state !== "waiting" ? null : session.originalPrompt],
      ["Why", session.reason],
      ["Since", moment(session.since)],
      ["Last activity", moment(session.lastActivityAt)],
      ["Repository", session.gitRepoId],
      ["Messages", session.messageCount || null],
      ["Session", session.sessionId],
      ["Process", session.pid],
      ["Machine", session.machine],
      ["Host", session.host],
      ["Input", input && typeof input === "object" && Object.keys(input).length > 1 ? JSON.stringify(input, null, 2) : null],
    ];
    const list = document.createElement("dl");
    for (const [name, value] of rows) {
      if (value !== null && value !== undefined && value !== "") list.append(makeElement("dt", "", name), makeElement("dd", "", value));
    }
    const recent = document.createElement("ol");
    for (const { role, content } of session.recentOutput ?? []) {
      const entry = document.createElement("li");
      entry.append(makeElement("span", "role", ROLE_WORDS[role] ?? role), makeElement("span", "said", content));
      recent.append(entry);
    }
    this.parts.more.replaceChildren(list, ...(recent.children.length > 0 ? [makeElement("h4", "", "Last messages"), recent] : []));
  }

  resumeCommand() {
    const { machine, cwd, sessionId } = this.session;
    const resume = `claude --resume ${quoteForShell(sessionId)}`;
    if (!machine) return resume;
    return `ssh -t ${quoteForShell(machine)} ${quoteForShell(cwd ? `cd ${quoteForShell(cwd)} && ${resume}` : resume)}`;
  }
}
