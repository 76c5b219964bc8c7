// The scripted API: stands in for Anthropic's on loopback, and runs a command that talks to it.
//
//   node api.mjs COMMAND [ARGUMENT…]
//
// COMMAND gets ANTHROPIC_BASE_URL; its exit code becomes ours. What the model answers is in the prompt:
//
//   bash COMMAND        it calls the Bash tool
//   shell COMMAND       it does, in the background
//   read FILE           it calls Read
//   ask QUESTION        it calls AskUserQuestion
//   agent PROMPT        it calls a subagent, whose prompt is in this language too
//   background PROMPT   it does, in the background
//   wait SECONDS        it thinks that long, then says "waited"
//   hold FILE           it thinks until this file is in HOME, then says "held FILE"
//   fail STATUS         the API answers with this HTTP status
//   anything else       it says "ok"; after the last tool's result, "done"
//
// `A ~ B` are two tools in one answer; `A ~> B` is B after the result of A.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

let calls = 0;

/** The newest prompt, and how many answers with tools it has had. */
function position(messages) {
  const texts = ({ role, content }) => {
    const parts = role !== "user" ? [] : typeof content === "string" ? [{ text: content }] : content;
    return parts.map((part) => part.text?.trim()).filter((text) => text && !text.startsWith("<system-reminder>"));
  };
  const at = messages.findLastIndex((message) => texts(message).length);
  const answers = messages.slice(at + 1).filter((message) => message.role === "assistant").length;
  // What /compact is told, and what a hook says that blocked a Stop, come last in a prompt of the CLI's own.
  const prompt = at < 0 ? "" : texts(messages[at]).at(-1).split(/Additional Instructions:|Stop hook feedback:\s*(?:\[[^\]]*\]:)?/).at(-1).trim();
  return { prompt, answers };
}

/** What one verb makes of an answer: { tool, input }, or { text } (once `until` calls back), or { status }. */
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
    case "background": return { tool: subagent(), input: { ...agent, run_in_background: true } };
    case "wait": return { text: "waited", until: (done) => setTimeout(done, Number(rest) * 1000) };
    case "hold": return { text: `held ${rest}`, until: (done) => held(rest, done) };
    case "fail": return { status: Number(rest) };
    default: return { text: "ok" };
  }
}

/** Calls `done` once this file is in HOME. */
function held(file, done) {
  if (existsSync(join(process.env.HOME, file))) done();
  else setTimeout(held, 50, file, done);
}

/** What the model says to a request: a list, of tools or of one text. */
function answer(request) {
  // Requests on the side (titles, summaries) offer no tools.
  if (!request.tools?.length) return [{ text: "ok" }];
  const { prompt, answers } = position(request.messages ?? []);
  const step = prompt.split(" ~> ")[answers];
  if (step === undefined) return [{ text: "done" }];
  return step.split(" ~ ").map((action) => {
    const [, verb, rest] = /^(\w+) *(.*)/.exec(action.trim()) ?? [];
    return act(verb, rest, request.tools);
  });
}

function block(said) {
  return said.tool ? { type: "tool_use", id: `toolu_${++calls}`, name: said.tool, input: said.input } : { type: "text", text: said.text };
}

function message(request, said, content) {
  const usage = { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const stop_reason = said[0].tool ? "tool_use" : "end_turn";
  return { id: `msg_${++calls}`, type: "message", role: "assistant", model: request.model, content, stop_reason, stop_sequence: null, usage };
}

function stream(response, request, said) {
  const event = (type, members) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`);
  const { stop_reason, usage, ...start } = message(request, said, []);
  response.writeHead(200, { "content-type": "text/event-stream" });
  event("message_start", { message: { ...start, stop_reason: null, usage } });
  for (const [index, content] of said.map(block).entries()) {
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
    const said = answer(request);
    const { status, until = setImmediate } = said[0];
    if (status) return json(response, status, { type: "error", error: { type: "api_error", message: "scripted" } });
    until(() => {
      if (request.stream) stream(response, request, said);
      else json(response, 200, message(request, said, said.map(block)));
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
