// The scripted API: stands in for Anthropic's on loopback, and runs a command that talks to it.
//
//   node api.mjs COMMAND [ARGUMENT…]
//
// COMMAND gets ANTHROPIC_BASE_URL; its exit code becomes ours. What the model answers is in the prompt:
//
//   bash COMMAND     it calls the Bash tool
//   ask QUESTION     it calls AskUserQuestion
//   wait SECONDS     it thinks that long, then says "waited"
//   fail STATUS      the API answers with this HTTP status
//   anything else    it says "ok"; after a tool's result, "done"
import { spawn } from "node:child_process";
import { createServer } from "node:http";

let calls = 0;

/** The newest part of the newest user message that a person or a tool put there. */
function newest(messages) {
  const content = messages.findLast((message) => message.role === "user")?.content ?? "";
  const parts = typeof content === "string" ? [{ type: "text", text: content }] : content;
  return parts.findLast((part) => !part.text?.trimStart().startsWith("<system-reminder>")) ?? { type: "text", text: "" };
}

/** What the model says to a request: { text } or { tool, input }, after `wait` seconds; or { status }. */
function answer(request) {
  const part = newest(request.messages ?? []);
  // Requests on the side (titles, summaries) offer no tools.
  if (part.type === "tool_result") return { text: "done" };
  if (!request.tools?.length) return { text: "ok" };
  const [, verb, rest] = /^\s*(\w+)\s*([^]*)$/.exec(part.text ?? "") ?? [];
  const question = { question: rest, header: "Scripted", multiSelect: false, options: ["Yes", "No"].map((label) => ({ label, description: label })) };
  switch (verb) {
    case "bash": return { tool: "Bash", input: { command: rest.trim(), description: "scripted" } };
    case "ask": return { tool: "AskUserQuestion", input: { questions: [question] } };
    case "wait": return { text: "waited", wait: Number(rest) };
    case "fail": return { status: Number(rest) };
    default: return { text: "ok" };
  }
}

function block(said) {
  return said.tool ? { type: "tool_use", id: `toolu_${++calls}`, name: said.tool, input: said.input } : { type: "text", text: said.text };
}

function message(request, said, content) {
  const usage = { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const stop_reason = said.tool ? "tool_use" : "end_turn";
  return { id: `msg_${++calls}`, type: "message", role: "assistant", model: request.model, content, stop_reason, stop_sequence: null, usage };
}

function stream(response, request, said) {
  const event = (type, members) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`);
  const content = block(said);
  const empty = said.tool ? { ...content, input: {} } : { ...content, text: "" };
  const delta = said.tool ? { type: "input_json_delta", partial_json: JSON.stringify(content.input) } : { type: "text_delta", text: content.text };
  const { stop_reason, usage, ...start } = message(request, said, []);
  response.writeHead(200, { "content-type": "text/event-stream" });
  event("message_start", { message: { ...start, stop_reason: null, usage } });
  event("content_block_start", { index: 0, content_block: empty });
  event("content_block_delta", { index: 0, delta });
  event("content_block_stop", { index: 0 });
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
    if (said.status) return json(response, said.status, { type: "error", error: { type: "api_error", message: "scripted" } });
    setTimeout(() => {
      if (request.stream) stream(response, request, said);
      else json(response, 200, message(request, said, [block(said)]));
    }, (said.wait ?? 0) * 1000);
  });
});

server.listen(0, "127.0.0.1", () => {
  const [command, ...args] = process.argv.slice(2);
  const env = { ...process.env, ANTHROPIC_BASE_URL: `http://127.0.0.1:${server.address().port}` };
  const child = spawn(command, args, { stdio: "inherit", env });
  child.on("error", (error) => { console.error(`${command}: ${error.message}`); process.exit(127); });
  child.on("exit", (code, signal) => process.exit(code ?? (signal ? 128 : 1)));
});
