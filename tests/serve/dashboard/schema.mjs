// What the page of a session dashboard requires of each value of the stream. The member `hasProcess` is required by those pages
// that hide the sessions that have ended.
import { z } from "zod";

const checkStatus = z.enum(["pending", "running", "success", "failure", "cancelled", "unknown"]);

const pullRequest = z.object({
  number: z.number(),
  url: z.string(),
  title: z.string(),
  ciStatus: checkStatus,
  ciChecks: z.array(z.object({ name: z.string(), status: checkStatus, url: z.string().nullable() })),
  lastChecked: z.string(),
});

export const sessionSchema = z.object({
  sessionId: z.string(),
  cwd: z.string(),
  gitBranch: z.string().nullable(),
  gitRepoUrl: z.string().nullable(),
  gitRepoId: z.string().nullable(),
  originalPrompt: z.string(),
  status: z.enum(["working", "waiting", "idle"]),
  hasProcess: z.boolean(),
  lastActivityAt: z.iso.datetime(),
  messageCount: z.number(),
  hasPendingToolUse: z.boolean(),
  pendingTool: z.object({ tool: z.string(), target: z.string() }).nullable(),
  goal: z.string(),
  summary: z.string(),
  recentOutput: z.array(z.object({ role: z.enum(["user", "assistant", "tool"]), content: z.string() })),
  pr: pullRequest.nullable(),
});
