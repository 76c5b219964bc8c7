// SessionEnd: marks the session as ended.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const payload = JSON.parse(readFileSync(0, "utf8"));
const signals = join(homedir(), ".claude", "session-signals");
const signal = (kind) => join(signals, `${payload.session_id}.${kind}.json`);
mkdirSync(signals, { recursive: true });
writeFileSync(signal("ended"), JSON.stringify({ ...payload, ended_at: String(Date.now() / 1000) }));
for (const kind of ["working", "permission", "stop"]) rmSync(signal(kind), { force: true });
