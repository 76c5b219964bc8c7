// Run with: claude plugin test plugin
import { describe, expect, mock, test } from "claude-code/testing";

/** Answers what the module asks, and returns the payloads that it has sent. */
function listen(on, { variables = {}, agents = [], entries = {}, status = () => "idle", run = () => ({ exitCode: 0, stdout: "", stderr: "" }) } = {}) {
  const sent = [];
  const clock = mock.clock(on);
  on("turn.start", ($, { turnId }) => ({ turnId }));
  on("turn.complete", ($, { answer }) => ({ text: answer }));
  on("prompt.change", ($, { text }) => ({ text }));
  on("telemetry.log", () => ({ value: undefined }));
  mock.env(on, { HOME: "/home/dev", ...variables });
  on("session.id", () => ({ value: "s" }));
  on("session.cwd", () => ({ value: "/work" }));
  on("session.info", () => ({ value: { transcriptPath: "/t.jsonl" } }));
  on("session.messages", () => ({ value: [{ role: "assistant", text: "", toolUses: [{ tool_use_id: "call", tool: "Bash", input: { command: "ls" } }] }] }));
  on("agent.list", () => ({ value: agents }));
  on("fs.exists", () => ({ value: false }));
  const registry = "/home/dev/.claude/sessions";
  const files = { "/proc/self/stat": "7 (claude) S 1 ", "/proc/8/stat": "8 (claude) S 1 88 " };
  const all = () => ({ ...files, ...entries, [`${registry}/7.json`]: JSON.stringify({ pid: 7, procStart: "77", sessionId: "s", status: status() }) });
  on("fs.list", () => ({ value: [...Object.keys(all()), "7.key"].map((path) => ({ name: path.split("/").at(-1), kind: "file", size: 1 })) }));
  on("fs.read", ($, { path }) => {
    if (all()[path] === undefined) throw new Error("no such file");
    return { value: all()[path] };
  });
  on("process.run", async ($, e) => {
    sent.push({ path: e.argv[0], ...JSON.parse(e.init.stdin) });
    return { value: await run() };
  });
  const names = async () => {
    await clock.settle();
    return sent.map((payload) => payload.hook_event_name);
  };
  return { sent, names, clock };
}

const decision = (source) => ({ to: "collector", event: "tool_decision", attributes: { decision: "accept", source, tool_name: "Bash", tool_use_id: "call" } });
const composer = { kind: "composer" };

describe("turns", () => {
  test("the turn of a queued prompt is told, with what a hook would be told", async ($, on) => {
    const { sent, names } = listen(on);
    await $.turn.start({ text: "next", turnId: "t1" });
    expect(await names()).toEqual(["TurnStart"]);
    expect(sent[0]).toMatchObject({ path: "/home/dev/.claude/hooks/session-signals/hook-mod", session_id: "s", transcript_path: "/t.jsonl", cwd: "/work", prompt: "next" });
    expect(sent[0].seen_at).toMatch(/^\d+\.\d{9}$/);
  });

  test("a turn without a Stop is told, with the tasks that work on", async ($, on) => {
    const { sent, names } = listen(on, { agents: [{ id: "a", kind: "local_agent", status: "running", description: "d" }, { id: "b", kind: "local_agent", status: "completed" }, { id: "c", kind: "in_process_teammate", status: "idle" }] });
    await $.turn.start({ text: "", turnId: "t1" });
    await $.turn.complete({ answer: "", durationMs: 1, isAborted: true, turnId: "t1", reason: "aborted" });
    expect(await names()).toEqual(["TurnStart", "TurnEnd"]);
    expect(sent[1].background_tasks).toEqual([{ id: "a", type: "subagent", status: "running", description: "d" }]);
  });

  test("a turn whose end a Stop has told is not told again", async ($, on) => {
    const { names } = listen(on);
    on("classic.Stop", () => ({}));
    await $.turn.start({ text: "", turnId: "t1" });
    await $.classic.Stop({ stop_hook_active: false });
    await $.turn.complete({ answer: "a", durationMs: 1, isAborted: false, turnId: "t1", reason: "answer" });
    expect(await names()).toEqual(["TurnStart"]);
  });

  test("a blocked Stop is told, and its result is passed on", async ($, on) => {
    const { names } = listen(on);
    on("classic.Stop", () => ({ block: "go on" }));
    await $.turn.start({ text: "", turnId: "t1" });
    expect(await $.classic.Stop({ stop_hook_active: false })).toEqual({ block: "go on" });
    expect(await names()).toEqual(["TurnStart", "StopBlocked"]);
  });

  test("the late end of an interrupted turn does not end the next one", async ($, on) => {
    const { names } = listen(on);
    await $.turn.start({ text: "", turnId: "t1" });
    await $.turn.start({ text: "", turnId: "t2" });
    await $.turn.complete({ answer: "", durationMs: 1, isAborted: true, turnId: "t1", reason: "aborted" });
    expect(await names()).toEqual(["TurnStart", "TurnStart"]);
  });

  test("the end of a turn that began before the module was loaded is told", async ($, on) => {
    const { names } = listen(on);
    await $.turn.complete({ answer: "", durationMs: 1, isAborted: true, turnId: "t1", reason: "aborted" });
    expect(await names()).toEqual(["TurnEnd"]);
  });

  test("an error is told later than StopFailure tells it, and not if the next turn has begun", async ($, on) => {
    const { names, clock } = listen(on);
    const failed = (turnId) => $.turn.complete({ answer: "", durationMs: 1, isAborted: false, turnId, reason: "error" });
    await $.turn.start({ text: "", turnId: "t1" });
    await failed("t1");
    expect(await names()).toEqual(["TurnStart"]);
    await $.turn.start({ text: "", turnId: "t2" });
    await clock.advance(1000);
    expect(await names()).toEqual(["TurnStart", "TurnStart"]);
    await failed("t2");
    await clock.advance(1000);
    expect(await names()).toEqual(["TurnStart", "TurnStart", "TurnEnd"]);
  });

  test("the turn of a subagent is not told", async ($, on) => {
    const { names, clock } = listen(on);
    await $.turn.start({ text: "", turnId: "t1" });
    await $.turn.start({ text: "", turnId: "t2", agentId: "a" });
    await $.turn.complete({ answer: "", durationMs: 1, isAborted: false, turnId: "t2", reason: "answer", agentId: "a" });
    await clock.advance(1000);
    expect(await names()).toEqual(["TurnStart"]);
  });

  test("the end of a subagent after the turn is told if nothing follows", async ($, on) => {
    const { names, clock } = listen(on);
    await $.turn.complete({ answer: "", durationMs: 1, isAborted: true, turnId: "t2", reason: "aborted", agentId: "a" });
    expect(await names()).toEqual([]);
    await clock.advance(1000);
    expect(await names()).toEqual(["AgentEnd"]);
  });
});

describe("prompts, commands and calls", () => {
  test("a blocked prompt is told, and its result is passed on", async ($, on) => {
    const { names } = listen(on);
    on("prompt.submit", () => ({ drop: "blocked" }));
    expect(await $.prompt.submit({ text: "block", wait: false, origin: composer })).toEqual({ drop: "blocked" });
    expect(await names()).toEqual(["PromptDropped"]);
  });

  test("a blocked prompt is told again, because our hook may be late, until another prompt begins", async ($, on) => {
    const { names, clock } = listen(on);
    on("prompt.submit", (_, { text }) => (text === "block" ? { drop: "blocked" } : { text }));
    await $.prompt.submit({ text: "block", wait: false, origin: composer });
    await clock.advance(300);
    await clock.advance(1000);
    expect(await names()).toEqual(["PromptDropped", "PromptDropped", "PromptDropped"]);
    await $.prompt.submit({ text: "hi", wait: false, origin: composer });
    await clock.advance(5000);
    expect(await names()).toEqual(["PromptDropped", "PromptDropped", "PromptDropped"]);
  });

  test("a prompt that the user interrupts before its turn is told when it is back in the input", async ($, on) => {
    const { sent, names } = listen(on);
    let isInterrupted = true;
    on("prompt.submit", (_, { text }) => {
      if (isInterrupted) throw new Error("user-cancel");
      return { text };
    });
    const restore = () => $.prompt.change({ text: "hi", cursor: 2, origin: { kind: "engine" } });
    await $.prompt.submit({ text: "hi", wait: false, origin: composer }).catch(() => {});
    await restore();
    expect(await names()).toEqual(["PromptDropped"]);
    expect(sent[0].reason).toBe("aborted");
    isInterrupted = false;
    await $.prompt.submit({ text: "hi", wait: false, origin: composer });
    await restore();
    expect(await names()).toEqual(["PromptDropped"]);
  });

  test("a turn that a prompt begins is not told, because UserPromptSubmit tells it", async ($, on) => {
    const { names } = listen(on);
    on("prompt.submit", async (_, e) => {
      await $.turn.start({ text: e.text, turnId: "t1" });
      return { text: e.text };
    });
    await $.prompt.submit({ text: "hi", wait: false, origin: composer });
    expect(await names()).toEqual([]);
  });

  test("a command is told from its beginning to its end", async ($, on) => {
    let status = "busy";
    const { names, clock } = listen(on, { status: () => status });
    await $.prompt.change({ text: "", cursor: 0, origin: { kind: "clear" } });
    await clock.advance(200);
    expect(await names()).toEqual(["CommandStart"]);
    status = "idle";
    await clock.advance(500);
    expect(await names()).toEqual(["CommandStart", "CommandEnd"]);
  });

  test("a command that was typed during a turn is told after it", async ($, on) => {
    const { names, clock } = listen(on, { status: () => "busy" });
    on("classic.Stop", () => ({}));
    await $.turn.start({ text: "", turnId: "t1" });
    await $.prompt.change({ text: "", cursor: 0, origin: { kind: "clear" } });
    await clock.advance(1000);
    expect(await names()).toEqual(["TurnStart"]);
    await $.classic.Stop({ stop_hook_active: false });
    await $.turn.complete({ answer: "a", durationMs: 1, isAborted: false, turnId: "t1", reason: "answer" });
    await clock.advance(200);
    expect(await names()).toEqual(["TurnStart", "CommandStart"]);
  });

  test("an input that was only cleared is no command", async ($, on) => {
    const { names, clock } = listen(on);
    await $.prompt.change({ text: "", cursor: 0, origin: { kind: "clear" } });
    await clock.advance(5000);
    expect(await names()).toEqual([]);
  });

  test("an answer of the user is told with the input of the call", async ($, on) => {
    const { sent, names } = listen(on);
    await $.telemetry.log(decision("config"));
    await $.telemetry.log(decision("user_temporary"));
    expect(await names()).toEqual(["CallAnswered"]);
    expect(sent[0]).toMatchObject({ tool_name: "Bash", tool_input: { command: "ls" } });
  });
});

describe("a session with two processes", () => {
  const end = { reason: "other", sessionId: "s", resume: { id: "s" } };
  const entry = (pid, members) => ({ [`/home/dev/.claude/sessions/${pid}.json`]: JSON.stringify({ pid, sessionId: "s", cwd: "/other", ...members }) });

  test("the end of one tells what the other does", async ($, on) => {
    const { sent, names } = listen(on, { entries: entry(8, { procStart: "88", status: "busy" }) });
    on("session.end", () => ({ sessionId: "s" }));
    expect(await $.session.end(end)).toEqual({ sessionId: "s" });
    expect(await names()).toEqual(["TurnStart"]);
    expect(sent[0]).toMatchObject({ cli_pid: 8, cwd: "/other", session_id: "s" });
  });

  test("an entry of a process that was killed is not believed", async ($, on) => {
    const killed = { ...entry(9, { procStart: "99", status: "busy" }), ...entry(8, { procStart: "80", status: "busy" }) };
    const { names } = listen(on, { entries: killed });
    on("session.end", () => ({ sessionId: "s" }));
    await $.session.end(end);
    expect(await names()).toEqual([]);
  });
});

describe("failures", () => {
  test("the module can be turned off", async ($, on) => {
    const { names } = listen(on, { variables: { SESSION_SIGNALS_MOD: "off" } });
    await $.turn.start({ text: "", turnId: "t1" });
    expect(await names()).toEqual([]);
  });

  test("no event waits for an executable that hangs, and later events wait for it", async ($, on) => {
    let end;
    const { names } = listen(on, { run: () => new Promise((resolve) => (end = resolve)) });
    expect(await $.turn.start({ text: "", turnId: "t1" })).toEqual({ turnId: "t1" });
    expect(await $.turn.complete({ answer: "a", durationMs: 1, isAborted: true, turnId: "t1", reason: "aborted" })).toEqual({ text: "a" });
    expect(await names()).toEqual(["TurnStart"]);
    end({ exitCode: 0, stdout: "", stderr: "" });
    expect(await names()).toEqual(["TurnStart", "TurnEnd"]);
  });

  test("an executable that fails changes no event", async ($, on) => {
    const { names } = listen(on, {
      run: () => {
        throw new Error("no such file");
      },
    });
    expect(await $.turn.start({ text: "", turnId: "t1" })).toEqual({ turnId: "t1" });
    await $.turn.complete({ answer: "", durationMs: 1, isAborted: true, turnId: "t1", reason: "aborted" });
    expect(await names()).toEqual(["TurnStart", "TurnEnd"]);
  });
});
