// A page that is made as those of session dashboards are: a database that follows the stream, live queries, and React.
import { useLiveQuery } from "@tanstack/react-db";
import { createElement as h } from "react";
import { createRoot } from "react-dom/client";
import { createStreamDB } from "stream-db";
import { groupSessions } from "./board.mjs";
import { openSessionsDb } from "./sessions_db.mjs";

function Card({ column, session }) {
  const { sessionId, pendingTool } = session;
  const member = (name, text) => h("div", { "data-member": name }, text);
  // The pages call methods of these members, so a null would end the whole page.
  return h(
    "article",
    { "data-session": sessionId, "data-column": column },
    member("goal", session.goal || session.originalPrompt.slice(0, 60)),
    member("cwd", session.cwd.replace(/^\/home\/\w+\//, "~/")),
    member("branch", session.gitBranch ?? ""),
    member("prompt", session.originalPrompt.trim()),
    member("summary", session.summary.trim()),
    member("messages", `${session.messageCount} messages`),
    member("call", pendingTool ? `${pendingTool.tool}: ${pendingTool.target}` : ""),
    member("output", session.recentOutput.map(({ role, content }) => `${role}: ${content}`).join("\n")),
  );
}

function Page({ db }) {
  const { data } = useLiveQuery((query) => query.from({ sessions: db.collections.sessions }));
  return groupSessions(data ?? []).map(({ repository, url, cards }) =>
    h(
      "section",
      { key: repository, "data-repository": repository },
      h("h2", null, url ? h("a", { href: url }, repository) : repository),
      cards.map((card) => h(Card, { key: card.session.sessionId, ...card })),
    ),
  );
}

const url = new URLSearchParams(location.search).get("stream");
const db = await openSessionsDb(createStreamDB, url);
createRoot(document.querySelector("main")).render(h(Page, { db }));
