
// The keyboard, the mouse on a card, and the clipboard.

const said = document.querySelector("#said");
const keysDialog = document.querySelector("#keys");

// Copies a text. Says on the button, and to a screen reader, whether that was possible.
async function copyText(text, button) {
  const isCopied = await navigator.clipboard.writeText(text).then(() => true, () => false);
  said.textContent = isCopied ? `Copied: ${clean(text)}` : "The browser does not allow this page to copy.";
  button.dataset.copied = isCopied ? "yes" : "no";
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    delete button.dataset.copied;
    said.textContent = "";
  }, 2000);
}

const copyResume = (card) => card.parts["copy-resume"].hidden || copyText(card.resumeCommand(), card.parts["copy-resume"]);
const copyPath = (card) => card.parts["copy-path"].hidden || copyText(card.session.cwd, card.parts["copy-path"]);
const cardAround = (element) => element?.closest?.("li.card")?.card ?? null;

document.querySelector("main").addEventListener("click", ({ target }) => {
  const card = cardAround(target);
  if (!card) return;
  const button = target.closest("button");
  if (button === card.parts["copy-resume"]) copyResume(card);
  else if (button === card.parts["copy-path"]) copyPath(card);
  // Who selects a text does not want to close the card.
  else if (button || (target.closest(".more") === null && getSelection().isCollapsed)) card.toggle();
});

// The full time of a state is needed only where the mouse is.
document.querySelector("main").addEventListener("pointerover", ({ target }) => {
  if (target.className === "since") target.title = `Since ${FULL.format(Date.parse(target.dateTime))}`;
});

// Moves the focus to the next card that fits, or to the first one.
function moveFocus(step, fits) {
  const shown = [...document.querySelectorAll("main li.card")].filter((element) => element.checkVisibility());
  const at = shown.indexOf(document.activeElement.closest("li.card"));
  const from = at === -1 && step < 0 ? shown.length : at;
  for (let next = from + step; next >= 0 && next < shown.length; next += step) {
    if (!fits(shown[next])) continue;
    shown[next].card.parts.title.focus({ preventScroll: true });
    shown[next].scrollIntoView({ block: "nearest" });
    return true;
  }
  return false;
}

const needsUser = ({ card }) => isNeed(card.session, card.state);
const KEYS = {
  j: () => moveFocus(1, () => true),
  ArrowDown: () => moveFocus(1, () => true),
  k: () => moveFocus(-1, () => true),
  ArrowUp: () => moveFocus(-1, () => true),
  n() {
    if (moveFocus(1, needsUser)) return;
    document.activeElement.blur();
    moveFocus(1, needsUser);
  },
  c: (card) => card && copyResume(card),
  p: (card) => card && copyPath(card),
  g() {
    const offered = GROUPINGS.filter((grouping) => grouping !== "machine" || !byMachine.hidden);
    setGroups(offered[(offered.indexOf(filter.groups) + 1) % offered.length]);
  },
  "/": () => textInput.focus(),
  "?": () => keysDialog.showModal(),
  Escape: () => isFiltered() && removeFilter(),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
  const isTyping = event.target.matches("input[type=search], select");
  const isArrow = event.key.startsWith("Arrow");
  if (isTyping && event.target === textInput && (event.key === "Escape" || event.key === "Enter" || event.key === "ArrowDown")) {
    if (event.key === "Escape") removeFilter();
    event.preventDefault();
    event.target.blur();
    if (event.key !== "Escape") moveFocus(1, () => true);
    return;
  }
  // The arrows move between cards only from a card. Elsewhere they scroll, or choose.
  if (isTyping || (isArrow && !cardAround(event.target)) || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key](cardAround(event.target));
});
document.querySelector("#open-keys").addEventListener("click", () => keysDialog.showModal());
for (const dialog of document.querySelectorAll("dialog")) {
  // A click beside the dialog closes it.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
