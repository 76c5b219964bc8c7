// A scripted API: it stands in for the API of Anthropic on the loopback interface, and runs a command that uses it.
//
//   node api.mjs COMMAND [ARGUMENT…]
//
// COMMAND gets the variable ANTHROPIC_BASE_URL. The exit code of COMMAND is the exit code of this program.
//
// The prompt tells what the model answers:
//
//   bash COMMAND        a call of the tool Bash
//   shell COMMAND       the same, in the background
//   read FILE           a call of the tool Read
//   ask QUESTION        a call of the tool AskUserQuestion
//   agent PROMPT        a call of a subagent; its prompt is in this language, too
//   background PROMPT   the same, in the background
//   mate PROMPT         a teammate with this prompt, which stays after it. Only if the settings turn teammates on
//   wait SECONDS        the text "waited", after this time
//   hold FILE           the text "held FILE", as soon as this file is in HOME
//   fail STATUS         no answer, but this HTTP status
//   anything else       the text "ok"; after the result of the last tool, "done"
//
// `A ~ B` stands for two tool calls in one answer. `A ~> B` stands for B after the result of A.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

let calls = 0;

/** Returns the newest prompt, and how many answers with tool calls have followed it. */
function position(messages) {
  const texts = ({ role, content }) => {
    const parts = role !== "user" ? [] : typeof content === "string" ? [{ text: content }] : content;
    return parts.map((part) => part.text?.trim()).filter((text) => text && !text.startsWith("<system-reminder>"));
  };
  const at = messages.findLastIndex((message) => texts(message).length);
  const answers = messages.slice(at + 1).filter((message) => message.role === "assistant").length;
  // For /compact, and after a hook has blocked a Stop, the CLI writes a prompt of its own. The text of the user or of the hook is at
  // its end.
  const text = at < 0 ? "" : texts(messages[at]).at(-1);
  // What another agent of the team says is inside a tag.
  const said = /<teammate-message[^>]*>([^]*)<\/teammate-message>/.exec(text)?.[1] ?? text;
  const prompt = said.split(/Additional Instructions:|Stop hook feedback:\s*(?:\[[^\]]*\]:)?/).at(-1).trim();
  return { prompt, answers };
}

/** Returns the answer to one verb: { tool, input }, or { text } (sent when `until` calls back), or { status }. */
function act(verb, rest, offered) {
  const subagent = () => offered.find(({ name }) => name === "Agent" || name === "Task").name;
  const question = { question: rest, header: "Scripted", multiSelect: false, options: ["Yes", "No"].map((label) => ({ label, description: label })) };
  const bash = { command: rest, description: "scripted" };
  const agent = { description: "scripted", prompt: rest, subagent_type: "general-purpose" };
  switch (verb) {
    case "bash": return { tool: "Bash", input: bash };
    case "shell": return { tool: "Bash", input: { ...bash, run_in_background: true } };
    case "read": return { tool: "Read", input: { file_path: rest } };
    case "ask": return { tool: "AskUserQuestion", input: { questions: [question] } };
    case "agent": return { tool: subagent(), input: { ...agent, run_in_background: false } };
    case "mate": return { tool: subagent(), input: { ...agent, name: "mate" } };
    case "background": return { tool: subagent(), input: { ...agent, run_in_background: true } };
    case "wait": return { text: "waited", until: (done) => setTimeout(done, Number(rest) * 1000) };
    case "hold": return { text: `held ${rest}`, until: (done) => whenFileExists(rest, done) };
    case "fail": return { status: Number(rest) };
    default: return { text: "ok" };
  }
}

/** Calls `done` as soon as this file is in HOME. */
function whenFileExists(file, done) {
  if (existsSync(join(process.env.HOME, file))) done();
  else setTimeout(whenFileExists, 50, file, done);
}

/** Returns the answers to a request: a list of tool calls, or of one text. */
function answer(request) {
  // The CLI's own requests, for titles and summaries, offer no tools.
  if (!request.tools?.length) return [{ text: "ok" }];
  const { prompt, answers } = position(request.messages ?? []);
  const step = prompt.split(" ~> ")[answers];
  if (step === undefined) return [{ text: "done" }];
  return step.split(" ~ ").map((action) => {
    const [, verb, rest] = /^(\w+) *(.*)/.exec(action.trim()) ?? [];
    return act(verb, rest, request.tools);
  });
}

/** Returns the content block of an answer. */
function block(part) {
  return part.tool ? { type: "tool_use", id: `toolu_${++calls}`, name: part.tool, input: part.input } : { type: "text", text: part.text };
}

/** Returns the message that holds these content blocks. */
function message(request, parts, content) {
  const usage = { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const stop_reason = parts[0].tool ? "tool_use" : "end_turn";
  return { id: `msg_${++calls}`, type: "message", role: "assistant", model: request.model, content, stop_reason, stop_sequence: null, usage };
}

/** Sends the answer as server-sent events. */
function stream(response, request, parts) {
  const event = (type, members) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`);
  const { stop_reason, usage, ...start } = message(request, parts, []);
  response.writeHead(200, { "content-type": "text/event-stream" });
  event("message_start", { message: { ...start, stop_reason: null, usage } });
  for (const [index, content] of parts.map(block).entries()) {
    const empty = content.input ? { ...content, input: {} } : { ...content, text: "" };
    const delta = content.input ? { type: "input_json_delta", partial_json: JSON.stringify(content.input) } : { type: "text_delta", text: content.text };
    event("content_block_start", { index, content_block: empty });
    event("content_block_delta", { index, delta });
    event("content_block_stop", { index });
  }
  event("message_delta", { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 1 } });
  event("message_stop", {});
  response.end();
}

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

const server = createServer((incoming, response) => {
  const chunks = [];
  incoming.on("data", (chunk) => chunks.push(chunk));
  incoming.on("end", () => {
    const { pathname } = new URL(incoming.url, "http://localhost");
    if (incoming.method !== "POST") return json(response, 200, {});
    if (pathname.endsWith("/count_tokens")) return json(response, 200, { input_tokens: 1 });
    if (!pathname.endsWith("/messages")) return json(response, 404, { type: "error", error: { type: "not_found_error", message: pathname } });
    const request = JSON.parse(Buffer.concat(chunks).toString());
    const parts = answer(request);
    const { status, until = setImmediate } = parts[0];
    if (status) return json(response, status, { type: "error", error: { type: "api_error", message: "scripted" } });
    until(() => {
      if (request.stream) stream(response, request, parts);
      else json(response, 200, message(request, parts, parts.map(block)));
    });
  });
});

server.listen(0, "127.0.0.1", () => {
  const [command, ...args] = process.argv.slice(2);
  const env = { ...process.env, ANTHROPIC_BASE_URL: `http://127.0.0.1:${server.address().port}` };
  const child = spawn(command, args, { stdio: "inherit", env });
  child.on("error", (error) => { console.error(`${command}: ${error.message}`); process.exit(127); });
  child.on("exit", (code, signal) => process.exit(code ?? (signal ? 128 : 1)));
});
