// The database of a session dashboard, which follows the stream. `stream-db` is the module of @durable-streams/state that makes
// databases: newer versions have it at another place.
import { createStateSchema } from "@durable-streams/state";
import { sessionSchema } from "./schema.mjs";

export async function openSessionsDb(createStreamDB, url) {
  const state = createStateSchema({ sessions: { schema: sessionSchema, type: "session", primaryKey: "sessionId" } });
  const db = await createStreamDB({ streamOptions: { url, contentType: "application/json" }, state });
  await db.preload();
  return db;
}
