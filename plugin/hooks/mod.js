/**
 * Tells session-signals what no hook of settings.json can know. It runs inside Claude Code.
 *
 * The module decides nothing about signals: it starts the executable hook-mod with a payload of the same shape as that of Claude
 * Code's own hooks. No event is changed, and nothing is printed. Nothing in a chain waits for anything but `next`, except at the end
 * of a session that another process runs, too. If hook-mod is missing, hangs or fails, only the information is lost.
 */

/** How long hook-mod may run, in milliseconds. It needs about one. */
const RUN_MS = 2000;

/** An event that has waited longer than this to be sent is given up, in milliseconds. Its time would no longer be believed. */
const STALE_MS = 4000;

/** How long the module waits for a hook of settings.json, or for the next turn, that tells more than it can, in milliseconds. */
const PATIENCE_MS = 250;

/**
 * The pauses after which it is told again that a prompt was blocked, in milliseconds. Claude Code does not wait for the other hooks of
 * UserPromptSubmit if one of them has blocked the prompt. On a busy machine ours may start so late that it takes the session for a
 * working one after the module has told that it waits.
 */
const AGAIN_MS = [250, 1000, 3000];

/**
 * The pause between two looks at the registry: while a command may have started, and while one runs, in milliseconds. A command may run
 * for hours, and its end mostly begins a turn, which tells it at once.
 */
const START_POLL_MS = 60;
const END_POLL_MS = 400;

/** How many looks at the registry there are until a command that may have started is given up. */
const START_POLLS = 12;

/** What the main conversation does. */
const main = {
  /** The id of the turn that runs. */
  turn: undefined,
  /** Whether a Stop has told the end of this turn. */
  isStopTold: false,
  /** Whether a command may run after this turn: a shell that it has left, or one that the user typed in the meantime. */
  leavesCommand: false,
  /** Whether the last prompt was interrupted before it began a turn. */
  isInterrupted: false,
  /** How many prompts are on their way that will begin a turn. */
  prompts: 0,
  /** Counts the beginnings of prompts, turns and commands. */
  beginnings: 0,
};

/** The events that were told before, of which the last may still be on its way. */
let queue = Promise.resolve();

/** What the module needs to know only once: whether it is turned off, and where the files are. */
let place;

/** Finds out where the executable and the registry are, and which process this is; undefined if the module is turned off. */
async function findPlace($) {
  const own = `${$.plugin.root}/bin/hook-mod`;
  const [state, directory, home, hasOwn, pid] = await Promise.all([
    $.env.get("SESSION_SIGNALS_MOD"),
    $.env.get("CLAUDE_CONFIG_DIR"),
    $.env.get("HOME"),
    $.fs.exists(own),
    // Only Linux has this file.
    $.fs.read("/proc/self/stat").then(parseInt, () => undefined),
  ]);
  if (state === "off") return undefined;
  const config = directory || `${home}/.claude`;
  return { executable: hasOwn ? own : `${config}/hooks/session-signals/hook-mod`, registry: `${config}/sessions`, pid };
}

/** Returns what findPlace has found. */
function getPlace($) {
  place ??= findPlace($).catch(() => undefined);
  return place;
}

/** Returns the tasks that run in the background, as the payload of a Stop lists them. */
async function listTasks($) {
  const agents = await $.agent.list();
  const isAtWork = ({ status }) => status === "running" || status === "pending" || status === "waiting";
  return agents.filter(isAtWork).map(({ id, kind, description }) => {
    return { id, type: kind === "in_process_teammate" ? "teammate" : "subagent", status: "running", description };
  });
}

/** Starts hook-mod with one event. */
async function send($, event, seen, session, members) {
  const found = await getPlace($);
  const [session_id, { transcriptPath: transcript_path }, cwd] = await session;
  const more = await members;
  if (found === undefined || Date.now() - seen > STALE_MS) return;
  const seen_at = `${Math.floor(seen / 1000)}.${String(seen % 1000).padStart(3, "0")}000000`;
  const payload = { session_id, transcript_path, cwd, hook_event_name: event, ...more, seen_at };
  await $.process.run([found.executable], { stdin: JSON.stringify(payload), timeoutMs: RUN_MS });
}

/** Queues one event. Events are sent one after the other, in the order in which they were seen. */
function tell($, event, members, seen = Date.now()) {
  // The session may change while the event waits.
  const session = Promise.all([$.session.id(), $.session.info(), $.session.cwd()]);
  const sent = queue.then(() => send($, event, seen, session, members));
  queue = sent.catch(() => {});
  session.catch(() => {});
}

/** Tells an event after which the session waits, if nothing in the background works on. */
function tellEnd($, event, members) {
  const all = listTasks($).then((background_tasks) => ({ ...members, background_tasks }));
  all.catch(() => {});
  tell($, event, all);
}

/** Does the same a little later, unless a prompt or a turn has begun by then. */
async function tellEndLater($, event, members) {
  const { beginnings } = main;
  await $.clock.sleep(PATIENCE_MS);
  if (main.beginnings === beginnings && main.turn === undefined) tellEnd($, event, members);
}

/** Tells that a prompt was blocked, and tells it again unless a prompt, a turn or a command has begun. */
async function tellDropped($, reason) {
  const { beginnings } = main;
  tellEnd($, "PromptDropped", { reason });
  for (const pause of AGAIN_MS) {
    await $.clock.sleep(pause);
    if (main.beginnings !== beginnings) return;
    tellEnd($, "PromptDropped", { reason });
  }
}

/** Tells that a turn has begun. The turn of a prompt that is on its way was told by UserPromptSubmit. */
function beginTurn($, { turnId, text }) {
  main.beginnings++;
  main.turn = turnId;
  main.isStopTold = false;
  main.leavesCommand = false;
  if (main.prompts === 0) tell($, "TurnStart", { prompt: text, turn_id: turnId });
}

/** Tells that a turn is over, unless a Stop has told it. */
function endTurn($, { turnId, reason }) {
  // The end of a turn that was interrupted may come after the beginning of the next one. If no turn is known, Claude Code has loaded
  // the module in the middle of this one.
  if (main.turn !== undefined && main.turn !== turnId) return;
  main.turn = undefined;
  if (main.leavesCommand) void watchCommand($).catch(() => {});
  if (main.isStopTold) return;
  const members = { turn_id: turnId, reason };
  // Of an error, StopFailure tells more. Claude Code does not wait for it.
  if (reason === "error" || reason === "refusal") void tellEndLater($, "TurnEnd", members).catch(() => {});
  else tellEnd($, "TurnEnd", members);
}

/** Tells the end of a subagent that nothing follows. */
function endAgent($, { agentId, reason }) {
  if (main.turn === undefined) void tellEndLater($, "AgentEnd", { ended_agent: agentId, reason }).catch(() => {});
}

/** Returns the input of a call; undefined if the conversation does not hold it. */
async function findInput($, agentId, id) {
  const rows = await $.session.messages(agentId === undefined ? { last: 4 } : { agentId, last: 4 });
  return rows.flatMap(({ toolUses }) => toolUses).find(({ tool_use_id }) => tool_use_id === id)?.input;
}

/** Tells that a call no longer waits. */
function endCall($, { tool_name, tool_use_id, agent_id, decision }) {
  const members = findInput($, agent_id, tool_use_id).then((tool_input) => {
    return { tool_name, tool_input, agent_id, tool_use_id, decision };
  });
  members.catch(() => {});
  tell($, "CallAnswered", members);
}

/** Reads the entries of the registry for one session. Several processes may run it. */
async function readEntries($, registry, session) {
  const names = (await $.fs.list(registry)).map(({ name }) => name).filter((name) => /^\d+\.json$/.test(name));
  const entries = await Promise.all(names.map((name) => $.fs.read(`${registry}/${name}`).then(JSON.parse).catch(() => ({}))));
  return entries.filter(({ sessionId }) => sessionId === session);
}

/** Reads the status of this process from the registry; undefined if it is not there. */
async function readStatus($, { registry, pid }) {
  if (pid !== undefined) return JSON.parse(await $.fs.read(`${registry}/${pid}.json`)).status;
  return (await readEntries($, registry, await $.session.id()))[0]?.status;
}

/**
 * Tells what another process of the session does. The end of this process has just been told, and that took the place of all that the
 * other one has told.
 */
async function tellOther($, session) {
  const { registry, pid } = (await getPlace($)) ?? {};
  if (pid === undefined) return;
  for (const other of await readEntries($, registry, session)) {
    const stat = other.pid === pid ? "" : await $.fs.read(`/proc/${other.pid}/stat`).catch(() => "");
    // An entry may be left of a process that was killed.
    if (!stat.includes(` ${other.procStart} `)) continue;
    tell($, other.status === "busy" ? "TurnStart" : "TurnEnd", { session_id: session, cwd: other.cwd, cli_pid: other.pid });
    await queue;
    return;
  }
}

/**
 * Tells the beginning and the end of a command that has no event of its own. If the input was just emptied, or a turn is over during
 * which that happened, the registry says that the session is busy, and neither a prompt nor a turn has begun, then a command such as
 * `!make` runs. If the turn of `claude -p` is over and the registry says that the session is busy, a shell still runs.
 */
async function watchCommand($) {
  const seen = Date.now();
  const beginnings = ++main.beginnings;
  const found = await getPlace($);
  let isRunning = false;
  for (let polls = 0; found !== undefined && (isRunning || polls < START_POLLS); polls++) {
    await $.clock.sleep(isRunning ? END_POLL_MS : START_POLL_MS);
    if (main.beginnings !== beginnings) return;
    const status = await readStatus($, found);
    if (main.beginnings !== beginnings) return;
    if (status === "busy" && !isRunning) {
      isRunning = true;
      tell($, "CommandStart", {}, seen);
    } else if (status !== "busy" && isRunning) {
      tellEnd($, "CommandEnd", {});
      return;
    }
  }
}

export const register = (on) => {
  on("turn.start", ($, e, next) => {
    if (e.agentId === undefined) beginTurn($, e);
    return next(e);
  }).catch(($, e, next) => next(e));

  on("turn.complete", ($, e, next) => {
    if (e.agentId === undefined) endTurn($, e);
    else endAgent($, e);
    return next(e);
  }).catch(($, e, next) => next(e));

  on("classic.Stop", async ($, e, next) => {
    const result = await next(e);
    main.isStopTold = result?.block === undefined;
    const tasks = (e.background_tasks ?? []).filter(({ status }) => status === "running");
    // `claude -p` waits for its shells, and is busy until then.
    main.leavesCommand ||= tasks.length > 0 && tasks.every(({ type }) => type === "shell");
    if (!main.isStopTold) tell($, "StopBlocked", { reason: result.block });
    return result;
  }).catch(($, e, next) => next(e));

  on("session.end", async ($, e, next) => {
    const result = await next(e);
    // This is the only place where Claude Code waits, because its process ends after it.
    await tellOther($, e.sessionId).catch(() => {});
    return result;
  }).catch(($, e, next) => next(e));

  on("prompt.submit", async ($, e, next) => {
    const beginsTurn = e.turnId === undefined;
    if (beginsTurn) main.beginnings++;
    if (beginsTurn) main.prompts++;
    main.isInterrupted = false;
    try {
      const result = await next(e);
      if (beginsTurn && result.drop !== undefined && main.turn === undefined) void tellDropped($, result.drop).catch(() => {});
      return result;
    } catch (error) {
      // The user has pressed Esc while the hooks of the prompt ran. After that, nothing can be told from here.
      main.isInterrupted = beginsTurn && main.turn === undefined;
      throw error;
    } finally {
      if (beginsTurn) main.prompts--;
    }
  }).catch(($, e, next) => next(e));

  on("prompt.change", { origin: { kind: "clear" } }, ($, e, next) => {
    // Claude Code starts a command that is typed during a turn after it.
    if (main.turn !== undefined) main.leavesCommand = true;
    else if (main.prompts === 0) void watchCommand($).catch(() => {});
    return next(e);
  }).catch(($, e, next) => next(e));

  on("prompt.change", { origin: { kind: "engine" } }, ($, e, next) => {
    // Claude Code puts a prompt that was interrupted back into the input.
    if (main.isInterrupted && main.prompts === 0) tellEnd($, "PromptDropped", { reason: "aborted" });
    main.isInterrupted = false;
    return next(e);
  }).catch(($, e, next) => next(e));

  // Only this record of a decision tells that a call was approved: the events of tools change how tools run if they are hooked.
  // A decision that settings have made is of a call that never waited.
  on("telemetry.log", { to: "collector", event: "tool_decision", attributes: { source: /^(user|hook)/ } }, ($, e, next) => {
    endCall($, e.attributes);
    return next(e);
  }).catch(($, e, next) => next(e));
};
