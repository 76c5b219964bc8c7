// Texts of the page: what is shown of a payload, and times.

const MAX_TEXT_LENGTH = 4000;
const TELLING_ARGUMENTS = ["command", "file_path", "notebook_path", "url", "pattern", "query", "message", "plan", "description"];

const truncate = (text) => (text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text);

// Replaces invisible characters by their code points: they could show a command reversed, or hide a part of it. Line feeds
// and tabs are visible. A joiner after a character that is not ASCII is part of a script or an emoji, and stays.
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;
const JOINER = /[\u200c\u200d]/;
const showHidden = (text) =>
  text.replaceAll("\r\n", "\n").replace(HIDDEN, (hidden, at) =>
    JOINER.test(hidden) && text.charCodeAt(at - 1) > 127 ? hidden : `[U+${hidden.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );

// Returns the text as the page shows it.
const clean = (text) => showHidden(truncate(String(text)));

// Returns whether a text can be pasted into a terminal: no character of it is invisible or ends a line.
const isSafeToPaste = (text) => text !== "" && showHidden(text) === text && !/[\t\n]/.test(text);

// Returns the word as a shell reads it.
const quoteForShell = (word) => (/^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

// Formats the time since then in its largest whole unit, as the table in the terminal does. Seconds would only flicker.
function formatAge(time, now) {
  const minutes = Math.floor((now - time) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes}m`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h`;
  return `${Math.floor(minutes / (24 * 60))}d`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY_AND_CLOCK = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

// Says when it was: the clock today, the day of the week in the last six days, and else the date.
function formatMoment(time, now) {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (time >= midnight) return CLOCK.format(time);
  return time >= midnight - 6 * 86_400_000 ? DAY_AND_CLOCK.format(time) : DATE.format(time);
}

// Returns both: for how long, and since when.
const formatSince = (since, now) => {
  const time = Date.parse(since);
  return `${formatAge(time, now)} · ${formatMoment(time, now)}`;
};

// Returns each question of a call with its answers to choose from.
const describeQuestion = ({ question, options }) =>
  [question, ...(Array.isArray(options) ? options : []).map((option) => `  • ${option?.label ?? option}`)].join("\n");

// Returns the argument of a call that says most, or all arguments.
function describeInput(input) {
  if (input === null || typeof input !== "object") return input === null ? "" : String(input);
  const telling = TELLING_ARGUMENTS.map((name) => input[name]).find((value) => typeof value === "string");
  if (telling !== undefined) return telling;
  const questions = Array.isArray(input.questions) ? input.questions.filter((question) => typeof question?.question === "string") : [];
  return questions.length > 0 ? questions.map(describeQuestion).join("\n") : JSON.stringify(input, null, 2);
}

// Returns the prompt that the session works on, or that led to what it asks.
function findPrompt(session) {
  const prompts = (session.recentOutput ?? []).filter(({ role }) => role === "user");
  return session.prompt ?? prompts.at(-1)?.content ?? session.originalPrompt ?? "";
}
