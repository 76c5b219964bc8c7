// How a session dashboard sorts sessions into groups and columns.

// A dashboard takes a session without activity for longer than this for idle, whatever its status is.
const IDLE_AFTER = 60 * 60 * 1000;

// The group of the sessions without a repository.
const NO_REPOSITORY = "Other";

function columnOf(session) {
  const isIdle = session.status === "idle" || Date.now() - Date.parse(session.lastActivityAt) > IDLE_AFTER;
  if (isIdle) return "idle";
  if (session.status === "working") return "working";
  return session.hasPendingToolUse ? "needs-approval" : "waiting";
}

// Returns the groups: [{ repository, url, cards: [{ column, session }] }]. Sessions without a process are not shown.
export function groupSessions(sessions) {
  const groups = new Map();
  for (const session of sessions.filter((session) => session.hasProcess)) {
    const repository = session.gitRepoId ?? NO_REPOSITORY;
    const group = groups.get(repository) ?? { repository, url: session.gitRepoUrl, cards: [] };
    group.cards.push({ column: columnOf(session), session });
    groups.set(repository, group);
  }
  return [...groups.values()].sort((a, b) => a.repository.localeCompare(b.repository));
}
