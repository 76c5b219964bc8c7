
// The filter and the groups. They are in the address of the page, so that a bookmark keeps them.

const filterForm = document.querySelector("#filter");
const textInput = document.querySelector("#text");
const projectSelect = document.querySelector("#project");
const machineSelect = document.querySelector("#machine");
const byMachine = document.querySelector("#by-machine");
// Stands for this machine in the filter. No machine has this name.
const THIS_MACHINE = "/";
const GROUPINGS = ["state", "project", "machine"];
const filter = { words: [], project: "", machine: "", groups: "state" };
const haystacks = new WeakMap();

// Returns all text of a session that the filter looks at.
function haystackOf(session) {
  let haystack = haystacks.get(session);
  if (haystack === undefined) {
    const pending = session.pendingPermission;
    const texts = [session.project, session.name, session.branch, session.cwd, session.machine, session.host, session.gitRepoId, session.sessionId, session.prompt, session.lastMessage, session.originalPrompt, session.error, session.state, pending?.toolName, pending && describeInput(pending.toolInput)];
    haystack = texts.filter(Boolean).join("\n").toLowerCase();
    haystacks.set(session, haystack);
  }
  return haystack;
}

const isFiltered = () => filter.words.length > 0 || filter.project !== "" || filter.machine !== "";

const passesFilter = (session) =>
  (filter.project === "" || session.project === filter.project) &&
  (filter.machine === "" || (session.machine ?? THIS_MACHINE) === filter.machine) &&
  (filter.words.length === 0 || filter.words.every((word) => haystackOf(session).includes(word)));

const setText = (text) => {
  textInput.value = text;
  filter.words = text.toLowerCase().split(/\s+/).filter(Boolean);
};

// Reads the filter from the address.
function readAddress() {
  const address = new URLSearchParams(location.search);
  setText(address.get("q") ?? "");
  filter.project = address.get("project") ?? "";
  filter.machine = address.get("machine") ?? "";
  filter.groups = GROUPINGS.find((grouping) => grouping === address.get("group")) ?? "state";
  filterForm.elements.group.value = filter.groups;
  projectNames = null;
  machineNames = null;
}

// Writes the filter into the address.
function writeAddress() {
  const address = new URLSearchParams();
  if (textInput.value.trim()) address.set("q", textInput.value.trim());
  if (filter.project) address.set("project", filter.project);
  if (filter.machine) address.set("machine", filter.machine);
  if (filter.groups !== "state") address.set("group", filter.groups);
  history.replaceState(null, "", address.size > 0 ? `?${address}` : location.pathname);
}

// Offers the projects of the open sessions, and the one that is chosen. The list is not changed while it is open for a choice.
let projectNames = null;
function offerProjects(open) {
  const names = [...new Set([...open.map(([, session]) => session.project), filter.project])].filter(Boolean).sort((a, b) => a.localeCompare(b));
  const joined = names.join("\n");
  if (joined === projectNames) return;
  projectNames = joined;
  projectSelect.replaceChildren(makeOption("", "All projects"), ...names.map((name) => makeOption(name, name)));
  projectSelect.value = filter.project;
}

// Offers the machines, if there are others than this one.
let machineNames = null;
function offerMachines() {
  const chosen = filter.machine === THIS_MACHINE ? "" : filter.machine;
  const names = [...new Set([...[...sessions.values()].map(({ machine }) => machine), chosen])].filter(Boolean).sort((a, b) => a.localeCompare(b));
  const joined = names.join("\n");
  if (joined === machineNames) return;
  machineNames = joined;
  machineSelect.hidden = names.length === 0 && filter.machine === "";
  byMachine.hidden = machineSelect.hidden && filter.groups !== "machine";
  machineSelect.replaceChildren(makeOption("", "All machines"), makeOption(THIS_MACHINE, "This machine"), ...names.map((name) => makeOption(name, name)));
  machineSelect.value = filter.machine;
}

function makeOption(value, text) {
  const option = makeElement("option", "", text.length > 60 ? `${text.slice(0, 59)}…` : text);
  option.value = value;
  return option;
}

function applyFilter() {
  writeAddress();
  showSessions();
}

function removeFilter() {
  setText("");
  filter.project = "";
  projectSelect.value = "";
  filter.machine = "";
  machineSelect.value = "";
  applyFilter();
}

function setGroups(groups) {
  filter.groups = groups;
  filterForm.elements.group.value = groups;
  applyFilter();
}

textInput.addEventListener("input", () => {
  setText(textInput.value);
  applyFilter();
});
projectSelect.addEventListener("change", () => {
  filter.project = projectSelect.value;
  applyFilter();
});
machineSelect.addEventListener("change", () => {
  filter.machine = machineSelect.value;
  applyFilter();
});
filterForm.addEventListener("submit", (event) => event.preventDefault());
for (const choice of filterForm.elements.group) choice.addEventListener("change", () => setGroups(choice.value));
document.querySelector("#filtered button").addEventListener("click", () => {
  removeFilter();
  textInput.focus();
});
addEventListener("popstate", () => {
  readAddress();
  showSessions();
});
